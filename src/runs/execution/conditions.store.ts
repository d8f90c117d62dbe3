import type { TaskFact } from '../../engine/conditionScope';
import type { FactKinds } from '../../engine/facts';
import type { Db } from '../../kernel/database/database';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS } from './lineage';

type EnvironmentFact = FactKinds['environment'] & { readonly id: string };

export function findEnvironmentFacts(db: Db, ids: readonly string[]): Promise<EnvironmentFact[]> {
  return db.rows('SELECT id, name, type, variables, concurrency FROM environment WHERE id = ANY ($1::uuid[])', [ids]);
}

/** Facts about named tasks; the name at each index belongs to the execution id at the same index. */
export function findTaskFacts(db: Db, executionIds: readonly string[], names: readonly string[]): Promise<TaskFact[]> {
  return db.rows(
    `SELECT task.execution_id AS "executionId", task.name, task.status, task.exit_code AS "exitCode",
       task.reason_code AS "reasonCode", task.tries, task.passed, task.attempt,
       (SELECT job.facts->'checkout' FROM job WHERE job.id = task.job_id) AS checkout
     FROM ${SHOWN_ATTEMPTS} JOIN unnest($3::uuid[], $4::text[]) AS named (execution_id, name) USING (execution_id)
     JOIN task_execution task ON task.name = named.name AND ${isShown('task')}`,
    [...askedAttempts(newestOf([...new Set(executionIds)])), executionIds, names],
  );
}
