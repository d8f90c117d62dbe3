import type { AttemptRef, Execution, StageExecution, TaskExecution } from '../../engine/execution';
import type { StatusAfter } from '../../engine/machine';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { taskExecutionTable } from '../execution/executions.table';
import type { Operation, OperationLogLine, OperationTask, RestorePoint } from './restore';
import { operationLogTable, operationTable, restorePointTable } from './restores.table';

// Restore points

export async function insertRestorePoint(db: Db, row: RestorePoint): Promise<void> {
  await insertRows(db, restorePointTable, [row]);
}

/** Newest point of each run: the only one that it can be restored to. */
export function findRestorePoints(db: Db, runIds: readonly string[]): Promise<RestorePoint[]> {
  return db.rows(
    `SELECT DISTINCT ON (run_id) ${columnsOf(restorePointTable, 'point')} FROM restore_point point
     WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, attempt DESC`,
    [runIds],
  );
}

/** Restores that used these points. */
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

export async function findRunningRestore(db: Db, runId: string): Promise<Operation | undefined> {
  const [row] = await db.rows<Operation>(
    `SELECT ${operation} FROM operation WHERE run_id = $1 AND status = 'RUNNING'`,
    [runId],
  );
  return row;
}

export interface AgentTimes {
  readonly onlineSince: Date;
  readonly queuedBefore: Date;
}

/** Tasks of `operation` whose jobs have waited since before $1 while no agent seen since $2 has their labels. */
const withoutAgent = `operation_task part JOIN task_execution task ON task.id = part.task_execution_id AND task.status = 'QUEUED'
  JOIN job ON job.id = task.job_id AND job.queued_at < $1 JOIN ready_job ready ON ready.job_id = job.id
  JOIN requirement_class class ON class.id = ready.requirement_class_id
  WHERE part.operation_id = operation.id AND NOT EXISTS (
    SELECT FROM agent JOIN label_match fit ON fit.label_set_id = agent.label_set_id AND fit.requirement_class_id = class.id
    WHERE left_at IS NULL AND last_seen_at >= $2)`;

export function findTasksWithoutAgent(
  db: Db,
  operationId: string,
  { queuedBefore, onlineSince }: AgentTimes,
): Promise<{ readonly name: string; readonly labels: readonly string[] }[]> {
  return db.rows(
    `SELECT missing.name, missing.labels FROM operation
     CROSS JOIN LATERAL (SELECT task.name, class.labels FROM ${withoutAgent}) missing WHERE operation.id = $3 ORDER BY missing.name`,
    [queuedBefore, onlineSince, operationId],
  );
}

/**
 * Operations that can proceed: nothing of them is open, their deadline has passed, or no agent is available for them.
 */
export function findDueOperations(
  db: Db,
  now: Date,
  { queuedBefore, onlineSince }: AgentTimes,
  limit: number,
): Promise<Operation[]> {
  return db.rows(
    `SELECT ${operation} FROM operation WHERE status = 'RUNNING' AND (
       NOT EXISTS (
         SELECT FROM operation_task part JOIN task_execution task ON task.id = part.task_execution_id
         WHERE part.operation_id = operation.id AND task.ended_at IS NULL)
       OR error_code IS NULL AND (deadline_at < $3 OR EXISTS (SELECT FROM ${withoutAgent})))
     ORDER BY started_at LIMIT $4`,
    [queuedBefore, onlineSince, now, limit],
  );
}

export async function setStep(db: Db, id: string, step: number): Promise<void> {
  await db.write(`UPDATE operation SET step = $2 WHERE id = $1 AND status = 'RUNNING'`, [id, step]);
}

/** Sets the error with which it will fail as soon as nothing of it runs. */
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
  { status, error, attempt }: OperationEnd,
  now: Date,
): Promise<void> {
  await db.write(
    `UPDATE operation SET status = $2, error_code = $3, error_message = $4, attempt = $5, ended_at = $6 WHERE id = $1 AND status = 'RUNNING'`,
    [id, status, error?.code ?? null, error?.message ?? null, attempt, now],
  );
}

export interface OperationEnd extends Pick<Operation, 'attempt'> {
  readonly status: StatusAfter<'operation', 'end'>;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export async function insertOperationTasks(db: Db, tasks: readonly OperationTask[]): Promise<void> {
  await db.write(
    `INSERT INTO operation_task (operation_id, task_execution_id, step) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])`,
    [tasks.map((task) => task.operationId), tasks.map((task) => task.taskExecutionId), tasks.map((task) => task.step)],
  );
}

export type RanForOperation = TaskExecution &
  Pick<OperationTask, 'operationId' | 'step'> & {
    /** Name of the environment that it ran for. */
    readonly environment: string | null;
    readonly environmentId: string | null;
    /** Images that it restores, by service. */
    readonly images: Execution['images'];
  };

/** Tasks that ran, or run, for these operations, in order. */
export function findOperationTasks(db: Db, operationIds: readonly string[]): Promise<RanForOperation[]> {
  return db.rows(
    `SELECT ${columnsOf(taskExecutionTable, 'task')}, part.operation_id AS "operationId", part.step,
       environment.name AS environment, detached.environment_id AS "environmentId", detached.images
     FROM operation_task part JOIN task_execution task ON task.id = part.task_execution_id
     JOIN detached_task detached ON detached.task_id = task.id LEFT JOIN environment ON environment.id = detached.environment_id
     WHERE part.operation_id = ANY ($1::uuid[]) ORDER BY part.operation_id, part.step, task.created_at, task.id`,
    [operationIds],
  );
}

// Logs

/** Appends lines to an operation's log. The run's lock keeps writers apart. */
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

/** Whole log of each operation as text, one line per entry. */
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

// Restored data

/** Elements that began in a later attempt than this one. */
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

/** Attempt of its run to which a restore task returns. */
export async function findRestoredAttempt(db: Db, taskExecutionId: string): Promise<AttemptRef> {
  const [row] = await db.rows<AttemptRef>(
    `SELECT point.run_id AS "executionId", point.attempt FROM operation_task part
     JOIN operation ON operation.id = part.operation_id JOIN restore_point point ON point.id = operation.restore_point_id
     WHERE part.task_execution_id = $1`,
    [taskExecutionId],
  );
  if (row === undefined) throw new Error(`restore task ${taskExecutionId} has no operation`);
  return row;
}

/** Restore that undid each of these attempts of a run: the first one that returned to an earlier attempt. */
export function findRestoresOf(
  db: Db,
  attempts: readonly { readonly runId: string; readonly attempt: number }[],
): Promise<(Operation & { readonly undone: number })[]> {
  return db.rows(
    `SELECT DISTINCT ON (asked.run_id, asked.attempt) ${operation}, asked.attempt AS undone
     FROM unnest($1::uuid[], $2::int[]) AS asked (run_id, attempt)
     JOIN operation ON operation.run_id = asked.run_id AND kind = 'RESTORE' AND status = 'SUCCESS' AND operation.attempt > asked.attempt
     JOIN restore_point point ON point.id = operation.restore_point_id AND point.attempt < asked.attempt
     ORDER BY asked.run_id, asked.attempt, operation.attempt`,
    [attempts.map((one) => one.runId), attempts.map((one) => one.attempt)],
  );
}
