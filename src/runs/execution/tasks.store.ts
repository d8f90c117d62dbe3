import type { Db } from '../../kernel/database/database';
import { type Picked, pickedColumns, wholeRow } from '../../kernel/database/picked';
import { columnsOf } from '../../kernel/database/table';
import { groupBy } from '../../kernel/loaders';
import { remembered } from '../../kernel/remembered';
import type { AttemptRef, TaskExecution, TaskGate } from '../../engine/execution';
import { taskExecutionTable, taskGateTable } from './executions.table';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS, SHOWN_STAGES } from './lineage';

const whole = wholeRow(taskExecutionTable);
const task = columnsOf(taskExecutionTable, 'task');

/** Inserts the edges of new tasks and gates, by the task or gate that others wait for. */
export async function insertGraph(db: Db, edges: ReadonlyMap<string, readonly string[]>): Promise<void> {
  if (edges.size === 0) return;
  const all = [...edges].flatMap(([dependsOnId, waiting]) => waiting.map((taskId) => ({ taskId, dependsOnId })));
  await db.write('INSERT INTO task_dependency (task_id, depends_on_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])', [
    all.map((edge) => edge.taskId),
    all.map((edge) => edge.dependsOnId),
  ]);
}

export type UnfinishedTask = Pick<TaskExecution, 'executionId' | 'name' | 'level' | 'ordinal'>;

/**
 * Tasks that executions run again when they resume. Each has its row in the newest attempt that the execution shows.
 */
export const findUnfinishedTasks = (db: Db, executionIds: readonly string[]): Promise<UnfinishedTask[]> =>
  db.rows(`${UNFINISHED} WHERE newest.id = ANY ($1::uuid[]) ORDER BY task.ordinal`, [executionIds]);

/** The same for the workflow executions that a pipeline execution shows. */
export const findUnfinishedOfShown = (db: Db, executionId: string): Promise<UnfinishedTask[]> =>
  db.rows(
    `${UNFINISHED} WHERE newest.id IN (SELECT stage.workflow_execution_id FROM ${SHOWN_STAGES}) ORDER BY task.ordinal`,
    askedAttempts([{ executionId }]),
  );

const UNFINISHED = `SELECT task.execution_id AS "executionId", task.name, task.level, task.ordinal FROM execution newest
  JOIN execution_attempt own ON own.execution_id = newest.id AND own.attempt = newest.attempt
  JOIN task_execution task ON task.execution_id = newest.id AND task.type = 'normal' AND NOT task.passed
    AND task.attempt = own.lineage[1]`;

/** Tasks that an execution shows: those of its newest attempt. */
export const findCurrentTasks = (db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> =>
  findShownTasks(db, newestOf(executionIds));

/**
 * Tasks that these attempts show, each with the attempt that shows it: for each name, the newest row in its lineage.
 */
export function findShownTasks(
  db: Db,
  refs: readonly AttemptRef[],
  picked: Picked<TaskExecution> = whole,
): Promise<(TaskExecution & { readonly shownIn: number })[]> {
  return db.rows(shownTasks(picked), askedAttempts(refs));
}

const shownTasks = remembered(
  (picked: Picked<TaskExecution>) =>
    `SELECT ${pickedColumns(picked, () => 'task')}, shown.attempt AS "shownIn" FROM ${SHOWN_ATTEMPTS}
     JOIN task_execution task ON ${isShown('task')} ORDER BY task.execution_id, shown.attempt, task.ordinal`,
);

/** Tasks of the graph that the newest attempt of execution $1 has run itself. */
const ofNewestAttempt = `task.execution_id = $1 AND task.attempt = (SELECT attempt FROM execution WHERE id = $1)`;
export const inNewestAttempt = `${ofNewestAttempt} AND task.type = 'normal'`;

/**
 * Failed tasks in the newest attempt of an execution, including tasks of `finally`; failures come before canceled
 * tasks.
 */
export function findFailedTasks(db: Db, executionId: string): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task
     WHERE ${ofNewestAttempt} AND type IN ('normal', 'finally') AND NOT passed AND status IN ('FAILED', 'ABORTED')
     ORDER BY status = 'ABORTED', ended_at, ordinal LIMIT 100`,
    [executionId],
  );
}

export function findTasks(db: Db, ids: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(`SELECT ${task} FROM task_execution task WHERE id = ANY ($1::uuid[])`, [ids]);
}

/**
 * Tasks and gates that wait for these, directly or behind a gate that these may open. A gate that waits for more is not
 * traversed, so the tasks behind it cost nothing yet.
 */
const WAITING_FOR = `WITH RECURSIVE edge AS (
    SELECT depends_on_id, task_id FROM task_dependency WHERE depends_on_id = ANY ($1::uuid[])
    UNION
    SELECT next.depends_on_id, next.task_id FROM edge
    JOIN task_gate opening ON opening.id = edge.task_id AND opening.waiting_on <= cardinality($1::uuid[])
    JOIN task_dependency next ON next.depends_on_id = opening.id
  )`;

export async function findDependents(db: Db, ids: readonly string[]) {
  const [edges, tasks, gates] = await Promise.all([
    db.rows<{ dependsOnId: string; dependents: string[] }>(
      `${WAITING_FOR} SELECT depends_on_id AS "dependsOnId", array_agg(task_id) AS dependents FROM edge GROUP BY 1`,
      [ids],
    ),
    db.rows<TaskExecution>(
      `${WAITING_FOR} SELECT ${task} FROM task_execution task WHERE id IN (SELECT task_id FROM edge)`,
      [ids],
    ),
    db.rows<TaskGate>(
      `${WAITING_FOR} SELECT ${columnsOf(taskGateTable, 'gate')} FROM task_gate gate WHERE id IN (SELECT task_id FROM edge)`,
      [ids],
    ),
  ]);
  return { edges, tasks, gates };
}

/**
 * Frontiers of the graphs of these executions, for a decision that changes at most `reach` tasks of each: ready tasks
 * without a job, as many as may start, and the first tasks that are not final if the mode needs them.
 */
export async function findFrontiers(db: Db, executionIds: readonly string[], reach: number) {
  const open = `SELECT id, level, ordinal FROM task_execution
    WHERE execution_id = execution.id AND type = 'normal' AND ended_at IS NULL ORDER BY ordinal LIMIT $2::int + 1`;
  const [ready, heads] = await Promise.all([
    db.rows<TaskExecution>(
      `SELECT ${task} FROM execution
       LEFT JOIN LATERAL (SELECT max(level) AS level FROM (${open}) head) head ON execution.mode <> 'WORK_STEALING'
       CROSS JOIN LATERAL (
         SELECT * FROM task_execution
         WHERE execution_id = execution.id AND status = 'QUEUED' AND waiting_on = 0 AND job_id IS NULL AND ended_at IS NULL AND type = 'normal'
           AND next_try_at IS NULL AND (execution.mode = 'WORK_STEALING' OR level <= head.level)
         ORDER BY ordinal
         LIMIT 2 * $2::int + CASE WHEN execution.mode = 'SEQUENTIAL' THEN 1
           ELSE greatest(0, coalesce(execution.max_parallel - execution.busy_tasks, 1000000)) END
       ) task
       WHERE execution.id = ANY ($1::uuid[]) ORDER BY task.ordinal`,
      [executionIds, reach],
    ),
    db.rows<Pick<TaskExecution, 'executionId' | 'id' | 'level' | 'ordinal'>>(
      `SELECT execution.id AS "executionId", head.id, head.level, head.ordinal
       FROM execution CROSS JOIN LATERAL (${open}) head
       WHERE execution.id = ANY ($1::uuid[]) AND execution.mode <> 'WORK_STEALING' ORDER BY head.ordinal`,
      [executionIds, reach],
    ),
  ]);
  const [readyOf, headsOf] = [groupBy(ready, ownerOf), groupBy(heads, ownerOf)];
  return executionIds.map((executionId) => ({
    executionId,
    ready: readyOf.get(executionId) ?? [],
    open: headsOf.get(executionId) ?? [],
  }));
}

const ownerOf = ({ executionId }: { readonly executionId: string }): string => executionId;

/** Condition on executions of the members of these runs that are not final. */
const OF_MEMBERS = `IN (SELECT id FROM execution WHERE run_id = ANY ($1::uuid[]) AND id <> run_id AND ended_at IS NULL)`;

/**
 * Tasks of these executions that no agent runs: they have no job, a job that no agent has started, or wait for a
 * person.
 */
export function findUnstartedTasks(
  db: Db,
  ids: readonly string[],
  which: 'of executions' | 'of members' = 'of executions',
): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id ${which === 'of members' ? OF_MEMBERS : '= ANY ($1::uuid[])'}
       AND type = 'normal' AND status IN ('QUEUED', 'WAITING') ORDER BY ordinal`,
    [ids],
  );
}

export function findRunningTasks(
  db: Db,
  ids: readonly string[],
  which: 'of executions' | 'of members' = 'of executions',
): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task WHERE execution_id ${which === 'of members' ? OF_MEMBERS : '= ANY ($1::uuid[])'}
       AND type = 'normal' AND status = 'RUNNING'`,
    [ids],
  );
}

/** Tasks of these executions that have a job. */
export function findBusyTasks(
  db: Db,
  ids: readonly string[],
): Promise<Pick<TaskExecution, 'executionId' | 'id' | 'name'>[]> {
  return db.rows(
    `SELECT execution_id AS "executionId", id, name FROM task_execution
     WHERE execution_id = ANY ($1::uuid[]) AND type = 'normal' AND job_id IS NOT NULL AND ended_at IS NULL`,
    [ids],
  );
}

/** Tasks of these runs that are not final, including detached ones. */
export function findOpenTasks(db: Db, runIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM execution JOIN task_execution task ON task.execution_id = execution.id
     WHERE execution.run_id = ANY ($1::uuid[]) AND task.ended_at IS NULL ORDER BY task.ordinal`,
    [runIds],
  );
}

/** Tasks of these executions that were skipped because another task failed. */
export function findSkippedTasks(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task JOIN execution ON execution.id = task.execution_id AND execution.attempt = task.attempt
     WHERE task.execution_id = ANY ($1::uuid[]) AND task.type = 'normal' AND task.status = 'SKIPPED'
       AND task.reason_code = 'NOT_STARTED' ORDER BY task.ordinal`,
    [executionIds],
  );
}

/** Tasks whose delay before the next try has passed. */
export function findDueRetries(
  db: Db,
  now: Date,
  limit: number,
): Promise<Pick<TaskExecution, 'id' | 'executionId' | 'runId'>[]> {
  return db.rows(
    `SELECT id, execution_id AS "executionId", run_id AS "runId" FROM task_execution
     WHERE status = 'QUEUED' AND next_try_at IS NOT NULL AND next_try_at <= $1 ORDER BY next_try_at LIMIT $2`,
    [now, limit],
  );
}

/** Tasks that have waited for a person past their time limit. */
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

/** Tasks of an execution that were canceled, or failed without their failure being ignored. */
export function findUnsuccessfulTasks(db: Db, executionId: string): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM task_execution task
     WHERE ${inNewestAttempt} AND NOT passed AND status IN ('FAILED', 'ABORTED') ORDER BY ordinal`,
    [executionId],
  );
}
