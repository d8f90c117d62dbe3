import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { AttemptRef, DetachedTaskRow, TaskExecution } from '../../engine/execution';
import { detachedTaskTable, taskExecutionTable } from './executions.table';
import { askedAttempts, SHOWN_ATTEMPTS } from './lineage';

const task = columnsOf(taskExecutionTable, 'task');

export function findDetached(db: Db, taskIds: readonly string[]): Promise<DetachedTaskRow[]> {
  return db.rows(
    `SELECT ${columnsOf(detachedTaskTable, 'detached')} FROM detached_task detached WHERE task_id = ANY ($1::uuid[])`,
    [taskIds],
  );
}

/** Tasks of `finally` of these executions that are not final. */
export function findOpenFinally(db: Db, executionIds: readonly string[]): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM detached_task detached JOIN task_execution task ON task.id = detached.task_id
     WHERE detached.execution_id = ANY ($1::uuid[]) AND task.type = 'finally' AND task.ended_at IS NULL`,
    [executionIds],
  );
}

/** Those of these failures that have their handler; the keys are those of `handlerKey`. */
export async function findHandledFailures(db: Db, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.rows<{ key: string }>(
    `SELECT coalesce(failed_task_id::text, execution_id || ' ' || failed_attempt) AS key FROM detached_task
     WHERE failed_task_id = ANY ($1::uuid[])
       OR (execution_id, failed_attempt) IN (SELECT * FROM unnest($2::uuid[], $3::int[]))`,
    [
      keys.filter((key) => !key.includes(' ')),
      keys.filter((key) => key.includes(' ')).map((key) => key.slice(0, 36)),
      keys.filter((key) => key.includes(' ')).map((key) => Number(key.slice(37))),
    ],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Until when agents have to start their jobs. */
export async function setStartBy(db: Db, tasks: readonly { id: string; startBy: Date }[]): Promise<void> {
  if (tasks.length === 0) return;
  await db.write(
    `UPDATE detached_task SET start_by = t.start_by FROM unnest($1::uuid[], $2::timestamptz[]) AS t (id, start_by) WHERE task_id = t.id`,
    [tasks.map((one) => one.id), tasks.map((one) => one.startBy)],
  );
}

export function findDueDetached(db: Db, now: Date, limit: number): Promise<{ taskId: string; runId: string }[]> {
  return db.rows(
    `SELECT detached.task_id AS "taskId", task.run_id AS "runId"
     FROM detached_task detached JOIN task_execution task ON task.id = detached.task_id
     WHERE detached.start_by < $1 ORDER BY detached.start_by LIMIT $2`,
    [now, limit],
  );
}

/** Looks at each due time once. */
export async function clearStartBy(db: Db, taskIds: readonly string[], now: Date): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `UPDATE detached_task SET start_by = NULL WHERE task_id = ANY ($1::uuid[]) AND start_by < $2 RETURNING task_id AS id`,
    [taskIds, now],
  );
  return rows.map(({ id }) => id);
}

export function findDetachedTasks(
  db: Db,
  executionIds: readonly string[],
  type: TaskExecution['type'],
): Promise<TaskExecution[]> {
  return db.rows(
    `SELECT ${task} FROM detached_task detached JOIN task_execution task ON task.id = detached.task_id
     WHERE detached.execution_id = ANY ($1::uuid[]) AND task.type = $2 ORDER BY task.created_at, task.id`,
    [executionIds, type],
  );
}

/** The tasks of `finally` that these attempts show: those of the newest attempt along their lineage, which ran its own. */
export function findFinallyTasks(
  db: Db,
  refs: readonly AttemptRef[],
): Promise<(TaskExecution & { readonly shownIn: number })[]> {
  return db.rows(
    `SELECT ${task}, shown.attempt AS "shownIn" FROM ${SHOWN_ATTEMPTS} JOIN task_execution task
       ON task.execution_id = shown.execution_id AND task.type = 'finally' AND task.attempt = shown.lineage[1]
     ORDER BY task.execution_id, shown.attempt, task.ordinal`,
    askedAttempts(refs),
  );
}

/** The failure handlers of tasks. */
export function findHandlers(db: Db, failedTaskIds: readonly string[]) {
  return db.rows<TaskExecution & { readonly failedTaskId: string }>(
    `SELECT ${task}, detached.failed_task_id AS "failedTaskId"
     FROM detached_task detached JOIN task_execution task ON task.id = detached.task_id
     WHERE detached.failed_task_id = ANY ($1::uuid[])`,
    [failedTaskIds],
  );
}

/** The tasks that failure handlers are for. */
export function findHandled(db: Db, handlerIds: readonly string[]) {
  return db.rows<TaskExecution & { readonly handlerId: string }>(
    `SELECT ${task}, detached.task_id AS "handlerId"
     FROM detached_task detached JOIN task_execution task ON task.id = detached.failed_task_id
     WHERE detached.task_id = ANY ($1::uuid[])`,
    [handlerIds],
  );
}
