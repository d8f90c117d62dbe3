import type { AttemptRef, TaskExecution } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { askedAttempts, isShown, SHOWN_ATTEMPTS } from '../execution/lineage';

export type TaskOutcome = Pick<
  TaskExecution,
  'id' | 'executionId' | 'name' | 'status' | 'reasonCode' | 'exitCode' | 'attempt' | 'startedAt' | 'endedAt'
>;

/** Tasks that these attempts show, in the order of the attempts and of the graph. */
export function findOutcomes(db: Db, refs: readonly AttemptRef[], limit: number): Promise<TaskOutcome[]> {
  return db.rows(
    `SELECT task.id, task.execution_id AS "executionId", task.name, task.status, task.reason_code AS "reasonCode",
       task.exit_code AS "exitCode", task.attempt, task.started_at AS "startedAt", task.ended_at AS "endedAt"
     FROM ${SHOWN_ATTEMPTS} JOIN task_execution task ON ${isShown('task')}
     ORDER BY array_position($1, shown.execution_id), task.ordinal LIMIT $3`,
    [...askedAttempts(refs), limit],
  );
}

/**
 * Values that these tasks have set: the beginning of each, and a digest that distinguishes values with the same
 * beginning.
 */
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
