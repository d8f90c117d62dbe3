import type { Deployment } from '../../catalog/environments/deployment';
import { deploymentTable } from '../../catalog/environments/deployments.store';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';

const deployment = columnsOf(deploymentTable, 'deployment');

/** A service in an environment. */
export type DeploymentPlace = Pick<Deployment, 'environmentId' | 'serviceId'>;
export type NewDeployment = DeploymentPlace & Pick<Deployment, 'id' | 'image' | 'status' | 'executionId'>;

/** Nobody else deploys to these environments until the transaction ends, so that their history is in the order of commits. */
export async function lockEnvironments(db: Db, ids: readonly string[]): Promise<void> {
  await db.rows('SELECT FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
}

/** Adds deployments, each of them over, to the history. */
export async function recordDeployments(
  db: Db,
  deployments: readonly (NewDeployment & { readonly runId: string })[],
  now: Date,
): Promise<void> {
  if (deployments.length === 0) return;
  const locked = lockEnvironments(
    db,
    deployments.map((one) => one.environmentId),
  );
  const written = db.write(
    `INSERT INTO deployment (id, environment_id, service_id, image, execution_id, status, run_id, deployed_at)
     SELECT id, environment_id, service_id, image, execution_id, status, run_id, $8
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::text[])
       AS d (id, environment_id, service_id, image, execution_id, run_id, status)`,
    [
      deployments.map((one) => one.id),
      deployments.map((one) => one.environmentId),
      deployments.map((one) => one.serviceId),
      deployments.map((one) => one.image),
      deployments.map((one) => one.executionId),
      deployments.map((one) => one.runId),
      deployments.map((one) => one.status),
      now,
    ],
  );
  await Promise.all([locked, written]);
}

/** The newest entry that says what a place has, by one run or by any, up to a number of the history or to its end. */
export function findNewestDeployments(
  db: Db,
  places: readonly DeploymentPlace[],
  { upTo = null, runId = null }: { readonly upTo?: number | null; readonly runId?: string | null } = {},
): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${deployment} FROM unnest($1::uuid[], $2::uuid[]) AS place (environment_id, service_id)
     CROSS JOIN LATERAL (
       SELECT * FROM deployment one
       WHERE one.environment_id = place.environment_id AND one.service_id = place.service_id AND status IN ('SUCCEEDED', 'REMOVED')
         AND ($3::bigint IS NULL OR number <= $3) AND ($4::uuid IS NULL OR run_id = $4)
       ORDER BY number DESC LIMIT 1
     ) deployment`,
    [places.map((one) => one.environmentId), places.map((one) => one.serviceId), upTo, runId],
  );
}

/** The number of the newest deployment of all. */
export async function findLastDeployment(db: Db): Promise<number> {
  const [row] = await db.rows<{ number: number }>('SELECT coalesce(max(number), 0) AS number FROM deployment');
  return row?.number ?? 0;
}
