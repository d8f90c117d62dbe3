import type { Db } from '../../kernel/database/database';
import type { TaskType } from '../../catalog/language/workflow';
import type { Execution } from '../../engine/execution';

/** A claimed job with everything that its agent needs, except the definition of its task. */
export interface ClaimedJobRow {
  readonly jobId: string;
  readonly attempt: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly taskExecutionId: string;
  readonly task: string;
  readonly type: TaskType;
  readonly executionId: string;
  readonly runId: string;
  readonly revisionId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
  /** Additional environment of a detached task. */
  readonly detachedEnv: Readonly<Record<string, string>> | null;
  readonly applicationId: string;
  readonly environmentId: string | null;
  readonly application: string;
  readonly workflow: string;
  readonly environment: { name: string; type: string; variables: Readonly<Record<string, string>> } | null;
  /** How its execution stood. */
  readonly standing: Pick<Execution, 'status' | 'openTasks'>;
  /** Service id → name. */
  readonly services: Readonly<Record<string, string>> | null;
}

/** One statement for all jobs, in the order of the ids. */
export async function findClaimedJobs(db: Db, jobIds: readonly string[]): Promise<ClaimedJobRow[]> {
  const rows = await db.rows<Omit<ClaimedJobRow, 'standing'> & ClaimedJobRow['standing']>(
    `SELECT job.id AS "jobId", job.attempt, job.timeout_ms AS "timeoutMs", job.grace_ms AS "graceMs", task.id AS "taskExecutionId",
       task.name AS task, task.type, execution.status, execution.open_tasks AS "openTasks",
       execution.id AS "executionId", execution.run_id AS "runId", coalesce(detached.revision_id, execution.revision_id) AS "revisionId",
       coalesce(detached.variables, execution.variables) AS variables, shown.images, detached.env AS "detachedEnv", execution.application_id AS "applicationId",
       shown.environment_id AS "environmentId", application.name AS application, workflow.name AS workflow,
       CASE WHEN environment.id IS NOT NULL THEN
         jsonb_build_object('name', environment.name, 'type', environment.type, 'variables', environment.variables)
       END AS environment,
       CASE WHEN shown.images <> '{}' THEN
         (SELECT jsonb_object_agg(service.id, service.name) FROM service WHERE service.id IN (SELECT key::uuid FROM jsonb_each(shown.images)))
       END AS services
     FROM unnest($1::uuid[]) WITH ORDINALITY AS claimed (id, n)
     JOIN job ON job.id = claimed.id
     JOIN task_execution task ON task.id = job.task_execution_id
     JOIN execution ON execution.id = job.execution_id
     LEFT JOIN detached_task detached ON task.type <> 'normal' AND detached.task_id = task.id
     CROSS JOIN LATERAL (SELECT coalesce(detached.images, execution.images) AS images,
       CASE WHEN detached.task_id IS NULL THEN execution.environment_id ELSE detached.environment_id END AS environment_id) shown
     JOIN application ON application.id = execution.application_id
     JOIN workflow ON workflow.id = execution.entity_id
     LEFT JOIN environment ON environment.id = shown.environment_id
     ORDER BY claimed.n`,
    [jobIds],
  );
  return rows.map(({ status, openTasks, ...row }) => ({ ...row, standing: { status, openTasks } }));
}
