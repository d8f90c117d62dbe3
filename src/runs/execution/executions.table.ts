import { column, oneOf, references, table } from '../../kernel/database/table';
import { taskTypes, workflowModes } from '../../catalog/language/workflow';
import { ACTIVE, isFinal } from '../../contract/statuses';
import {
  type AttemptElement,
  attemptKinds,
  type DetachedTaskRow,
  type EventHorizon,
  type Execution,
  type ExecutionAttempt,
  type ExecutionEnvironment,
  type ExecutionEvent,
  type ExecutionService,
  type ExecutionVariable,
  type StageExecution,
  type TaskDependency,
  type TaskExecution,
  type TaskGate,
  variableTypes,
} from '../../engine/execution';
import { statusesOf } from '../../engine/machine';

/** All other tasks are detached: no attempt shows them as part of its graph. */
const inGraph = `type = 'normal'`;
const ended = `(ended_at IS NULL) = (status IN ${ACTIVE})`;

const statuses = { run: statusesOf('run'), workflow: statusesOf('workflow') };
const finalStatuses = [...new Set([...statuses.run, ...statuses.workflow])].filter(isFinal);

export const executionTable = table<Execution>('execution', {
  columns: {
    id: column.id,
    kind: column.text,
    runId: column.uuid,
    parentStageExecutionId: column.uuidOrNull,
    applicationId: column.uuid,
    entityId: column.uuid,
    revisionId: column.uuid,
    environmentId: column.uuidOrNull,
    status: column.text,
    attempt: column.integer,
    version: column.integer,
    lastSequence: column.integer,
    lastExecutionSequence: column.integer,
    variables: column.json,
    images: column.json,
    notes: column.textOrNull,
    cause: column.json,
    failureCode: column.textOrNull,
    failureDetails: column.textOrNull,
    pause: column.jsonOrNull,
    freezeOverride: column.jsonOrNull,
    traceparent: column.textOrNull,
    maxParallel: column.integerOrNull,
    priority: column.integerOrNull,
    mode: column.text,
    openTasks: column.integer,
    busyTasks: column.integer,
    waitingTasks: { ...column.integer, default: 0 },
    detachedTasks: { ...column.integer, default: 0 },
    finallyTasks: column.integerOrNull,
    createdAt: column.time,
    startedAt: column.timeOrNull,
    attemptStartedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
    earlierMs: column.bigint,
    hasPlace: { ...column.boolean, default: false },
    expiresAt: column.time,
  },
  foreignKeys: [references('application', 'applicationId'), references('environment', 'environmentId')],
  indices: [
    { name: 'execution_newest', columns: ['createdAt', 'id'], where: 'parent_stage_execution_id IS NULL' },
    {
      name: 'execution_newest_of_application',
      columns: ['applicationId', 'createdAt', 'id'],
      where: 'parent_stage_execution_id IS NULL',
    },
    { name: 'execution_newest_of_entity', columns: ['entityId', 'createdAt', 'id'] },
    { name: 'execution_of_run', columns: ['runId'] },
    { name: 'execution_active', columns: ['applicationId'], where: 'ended_at IS NULL' },
    { name: 'execution_expiry', columns: ['expiresAt'], where: 'ended_at IS NULL' },
  ],
  checks: [
    { name: 'execution_kind', expression: oneOf('kind', ['PIPELINE', 'WORKFLOW']) },
    {
      name: 'execution_status',
      expression: `CASE kind WHEN 'PIPELINE' THEN ${oneOf('status', statuses.run)} ELSE ${oneOf('status', statuses.workflow)} END`,
    },
    { name: 'execution_mode', expression: oneOf('mode', workflowModes) },
    { name: 'execution_ended', expression: ended },
    { name: 'execution_pause', expression: `pause IS NULL OR status = 'PAUSED'` },
    {
      name: 'execution_counts',
      expression:
        'busy_tasks >= 0 AND waiting_tasks >= 0 AND open_tasks >= busy_tasks + waiting_tasks AND detached_tasks >= 0 AND (finally_tasks IS NULL OR finally_tasks BETWEEN 0 AND detached_tasks)',
    },
  ],
});

export const executionAttemptTable = table<ExecutionAttempt>('execution_attempt', {
  columns: {
    executionId: { ...column.uuid, primary: true },
    attempt: { ...column.integer, primary: true },
    kind: column.text,
    base: column.integerOrNull,
    lineage: column.integers,
    dropped: column.texts,
    runAttempt: column.integer,
    revisionId: column.uuid,
    environmentId: column.uuidOrNull,
    variables: column.json,
    images: column.json,
    mode: column.text,
    maxParallel: column.integerOrNull,
    freezeOverride: column.jsonOrNull,
    cause: column.json,
    reason: column.textOrNull,
    fromStage: column.textOrNull,
    status: column.textOrNull,
    failureCode: column.textOrNull,
    failureDetails: column.textOrNull,
    createdAt: column.time,
    startedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('execution', 'executionId')],
  checks: [
    { name: 'execution_attempt_kind', expression: oneOf('kind', attemptKinds) },
    {
      name: 'execution_attempt_base',
      expression: `(base IS NULL) = (kind IN ('START', 'ROLLBACK', 'OBSERVE')) AND base < attempt`,
    },
    { name: 'execution_attempt_status', expression: oneOf('status', finalStatuses) },
    { name: 'execution_attempt_ended', expression: '(ended_at IS NULL) = (status IS NULL)' },
  ],
});

/**
 * Written once, when an attempt begins: the elements that the attempt shows stay readable, whatever later attempts do.
 */
export const attemptElementTable = table<AttemptElement>('attempt_element', {
  columns: {
    executionId: { ...column.uuid, primary: true },
    attempt: { ...column.integer, primary: true },
    stageIndex: { ...column.integer, primary: true },
    elementIndex: { ...column.integer, primary: true },
    elementId: column.uuid,
    stageName: column.text,
    stageExecutionId: column.uuid,
  },
  foreignKeys: [references('execution', 'executionId'), references('stage_execution', 'stageExecutionId')],
});

export const stageExecutionTable = table<StageExecution>('stage_execution', {
  columns: {
    id: column.id,
    executionId: column.uuid,
    attempt: column.integer,
    kind: column.text,
    stageIndex: column.integer,
    elementIndex: column.integer,
    elementId: column.uuid,
    stageName: column.text,
    stepName: column.text,
    status: column.text,
    reasonCode: column.textOrNull,
    reason: column.textOrNull,
    workflowId: column.uuidOrNull,
    workflowRevisionId: column.uuidOrNull,
    environmentId: column.uuidOrNull,
    variables: column.json,
    images: column.json,
    mode: column.textOrNull,
    maxParallel: column.integerOrNull,
    workflowExecutionId: column.uuidOrNull,
    workflowAttempt: column.integerOrNull,
    continues: column.jsonOrNull,
    waitsUntil: column.timeOrNull,
    answers: column.jsonOrNull,
    failures: { ...column.integer, default: 0 },
    ignored: { ...column.boolean, default: false },
    hasPlace: { ...column.boolean, default: false },
    createdAt: column.time,
    startedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('execution', 'executionId')],
  indices: [
    {
      name: 'stage_execution_attempt',
      columns: ['executionId', 'attempt', 'stageIndex', 'elementIndex'],
      unique: true,
    },
    { name: 'stage_execution_waits', columns: ['waitsUntil'], where: 'waits_until IS NOT NULL' },
  ],
  checks: [
    { name: 'stage_execution_status', expression: oneOf('status', statusesOf('element')) },
    { name: 'stage_execution_ended', expression: ended },
    { name: 'stage_execution_mode', expression: oneOf('mode', workflowModes) },
    { name: 'stage_execution_waiting', expression: `waits_until IS NULL OR status IN ('PAUSED', 'WAITING')` },
  ],
});

export const taskExecutionTable = table<TaskExecution>('task_execution', {
  columns: {
    id: column.id,
    executionId: column.uuid,
    runId: column.uuid,
    attempt: column.integer,
    type: { ...column.text, default: 'normal' },
    name: column.text,
    level: column.integer,
    ordinal: column.integer,
    status: column.text,
    waitingOn: column.integer,
    jobId: column.uuidOrNull,
    tries: column.integer,
    failures: column.integer,
    losses: column.integer,
    nextTryAt: column.timeOrNull,
    waitsUntil: column.timeOrNull,
    passed: column.boolean,
    reasonCode: column.textOrNull,
    reason: column.textOrNull,
    exitCode: column.integerOrNull,
    createdAt: column.time,
    startedAt: column.timeOrNull,
    endedAt: column.timeOrNull,
  },
  foreignKeys: [references('execution', 'executionId')],
  indices: [
    // Finding the newest row of a name in a lineage takes one probe.
    { name: 'task_execution_name', columns: ['executionId', 'name', 'attempt'], unique: true, where: inGraph },
    { name: 'task_execution_attempt', columns: ['executionId', 'attempt', 'ordinal'] },
    // If not everything that is ready may run, the first entry tells which level or task comes next.
    { name: 'task_execution_open', columns: ['executionId', 'ordinal'], where: `${inGraph} AND ended_at IS NULL` },
    // Tasks that a resume runs again, however many it keeps.
    {
      name: 'task_execution_unfinished',
      columns: ['executionId', 'attempt', 'ordinal'],
      where: `${inGraph} AND NOT passed`,
    },
    {
      name: 'task_execution_ready',
      columns: ['executionId', 'ordinal'],
      where: `waiting_on = 0 AND job_id IS NULL AND ended_at IS NULL AND ${inGraph}`,
    },
    { name: 'task_execution_waits', columns: ['waitsUntil'], where: 'waits_until IS NOT NULL' },
    { name: 'task_execution_next_try', columns: ['nextTryAt'], where: 'next_try_at IS NOT NULL' },
  ],
  checks: [
    { name: 'task_execution_type', expression: oneOf('type', taskTypes) },
    { name: 'task_execution_status', expression: oneOf('status', statusesOf('task')) },
    { name: 'task_execution_ended', expression: ended },
    { name: 'task_execution_waiting', expression: `waits_until IS NULL OR status = 'WAITING'` },
    { name: 'task_execution_waiting_on', expression: 'waiting_on >= 0' },
  ],
});

export const detachedTaskTable = table<DetachedTaskRow>('detached_task', {
  columns: {
    taskId: { ...column.uuid, primary: true },
    executionId: column.uuid,
    revisionId: column.uuid,
    environmentId: column.uuidOrNull,
    variables: column.json,
    images: column.json,
    env: column.json,
    failedTaskId: column.uuidOrNull,
    failedAttempt: column.integerOrNull,
    startBy: column.timeOrNull,
  },
  foreignKeys: [references('task_execution', 'taskId'), references('task_execution', 'failedTaskId')],
  // At most once for each failure.
  uniques: [
    { name: 'detached_task_failed_task', columns: ['failedTaskId'] },
    { name: 'detached_task_failed_attempt', columns: ['executionId', 'failedAttempt'] },
  ],
  indices: [{ name: 'detached_task_start_by', columns: ['startBy'], where: 'start_by IS NOT NULL' }],
});

export const taskDependencyTable = table<TaskDependency>('task_dependency', {
  columns: {
    dependsOnId: { ...column.uuid, primary: true },
    taskId: { ...column.uuid, primary: true },
  },
  indices: [{ name: 'task_dependency_task', columns: ['taskId'] }],
});

export const taskGateTable = table<TaskGate>('task_gate', {
  columns: {
    id: column.id,
    executionId: column.uuid,
    waitingOn: column.integer,
  },
  foreignKeys: [references('execution', 'executionId')],
  checks: [{ name: 'task_gate_waiting_on', expression: 'waiting_on >= 0' }],
});

export const executionVariableTable = table<ExecutionVariable>('execution_variable', {
  columns: {
    taskExecutionId: { ...column.uuid, primary: true },
    name: { ...column.text, primary: true },
    executionId: column.uuid,
    type: column.text,
    value: column.text,
    setBy: column.text,
    setAt: column.time,
  },
  foreignKeys: [references('task_execution', 'taskExecutionId')],
  indices: [{ name: 'execution_variable_execution', columns: ['executionId', 'name'] }],
  checks: [{ name: 'execution_variable_type', expression: oneOf('type', variableTypes) }],
});

export const executionEnvironmentTable = table<ExecutionEnvironment>('execution_environment', {
  columns: {
    executionId: { ...column.uuid, primary: true },
    environmentId: { ...column.uuid, primary: true },
  },
  indices: [{ name: 'execution_environment_environment', columns: ['environmentId', 'executionId'] }],
});

export const executionServiceTable = table<ExecutionService>('execution_service', {
  columns: {
    executionId: { ...column.uuid, primary: true },
    serviceId: { ...column.uuid, primary: true },
  },
  indices: [{ name: 'execution_service_service', columns: ['serviceId', 'executionId'] }],
});

export const executionEventTable = table<ExecutionEvent>('execution_event', {
  columns: {
    runId: { ...column.uuid, primary: true },
    sequence: { ...column.integer, primary: true },
    executionId: column.uuid,
    executionSequence: column.integer,
    transactionId: column.bigint,
    type: column.text,
    at: column.time,
    actor: column.json,
    data: column.json,
  },
  indices: [
    { name: 'execution_event_committed', columns: ['transactionId', 'runId', 'sequence'] },
    // Handwritten, because it has the agent that started a job.
    { name: 'execution_event_agent', columns: ['at', 'runId', 'sequence'], synchronize: false },
    // The primary key already has the order of a run's own events.
    {
      name: 'execution_event_own',
      columns: ['executionId', 'executionSequence'],
      unique: true,
      where: 'execution_id <> run_id',
    },
  ],
});

export const eventHorizonTable = table<EventHorizon>('event_horizon', {
  columns: { id: { ...column.integer, primary: true }, transactionId: column.bigint },
  checks: [{ name: 'event_horizon_one_row', expression: 'id = 1' }],
});
