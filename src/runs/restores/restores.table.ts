import { column, oneOf, references, table } from '../../kernel/database/table';
import { openStatusesOf, statusesOf } from '../../engine/machine';
import {
  logLevels,
  type Operation,
  type OperationLogLine,
  type OperationTask,
  operationKinds,
  type RestorePoint,
} from './restore';

/** Rows are only inserted: a trigger rejects every other change. */
export const restorePointTable = table<RestorePoint>('restore_point', {
  columns: {
    id: column.id,
    runId: column.uuid,
    attempt: column.integer,
    lastDeployment: column.bigint,
    createdAt: column.time,
    createdBy: column.json,
  },
  foreignKeys: [references('execution', 'runId')],
  indices: [{ name: 'restore_point_of_run', columns: ['runId', 'attempt'], unique: true }],
});

export const operationTable = table<Operation>('operation', {
  columns: {
    id: column.id,
    runId: column.uuid,
    kind: column.text,
    status: column.text,
    restorePointId: column.uuidOrNull,
    attempt: column.integerOrNull,
    actor: column.json,
    debug: column.boolean,
    conflictsConfirmed: column.boolean,
    before: column.json,
    step: column.integer,
    startedAt: column.time,
    deadlineAt: column.time,
    endedAt: column.timeOrNull,
    errorCode: column.textOrNull,
    errorMessage: column.textOrNull,
  },
  foreignKeys: [references('execution', 'runId'), references('restore_point', 'restorePointId')],
  indices: [
    { name: 'operation_of_run', columns: ['runId', 'startedAt', 'id'] },
    // The database guarantees one running operation per run, and one use of each point.
    { name: 'operation_running', columns: ['runId'], unique: true, where: `status = 'RUNNING'` },
    {
      name: 'operation_consumed',
      columns: ['restorePointId'],
      unique: true,
      where: `kind = 'RESTORE' AND status = 'SUCCESS'`,
    },
  ],
  checks: [
    { name: 'operation_kind', expression: oneOf('kind', operationKinds) },
    { name: 'operation_status', expression: oneOf('status', statusesOf('operation')) },
    { name: 'operation_ended', expression: `(ended_at IS NULL) = (${oneOf('status', openStatusesOf('operation'))})` },
    { name: 'operation_attempt', expression: `(attempt IS NULL) = (status <> 'SUCCESS')` },
    { name: 'operation_error', expression: `status = 'RUNNING' OR (error_code IS NULL) = (status = 'SUCCESS')` },
  ],
});

export const operationTaskTable = table<OperationTask>('operation_task', {
  columns: {
    operationId: { ...column.uuid, primary: true },
    taskExecutionId: { ...column.uuid, primary: true },
    step: column.integer,
  },
  foreignKeys: [references('operation', 'operationId'), references('task_execution', 'taskExecutionId')],
  indices: [{ name: 'operation_task_task', columns: ['taskExecutionId'] }],
});

export const operationLogTable = table<OperationLogLine>('operation_log', {
  columns: {
    operationId: { ...column.uuid, primary: true },
    number: { ...column.integer, primary: true },
    at: column.time,
    level: column.text,
    message: column.text,
  },
  foreignKeys: [references('operation', 'operationId')],
  checks: [{ name: 'operation_log_level', expression: oneOf('level', logLevels) }],
});
