import type { DeploymentPlace, RecordedDeployment } from '../../engine/deployment';
import type { Rollback, RollbackRequest } from '../../engine/rollback';
import type { Pipeline, PipelineDefinition } from '../../catalog/language/pipeline';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { workflows } from '../../catalog/workflows/workflows';
import type { Revision } from '../../catalog/language/definition';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import { deployment } from '../deployments/deployments.store';
import { rollbackRequestTable, rollbackTable } from './rollbacks.table';

/** Newest success of each place before its current deployment that has another image. */
export function findPrevious(db: Db, current: readonly RecordedDeployment[]): Promise<RecordedDeployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM unnest($1::uuid[]) AS asked (id) JOIN deployment now USING (id)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE one.environment_id = now.environment_id AND one.service_id = now.service_id
         AND one.status IN ('SUCCEEDED', 'REMOVED') AND one.end_number < now.end_number
         AND one.status = 'SUCCEEDED' AND one.image <> now.image
       ORDER BY one.end_number DESC LIMIT 1
     ) deployment`,
    [current.map(({ id }) => id)],
  );
}

export async function findDeployment(db: Db, id: string): Promise<RecordedDeployment | undefined> {
  const [row] = await db.rows<RecordedDeployment>(`SELECT ${deployment} FROM deployment WHERE id = $1`, [id]);
  return row;
}

export const findDeploymentsById = (db: Db, ids: readonly string[]): Promise<RecordedDeployment[]> =>
  db.rows(`SELECT ${deployment} FROM deployment WHERE id = ANY ($1::uuid[])`, [ids]);

/** A workflow execution that took part in a deployment: of the same run, image and place. */
export interface RollbackSource {
  readonly wantedId: string;
  readonly executionId: string;
  readonly attempt: number;
  /** Begin of its deployment, in the order of all. */
  readonly number: number;
}

/** A run may deploy an image to a place with several workflows (regions): all of them are repeated. */
export function findSources(db: Db, deploymentIds: readonly string[]): Promise<RollbackSource[]> {
  return db.rows(
    `SELECT DISTINCT ON (wanted.id, one.execution_id) wanted.id AS "wantedId", one.execution_id AS "executionId", one.attempt, one.number
     FROM deployment wanted JOIN deployment one ON one.run_id = wanted.run_id AND one.environment_id = wanted.environment_id
       AND one.service_id = wanted.service_id AND one.image = wanted.image AND one.status = 'SUCCEEDED'
       AND (one.id = wanted.id OR (one.operation_id IS NULL AND wanted.operation_id IS NULL))
     WHERE wanted.id = ANY ($1::uuid[])
     ORDER BY wanted.id, one.execution_id, one.number DESC`,
    [deploymentIds],
  );
}

/** Numbers of the first deployments that executions made in an attempt or later, by place. */
export function findFirstOf(
  db: Db,
  executions: readonly { readonly executionId: string; readonly attempt: number }[],
): Promise<(DeploymentPlace & { readonly number: number; readonly image: string })[]> {
  return db.rows(
    `SELECT DISTINCT ON (one.environment_id, one.service_id) one.environment_id AS "environmentId",
       one.service_id AS "serviceId", one.number, one.image
     FROM unnest($1::uuid[], $2::int[]) AS asked (execution_id, attempt)
     JOIN deployment one ON one.execution_id = asked.execution_id AND one.attempt = asked.attempt
     ORDER BY one.environment_id, one.service_id, one.number`,
    [executions.map(({ executionId }) => executionId), executions.map(({ attempt }) => attempt)],
  );
}

/** Newest deployments of places that ended before a number of the history. */
export function findBefore(
  db: Db,
  places: readonly (DeploymentPlace & { readonly number: number })[],
): Promise<RecordedDeployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS place (environment_id, service_id, number)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE one.environment_id = place.environment_id AND one.service_id = place.service_id
         AND status IN ('SUCCEEDED', 'REMOVED') AND end_number < place.number
       ORDER BY end_number DESC LIMIT 1
     ) deployment`,
    [
      places.map(({ environmentId }) => environmentId),
      places.map(({ serviceId }) => serviceId),
      places.map(({ number }) => number),
    ],
  );
}

/**
 * Inserts the definitions that a rollback runs. They are parts that are deleted from the beginning: nobody can start or
 * change them, and their revisions stay readable with the run.
 */
export async function insertGenerated(
  db: Db,
  pipeline: { readonly row: Pipeline; readonly revision: Revision<PipelineDefinition> },
  flows: readonly { readonly row: Pipeline; readonly revision: Revision<WorkflowDefinition> }[],
): Promise<void> {
  await Promise.all([
    insertRows(db, pipelines.schema, [pipeline.row]),
    pipelines.revisions.insert(db, [pipeline.revision]),
    insertRows(
      db,
      workflows.schema,
      flows.map(({ row }) => row),
    ),
    workflows.revisions.insert(
      db,
      flows.map(({ revision }) => revision),
    ),
  ]);
}

export const findRollbacks = (db: Db, runIds: readonly string[]): Promise<Rollback[]> =>
  db.rows(`SELECT ${columnsOf(rollbackTable, 'rollback')} FROM rollback WHERE run_id = ANY ($1::uuid[])`, [runIds]);

/** Rollbacks that stages of these runs asked for. */
export const findRollbacksOfFailed = (db: Db, runIds: readonly string[]): Promise<Rollback[]> =>
  db.rows(
    `SELECT ${columnsOf(rollbackTable, 'rollback')} FROM rollback WHERE failed_run_id = ANY ($1::uuid[]) ORDER BY created_at, run_id`,
    [runIds],
  );

export const findOpenRequests = (db: Db, limit: number): Promise<RollbackRequest[]> =>
  db.rows(
    `SELECT ${columnsOf(rollbackRequestTable, 'request')} FROM rollback_request request WHERE done_at IS NULL ORDER BY requested_at LIMIT $1`,
    [limit],
  );

/** False if it was ended before. */
export async function endRequest(db: Db, id: string, now: Date): Promise<boolean> {
  const ended = await db.write('UPDATE rollback_request SET done_at = $2 WHERE id = $1 AND done_at IS NULL', [id, now]);
  return ended > 0;
}
