import type { JobFacts } from '../../contract/jobFacts';
import type { Db } from '../../kernel/database/database';
import { type BatchLoad, groupBy } from '../../kernel/loaders';

interface FactsRow {
  readonly ofExecution: string;
  readonly jobId: string;
  readonly executionId: string;
  readonly task: string;
  readonly facts: JobFacts;
}

/** Facts about the newest job of each task of an execution; for a run, of all of its executions. */
export const factsOfExecution: BatchLoad<FactsRow[]> = async (app, ids) =>
  groupBy(await findFacts(app.database, ids), (row) => row.ofExecution);

function findFacts(db: Db, ids: readonly string[]): Promise<FactsRow[]> {
  return db.rows(
    `SELECT asked.id AS "ofExecution", job.id AS "jobId", job.execution_id AS "executionId", task.name AS task, job.facts
     FROM execution asked
     JOIN job ON job.run_id = asked.run_id AND job.facts IS NOT NULL AND asked.id IN (job.run_id, job.execution_id)
     JOIN task_execution task ON task.id = job.task_execution_id AND task.job_id = job.id
     WHERE asked.id = ANY ($1::uuid[]) ORDER BY job.ended_at, job.id`,
    [ids],
  );
}
