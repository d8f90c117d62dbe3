import type { SecretPlace } from '../../catalog/secrets/secrets';
import type { Db } from '../../kernel/database/database';

/** Keeps environments and secrets of these applications from being changed until the transaction ends. */
export const holdBindings = (db: Db, applicationIds: readonly string[]): Promise<unknown> =>
  db.rows('SELECT FROM application WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE', [applicationIds]);

/** Labels that the tasks of these jobs require. */
export async function findBases(db: Db, jobIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.rows<{ id: string; labels: readonly string[] }>(
    `SELECT job.id, class.labels FROM job JOIN requirement_class class ON class.id = job.requirement_class_id
     WHERE job.id = ANY ($1::uuid[])`,
    [jobIds],
  );
  return new Map(rows.map(({ id, labels }) => [id, labels]));
}

/** Labels to which these environments are bound. */
export async function findBindings(
  db: Db,
  environmentIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await db.rows<{ id: string; agents: readonly string[] }>(
    'SELECT id, agents FROM environment WHERE id = ANY ($1::uuid[])',
    [environmentIds],
  );
  return new Map(rows.map(({ id, agents }) => [id, agents]));
}

/** Withdraws offers of jobs: they are in the queue at their places again, in other classes of requirements. */
export async function returnToClasses(
  db: Db,
  jobs: readonly { readonly jobId: string; readonly classId: number }[],
): Promise<void> {
  await db.rows(
    `WITH given AS (
       SELECT * FROM unnest($1::uuid[], $2::int[]) AS g (job_id, class_id)
     ), withdrawn AS (
       DELETE FROM job_lease USING given WHERE job_lease.job_id = given.job_id AND NOT started
       RETURNING job_lease.job_id, class_id, precedence, share, rank
     )
     INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, rank, virtual_time, queued_at)
     SELECT job.id, job.run_id, class_id, precedence, share, rank, share, job.queued_at
     FROM withdrawn JOIN job ON job.id = withdrawn.job_id AND job.ended_at IS NULL`,
    [jobs.map(({ jobId }) => jobId), jobs.map(({ classId }) => classId)],
  );
}

export interface QueuedPlace extends SecretPlace {
  readonly jobId: string;
  readonly task: string;
  readonly revisionId: string;
  /** Labels that it requires in the queue. */
  readonly labels: readonly string[];
  readonly ofEnvironment: readonly string[];
}

/** Those of these jobs that are in the queue. */
export const findQueuedPlaces = (db: Db, jobIds: readonly string[]): Promise<QueuedPlace[]> =>
  db.rows(
    `SELECT ready.job_id AS "jobId", task.name AS task, class.labels, execution.application_id AS "applicationId",
       coalesce(detached.revision_id, execution.revision_id) AS "revisionId", environment.id AS "environmentId",
       coalesce(environment.agents, '{}') AS "ofEnvironment"
     FROM ready_job ready JOIN requirement_class class ON class.id = ready.requirement_class_id
     JOIN job ON job.id = ready.job_id JOIN task_execution task ON task.id = job.task_execution_id
     JOIN execution ON execution.id = job.execution_id
     LEFT JOIN detached_task detached ON task.type <> 'normal' AND detached.task_id = task.id
     LEFT JOIN environment ON environment.id =
       CASE WHEN detached.task_id IS NULL THEN execution.environment_id ELSE detached.environment_id END
     WHERE ready.job_id = ANY ($1::uuid[])`,
    [jobIds],
  );
