import type { Db } from '../../kernel/database/database';
import type { TaskExecution } from '../../engine/execution';

/** A workflow execution as it stood at one time; null: as it stands. */
export interface Moment {
  readonly executionId: string;
  readonly until: Date | null;
}

export type TaskOutcome = Pick<
  TaskExecution,
  'id' | 'executionId' | 'name' | 'status' | 'reasonCode' | 'exitCode' | 'attempt' | 'startedAt' | 'endedAt'
>;

/** The tasks of the graph that counted then: of each node the newest row that was there. In the order of the graph. */
export function findTasksAt(db: Db, moments: readonly Moment[], limit: number): Promise<TaskOutcome[]> {
  return db.rows(
    `SELECT task.id, task.execution_id AS "executionId", task.name, task.status, task.reason_code AS "reasonCode",
       task.exit_code AS "exitCode", task.attempt, task.started_at AS "startedAt", task.ended_at AS "endedAt"
     FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS moment (execution_id, until, n)
     CROSS JOIN LATERAL (
       SELECT DISTINCT ON (name) * FROM task_execution
       WHERE execution_id = moment.execution_id AND type = 'normal' AND created_at <= coalesce(moment.until, 'infinity')
       ORDER BY name, attempt DESC, created_at DESC
     ) task
     ORDER BY moment.n, task.ordinal LIMIT $3`,
    [moments.map((one) => one.executionId), moments.map((one) => one.until), limit],
  );
}

/** What these tasks have set: the beginning of each value, and a mark by which values that begin alike can be told apart. */
export function findValuesSetBy(
  db: Db,
  taskIds: readonly string[],
  limit: number,
): Promise<{ executionId: string; name: string; value: string; digest: string }[]> {
  return db.rows(
    `SELECT execution_id AS "executionId", name, left(value, 2000) AS value, md5(value) AS digest FROM execution_variable
     WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY name, execution_id LIMIT $2`,
    [taskIds, limit],
  );
}
