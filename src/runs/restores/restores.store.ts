import { actorRef } from '../../access/actor';
import type { ExecutionStatus } from '../../contract/statuses';
import type { AttemptRef, StageExecution, TaskExecution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { taskExecutionTable } from '../execution/executions.table';
import type { Operation, OperationLogLine, OperationTask, RestorePoint, StatusBefore } from './restore';
import { operationLogTable, operationTable, restorePointTable } from './restores.table';

// Restore points

export async function insertRestorePoint(db: Db, row: RestorePoint): Promise<void> {
  await insertRows(db, restorePointTable, [row]);
}

/** The newest point of each run: the only one that it can be restored to. */
export function findRestorePoints(db: Db, runIds: readonly string[]): Promise<RestorePoint[]> {
  return db.rows(
    `SELECT DISTINCT ON (run_id) ${columnsOf(restorePointTable, 'point')} FROM restore_point point
     WHERE run_id = ANY ($1::uuid[]) ORDER BY run_id, attempt DESC`,
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

/** Tasks of `operation` whose jobs have waited since before $1 while no agent that is online since $2 has their labels. */
const withoutAgent = `operation_task part JOIN task_execution task ON task.id = part.task_execution_id AND task.status = 'QUEUED'
  JOIN job ON job.id = task.job_id AND job.queued_at < $1 JOIN ready_job ready ON ready.job_id = job.id
  JOIN requirement_class class ON class.id = ready.requirement_class_id
  WHERE part.operation_id = operation.id AND NOT EXISTS (
    SELECT FROM agent WHERE left_at IS NULL AND last_seen_at >= $2 AND agent.labels @> class.labels)`;

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

/** Operations that have something to do: nothing of them is open, their time is over, or no agent is there for them. */
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
  { status, error, attempt }: OperationEnd,
  now: Date,
): Promise<void> {
  await db.write(
    `UPDATE operation SET status = $2, error_code = $3, error_message = $4, attempt = $5, ended_at = $6 WHERE id = $1 AND status = 'RUNNING'`,
    [id, status, error?.code ?? null, error?.message ?? null, attempt, now],
  );
}

export interface OperationEnd extends Pick<Operation, 'status' | 'attempt'> {
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

/** The attempt of its run that a restore task goes back to. */
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

/** The restore that undid each of these attempts of a run: the first one that went back behind it. */
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

/** An execution that is to show an earlier attempt again. */
export interface RestoredAttempt {
  readonly executionId: string;
  readonly base: number;
  /** The element whose workflow it was. */
  readonly parentStageExecutionId: string | null;
}

export interface BegunAttempt {
  readonly executionId: string;
  readonly attempt: number;
  readonly from: ExecutionStatus;
  readonly to: ExecutionStatus;
  readonly failureCode: string | null;
  readonly failureDetails: string | null;
}

/**
 * Adds the next attempt of a run and of its workflow executions, each with everything that its base has. The attempt of
 * the run is as long as the restore was; those of its workflows take no time.
 */
export async function insertRestoreAttempts(
  db: Db,
  attempts: readonly RestoredAttempt[],
  { runId, actor, startedAt }: Pick<Operation, 'runId' | 'actor' | 'startedAt'>,
  now: Date,
): Promise<BegunAttempt[]> {
  const begun = await db.rows<BegunAttempt & { readonly base: number }>(
    `WITH asked AS (
       SELECT old.id, old.status AS from, base.* FROM unnest($1::uuid[], $2::int[], $3::uuid[]) AS a (id, base, parent)
       JOIN execution old ON old.id = a.id
       CROSS JOIN LATERAL (SELECT a.parent, b.* FROM execution_attempt b WHERE b.execution_id = a.id AND b.attempt = a.base) base
     ), restored AS (
       UPDATE execution SET attempt = execution.attempt + 1, version = version + 1, status = asked.status,
         failure_code = asked.failure_code, failure_details = asked.failure_details, revision_id = asked.revision_id,
         environment_id = asked.environment_id, variables = asked.variables, images = asked.images, mode = asked.mode,
         max_parallel = asked.max_parallel, parent_stage_execution_id = asked.parent, pause = NULL,
         open_tasks = 0, busy_tasks = 0, waiting_tasks = 0,
         earlier_ms = earlier_ms + coalesce(extract(epoch FROM execution.ended_at - attempt_started_at) * 1000, 0)::bigint,
         attempt_started_at = CASE WHEN execution.id = $4 THEN $5::timestamptz ELSE $6::timestamptz END, ended_at = $6::timestamptz
       FROM asked WHERE execution.id = asked.id
       RETURNING execution.id, execution.attempt, execution.attempt_started_at
     ), written AS (
       INSERT INTO execution_attempt (execution_id, attempt, kind, base, lineage, dropped, run_attempt, revision_id, environment_id,
         variables, images, mode, max_parallel, cause, status, failure_code, failure_details, created_at, started_at, ended_at)
       SELECT asked.id, restored.attempt, 'RESTORE', asked.attempt, lineage, dropped, run.attempt, revision_id, environment_id,
         variables, images, mode, max_parallel, $7::jsonb, asked.status, failure_code, failure_details,
         restored.attempt_started_at, restored.attempt_started_at, $6::timestamptz
       FROM asked JOIN restored ON restored.id = asked.id JOIN restored run ON run.id = $4
     )
     SELECT asked.id AS "executionId", restored.attempt, asked.attempt AS base, asked.from, asked.status AS "to",
       failure_code AS "failureCode", failure_details AS "failureDetails"
     FROM asked JOIN restored ON restored.id = asked.id ORDER BY asked.id <> $4`,
    [
      attempts.map((one) => one.executionId),
      attempts.map((one) => one.base),
      attempts.map((one) => one.parentStageExecutionId),
      runId,
      startedAt,
      now,
      JSON.stringify(actorRef(actor)),
    ],
  );
  const run = begun.find((one) => one.executionId === runId);
  await db.write(
    `INSERT INTO attempt_element (execution_id, attempt, stage_index, element_index, element_id, stage_name, stage_execution_id)
     SELECT execution_id, $2, stage_index, element_index, element_id, stage_name, stage_execution_id
     FROM attempt_element WHERE execution_id = $1 AND attempt = $3`,
    [runId, run?.attempt, run?.base],
  );
  return begun;
}
