import type { ConditionFacts, TaskFact } from '../../engine/conditionScope';
import type { Db } from '../../kernel/database/database';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS } from './lineage';

export function findConditionFacts(db: Db, executionIds: readonly string[]): Promise<ConditionFacts[]> {
  return db.rows(
    `SELECT execution.id AS "executionId", execution.variables,
       (SELECT jsonb_object_agg(variable.name, variable.value) FROM execution_variable variable
        JOIN task_execution task ON task.id = variable.task_execution_id
        WHERE variable.execution_id = shown.execution_id AND ${isShown('task')}) AS set,
       CASE WHEN environment.id IS NOT NULL THEN
         jsonb_build_object('name', environment.name, 'type', environment.type, 'variables', environment.variables)
       END AS environment
     FROM ${SHOWN_ATTEMPTS} JOIN execution ON execution.id = shown.execution_id
     LEFT JOIN environment ON environment.id = execution.environment_id`,
    askedAttempts(newestOf(executionIds)),
  );
}

/** The named tasks of each execution; the two lists belong together. */
export function findTaskFacts(db: Db, executionIds: readonly string[], names: readonly string[]): Promise<TaskFact[]> {
  return db.rows(
    `SELECT task.execution_id AS "executionId", task.name, task.status, task.exit_code AS "exitCode",
       task.reason_code AS "reasonCode", task.tries
     FROM ${SHOWN_ATTEMPTS} JOIN unnest($3::uuid[], $4::text[]) AS named (execution_id, name) USING (execution_id)
     JOIN task_execution task ON task.name = named.name AND ${isShown('task')}`,
    [...askedAttempts(newestOf([...new Set(executionIds)])), executionIds, names],
  );
}
