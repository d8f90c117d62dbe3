import type { App } from '../app';
import { findInputArtifacts } from '../artifacts/artifacts.store';

/** All that an agent needs to run a job. */
export interface JobDescription {
  readonly jobId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly task: string;
  readonly attempt: number;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly inputs: readonly { artifactId: string; name: string; size: number; sha256: string }[];
  /** Sources named in `artifacts.from` that left nothing: the job can't run. */
  readonly missing: readonly string[];
  readonly outputs: readonly string[];
}

interface JobRow {
  readonly jobId: string;
  readonly attempt: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly task: string;
  readonly executionId: string;
  readonly runId: string;
  readonly revisionId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
  readonly application: string;
  readonly workflow: string;
  readonly environment: { name: string; type: string; variables: Readonly<Record<string, string>> } | null;
  /** Service id → name. */
  readonly services: Readonly<Record<string, string>> | null;
}

/** Puts together what was claimed: one statement for all jobs, one more for each that takes files of earlier ones. */
export async function describeJobs(app: App, jobIds: readonly string[]): Promise<JobDescription[]> {
  const db = app.database;
  const rows = await db.rows<JobRow>(
    `SELECT job.id AS "jobId", job.attempt, job.timeout_ms AS "timeoutMs", job.grace_ms AS "graceMs", task.name AS task,
       execution.id AS "executionId", execution.run_id AS "runId", execution.revision_id AS "revisionId",
       execution.variables, execution.images, application.name AS application, workflow.name AS workflow,
       CASE WHEN environment.id IS NOT NULL THEN
         jsonb_build_object('name', environment.name, 'type', environment.type, 'variables', environment.variables)
       END AS environment,
       CASE WHEN execution.images <> '{}' THEN
         (SELECT jsonb_object_agg(service.id, service.name) FROM service WHERE service.id IN (SELECT key::uuid FROM jsonb_each(execution.images)))
       END AS services
     FROM unnest($1::uuid[]) WITH ORDINALITY AS claimed (id, n)
     JOIN job ON job.id = claimed.id
     JOIN task_execution task ON task.id = job.task_execution_id
     JOIN execution ON execution.id = job.execution_id
     JOIN application ON application.id = execution.application_id
     JOIN workflow ON workflow.id = execution.entity_id
     LEFT JOIN environment ON environment.id = execution.environment_id
     ORDER BY claimed.n`,
    [jobIds],
  );
  await app.workflowRevisions.getAll(db, rows.map((row) => row.revisionId));
  return Promise.all(rows.map((row) => describe(app, row)));
}

async function describe(app: App, row: JobRow): Promise<JobDescription> {
  const { definition } = await app.workflowRevisions.get(app.database, row.revisionId);
  const task = definition.tasks[row.task];
  if (task === undefined) throw new Error(`revision ${row.revisionId} has no task ${row.task}`);
  const { inputs, missing } = await findInputs(app, row, task.artifacts.from);
  const { jobId, executionId, runId, attempt, timeoutMs, graceMs } = row;
  return {
    jobId,
    executionId,
    runId,
    attempt,
    timeoutMs,
    graceMs,
    task: row.task,
    command: task.run,
    // Later wins; the documentation of definitions promises this order.
    env: { ...row.environment?.variables, ...definition.env, ...row.variables, ...task.env, ...ownVariables(row) },
    inputs,
    missing,
    outputs: task.artifacts.paths,
  };
}

/** What Slipway itself tells a command. */
function ownVariables(row: JobRow): Record<string, string> {
  const images = Object.entries(row.images).map(([id, image]) => [row.services?.[id] ?? id, image] as const);
  const [only] = images;
  return {
    SLIPWAY_EXECUTION_ID: row.executionId,
    SLIPWAY_RUN_ID: row.runId,
    SLIPWAY_APPLICATION: row.application,
    SLIPWAY_WORKFLOW: row.workflow,
    SLIPWAY_TASK: row.task,
    SLIPWAY_JOB_ID: row.jobId,
    SLIPWAY_ATTEMPT: String(row.attempt),
    SLIPWAY_SERVICES: JSON.stringify(Object.fromEntries(images)),
    ...(row.environment && {
      SLIPWAY_ENVIRONMENT: row.environment.name,
      SLIPWAY_ENVIRONMENT_TYPE: row.environment.type,
    }),
    ...(images.length === 1 && only !== undefined && { SLIPWAY_SERVICE: only[0], SLIPWAY_IMAGE: only[1] }),
  };
}

async function findInputs(app: App, row: JobRow, sources: readonly string[]) {
  const inputs: JobDescription['inputs'][number][] = [];
  const missing: string[] = [];
  for (const source of sources) {
    const found = await findInputArtifacts(app.database, row, source);
    if (found.length === 0) missing.push(source);
    inputs.push(...found);
  }
  return { inputs, missing };
}
