import type { ConditionFacts, TaskFact } from '../../engine/conditionScope';
import type { Db } from '../../kernel/database/database';

export function findConditionFacts(db: Db, executionIds: readonly string[]): Promise<ConditionFacts[]> {
  return db.rows(
    `SELECT execution.id AS "executionId", execution.variables,
       (SELECT jsonb_object_agg(name, value) FROM execution_variable WHERE execution_id = execution.id AND current) AS set,
       CASE WHEN environment.id IS NOT NULL THEN
         jsonb_build_object('name', environment.name, 'type', environment.type, 'variables', environment.variables)
       END AS environment
     FROM execution LEFT JOIN environment ON environment.id = execution.environment_id
     WHERE execution.id = ANY ($1::uuid[])`,
    [executionIds],
  );
}

/** The named tasks of each execution; the two lists belong together. */
export function findTaskFacts(db: Db, executionIds: readonly string[], names: readonly string[]): Promise<TaskFact[]> {
  return db.rows(
    `SELECT task.execution_id AS "executionId", task.name, task.status, task.exit_code AS "exitCode",
       task.reason_code AS "reasonCode", task.tries
     FROM unnest($1::uuid[], $2::text[]) AS asked (execution_id, name)
     JOIN task_execution task ON task.execution_id = asked.execution_id AND task.name = asked.name AND task.current`,
    [executionIds, names],
  );
}
