import type { Db } from '../../kernel/database/database';
import { type Picked, pickedColumns, wholeRow } from '../../kernel/database/picked';
import { columnsOf } from '../../kernel/database/table';
import { remembered } from '../../kernel/remembered';
import type { AttemptStart } from '../../engine/changes';
import type { AttemptRef, Execution, ExecutionAttempt } from '../../engine/execution';
import { executionAttemptTable, executionTable } from './executions.table';
import { askedAttempts, newestOf, SHOWN_ATTEMPTS, SHOWN_STAGES } from './lineage';

export const wholeExecution = wholeRow(executionTable);
const execution = columnsOf(executionTable, 'execution');

export function findExecutions(
  db: Db,
  ids: readonly string[],
  picked: Picked<Execution> = wholeExecution,
): Promise<Execution[]> {
  return db.rows(executionsById(picked), [ids]);
}

const executionsById = remembered(
  (picked: Picked<Execution>) =>
    `SELECT ${pickedColumns(picked, () => 'execution')} FROM execution WHERE id = ANY ($1::uuid[])`,
);

export async function findExecution(
  db: Db,
  id: string,
  picked: Picked<Execution> = wholeExecution,
): Promise<Execution | undefined> {
  return (await findExecutions(db, [id], picked))[0];
}

/**
 * Creates the newest attempts of executions, with their inputs. A rerun shows nothing of its base, a restore shows the
 * same as its base, and other attempts show what they keep.
 */
export async function insertAttempts(db: Db, attempts: readonly AttemptStart[]): Promise<void> {
  if (attempts.length === 0) return;
  await db.write(
    `INSERT INTO execution_attempt (execution_id, attempt, kind, base, lineage, dropped, run_attempt, revision_id, environment_id,
       variables, images, mode, max_parallel, freeze_override, cause, reason, from_stage, created_at)
     SELECT own.id, own.attempt, begun.kind, begun.base,
       CASE begun.kind WHEN 'RERUN' THEN ARRAY[own.attempt] WHEN 'RESTORE' THEN base.lineage
         ELSE own.attempt || coalesce(base.lineage, '{}') END,
       CASE WHEN begun.kind = 'RERUN' THEN '{}' WHEN begun.dropped IS NULL THEN coalesce(base.dropped, '{}')
         ELSE ARRAY(SELECT jsonb_array_elements_text(begun.dropped)) END,
       run.attempt, own.revision_id, own.environment_id, own.variables, own.images, own.mode, own.max_parallel, own.freeze_override,
       begun.cause, begun.reason, begun.from_stage, begun.created_at
     FROM unnest($1::uuid[], $2::text[], $3::int[], $4::jsonb[], $5::jsonb[], $6::text[], $7::text[], $8::timestamptz[])
       AS begun (id, kind, base, dropped, cause, reason, from_stage, created_at)
     JOIN execution own ON own.id = begun.id JOIN execution run ON run.id = own.run_id
     LEFT JOIN execution_attempt base ON base.execution_id = own.id AND base.attempt = begun.base`,
    [
      attempts.map((one) => one.executionId),
      attempts.map((one) => one.kind),
      attempts.map((one) => one.base),
      attempts.map((one) => (one.dropped === null ? null : JSON.stringify(one.dropped))),
      attempts.map((one) => JSON.stringify(one.cause)),
      attempts.map((one) => one.reason),
      attempts.map((one) => one.fromStage),
      attempts.map((one) => one.createdAt),
    ],
  );
}

/** Writes when the newest attempts of executions began, and how they ended. */
export async function noteAttempts(db: Db, executionIds: readonly string[]): Promise<void> {
  if (executionIds.length === 0) return;
  await db.write(
    `UPDATE execution_attempt a SET started_at = own.attempt_started_at, ended_at = own.ended_at,
       status = CASE WHEN own.ended_at IS NOT NULL THEN own.status END,
       failure_code = own.failure_code, failure_details = own.failure_details,
       freeze_override = own.freeze_override
     FROM execution own WHERE own.id = ANY ($1::uuid[]) AND a.execution_id = own.id AND a.attempt = own.attempt
       AND a.ended_at IS NULL`,
    [executionIds],
  );
}

/** Newest attempt of each execution. */
export const findNewestAttempts = (db: Db, executionIds: readonly string[]): Promise<ExecutionAttempt[]> =>
  findAttemptsAt(db, newestOf(executionIds));

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

/** Workflow executions of a pipeline execution. */
export function findMembers(
  db: Db,
  runIds: readonly string[],
  picked: Picked<Execution> = wholeExecution,
): Promise<Execution[]> {
  return db.rows(membersOfRuns(picked), [runIds]);
}

const membersOfRuns = remembered(
  (picked: Picked<Execution>) =>
    `SELECT ${pickedColumns(picked, () => 'execution')} FROM execution
     WHERE run_id = ANY ($1::uuid[]) AND parent_stage_execution_id IS NOT NULL ORDER BY created_at, id`,
);

/** Workflow executions that the newest attempts of these runs show. */
export function findShownMembers(db: Db, runIds: readonly string[]): Promise<Execution[]> {
  return db.rows(
    `SELECT ${execution} FROM execution WHERE id IN (SELECT stage.workflow_execution_id FROM ${SHOWN_STAGES})`,
    askedAttempts(newestOf(runIds)),
  );
}

/** Members of runs that are not final. */
export function findActiveMembers(db: Db, runIds: readonly string[]): Promise<Execution[]> {
  return db.rows(
    `SELECT ${execution} FROM execution WHERE run_id = ANY ($1::uuid[]) AND parent_stage_execution_id IS NOT NULL
       AND ended_at IS NULL ORDER BY created_at, id`,
    [runIds],
  );
}

/** Adds the targets of an execution; existing targets stay. */
export async function insertExecutionTargets(
  db: Db,
  executionId: string,
  environmentIds: readonly string[],
  serviceIds: readonly string[],
): Promise<void> {
  if (environmentIds.length === 0 && serviceIds.length === 0) return;
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

/** Executions past their time limit, or past that of their tasks of `finally`. A restore has a separate deadline. */
export function findExpiredExecutions(db: Db, now: Date, limit: number): Promise<{ id: string; runId: string }[]> {
  return db.rows(
    `SELECT id, run_id AS "runId" FROM execution
     WHERE expires_at < $1 AND ended_at IS NULL AND status <> 'RESTORING' AND (finally_tasks > 0
       OR (failure_code IS DISTINCT FROM 'EXPIRED' AND failure_code IS DISTINCT FROM 'ABORTED'))
     ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
}
