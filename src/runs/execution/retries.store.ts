import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Execution, TaskExecution } from '../../engine/execution';
import { taskExecutionTable } from './executions.table';
import { inNewestAttempt } from './tasks.store';

const task = columnsOf(taskExecutionTable, 'task');

/** A task whose job failed, with what decides whether it gets another. */
export type FailedTask = TaskExecution & Pick<Execution, 'revisionId' | 'failureCode' | 'mode'>;

export function findFailedTasks(db: Db, taskIds: readonly string[]): Promise<FailedTask[]> {
  return db.rows(
    `SELECT ${task}, coalesce(beside.revision_id, execution.revision_id) AS "revisionId", execution.failure_code AS "failureCode", execution.mode
     FROM task_execution task JOIN execution ON execution.id = task.execution_id
     LEFT JOIN beside_task beside ON task.type <> 'normal' AND beside.task_id = task.id
     WHERE task.id = ANY ($1::uuid[]) AND task.ended_at IS NULL`,
    [taskIds],
  );
}

export interface NextTry {
  readonly taskId: string;
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  /** null: at once. */
  readonly nextTryAt: Date | null;
}

/** Failed tasks wait for their next try, and show why the last one failed. */
export function retryTasks(db: Db, tries: readonly NextTry[]): Promise<TaskExecution[]> {
  return db.rows(
    `UPDATE task_execution task SET status = 'QUEUED', job_id = NULL, failures = failures + 1, reason_code = t.reason_code,
       reason = t.reason, exit_code = t.exit_code, next_try_at = t.next_try_at, waits_until = NULL, ended_at = NULL
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
       AS t (id, reason_code, reason, exit_code, next_try_at)
     WHERE task.id = t.id RETURNING ${task}`,
    [
      tries.map((one) => one.taskId),
      tries.map((one) => one.reasonCode),
      tries.map((one) => one.reason),
      tries.map((one) => one.exitCode),
      tries.map((one) => one.nextTryAt),
    ],
  );
}

/** Tasks whose delay is over. */
export function findDueRetries(db: Db, now: Date, limit: number): Promise<{ runId: string }[]> {
  return db.rows(
    `SELECT run_id AS "runId" FROM task_execution
     WHERE status = 'QUEUED' AND next_try_at IS NOT NULL AND next_try_at <= $1 ORDER BY next_try_at LIMIT $2`,
    [now, limit],
  );
}

/** They are ready from now on, whether or not there is room for them. */
export function endDelays(
  db: Db,
  runIds: readonly string[],
  now: Date,
): Promise<Pick<TaskExecution, 'id' | 'executionId' | 'type'>[]> {
  return db.rows(
    `UPDATE task_execution SET next_try_at = NULL
     WHERE run_id = ANY ($1::uuid[]) AND status = 'QUEUED' AND next_try_at IS NOT NULL AND next_try_at <= $2
     RETURNING id, execution_id AS "executionId", type`,
    [runIds, now],
  );
}

/** What was skipped because a task of the workflow had failed waits for its turn again. */
export function restoreSkipped(db: Db, executionId: string): Promise<TaskExecution[]> {
  return db.rows(
    `UPDATE task_execution task SET status = 'QUEUED', job_id = NULL, reason_code = NULL, reason = NULL, ended_at = NULL
     WHERE ${inNewestAttempt} AND status = 'SKIPPED' AND reason_code = 'NOT_STARTED' RETURNING ${task}`,
    [executionId],
  );
}
