import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { ACTIVE } from '../../contract/statuses';
import type { AttemptRef, Execution, ExecutionAttempt, Pause } from '../../engine/execution';
import { executionAttemptTable, executionTable } from './executions.table';
import { askedAttempts, SHOWN_ATTEMPTS } from './lineage';

const execution = columnsOf(executionTable, 'execution');

export function findExecutions(db: Db, ids: readonly string[]): Promise<Execution[]> {
  return db.rows(`SELECT ${execution} FROM execution WHERE id = ANY ($1::uuid[])`, [ids]);
}

export async function findExecution(db: Db, id: string): Promise<Execution | undefined> {
  return (await findExecutions(db, [id]))[0];
}

/** Makes an execution and its first attempt. */
export async function insertExecution(db: Db, row: Execution): Promise<void> {
  await insertRows(db, executionTable, [row]);
  await insertAttempt(db, row.id, null, {
    kind: 'START',
    cause: row.cause,
    reason: null,
    fromStage: null,
    at: row.createdAt,
  });
}

export interface NewAttempt extends Pick<ExecutionAttempt, 'kind' | 'cause' | 'reason' | 'fromStage'> {
  readonly at: Date;
}

/** Makes the attempt at which an execution stands. A rerun shows nothing of its base; the others show what they keep. */
async function insertAttempt(
  db: Db,
  executionId: string,
  base: number | null,
  attempt: NewAttempt,
  dropped: readonly string[] | null = null,
): Promise<void> {
  await db.write(
    `INSERT INTO execution_attempt (execution_id, attempt, kind, base, lineage, dropped, run_attempt, revision_id, environment_id,
       variables, images, mode, max_parallel, cause, reason, from_stage, created_at)
     SELECT own.id, own.attempt, $2::text, $3::int,
       CASE WHEN $2::text = 'RERUN' THEN ARRAY[own.attempt] ELSE own.attempt || coalesce(base.lineage, '{}') END,
       CASE WHEN $2::text = 'RERUN' THEN '{}' ELSE coalesce($4::text[], base.dropped, '{}') END, run.attempt, own.revision_id, own.environment_id,
       own.variables, own.images, own.mode, own.max_parallel, $5::jsonb, $6::text, $7::text, $8::timestamptz
     FROM execution own JOIN execution run ON run.id = own.run_id
     LEFT JOIN execution_attempt base ON base.execution_id = own.id AND base.attempt = $3::int
     WHERE own.id = $1`,
    [
      executionId,
      attempt.kind,
      base,
      dropped,
      JSON.stringify(attempt.cause),
      attempt.reason,
      attempt.fromStage,
      attempt.at,
    ],
  );
}

/** What the next attempt of an execution begins with. */
export interface NextAttempt
  extends NewAttempt,
    Pick<
      Execution,
      'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel' | 'openTasks' | 'expiresAt'
    > {
  readonly execution: Execution;
  /** Tasks of earlier attempts that it does not show; by default those that its base does not show. */
  readonly dropped?: readonly string[] | null;
}

/** A final execution begins its next attempt: RESUMING, with nothing of the failure left on it. */
export async function beginAttempt(db: Db, next: NextAttempt): Promise<Execution> {
  const [row] = await db.rows<Execution>(
    `UPDATE execution SET status = 'RESUMING', attempt = attempt + 1, version = version + 1, revision_id = $2,
       failure_code = NULL, failure_details = NULL, open_tasks = $3, busy_tasks = 0, max_parallel = $4, variables = $5, expires_at = $6,
       mode = $8, images = $9, environment_id = $10,
       earlier_ms = earlier_ms + coalesce(extract(epoch FROM ended_at - attempt_started_at) * 1000, 0)::bigint,
       attempt_started_at = NULL, ended_at = NULL
     WHERE id = $1 AND version = $7 RETURNING ${execution}`,
    [
      next.execution.id,
      next.revisionId,
      next.openTasks,
      next.maxParallel,
      JSON.stringify(next.variables),
      next.expiresAt,
      next.execution.version,
      next.mode,
      JSON.stringify(next.images),
      next.environmentId,
    ],
  );
  if (row === undefined) throw new Error(`execution ${next.execution.id} changed under the lock of its run`);
  await insertAttempt(db, row.id, next.execution.attempt, next, next.dropped);
  return row;
}

export function findAttempts(db: Db, executionIds: readonly string[]): Promise<ExecutionAttempt[]> {
  return db.rows(
    `SELECT ${columnsOf(executionAttemptTable, 'attempt')} FROM execution_attempt attempt
     WHERE execution_id = ANY ($1::uuid[]) ORDER BY execution_id, attempt`,
    [executionIds],
  );
}

export function findAttemptsAt(db: Db, refs: readonly AttemptRef[]): Promise<ExecutionAttempt[]> {
  return db.rows(
    `SELECT ${columnsOf(executionAttemptTable, 'attempt')} FROM ${SHOWN_ATTEMPTS}
     JOIN execution_attempt attempt ON attempt.execution_id = shown.execution_id AND attempt.attempt = shown.attempt`,
    askedAttempts(refs),
  );
}

/** The workflow executions of a pipeline execution. */
export function findMembers(db: Db, runIds: readonly string[]): Promise<Execution[]> {
  return db.rows(
    `SELECT ${execution} FROM execution WHERE run_id = ANY ($1::uuid[]) AND parent_stage_execution_id IS NOT NULL
     ORDER BY created_at, id`,
    [runIds],
  );
}

/** What an execution aims at; what it aims at already stays. */
export async function insertExecutionTargets(
  db: Db,
  executionId: string,
  environmentIds: readonly string[],
  serviceIds: readonly string[],
): Promise<void> {
  await db.rows(
    `WITH environments AS (
       INSERT INTO execution_environment (execution_id, environment_id) SELECT DISTINCT $1::uuid, unnest($2::uuid[])
       ON CONFLICT DO NOTHING
     )
     INSERT INTO execution_service (execution_id, service_id) SELECT DISTINCT $1::uuid, unnest($3::uuid[])
     ON CONFLICT DO NOTHING`,
    [executionId, environmentIds, serviceIds],
  );
}

/** What a status change writes besides the status itself; what is left out stays. */
export interface ExecutionChange {
  readonly id: string;
  readonly from: Execution['status'];
  readonly to: Execution['status'];
  readonly failureCode?: string | null;
  readonly failureDetails?: string | null;
  readonly pause?: Pause | null;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

/** Moves one execution to another status; false when it no longer stands where the decision saw it. */
export async function changeExecution(db: Db, change: ExecutionChange): Promise<boolean> {
  const rows = await db.rows(
    `WITH changed AS (
       UPDATE execution SET status = $3, version = version + 1,
         failure_code = CASE WHEN $4 THEN $5 ELSE failure_code END,
         failure_details = CASE WHEN $6 THEN $7 ELSE failure_details END,
         started_at = coalesce(started_at, $8), attempt_started_at = coalesce(attempt_started_at, $8), ended_at = $9,
         pause = $10
       WHERE id = $1 AND status = $2
       RETURNING id, attempt, attempt_started_at, ended_at, status, failure_code, failure_details
     ), noted AS (
       UPDATE execution_attempt a SET started_at = changed.attempt_started_at, ended_at = changed.ended_at,
         status = CASE WHEN changed.ended_at IS NOT NULL THEN changed.status END,
         failure_code = changed.failure_code, failure_details = changed.failure_details
       FROM changed WHERE a.execution_id = changed.id AND a.attempt = changed.attempt
     )
     SELECT id FROM changed`,
    [
      change.id,
      change.from,
      change.to,
      change.failureCode !== undefined,
      change.failureCode ?? null,
      change.failureDetails !== undefined,
      change.failureDetails ?? null,
      change.startedAt ?? null,
      change.endedAt ?? null,
      change.pause ? JSON.stringify(change.pause) : null,
    ],
  );
  return rows.length === 1;
}

/** An execution that began to fail, and why. */
export interface Failing {
  readonly executionId: string;
  readonly runId: string;
  readonly reasonCode: string;
  readonly reason: string;
}

const failing = `execution.id AS "executionId", run_id AS "runId", failure_code AS "reasonCode", failure_details AS reason`;

/** Marks executions as failing: no task of theirs starts any more. The first reason stays. */
export function markFailing(
  db: Db,
  failures: readonly { executionId: string; code: string; details: string }[],
): Promise<Failing[]> {
  return db.rows(
    `UPDATE execution SET failure_code = f.code, failure_details = f.details
     FROM (SELECT DISTINCT ON (id) * FROM unnest($1::uuid[], $2::text[], $3::text[]) AS f (id, code, details)) f
     WHERE execution.id = f.id AND failure_code IS NULL RETURNING ${failing}`,
    [failures.map((f) => f.executionId), failures.map((f) => f.code), failures.map((f) => f.details)],
  );
}

/** The failure of a task is taken back: the execution can succeed again. */
export async function clearTaskFailure(db: Db, executionId: string): Promise<void> {
  await db.write(
    `UPDATE execution SET failure_code = NULL, failure_details = NULL WHERE id = $1 AND failure_code = 'TASK_FAILED'`,
    [executionId],
  );
}

/** Says why executions are being ended; in place of an earlier failure, but not of an earlier abort or expiry. */
export function setFailure(db: Db, executionIds: readonly string[], code: string, details: string): Promise<Failing[]> {
  return db.rows(
    `UPDATE execution SET failure_code = $2, failure_details = $3 WHERE id = ANY ($1::uuid[]) AND status IN ${ACTIVE}
       AND failure_code IS DISTINCT FROM 'ABORTED' AND failure_code IS DISTINCT FROM 'EXPIRED'
     RETURNING ${failing}`,
    [executionIds, code, details],
  );
}

/** Adds to the counts of workflow executions, and answers those rows as they stand now. */
export function addToCounts(
  db: Db,
  changes: ReadonlyMap<string, { open: number; busy: number; waiting?: number }>,
): Promise<Execution[]> {
  const entries = [...changes.entries()];
  return db.rows(
    `UPDATE execution SET open_tasks = open_tasks + c.open, busy_tasks = busy_tasks + c.busy, waiting_tasks = waiting_tasks + c.waiting
     FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[]) AS c (id, open, busy, waiting)
     WHERE execution.id = c.id RETURNING ${execution}`,
    [
      entries.map(([id]) => id),
      entries.map(([, c]) => c.open),
      entries.map(([, c]) => c.busy),
      entries.map(([, c]) => c.waiting ?? 0),
    ],
  );
}

/** Executions whose time is over. A restore has a deadline of its own. */
export function findExpiredExecutions(db: Db, now: Date, limit: number): Promise<{ id: string; runId: string }[]> {
  return db.rows(
    `SELECT id, run_id AS "runId" FROM execution
     WHERE expires_at < $1 AND status IN ${ACTIVE} AND status <> 'RESTORING' AND failure_code IS DISTINCT FROM 'EXPIRED' AND failure_code IS DISTINCT FROM 'ABORTED'
     ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
}
