import type { ActorRef } from '../../access/actor';
import type { Change } from '../../engine/changes';
import type { Deployment, DeploymentPlace, Doubts, RecordedDeployment, Standing } from '../../engine/deployment';
import { plainFailures } from '../../engine/deployments';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { snakeCase } from '../../kernel/database/naming';
import { askedAttempts, isShown, newestOf, SHOWN_ATTEMPTS } from '../execution/lineage';
import { deploymentTable } from './deployments.table';

/** Repository of the column `image`, as `splitImage` has it. */
const REPOSITORY = `regexp_replace(image, '(@[^@]+|:[^:/@]+)$', '')`;

export const deployment = columnsOf(deploymentTable, 'deployment');

/** No other transaction ends a deployment to these environments until this one ends. */
export async function lockEnvironments(db: Db, ids: readonly string[]): Promise<void> {
  await db.rows('SELECT FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
}

/** Writes deployments that a decision began or ended. */
export async function writeDeployments(db: Db, changes: readonly Change<Deployment>[]): Promise<void> {
  const made = changes.filter(({ before }) => before === null).map(({ after }) => after);
  const ended = changes.filter(({ before }) => before !== null).map(({ after }) => after);
  const over = changes.map(({ after }) => after).filter(({ endedAt }) => endedAt !== null);
  await Promise.all([
    over.length > 0 && lockEnvironments(db, [...new Set(over.map(({ environmentId }) => environmentId))]),
    insertDeployments(db, made),
    endDeployments(db, ended),
  ]);
}

/** The cause defaults to that of the newest attempt of the run. */
export async function insertDeployments(
  db: Db,
  deployments: readonly (Deployment & { readonly cause?: ActorRef })[],
): Promise<void> {
  if (deployments.length === 0) return;
  await db.write(
    `WITH begun AS (INSERT INTO deployment (id, number, environment_id, service_id, image, status, execution_id, attempt, run_id,
       task_execution_id, task, operation_id, cause, started_at, ended_at, end_number)
     SELECT made.id, nextval('deployment_number_seq'), made.environment_id, made.service_id, made.image, made.status,
       made.execution_id, made.attempt, made.run_id, made.task_execution_id, made.task, made.operation_id,
       coalesce(made.cause, begun.cause), made.started_at, made.ended_at,
       CASE WHEN made.ended_at IS NOT NULL THEN nextval('deployment_number_seq') END
     FROM jsonb_populate_recordset(NULL::deployment, $1::jsonb) made JOIN execution run ON run.id = made.run_id
     JOIN execution_attempt begun ON begun.execution_id = run.id AND begun.attempt = run.attempt
     RETURNING *)
     INSERT INTO deployed_image (deployment_id, number, service_id, environment_id, image, image_hash, repository, repository_hash, deployed_at)
     SELECT id, number, service_id, environment_id, image, md5(image), ${REPOSITORY}, md5(${REPOSITORY}), started_at
     FROM begun ORDER BY environment_id, service_id, number ON CONFLICT (environment_id, service_id, image_hash) DO NOTHING`,
    [records(deployments)],
  );
}

async function endDeployments(db: Db, deployments: readonly Deployment[]): Promise<void> {
  if (deployments.length === 0) return;
  await db.write(
    `UPDATE deployment SET status = ended.status, ended_at = ended.ended_at, end_number = nextval('deployment_number_seq')
     FROM jsonb_populate_recordset(NULL::deployment, $1::jsonb) ended WHERE deployment.id = ended.id`,
    [records(deployments)],
  );
}

const records = (deployments: readonly Deployment[]): string =>
  JSON.stringify(
    deployments.map((one) => Object.fromEntries(Object.entries(one).map(([key, value]) => [snakeCase(key), value]))),
  );

/** Deployments of these executions, or of all executions of these runs, that have not ended. */
export function findOpenDeployments(
  db: Db,
  ids: readonly string[],
  which: 'of executions' | 'of runs' = 'of executions',
): Promise<RecordedDeployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM deployment WHERE ${which === 'of runs' ? 'run_id' : 'execution_id'} = ANY ($1::uuid[])
       AND status = 'IN_PROGRESS' ORDER BY number`,
    [ids],
  );
}

/** Task results of these executions that speak against a deployment by the workflow as a whole. */
export function findDoubts(db: Db, executionIds: readonly string[]): Promise<(Doubts & { executionId: string })[]> {
  return db.rows(
    `SELECT shown.execution_id AS "executionId",
       coalesce(bool_or(task.status = 'SKIPPED' AND task.passed), false) AS skipped,
       coalesce(bool_or(task.status = 'ABORTED' OR task.status = 'FAILED' AND
         (task.passed OR task.reason_code IS NULL OR task.reason_code <> ALL ($3::text[]))), false) AS unsure
     FROM ${SHOWN_ATTEMPTS}
     LEFT JOIN task_execution task ON (task.status IN ('FAILED', 'ABORTED') OR task.status = 'SKIPPED' AND task.passed)
       AND ${isShown('task')}
     GROUP BY 1`,
    [...askedAttempts(newestOf(executionIds)), plainFailures],
  );
}

export function findServiceNames(db: Db, ids: readonly string[]): Promise<{ id: string; name: string }[]> {
  return db.rows('SELECT id, name FROM service WHERE id = ANY ($1::uuid[])', [ids]);
}

/**
 * Newest deployment that defines the current image of each place, by one run or by any, up to a number of the history
 * or to its end.
 */
export function findNewestDeployments(
  db: Db,
  places: readonly DeploymentPlace[],
  { upTo = null, runId = null }: { readonly upTo?: number | null; readonly runId?: string | null } = {},
): Promise<RecordedDeployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM unnest($1::uuid[], $2::uuid[]) AS place (environment_id, service_id)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE one.environment_id = place.environment_id AND one.service_id = place.service_id AND status IN ('SUCCEEDED', 'REMOVED')
         AND ($3::bigint IS NULL OR end_number <= $3) AND ($4::uuid IS NULL OR run_id = $4)
       ORDER BY end_number DESC LIMIT 1
     ) deployment`,
    [places.map((one) => one.environmentId), places.map((one) => one.serviceId), upTo, runId],
  );
}

/** A place, and the run that would deploy there. */
export interface PlaceOfRun extends DeploymentPlace {
  readonly runId: string;
}

/**
 * Current deployments of these places, or those at a number of the history, that came from a run which started later
 * than the given one. An older run must never replace them silently.
 */
export function findLaterDeployments(
  db: Db,
  places: readonly PlaceOfRun[],
  upTo: number | null = null,
): Promise<(RecordedDeployment & { readonly olderRunId: string })[]> {
  return db.rows(
    `SELECT ${deployment}, own.id AS "olderRunId"
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS place (environment_id, service_id, run_id)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE one.environment_id = place.environment_id AND one.service_id = place.service_id AND status IN ('SUCCEEDED', 'REMOVED')
         AND ($4::bigint IS NULL OR end_number <= $4)
       ORDER BY end_number DESC LIMIT 1
     ) deployment
     JOIN execution run ON run.id = deployment.run_id JOIN execution own ON own.id = place.run_id
     WHERE deployment.status = 'SUCCEEDED' AND run.id <> own.id AND run.created_at > own.created_at`,
    [places.map((one) => one.environmentId), places.map((one) => one.serviceId), places.map((one) => one.runId), upTo],
  );
}

const STANDING = `(
  SELECT jsonb_build_object('id', one.id, 'image', CASE WHEN one.status = 'SUCCEEDED' THEN one.image END, 'runId', one.run_id)
  FROM deployment one WHERE one.environment_id = place.environment_id AND one.service_id = place.service_id
    AND one.status IN ('SUCCEEDED', 'REMOVED') ORDER BY one.end_number DESC LIMIT 1)`;

interface StandingPlace extends DeploymentPlace {
  readonly standing: Standing | null;
}

/** Newest successful deployments to places, with keys `environment service`. */
export function findStandingAt(db: Db, keys: readonly string[]): Promise<StandingPlace[]> {
  return db.rows(
    `SELECT place.environment_id AS "environmentId", place.service_id AS "serviceId", ${STANDING} AS standing
     FROM unnest($1::uuid[], $2::uuid[]) AS place (environment_id, service_id)`,
    [keys.map((key) => key.slice(0, 36)), keys.map((key) => key.slice(37))],
  );
}

/** The same for everything that elements of these executions deploy. */
export function findStandingOf(db: Db, executionIds: readonly string[]): Promise<StandingPlace[]> {
  return db.rows(
    `SELECT place.environment_id AS "environmentId", place.service_id AS "serviceId", ${STANDING} AS standing
     FROM (
       SELECT DISTINCT stage.environment_id, image.key::uuid AS service_id
       FROM stage_execution stage CROSS JOIN jsonb_each(stage.images) image
       WHERE stage.execution_id = ANY ($1::uuid[]) AND stage.environment_id IS NOT NULL
     ) place`,
    [executionIds],
  );
}

/** Number of the deployment end that came last in the whole history. */
export async function findLastDeployment(db: Db): Promise<number> {
  const [row] = await db.rows<{ number: number }>('SELECT coalesce(max(end_number), 0) AS number FROM deployment');
  return row?.number ?? 0;
}

/**
 * Current deployment of each service in these environments, or in the environments of these services, and the newest
 * one that is in progress or ended without success and is not settled. A later success settles it, unless another task
 * of the same execution made it. Each place costs a few index look-ups, whatever the length of its history.
 */
export function findStanding(
  db: Db,
  key: 'environmentId' | 'serviceId',
  ids: readonly string[],
): Promise<RecordedDeployment[]> {
  const here = (one: string) => `${one}.environment_id = environment.id AND ${one}.service_id = service.id`;
  const unsettled = (which: string) => `(
    SELECT id, end_number FROM deployment one
    WHERE ${here('one')} AND one.status IN ('FAILED', 'UNKNOWN') AND ${which} AND NOT EXISTS (
      SELECT FROM deployment later
      WHERE ${here('later')} AND later.status IN ('SUCCEEDED', 'REMOVED') AND later.end_number > one.end_number
        AND later.number > one.end_number
        AND (later.execution_id <> one.execution_id OR later.operation_id IS NOT NULL
          OR later.task IS NOT DISTINCT FROM one.task))
    ORDER BY one.end_number DESC LIMIT 1)`;
  const byEnvironment = key === 'environmentId';
  return db.rows(
    `SELECT ${deployment} FROM environment JOIN service ON service.application_id = environment.application_id
     LEFT JOIN LATERAL (
       SELECT * FROM deployment one WHERE ${here('one')} AND one.status IN ('SUCCEEDED', 'REMOVED')
       ORDER BY end_number DESC LIMIT 1
     ) has ON true
     LEFT JOIN LATERAL (
       SELECT id FROM (
         (SELECT id, end_number FROM deployment one WHERE ${here('one')} AND one.status = 'IN_PROGRESS'
          ORDER BY number DESC LIMIT 1)
         UNION ALL ${unsettled('one.end_number > coalesce(has.number, 0)')}
         UNION ALL ${unsettled('one.execution_id = has.execution_id AND one.end_number < has.number')}
       ) open ORDER BY end_number DESC NULLS FIRST LIMIT 1
     ) open ON true
     JOIN deployment ON deployment.id = ANY (ARRAY[CASE WHEN has.status = 'SUCCEEDED' THEN has.id END, open.id])
     WHERE ${byEnvironment ? 'environment' : 'service'}.id = ANY ($1::uuid[])
       AND (environment.deleted_at IS NULL OR ${byEnvironment})
     ORDER BY environment.name, environment.id, service.name, service.id`,
    [ids],
  );
}

export function findOfExecutions(db: Db, ids: readonly string[]): Promise<RecordedDeployment[]> {
  return db.rows(`SELECT ${deployment} FROM deployment WHERE execution_id = ANY ($1::uuid[]) ORDER BY number`, [ids]);
}

export function findOfRuns(db: Db, ids: readonly string[]): Promise<RecordedDeployment[]> {
  return db.rows(`SELECT ${deployment} FROM deployment WHERE run_id = ANY ($1::uuid[]) ORDER BY number`, [ids]);
}

/** Service ids by `application/name`. */
export async function findServiceIds(db: Db, keys: readonly string[]): Promise<Map<string, string>> {
  const named = keys.map((key) => [key.slice(0, 36), key.slice(37)] as const);
  const rows = await db.rows<{ id: string; key: string }>(
    `SELECT service.id, application_id || '/' || service.name AS key FROM unnest($1::uuid[], $2::text[]) AS asked (application_id, name)
     JOIN service USING (application_id, name) WHERE deleted_at IS NULL`,
    [named.map(([id]) => id), named.map(([, name]) => name)],
  );
  return new Map(rows.map(({ key, id }) => [key, id]));
}

/** An environment, or a service in it. */
interface HistoryOf {
  readonly environmentId: string;
  readonly serviceId: string | null;
}

interface HistoryPage {
  readonly before: number | null;
  readonly offset: number;
  readonly fetch: number;
}

export function findHistories(
  db: Db,
  of: readonly HistoryOf[],
  { before, offset, fetch }: HistoryPage,
): Promise<RecordedDeployment[]> {
  const inPlace = of.every(({ serviceId }) => serviceId !== null);
  return db.rows(
    `SELECT ${deployment} FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS place (environment_id, service_id, position)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one WHERE one.environment_id = place.environment_id
         ${inPlace ? 'AND one.service_id = place.service_id' : ''} AND ($3::bigint IS NULL OR one.number < $3)
       ORDER BY one.number DESC OFFSET $4 LIMIT $5
     ) deployment ORDER BY place.position, deployment.number DESC`,
    [of.map((one) => one.environmentId), of.map((one) => one.serviceId), before, offset, fetch],
  );
}

export async function countHistories(db: Db, of: readonly HistoryOf[]): Promise<number[]> {
  const rows = await db.rows<{ count: number }>(
    `SELECT (SELECT count(*) FROM deployment one WHERE one.environment_id = place.environment_id
       AND (place.service_id IS NULL OR one.service_id = place.service_id))::int AS count
     FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS place (environment_id, service_id, position) ORDER BY position`,
    [of.map((one) => one.environmentId), of.map((one) => one.serviceId)],
  );
  return rows.map(({ count }) => count);
}
