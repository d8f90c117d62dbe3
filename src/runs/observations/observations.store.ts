import type { ActorRef } from '../../access/actor';
import { GIVEN_ENVIRONMENT } from '../../catalog/language/terms';
import type { Observation, ObservationOutcome, ObservedService, Observer } from '../../engine/observation';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { observedServiceTable, observerTable } from './observations.table';

const observer = columnsOf(observerTable, 'observer');

/** Workflows with `observe`, and the environments that they observe: their own one, or those that have its services. */
const WANTED = `wanted AS (
  SELECT environment.id AS environment_id, workflow.id AS workflow_id, revision.id AS revision_id,
    (revision.definition->'observe'->>'everySeconds')::int AS every_seconds
  FROM workflow_revision revision
  JOIN workflow ON workflow.current_revision_id = revision.id AND workflow.deleted_at IS NULL
  JOIN environment ON environment.application_id = workflow.application_id AND environment.deleted_at IS NULL
    AND CASE WHEN revision.definition->>'environment' = '${GIVEN_ENVIRONMENT}' THEN EXISTS (
        SELECT FROM service JOIN deployment ON deployment.environment_id = environment.id
          AND deployment.service_id = service.id AND deployment.status = 'SUCCEEDED'
        WHERE service.application_id = environment.application_id AND service.deleted_at IS NULL
          AND revision.definition->'services' ? service.name)
      ELSE environment.name = revision.definition->>'environment' END
  WHERE jsonb_typeof(revision.definition->'observe') = 'object')`;

/** Makes the observers those of the current definitions. Writes only what differs. */
export async function syncObservers(db: Db, now: Date): Promise<void> {
  await db.write(
    `WITH ${WANTED} INSERT INTO observer (environment_id, workflow_id, source_revision_id, every_seconds, next_at)
     SELECT environment_id, workflow_id, revision_id, every_seconds, CASE WHEN every_seconds IS NOT NULL THEN $1::timestamptz END
     FROM wanted WHERE NOT EXISTS (SELECT FROM observer one
       WHERE one.environment_id = wanted.environment_id AND one.workflow_id = wanted.workflow_id)
     ON CONFLICT DO NOTHING`,
    [now],
  );
  await db.write(
    `WITH ${WANTED} UPDATE observer SET source_revision_id = wanted.revision_id, revision_id = NULL,
       every_seconds = wanted.every_seconds,
       next_at = CASE WHEN observer.every_seconds IS NOT DISTINCT FROM wanted.every_seconds THEN next_at
         WHEN wanted.every_seconds IS NOT NULL THEN $1::timestamptz END
     FROM wanted WHERE observer.environment_id = wanted.environment_id AND observer.workflow_id = wanted.workflow_id
       AND observer.source_revision_id <> wanted.revision_id`,
    [now],
  );
  await db.write(
    `WITH ${WANTED} DELETE FROM observer WHERE NOT EXISTS (SELECT FROM wanted
       WHERE observer.environment_id = wanted.environment_id AND observer.workflow_id = wanted.workflow_id)`,
  );
}

const FREE = `NOT EXISTS (SELECT FROM observation open WHERE open.environment_id = observer.environment_id AND open.ended_at IS NULL)`;

/** Condition: an observation has to begin or to be evaluated. */
export const OBSERVATIONS_DUE = `EXISTS (SELECT FROM observer WHERE next_at <= $1 AND ${FREE})
  OR EXISTS (SELECT FROM observation JOIN execution ON execution.id = observation.execution_id
    WHERE observation.ended_at IS NULL AND execution.ended_at IS NOT NULL)`;

/** Condition: there may be observers to add or to remove. */
export const OBSERVERS_EXIST = `EXISTS (SELECT FROM workflow_revision revision WHERE jsonb_typeof(revision.definition->'observe') = 'object')`;

export const findDueObservers = (db: Db, now: Date, limit: number): Promise<Observer[]> =>
  db.rows(`SELECT ${observer} FROM observer WHERE next_at <= $1 AND ${FREE} ORDER BY next_at LIMIT $2`, [now, limit]);

export const findObservers = (db: Db, environmentIds: readonly string[]): Promise<Observer[]> =>
  db.rows(
    `SELECT ${observer} FROM observer JOIN workflow ON workflow.id = observer.workflow_id
     WHERE environment_id = ANY ($1::uuid[]) ORDER BY workflow.name, workflow.id`,
    [environmentIds],
  );

/** True if something deploys, or is about to: an observation would see a state in between. */
export async function isDeploying(db: Db, environmentId: string): Promise<boolean> {
  const [row] = await db.rows<{ busy: boolean }>(
    `SELECT EXISTS (SELECT FROM slot WHERE group_key = 'environment ' || $1::text)
       OR EXISTS (SELECT FROM deployment WHERE environment_id = $1::uuid AND status = 'IN_PROGRESS') AS busy`,
    [environmentId],
  );
  return row?.busy === true;
}

/** True if a deployment began or ended after a time, or is in progress. */
export async function hasDeployedSince(db: Db, environmentId: string, since: Date): Promise<boolean> {
  const [row] = await db.rows<{ deployed: boolean }>(
    `SELECT EXISTS (SELECT FROM deployment WHERE environment_id = $1 AND status = 'IN_PROGRESS')
       OR EXISTS (SELECT FROM deployment WHERE environment_id = $1 AND ended_at >= $2) AS deployed`,
    [environmentId, since],
  );
  return row?.deployed === true;
}

/** Takes a tick: false if another server has taken it. Ticks that were missed are one. */
export async function takeTick(db: Db, { environmentId, workflowId, nextAt }: Observer, now: Date): Promise<boolean> {
  const taken = await db.write(
    `UPDATE observer SET requested_by = NULL,
       next_at = $3::timestamptz + make_interval(secs => every_seconds * greatest(1, ceil(extract(epoch FROM $4::timestamptz - $3::timestamptz) / every_seconds)))
     WHERE environment_id = $1 AND workflow_id = $2 AND next_at = $3 AND ${FREE}`,
    [environmentId, workflowId, nextAt, now],
  );
  return taken > 0;
}

/** Revision made of the current definition, for the runs of an observer. */
export async function setObserverRevision(
  db: Db,
  { environmentId, workflowId, sourceRevisionId }: Observer,
  revisionId: string,
): Promise<void> {
  await db.write(
    `UPDATE observer SET revision_id = $4 WHERE environment_id = $1 AND workflow_id = $2 AND source_revision_id = $3`,
    [environmentId, workflowId, sourceRevisionId, revisionId],
  );
}

/** Asks for an observation now by all workflows that observe an environment. Returns their number. */
export const requestObservation = (db: Db, environmentId: string, by: ActorRef, now: Date): Promise<number> =>
  db.write(
    `UPDATE observer SET requested_by = $2::jsonb, next_at = least(next_at, $3::timestamptz) WHERE environment_id = $1`,
    [environmentId, JSON.stringify(by), now],
  );

export interface EndedObservation extends Observation {
  readonly status: string;
  readonly failureDetails: string | null;
  /** True if an agent has begun its task. */
  readonly begun: boolean;
  /** Its report; null if it wrote none. */
  readonly report: string | null;
}

/** Observations whose runs have ended. */
export const findEndedObservations = (db: Db, limit: number): Promise<EndedObservation[]> =>
  db.rows(
    `SELECT observation.execution_id AS "executionId", observation.environment_id AS "environmentId",
       observation.workflow_id AS "workflowId", observation.started_at AS "startedAt", NULL AS "endedAt",
       execution.status, execution.failure_details AS "failureDetails", execution.started_at IS NOT NULL AS begun,
       (SELECT value FROM execution_variable one WHERE one.execution_id = execution.id AND one.name = 'OBSERVED' LIMIT 1) AS report
     FROM observation JOIN execution ON execution.id = observation.execution_id
     WHERE observation.ended_at IS NULL AND execution.ended_at IS NOT NULL LIMIT $1`,
    [limit],
  );

/** False if another server has ended it. */
export async function endObservation(db: Db, executionId: string, now: Date): Promise<boolean> {
  const sql = 'UPDATE observation SET ended_at = $2 WHERE execution_id = $1 AND ended_at IS NULL';
  return (await db.write(sql, [executionId, now])) > 0;
}

export async function noteOutcome(
  db: Db,
  { environmentId, workflowId }: Pick<Observer, 'environmentId' | 'workflowId'>,
  outcome: ObservationOutcome,
  reason: string | null,
  executionId: string | null,
  at: Date,
): Promise<void> {
  await db.write(
    `UPDATE observer SET last_at = $3, last_outcome = $4, last_reason = $5, last_execution_id = coalesce($6, last_execution_id),
       observed_at = CASE WHEN $4 = 'SUCCEEDED' THEN $3 ELSE observed_at END
     WHERE environment_id = $1 AND workflow_id = $2`,
    [environmentId, workflowId, at, outcome, reason, executionId],
  );
}

export const findObserved = (db: Db, environmentIds: readonly string[]): Promise<ObservedService[]> =>
  db.rows(
    `SELECT ${columnsOf(observedServiceTable, 'one')} FROM observed_service one WHERE environment_id = ANY ($1::uuid[])`,
    [environmentIds],
  );

export async function writeObserved(db: Db, rows: readonly ObservedService[]): Promise<void> {
  for (const row of rows)
    await db.write(
      `INSERT INTO observed_service (environment_id, service_id, image, observed_at, execution_id, deployment_id, end_number, drifted)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (environment_id, service_id) DO UPDATE SET image = excluded.image,
         observed_at = excluded.observed_at, execution_id = excluded.execution_id, deployment_id = excluded.deployment_id,
         end_number = excluded.end_number, drifted = excluded.drifted`,
      [
        ...[row.environmentId, row.serviceId, row.image, row.observedAt, row.executionId],
        ...[row.deploymentId, row.endNumber, row.drifted],
      ],
    );
}

/** Condition: an environment has a service that drifted, and was not deployed since. */
export const isDrifted = (environment: string): string =>
  `EXISTS (SELECT FROM observed_service one WHERE one.environment_id = ${environment}.id AND one.drifted AND NOT EXISTS (
     SELECT FROM deployment later WHERE later.environment_id = one.environment_id AND later.service_id = one.service_id
       AND later.status IN ('SUCCEEDED', 'REMOVED') AND later.end_number > one.end_number))`;

/** Ended observations of an observer beyond the newest ones. */
export const findOldObservations = (
  db: Db,
  { environmentId, workflowId }: Pick<Observer, 'environmentId' | 'workflowId'>,
  keep: number,
): Promise<{ executionId: string }[]> =>
  db.rows(
    `SELECT execution_id AS "executionId" FROM observation WHERE environment_id = $1 AND workflow_id = $2 AND ended_at IS NOT NULL
     ORDER BY started_at DESC OFFSET $3 LIMIT 100`,
    [environmentId, workflowId, keep],
  );

/** Deletes runs that observed, with everything of them. A trigger refuses the same for any other run. */
export async function deleteObservations(db: Db, ids: readonly string[]): Promise<void> {
  const jobs = `(SELECT id FROM job WHERE execution_id = ANY ($1::uuid[]))`;
  // Content that only their logs refer to is found by the next sweep.
  await db.write(
    `UPDATE stored_content SET check_at = coalesce(check_at, now())
     WHERE sha256 IN (SELECT file FROM job_log WHERE file IS NOT NULL AND job_id IN ${jobs})`,
    [ids],
  );
  for (const where of [
    `log_chunk WHERE job_id IN ${jobs}`,
    `job_log WHERE job_id IN ${jobs}`,
    `job_lease WHERE job_id IN ${jobs}`,
    'job WHERE execution_id = ANY ($1::uuid[])',
    'execution_variable WHERE execution_id = ANY ($1::uuid[])',
    'task_execution WHERE execution_id = ANY ($1::uuid[])',
    'execution_attempt WHERE execution_id = ANY ($1::uuid[])',
    'execution_environment WHERE execution_id = ANY ($1::uuid[])',
    'execution_event WHERE run_id = ANY ($1::uuid[])',
    'observation WHERE execution_id = ANY ($1::uuid[])',
    'execution WHERE id = ANY ($1::uuid[])',
  ])
    await db.write(`DELETE FROM ${where}`, [ids]);
}
