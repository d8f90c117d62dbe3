import type { Db } from '../../kernel/database/database';

/** Records what a workflow execution deployed; the deployment before it stays as history. */
export async function recordDeployments(
  db: Db,
  deployments: readonly { id: string; environmentId: string; serviceId: string; image: string }[],
  source: { executionId: string; runId: string },
  now: Date,
): Promise<void> {
  const environments = deployments.map((deployment) => deployment.environmentId);
  // Two runs may deploy to one environment at the same moment: one after the other, so that exactly one is current.
  await db.rows('SELECT FROM environment WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [environments]);
  const services = deployments.map((deployment) => deployment.serviceId);
  await db.write(
    `UPDATE deployment SET current = false FROM unnest($1::uuid[], $2::uuid[]) AS d (environment_id, service_id)
     WHERE deployment.environment_id = d.environment_id AND deployment.service_id = d.service_id AND deployment.current`,
    [environments, services],
  );
  await db.write(
    `INSERT INTO deployment (id, environment_id, service_id, image, execution_id, run_id, deployed_at, current)
     SELECT id, environment_id, service_id, image, $5, $6, $7, true
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS d (id, environment_id, service_id, image)`,
    [
      deployments.map((deployment) => deployment.id),
      environments,
      services,
      deployments.map((deployment) => deployment.image),
      source.executionId,
      source.runId,
      now,
    ],
  );
}
