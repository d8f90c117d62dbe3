import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { BesideTask, TaskExecution } from '../../engine/execution';
import { taskExecutionTable } from './executions.table';
import type { ReadyTask } from './tasks.store';

const task = columnsOf(taskExecutionTable, 'task');

export type NewBesideTask = Omit<BesideTask, 'startBy'> & Pick<TaskExecution, 'runId' | 'attempt' | 'type' | 'name'>;

/** Makes the rows of tasks beside the graph, and answers those that are new: what has its one handler already gets no other. */
export function insertBesideTasks(db: Db, tasks: readonly NewBesideTask[], now: Date): Promise<TaskExecution[]> {
  return db.rows(
    `WITH fresh AS (
       INSERT INTO beside_task (task_id, execution_id, revision_id, variables, images, env, failed_task_id, failed_attempt)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::jsonb[], $5::jsonb[], $6::jsonb[], $7::uuid[], $8::int[])
       ON CONFLICT DO NOTHING RETURNING task_id
     )
     INSERT INTO task_execution AS task
       (id, execution_id, run_id, attempt, type, name, level, ordinal, status, waiting_on, tries, failures, losses, passed, created_at)
     SELECT id, execution_id, run_id, attempt, type, name, 0, 0, 'QUEUED', 0, 0, 0, 0, false, $13
     FROM unnest($1::uuid[], $2::uuid[], $9::uuid[], $10::int[], $11::text[], $12::text[])
       AS t (id, execution_id, run_id, attempt, type, name)
     JOIN fresh ON fresh.task_id = id
     RETURNING ${task}`,
    [
      tasks.map((one) => one.taskId),
      tasks.map((one) => one.executionId),
      tasks.map((one) => one.revisionId),
      tasks.map((one) => JSON.stringify(one.variables)),
      tasks.map((one) => JSON.stringify(one.images)),
      tasks.map((one) => JSON.stringify(one.env)),
      tasks.map((one) => one.failedTaskId),
      tasks.map((one) => one.failedAttempt),
      tasks.map((one) => one.runId),
      tasks.map((one) => one.attempt),
      tasks.map((one) => one.type),
      tasks.map((one) => one.name),
      now,
    ],
  );
}

/** Those of the tasks beside the graph that may get a job now. */
export function findReadyBeside(db: Db, taskIds: readonly string[]): Promise<(ReadyTask & Pick<BesideTask, 'env'>)[]> {
  return db.rows(
    `SELECT task.id, task.execution_id AS "executionId", task.run_id AS "runId", task.name, task.tries,
       beside.revision_id AS "revisionId", beside.env
     FROM beside_task beside JOIN task_execution task ON task.id = beside.task_id
     WHERE task.id = ANY ($1::uuid[]) AND task.status = 'QUEUED' AND task.job_id IS NULL AND task.next_try_at IS NULL
     ORDER BY task.id`,
    [taskIds],
  );
}

/** Until when agents have to start their jobs. */
export async function setStartBy(db: Db, tasks: readonly { id: string; startBy: Date }[]): Promise<void> {
  await db.write(
    `UPDATE beside_task SET start_by = t.start_by FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, start_by) WHERE task_id = t.id`,
    [tasks.map((one) => one.id), tasks.map((one) => one.startBy)],
  );
}

export function findDueBeside(db: Db, now: Date, limit: number): Promise<{ taskId: string; runId: string }[]> {
  return db.rows(
    `SELECT beside.task_id AS "taskId", task.run_id AS "runId"
     FROM beside_task beside JOIN task_execution task ON task.id = beside.task_id
     WHERE beside.start_by < $1 ORDER BY beside.start_by LIMIT $2`,
    [now, limit],
  );
}

/** Looks at each due time once; answers the jobs that no agent has started by then. */
export function takeDueBeside(
  db: Db,
  taskIds: readonly string[],
  now: Date,
): Promise<{ taskId: string; jobId: string | null; started: boolean }[]> {
  return db.rows(
    `UPDATE beside_task beside SET start_by = NULL FROM task_execution task
     WHERE beside.task_id = ANY ($1::uuid[]) AND beside.start_by < $2 AND task.id = beside.task_id
     RETURNING task.id AS "taskId", task.job_id AS "jobId", task.status <> 'QUEUED' OR task.job_id IS NULL AS started`,
    [taskIds, now],
  );
}

/** Adds to the counts of open tasks beside the graph, of executions and of the runs that they belong to. */
export async function addToBeside(db: Db, changes: ReadonlyMap<string, number>): Promise<void> {
  await db.write(
    `UPDATE execution SET beside_tasks = beside_tasks + c.n FROM unnest($1::uuid[], $2::int[]) AS c (id, n) WHERE execution.id = c.id`,
    [[...changes.keys()], [...changes.values()]],
  );
}

export function findBesideTasks(
  db: Db,
  executionIds: readonly string[],
  type: TaskExecution['type'],
): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM beside_task beside JOIN task_execution task ON task.id = beside.task_id
     WHERE beside.execution_id = ANY ($1::uuid[]) AND task.type = $2 ORDER BY task.created_at, task.id`,
    [executionIds, type],
  );
}

/** The failure handlers of tasks. */
export function findHandlers(db: Db, failedTaskIds: readonly string[]) {
  return db.rows<TaskExecution & { readonly failedTaskId: string }>(
    `SELECT ${task}, beside.failed_task_id AS "failedTaskId"
     FROM beside_task beside JOIN task_execution task ON task.id = beside.task_id
     WHERE beside.failed_task_id = ANY ($1::uuid[])`,
    [failedTaskIds],
  );
}

/** The tasks that failure handlers are for. */
export function findHandled(db: Db, handlerIds: readonly string[]) {
  return db.rows<TaskExecution & { readonly handlerId: string }>(
    `SELECT ${task}, beside.task_id AS "handlerId"
     FROM beside_task beside JOIN task_execution task ON task.id = beside.failed_task_id
     WHERE beside.task_id = ANY ($1::uuid[])`,
    [handlerIds],
  );
}
