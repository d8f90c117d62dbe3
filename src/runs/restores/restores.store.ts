import type { InputArtifact } from '../artifacts/artifacts.store';
import type { Db } from '../../kernel/database/database';
import { snakeCase } from '../../kernel/database/naming';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Deployment } from '../../catalog/environments/deployment';
import { deploymentTable } from '../../catalog/environments/deployments.store';
import type { StageExecution, TaskExecution } from '../../engine/execution';
import { taskExecutionTable } from '../execution/executions.table';
import type { Operation, OperationLogLine, OperationTask, RestoreContent, RestorePoint, StatusBefore } from './restore';
import { restoredFiles } from './restoredFiles';
import { operationLogTable, operationTable, restorePointTable } from './restores.table';

// Restore points

const point = columnsOf(restorePointTable, 'point');

/** Everything of a point but its content, which may be large. */
export type RestorePointHead = Omit<RestorePoint, 'content'>;
const head = columnsOf(restorePointTable, 'point', ['id', 'runId', 'attempt', 'createdAt', 'createdBy', 'checksum']);

export async function insertRestorePoint(db: Db, row: RestorePoint): Promise<void> {
  await insertRows(db, restorePointTable, [row]);
}

/** The newest point of a run: the only one that it can be restored to. */
export async function findRestorePoint(db: Db, runId: string): Promise<RestorePoint | undefined> {
  const [row] = await db.rows<RestorePoint>(
    `SELECT ${point} FROM restore_point point WHERE run_id = $1 ORDER BY attempt DESC LIMIT 1`,
    [runId],
  );
  return row;
}

export function findRestorePointHeads(db: Db, runIds: readonly string[]): Promise<RestorePointHead[]> {
  return db.rows(
    `SELECT DISTINCT ON (run_id) ${head} FROM restore_point point WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, attempt DESC`,
    [runIds],
  );
}

/** The restores that used these points. */
export function findConsumers(db: Db, pointIds: readonly string[]): Promise<Operation[]> {
  return db.rows(
    `SELECT ${operation} FROM operation WHERE restore_point_id = ANY ($1::uuid[]) AND kind = 'RESTORE' AND status = 'SUCCESS'`,
    [pointIds],
  );
}

// Operations

const operation = columnsOf(operationTable, 'operation');

export async function insertOperation(db: Db, row: Operation): Promise<void> {
  await insertRows(db, operationTable, [row]);
}

export function findOperations(db: Db, ids: readonly string[]): Promise<Operation[]> {
  return db.rows(`SELECT ${operation} FROM operation WHERE id = ANY ($1::uuid[])`, [ids]);
}

export function findOperationsOfRuns(db: Db, runIds: readonly string[]): Promise<Operation[]> {
  return db.rows(
    `SELECT ${operation} FROM operation WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, started_at DESC, id DESC`,
    [runIds],
  );
}

/** Operations that have something to do: all that they wait for has ended, or their time is over. */
export function findDueOperations(db: Db, now: Date, limit: number): Promise<Operation[]> {
  return db.rows(
    `SELECT ${operation} FROM operation WHERE status = 'RUNNING' AND (
       (error_code IS NULL AND deadline_at < $1) OR NOT EXISTS (
         SELECT FROM operation_task part JOIN task_execution task ON task.id = part.task_execution_id
         WHERE part.operation_id = operation.id AND task.ended_at IS NULL))
     ORDER BY started_at LIMIT $2`,
    [now, limit],
  );
}

export async function setStep(db: Db, id: string, step: number): Promise<void> {
  await db.write(`UPDATE operation SET step = $2 WHERE id = $1 AND status = 'RUNNING'`, [id, step]);
}

/** It will fail, as soon as nothing of it runs any more. */
export async function setOperationError(db: Db, id: string, code: string, message: string): Promise<void> {
  await db.write(`UPDATE operation SET error_code = $2, error_message = $3 WHERE id = $1 AND status = 'RUNNING'`, [
    id,
    code,
    message,
  ]);
}

export async function endOperation(
  db: Db,
  id: string,
  error: { readonly code: string; readonly message: string } | null,
  now: Date,
): Promise<void> {
  await db.write(
    `UPDATE operation SET status = $2, error_code = $3, error_message = $4, ended_at = $5 WHERE id = $1 AND status = 'RUNNING'`,
    [id, error === null ? 'SUCCESS' : 'FAILED', error?.code ?? null, error?.message ?? null, now],
  );
}

export async function insertOperationTasks(db: Db, tasks: readonly OperationTask[]): Promise<void> {
  await db.write(
    `INSERT INTO operation_task (operation_id, task_execution_id, step) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])`,
    [tasks.map((task) => task.operationId), tasks.map((task) => task.taskExecutionId), tasks.map((task) => task.step)],
  );
}

export type RanForOperation = TaskExecution &
  Pick<OperationTask, 'operationId' | 'step'> & {
    /** The name of the environment that it ran for. */
    readonly environment: string | null;
  };

/** The tasks that ran, or run, for these operations, in order. */
export function findOperationTasks(db: Db, operationIds: readonly string[]): Promise<RanForOperation[]> {
  return db.rows(
    `SELECT ${columnsOf(taskExecutionTable, 'task')}, part.operation_id AS "operationId", part.step, environment.name AS environment
     FROM operation_task part JOIN task_execution task ON task.id = part.task_execution_id
     JOIN execution ON execution.id = task.execution_id LEFT JOIN environment ON environment.id = execution.environment_id
     WHERE part.operation_id = ANY ($1::uuid[]) ORDER BY part.operation_id, part.step, task.created_at, task.id`,
    [operationIds],
  );
}

// Logs

/** Adds lines at the end of an operation's log. The run's lock keeps writers apart. */
export async function appendLines(
  db: Db,
  operationId: string,
  lines: readonly Pick<OperationLogLine, 'level' | 'message'>[],
  at: Date,
): Promise<void> {
  if (lines.length === 0) return;
  await db.write(
    `INSERT INTO operation_log (operation_id, number, at, level, message)
     SELECT $1, (SELECT coalesce(max(number), 0) FROM operation_log WHERE operation_id = $1) + n, $2, level, message
     FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS line (level, message, n)`,
    [operationId, at, lines.map((line) => line.level), lines.map((line) => line.message)],
  );
}

export function findLines(db: Db, operationId: string, after: number, limit: number): Promise<OperationLogLine[]> {
  return db.rows(
    `SELECT ${columnsOf(operationLogTable, 'line')} FROM operation_log line
     WHERE operation_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
    [operationId, after, limit],
  );
}

/** The whole log of each operation, as people read it: a line each. */
export function findLogTexts(
  db: Db,
  operationIds: readonly string[],
): Promise<{ operationId: string; text: string }[]> {
  return db.rows(
    `SELECT operation_id AS "operationId", string_agg(
       to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || rpad(level, 5) || ' ' || message || E'\\n', '' ORDER BY number) AS text
     FROM operation_log WHERE operation_id = ANY ($1::uuid[]) GROUP BY operation_id`,
    [operationIds],
  );
}

// What is restored

/** The status of a run is that of a restore, or the one before it. An attempt that ended is not touched. */
export async function beginRestoring(db: Db, runId: string, version: number): Promise<boolean> {
  const written = await db.write(
    `UPDATE execution SET status = 'RESTORING', version = version + 1, ended_at = NULL, attempt_started_at = NULL,
       earlier_ms = earlier_ms + coalesce(extract(epoch FROM ended_at - attempt_started_at) * 1000, 0)::bigint
     WHERE id = $1 AND version = $2`,
    [runId, version],
  );
  return written === 1;
}

export async function endRestoring(db: Db, runId: string, before: StatusBefore): Promise<boolean> {
  const written = await db.write(
    `UPDATE execution SET status = $2, version = version + 1, ended_at = $3, attempt_started_at = $4, earlier_ms = $5
     WHERE id = $1 AND status = 'RESTORING'`,
    [runId, before.status, before.endedAt, before.attemptStartedAt, before.earlierMs],
  );
  return written === 1;
}

/** Elements that began in an attempt after this one. */
export function findBegunElements(
  db: Db,
  runId: string,
  attempt: number,
): Promise<Pick<StageExecution, 'elementId' | 'environmentId' | 'images'>[]> {
  return db.rows(
    `SELECT element_id AS "elementId", environment_id AS "environmentId", images FROM stage_execution
     WHERE execution_id = $1 AND attempt > $2 AND workflow_execution_id IS NOT NULL ORDER BY stage_index, element_index`,
    [runId, attempt],
  );
}

const deployment = columnsOf(deploymentTable, 'deployment');

/** What a run deployed last: one row for each environment and service. */
export function findNewestDeployments(db: Db, runId: string): Promise<Deployment[]> {
  return db.rows(
    `SELECT DISTINCT ON (environment_id, service_id) ${deployment} FROM deployment WHERE run_id = $1 AND reverted_by IS NULL
     ORDER BY environment_id, service_id, deployed_at DESC, id DESC`,
    [runId],
  );
}

/** What is deployed in these environments. */
export function findDeployed(db: Db, environmentIds: readonly string[]): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM deployment WHERE environment_id = ANY ($1::uuid[]) AND current ORDER BY environment_id, service_id`,
    [environmentIds],
  );
}

/** Nobody deploys to these environments until the transaction ends. */
export async function lockEnvironments(db: Db, ids: readonly string[]): Promise<void> {
  await db.rows('SELECT FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
}

/** What a run has deployed since, in each place, says what undid it. */
export async function markDeployments(
  db: Db,
  runId: string,
  standing: readonly object[],
  operationId: string,
): Promise<void> {
  await db.write(
    `UPDATE deployment SET reverted_by = $3 WHERE run_id = $1 AND reverted_by IS NULL AND NOT EXISTS (
       SELECT FROM jsonb_populate_recordset(NULL::deployment, $2) was
       WHERE was.run_id = deployment.run_id AND was.environment_id = deployment.environment_id
         AND was.service_id = deployment.service_id AND was.deployed_at >= deployment.deployed_at)`,
    [runId, asRecords(standing), operationId],
  );
}

/** What was deployed before is shown as deployed again. */
export async function replaceDeployments(db: Db, gone: readonly string[], back: readonly string[]): Promise<number> {
  await db.write('UPDATE deployment SET current = false WHERE id = ANY ($1::uuid[])', [gone]);
  return db.write('UPDATE deployment SET current = true WHERE id = ANY ($1::uuid[])', [back]);
}

/** The files that `artifacts.from` of a restore task means: of a workflow, or of a task of it, as the restore point has them. */
export async function findRestoredArtifacts(db: Db, taskExecutionId: string, source: string): Promise<InputArtifact[]> {
  const [row] = await db.rows<{ content: RestoreContent }>(
    `SELECT point.content FROM operation_task part JOIN operation ON operation.id = part.operation_id
     JOIN restore_point point ON point.id = operation.restore_point_id WHERE part.task_execution_id = $1`,
    [taskExecutionId],
  );
  return row === undefined ? [] : restoredFiles(row.content, source);
}

/** The columns of an execution that attempts change, but for its number, its version and its events. */
const reverted = [
  'status',
  'parent_stage_execution_id',
  'revision_id',
  'environment_id',
  'variables',
  'images',
  'failure_code',
  'failure_details',
  'pause',
  'max_parallel',
  'mode',
  'open_tasks',
  'busy_tasks',
  'waiting_tasks',
  'started_at',
  'attempt_started_at',
  'ended_at',
  'earlier_ms',
  'expires_at',
] as const;

/** Writes executions back as they were, those that changed since; answers the ids of these. */
export async function revertExecutions(db: Db, rows: readonly { readonly id: string }[]): Promise<string[]> {
  const changed = await db.rows<{ id: string }>(
    `UPDATE execution SET ${reverted.map((name) => `${name} = was.${name}`).join(', ')}, version = execution.version + 1
     FROM jsonb_populate_recordset(NULL::execution, $1) was
     WHERE execution.id = was.id
       AND (execution.version, execution.parent_stage_execution_id) IS DISTINCT FROM (was.version, was.parent_stage_execution_id)
     RETURNING execution.id`,
    [asRecords(rows)],
  );
  return changed.map((row) => row.id);
}

/** Elements, tasks and variables: those that were shown are shown again, in their places, and no others. Answers how many of them are still there. */
export async function revertStages(db: Db, runId: string, stages: readonly { readonly id: string }[]): Promise<number> {
  await db.write('UPDATE stage_execution SET current = false WHERE execution_id = $1 AND current', [runId]);
  return db.write(
    `UPDATE stage_execution stage SET current = true, stage_index = was.stage_index, element_index = was.element_index,
       stage_name = was.stage_name, element_id = was.element_id
     FROM jsonb_populate_recordset(NULL::stage_execution, $1) was WHERE stage.id = was.id`,
    [asRecords(stages)],
  );
}

export async function revertTasks(
  db: Db,
  executionIds: readonly string[],
  tasks: readonly { readonly id: string }[],
): Promise<number> {
  await db.write('UPDATE task_execution SET current = false WHERE execution_id = ANY ($1::uuid[]) AND current', [
    executionIds,
  ]);
  return db.write(
    `UPDATE task_execution task SET current = true, level = was.level, ordinal = was.ordinal
     FROM jsonb_populate_recordset(NULL::task_execution, $1) was WHERE task.id = was.id`,
    [asRecords(tasks)],
  );
}

export async function revertVariables(
  db: Db,
  executionIds: readonly string[],
  variables: readonly object[],
): Promise<number> {
  await db.write('UPDATE execution_variable SET current = false WHERE execution_id = ANY ($1::uuid[]) AND current', [
    executionIds,
  ]);
  return db.write(
    `UPDATE execution_variable variable SET current = true
     FROM jsonb_populate_recordset(NULL::execution_variable, $1) was
     WHERE variable.task_execution_id = was.task_execution_id AND variable.name = was.name`,
    [asRecords(variables)],
  );
}

/** Attempts after those of the point, and those of executions that were not there yet, say what undid them. */
export async function markReverted(
  db: Db,
  { runId, createdAt }: Pick<RestorePoint, 'runId' | 'createdAt'>,
  standing: readonly { readonly id: string; readonly attempt: number }[],
  operationId: string,
): Promise<void> {
  await db.write(
    `UPDATE execution_attempt undone SET reverted_by = $4
     FROM execution LEFT JOIN unnest($2::uuid[], $3::int[]) AS standing (id, attempt) ON standing.id = execution.id
     WHERE execution.run_id = $1 AND undone.execution_id = execution.id AND undone.reverted_by IS NULL
       AND CASE WHEN standing.id IS NULL THEN execution.created_at >= $5 ELSE undone.attempt > standing.attempt END`,
    [runId, standing.map((one) => one.id), standing.map((one) => one.attempt), operationId, createdAt],
  );
}

/** Rows as PostgreSQL reads them from JSON. */
const asRecords = (rows: readonly object[]): string =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [snakeCase(name), value]))),
  );
