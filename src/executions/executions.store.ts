// Long because every statement about the four kinds of rows of a run is here, each a few lines of its own.
import type { Db } from '../database/database';
import { columnsOf } from '../database/table';
import { ACTIVE, type Execution, type ExecutionAttempt, type StageExecution, type TaskExecution } from './execution';
import { executionAttemptTable, executionTable, stageExecutionTable, taskExecutionTable } from './executions.table';
import type { NewGraph } from './newTasks';

const execution = columnsOf(executionTable, 'execution');
const stage = columnsOf(stageExecutionTable, 'stage');
const task = columnsOf(taskExecutionTable, 'task');

export function findExecutions(db: Db, ids: readonly string[]): Promise<Execution[]> {
  return db.rows(`SELECT ${execution} FROM execution WHERE id = ANY ($1::uuid[])`, [ids]);
}

export async function findExecution(db: Db, id: string): Promise<Execution | undefined> {
  return (await findExecutions(db, [id]))[0];
}

/** Makes an execution and its first attempt. */
export async function insertExecution(db: Db, row: Execution): Promise<void> {
  await db.manager.insert(executionTable, row);
  await insertAttempt(db, row, { kind: 'START', cause: row.cause, reason: null, fromStage: null, at: row.createdAt });
}

export interface NewAttempt extends Pick<ExecutionAttempt, 'kind' | 'cause' | 'reason' | 'fromStage'> {
  readonly at: Date;
}

async function insertAttempt(
  db: Db,
  execution: Pick<Execution, 'id' | 'attempt' | 'revisionId'>,
  attempt: NewAttempt,
): Promise<void> {
  await db.write(
    `INSERT INTO execution_attempt (execution_id, attempt, kind, revision_id, cause, reason, from_stage, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      execution.id,
      execution.attempt,
      attempt.kind,
      execution.revisionId,
      JSON.stringify(attempt.cause),
      attempt.reason,
      attempt.fromStage,
      attempt.at,
    ],
  );
}

/** What the next attempt of an execution begins with. */
export interface NextAttempt extends NewAttempt {
  readonly execution: Execution;
  readonly revisionId: string;
  readonly expiresAt: Date;
  readonly openTasks: number;
  readonly maxParallel: number | null;
  readonly variables: Execution['variables'];
}

/** A final execution begins its next attempt: RESUMING, with nothing of the failure left on it; the earlier attempts keep theirs. */
export async function beginAttempt(db: Db, next: NextAttempt): Promise<Execution> {
  const [row] = await db.rows<Execution>(
    `UPDATE execution SET status = 'RESUMING', attempt = attempt + 1, version = version + 1, revision_id = $2,
       failure_code = NULL, failure_details = NULL, open_tasks = $3, busy_tasks = 0, max_parallel = $4, variables = $5, expires_at = $6,
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
    ],
  );
  if (row === undefined) throw new Error(`execution ${next.execution.id} changed under the lock of its run`);
  await insertAttempt(db, row, next);
  return row;
}

export function findAttempts(db: Db, executionIds: readonly string[]): Promise<ExecutionAttempt[]> {
  return db.rows(
    `SELECT ${columnsOf(executionAttemptTable, 'attempt')} FROM execution_attempt attempt
     WHERE execution_id = ANY ($1::uuid[]) ORDER BY execution_id, attempt`,
    [executionIds],
  );
}

export async function findByIdempotencyKey(db: Db, applicationId: string, key: string): Promise<Execution | undefined> {
  const [row] = await db.rows<Execution>(
    `SELECT ${execution} FROM execution WHERE application_id = $1 AND idempotency_key = $2`,
    [applicationId, key],
  );
  return row;
}

/** The workflow executions of a pipeline execution. */
export function findMembers(db: Db, runIds: readonly string[]): Promise<Execution[]> {
  return db.rows(
    `SELECT ${execution} FROM execution WHERE run_id = ANY ($1::uuid[]) AND parent_stage_execution_id IS NOT NULL
     ORDER BY created_at, id`,
    [runIds],
  );
}

export async function insertExecutionTargets(
  db: Db,
  executionId: string,
  environmentIds: readonly string[],
  serviceIds: readonly string[],
): Promise<void> {
  await db.rows(
    `WITH environments AS (
       INSERT INTO execution_environment (execution_id, environment_id) SELECT DISTINCT $1::uuid, unnest($2::uuid[])
     )
     INSERT INTO execution_service (execution_id, service_id) SELECT DISTINCT $1::uuid, unnest($3::uuid[])`,
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
         started_at = coalesce(started_at, $8), attempt_started_at = coalesce(attempt_started_at, $8), ended_at = $9
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
  changes: ReadonlyMap<string, { open: number; busy: number }>,
): Promise<Execution[]> {
  const entries = [...changes.entries()];
  return db.rows(
    `UPDATE execution SET open_tasks = open_tasks + c.open, busy_tasks = busy_tasks + c.busy
     FROM unnest($1::uuid[], $2::int[], $3::int[]) AS c (id, open, busy)
     WHERE execution.id = c.id RETURNING ${execution}`,
    [entries.map(([id]) => id), entries.map(([, c]) => c.open), entries.map(([, c]) => c.busy)],
  );
}

/** Executions whose time is over. */
export function findExpiredExecutions(db: Db, now: Date, limit: number): Promise<{ id: string; runId: string }[]> {
  return db.rows(
    `SELECT id, run_id AS "runId" FROM execution
     WHERE expires_at < $1 AND status IN ${ACTIVE} AND failure_code IS DISTINCT FROM 'EXPIRED' AND failure_code IS DISTINCT FROM 'ABORTED'
     ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
}

// Stages

export async function insertStages(db: Db, stages: readonly StageExecution[]): Promise<void> {
  await db.manager.insert(stageExecutionTable, [...stages]);
}

export function findCurrentStages(db: Db, executionIds: readonly string[]): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE execution_id = ANY ($1::uuid[]) AND current
     ORDER BY execution_id, stage_index, element_index`,
    [executionIds],
  );
}

/** Elements that will run again: their earlier rows stay, but are not the current ones any more. */
export async function retireStages(db: Db, ids: readonly string[]): Promise<void> {
  await db.write('UPDATE stage_execution SET current = false WHERE id = ANY ($1::uuid[])', [ids]);
}

/** The elements that an attempt of an execution had of its own. */
export function findStagesOfAttempts(db: Db, executionIds: readonly string[]): Promise<StageExecution[]> {
  return db.rows(
    `SELECT ${stage} FROM stage_execution stage WHERE execution_id = ANY ($1::uuid[]) ORDER BY execution_id, attempt, stage_index, element_index`,
    [executionIds],
  );
}

export function findStages(db: Db, ids: readonly string[]): Promise<StageExecution[]> {
  return db.rows(`SELECT ${stage} FROM stage_execution stage WHERE id = ANY ($1::uuid[])`, [ids]);
}

export interface StageChange {
  readonly id: string;
  readonly from: StageExecution['status'];
  readonly to: StageExecution['status'];
  readonly reasonCode?: string;
  readonly reason?: string;
  readonly workflowExecutionId?: string;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
}

export async function changeStage(db: Db, change: StageChange): Promise<boolean> {
  const written = await db.write(
    `UPDATE stage_execution SET status = $3, reason_code = coalesce($4, reason_code), reason = coalesce($5, reason),
       workflow_execution_id = coalesce($6, workflow_execution_id), started_at = coalesce(started_at, $7), ended_at = $8
     WHERE id = $1 AND status = $2`,
    [
      change.id,
      change.from,
      change.to,
      change.reasonCode ?? null,
      change.reason ?? null,
      change.workflowExecutionId ?? null,
      change.startedAt ?? null,
      change.endedAt ?? null,
    ],
  );
  return written === 1;
}

// Tasks

/** Makes the tasks of one attempt of a workflow execution, with the edges and gates between them. */
export async function insertTasks(
  db: Db,
  execution: Pick<Execution, 'id' | 'runId' | 'attempt'>,
  { tasks, gates }: NewGraph,
  now: Date,
): Promise<void> {
  const edges = [...tasks, ...gates].flatMap((one) =>
    one.dependsOn.map((dependsOnId) => ({ taskId: one.id, dependsOnId })),
  );
  await db.rows(
    `WITH made AS (
       INSERT INTO task_execution (id, execution_id, run_id, attempt, current, name, level, ordinal, status, waiting_on, tries, failures, losses, passed, created_at)
       SELECT id, $1, $2, $3, true, name, level, ordinal, 'QUEUED', waiting_on, 0, 0, 0, false, $4
       FROM unnest($5::uuid[], $6::text[], $7::int[], $8::int[], $9::int[]) AS t (id, name, level, ordinal, waiting_on)
     ), gates AS (
       INSERT INTO task_gate (id, execution_id, waiting_on)
       SELECT id, $1, waiting_on FROM unnest($10::uuid[], $11::int[]) AS g (id, waiting_on)
     )
     INSERT INTO task_dependency (task_id, depends_on_id) SELECT * FROM unnest($12::uuid[], $13::uuid[])`,
    [
      execution.id,
      execution.runId,
      execution.attempt,
      now,
      tasks.map((one) => one.id),
      tasks.map((one) => one.name),
      tasks.map((one) => one.level),
      tasks.map((one) => one.ordinal),
      tasks.map((one) => one.dependsOn.length),
      gates.map((one) => one.id),
      gates.map((one) => one.dependsOn.length),
      edges.map((edge) => edge.taskId),
      edges.map((edge) => edge.dependsOnId),
    ],
  );
}

/** Tasks that run again: their earlier rows stay, but are not the current ones any more. All of them, or those that have not passed. */
export function retireTasks(db: Db, executionId: string, all: boolean): Promise<{ name: string; ordinal: number }[]> {
  return db.rows(
    `UPDATE task_execution SET current = false WHERE execution_id = $1 AND current ${all ? '' : `AND NOT passed`} RETURNING name, ordinal`,
    [executionId],
  );
}

/** A workflow execution goes on under the stage's new row. */
export async function adoptMember(db: Db, executionId: string, stageExecutionId: string): Promise<void> {
  await db.write('UPDATE execution SET parent_stage_execution_id = $2 WHERE id = $1', [executionId, stageExecutionId]);
  await db.write('UPDATE stage_execution SET workflow_execution_id = $2 WHERE id = $1', [
    stageExecutionId,
    executionId,
  ]);
}

export function findCurrentTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id = ANY ($1::uuid[]) AND current ORDER BY execution_id, ordinal`,
    [executionIds],
  );
}

export function findTasks(db: Db, ids: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(`SELECT ${task} FROM task_execution task WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** A task that may get a job now, and what is needed to make it. */
export interface ReadyTask {
  readonly id: string;
  readonly executionId: string;
  readonly runId: string;
  readonly name: string;
  readonly tries: number;
  readonly revisionId: string;
}

/**
 * Tasks whose dependencies are done, in order, up to each workflow's `maxParallel` and as far as its mode lets them; none of a workflow that is failing, but for the level of the failure in the mode PARALLEL: what comes after it has been taken back.
 */
export function findReadyTasks(db: Db, executionIds: readonly string[]): Promise<ReadyTask[]> {
  return db.rows(
    `SELECT ready.id, execution.id AS "executionId", execution.run_id AS "runId", ready.name, ready.tries,
       execution.revision_id AS "revisionId"
     FROM execution
     LEFT JOIN LATERAL (
       SELECT level, ordinal FROM task_execution
       WHERE execution.mode <> 'WORK_STEALING' AND execution_id = execution.id AND current AND ended_at IS NULL
       ORDER BY ordinal LIMIT 1
     ) next ON true
     CROSS JOIN LATERAL (
       SELECT id, name, tries, ordinal FROM task_execution
       WHERE execution_id = execution.id AND status = 'QUEUED' AND waiting_on = 0 AND job_id IS NULL AND current
         AND next_try_at IS NULL
         AND CASE execution.mode WHEN 'SEQUENTIAL' THEN ordinal = next.ordinal WHEN 'PARALLEL' THEN level = next.level ELSE true END
       ORDER BY ordinal LIMIT greatest(0, coalesce(execution.max_parallel - execution.busy_tasks, 2147483647))
     ) ready
     WHERE execution.id = ANY ($1::uuid[]) AND execution.status IN ('QUEUED', 'RUNNING', 'RESUMING')
       AND (execution.failure_code IS NULL OR execution.failure_code = 'TASK_FAILED' AND execution.mode = 'PARALLEL')
     ORDER BY execution.id, ready.ordinal`,
    [executionIds],
  );
}

/** Gives tasks their new job. */
export async function assignJobs(db: Db, jobs: readonly { id: string; taskExecutionId: string }[]): Promise<void> {
  await db.write(
    `UPDATE task_execution SET job_id = j.job_id, tries = tries + 1
     FROM unnest($1::uuid[], $2::uuid[]) AS j (job_id, task_id) WHERE task_execution.id = j.task_id`,
    [jobs.map((job) => job.id), jobs.map((job) => job.taskExecutionId)],
  );
}

/** A job of these tasks began: the tasks run. Answers those for which that is new. */
export function startTasks(db: Db, taskIds: readonly string[], now: Date): Promise<TaskExecution[]> {
  return db.rows(
    `UPDATE task_execution task SET status = 'RUNNING', started_at = coalesce(started_at, $2)
     WHERE id = ANY ($1::uuid[]) AND status = 'QUEUED' RETURNING ${task}`,
    [taskIds, now],
  );
}

/** A lost job's task waits for its next one. */
export function requeueTasks(db: Db, taskIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `UPDATE task_execution task SET status = 'QUEUED', job_id = NULL, losses = losses + 1
     WHERE id = ANY ($1::uuid[]) AND status IN ('QUEUED', 'RUNNING') RETURNING ${task}`,
    [taskIds],
  );
}

export interface TaskEnd {
  readonly taskId: string;
  readonly status: 'SUCCESS' | 'FAILED' | 'ABORTED' | 'SKIPPED';
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  /** What depends on it goes on although it did not succeed. */
  readonly passes?: boolean;
}

export type EndedTask = TaskExecution & { readonly before: TaskExecution['status'] };

/** Ends tasks that have not ended yet, and answers them as they are then. */
export function endTasks(db: Db, ends: readonly TaskEnd[], now: Date): Promise<EndedTask[]> {
  return db.rows(
    `UPDATE task_execution task SET status = e.status, reason_code = e.reason_code, reason = e.reason, exit_code = e.exit_code,
       passed = e.passes, next_try_at = NULL, ended_at = $6
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $7::boolean[]) AS e (id, status, reason_code, reason, exit_code, passes)
     JOIN task_execution old ON old.id = e.id
     WHERE task.id = e.id AND task.ended_at IS NULL
     RETURNING ${task}, old.status AS before`,
    [
      ends.map((end) => end.taskId),
      ends.map((end) => end.status),
      ends.map((end) => end.reasonCode),
      ends.map((end) => end.reason),
      ends.map((end) => end.exitCode),
      now,
      ends.map((end) => end.status === 'SUCCESS' || end.passes === true),
    ],
  );
}

/** Tells what depends on these tasks that one thing less is missing; a gate that opens tells those that wait for it. */
export async function releaseDependents(db: Db, passedIds: readonly string[]): Promise<void> {
  for (let ids = passedIds; ids.length > 0; ) {
    const opened = await db.rows<{ id: string }>(
      `WITH due AS (
         SELECT task_id AS id, count(*) AS n FROM task_dependency WHERE depends_on_id = ANY ($1::uuid[]) GROUP BY task_id
       ), released AS (
         UPDATE task_execution SET waiting_on = waiting_on - due.n FROM due WHERE task_execution.id = due.id
       )
       UPDATE task_gate SET waiting_on = waiting_on - due.n FROM due WHERE task_gate.id = due.id
       RETURNING CASE WHEN task_gate.waiting_on = 0 THEN task_gate.id END AS id`,
      [ids],
    );
    ids = opened.flatMap(({ id }) => id ?? []);
  }
}

/** Tasks of these executions that have not begun: without a job, or with one that no agent has started. */
export function findUnstartedTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id = ANY ($1::uuid[]) AND current AND status = 'QUEUED' ORDER BY ordinal`,
    [executionIds],
  );
}

export function findRunningTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id = ANY ($1::uuid[]) AND current AND status = 'RUNNING'`,
    [executionIds],
  );
}

/** Records what a workflow execution deployed; the deployment before it stays as history. */
export async function recordDeployments(
  db: Db,
  deployments: readonly { id: string; environmentId: string; serviceId: string; image: string }[],
  source: { executionId: string; runId: string },
  now: Date,
): Promise<void> {
  const environments = deployments.map((deployment) => deployment.environmentId);
  // Two runs may deploy to one environment at the same moment: one after the other, so that exactly one is current.
  await db.rows('SELECT FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [environments]);
  const services = deployments.map((deployment) => deployment.serviceId);
  await db.write(
    `UPDATE deployment SET current = false FROM unnest($1::uuid[], $2::uuid[]) AS d (environment_id, service_id)
     WHERE deployment.environment_id = d.environment_id AND deployment.service_id = d.service_id AND deployment.current`,
    [environments, services],
  );
  await db.write(
    `INSERT INTO deployment (id, environment_id, service_id, image, execution_id, run_id, deployed_at, current)
     SELECT id, environment_id, service_id, image, $5, $6, $7, true
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS d (id, environment_id, service_id, image)`,
    [
      deployments.map((deployment) => deployment.id),
      environments,
      services,
      deployments.map((deployment) => deployment.image),
      source.executionId,
      source.runId,
      now,
    ],
  );
}
