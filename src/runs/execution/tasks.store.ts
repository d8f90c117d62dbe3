import type { TaskEnd } from '../../engine/taskEnd';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { AttemptRef, Execution, TaskExecution } from '../../engine/execution';
import { taskExecutionTable } from './executions.table';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS } from './lineage';
import type { NewGraph } from '../../engine/newTasks';

const task = columnsOf(taskExecutionTable, 'task');

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
       INSERT INTO task_execution (id, execution_id, run_id, attempt, name, level, ordinal, status, waiting_on, tries, failures, losses, passed, created_at)
       SELECT id, $1, $2, $3, name, level, ordinal, 'QUEUED', waiting_on, 0, 0, 0, false, $4
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

/** Tasks that an execution runs again when it resumes. All of them have their row in the newest attempt that it shows. */
export function findUnfinishedTasks(
  db: Db,
  executionId: string,
): Promise<Pick<TaskExecution, 'name' | 'level' | 'ordinal'>[]> {
  return db.rows(
    `SELECT name, level, ordinal FROM task_execution
     WHERE execution_id = $1 AND type = 'normal' AND NOT passed AND attempt = (
       SELECT own.lineage[1] FROM execution
       JOIN execution_attempt own ON own.execution_id = execution.id AND own.attempt = execution.attempt WHERE id = $1)
     ORDER BY ordinal`,
    [executionId],
  );
}

/** The tasks that an execution shows: those of its newest attempt. */
export const findCurrentTasks = (db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> =>
  findShownTasks(db, newestOf(executionIds));

/** The tasks that these attempts show, each with the attempt that shows it: of each name the newest row along its lineage. */
export function findShownTasks(
  db: Db,
  refs: readonly AttemptRef[],
): Promise<(TaskExecution & { readonly shownIn: number })[]> {
  return db.rows(
    `SELECT ${task}, shown.attempt AS "shownIn" FROM ${SHOWN_ATTEMPTS} JOIN task_execution task ON ${isShown('task')}
     ORDER BY task.execution_id, shown.attempt, task.ordinal`,
    askedAttempts(refs),
  );
}

/** Tasks of the graph that the newest attempt of execution $1 has run itself. */
export const inNewestAttempt = `task.execution_id = $1 AND task.type = 'normal'
  AND task.attempt = (SELECT attempt FROM execution WHERE id = $1)`;

/** What failed first in the newest attempt of an execution; a failure before what was cancelled. */
export async function findFirstFailed(db: Db, executionId: string): Promise<TaskExecution | undefined> {
  const [row] = await db.rows<TaskExecution>(
    `SELECT ${task} FROM task_execution task
     WHERE ${inNewestAttempt} AND NOT passed AND status IN ('FAILED', 'ABORTED')
     ORDER BY status = 'ABORTED', ended_at, ordinal LIMIT 1`,
    [executionId],
  );
  return row;
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
       WHERE execution.mode <> 'WORK_STEALING' AND execution_id = execution.id AND type = 'normal' AND ended_at IS NULL
       ORDER BY ordinal LIMIT 1
     ) next ON true
     CROSS JOIN LATERAL (
       SELECT id, name, tries, ordinal FROM task_execution
       WHERE execution_id = execution.id AND status = 'QUEUED' AND waiting_on = 0 AND job_id IS NULL AND type = 'normal'
         AND next_try_at IS NULL
         AND CASE execution.mode WHEN 'SEQUENTIAL' THEN ordinal = next.ordinal WHEN 'PARALLEL' THEN level = next.level ELSE true END
       ORDER BY ordinal LIMIT greatest(0, coalesce(execution.max_parallel - execution.busy_tasks, 2147483647))
     ) ready
     WHERE execution.id = ANY ($1::uuid[]) AND execution.status IN ('QUEUED', 'RUNNING', 'WAITING', 'RESUMING')
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

export type EndedTask = TaskExecution & { readonly before: TaskExecution['status'] };

/** Ends tasks that have not ended yet, and answers them as they are then. */
export function endTasks(db: Db, ends: readonly TaskEnd[], now: Date): Promise<EndedTask[]> {
  return db.rows(
    `UPDATE task_execution task SET status = e.status, reason_code = e.reason_code, reason = e.reason, exit_code = e.exit_code,
       passed = e.passes, next_try_at = NULL, waits_until = NULL, ended_at = $6
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

/** Tasks of these executions that no agent has: without a job, with one that no agent has started, or waiting for a person. */
export function findUnstartedTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id = ANY ($1::uuid[]) AND type = 'normal' AND status IN ('QUEUED', 'WAITING') ORDER BY ordinal`,
    [executionIds],
  );
}

export function findRunningTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id = ANY ($1::uuid[]) AND type = 'normal' AND status = 'RUNNING'`,
    [executionIds],
  );
}

/** Failed tasks that wait for a person until a time. */
export function waitTasks(
  db: Db,
  waits: readonly (TaskEnd & { readonly waitsUntil: Date })[],
): Promise<TaskExecution[]> {
  return db.rows(
    `UPDATE task_execution task SET status = 'WAITING', job_id = NULL, reason_code = w.reason_code, reason = w.reason,
       exit_code = w.exit_code, waits_until = w.waits_until
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
       AS w (id, reason_code, reason, exit_code, waits_until)
     WHERE task.id = w.id RETURNING ${task}`,
    [
      waits.map((one) => one.taskId),
      waits.map((one) => one.reasonCode),
      waits.map((one) => one.reason),
      waits.map((one) => one.exitCode),
      waits.map((one) => one.waitsUntil),
    ],
  );
}

/** Tasks whose time to wait for a person is over. */
export function findDueTasks(db: Db, now: Date, limit: number): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE waits_until IS NOT NULL AND waits_until < $1 ORDER BY waits_until LIMIT $2`,
    [now, limit],
  );
}

/** Tasks of an execution, or of the members of a run, that wait for a person. */
export function findWaitingTasks(db: Db, executionId: string): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task JOIN execution e ON e.id = task.execution_id
     WHERE (e.id = $1 OR e.run_id = $1) AND e.waiting_tasks > 0 AND task.status = 'WAITING' ORDER BY task.waits_until`,
    [executionId],
  );
}

/** Tasks of an execution that failed, and count, or were cancelled. */
export function findUnsuccessfulTasks(db: Db, executionId: string): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task
     WHERE ${inNewestAttempt} AND NOT passed AND status IN ('FAILED', 'ABORTED') ORDER BY ordinal`,
    [executionId],
  );
}
