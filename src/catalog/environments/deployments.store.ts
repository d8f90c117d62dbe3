import type { Db } from '../../kernel/database/database';
import { columnsOf, oneOf, references, tableOf } from '../../kernel/database/table';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { type Deployment, deploymentFields, deploymentStatuses } from './deployment';

export const deploymentTable = tableOf('deployment', deploymentFields, {
  foreignKeys: [
    references('environment', 'environmentId'),
    references('service', 'serviceId'),
    references('execution', 'executionId'),
  ],
  indices: [
    { name: 'deployment_number', columns: ['number'], unique: true },
    // Its last entry is what an environment has of a service.
    {
      name: 'deployment_newest',
      columns: ['environmentId', 'serviceId', 'number'],
      unique: true,
      where: `status IN ('SUCCEEDED', 'REMOVED')`,
    },
    { name: 'deployment_run', columns: ['runId'] },
  ],
  checks: [{ name: 'deployment_status', expression: oneOf('status', deploymentStatuses) }],
});

/** Current deployments by environment, in the order of the services' names. */
export const deploymentsOfEnvironment: BatchLoad<Deployment[]> = async (app, ids) =>
  groupBy(await findCurrentDeployments(app.database, ids), (row) => row.environmentId);

function findCurrentDeployments(db: Db, environmentIds: readonly string[]): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${columnsOf(deploymentTable, 'deployment')}
     FROM environment JOIN service ON service.application_id = environment.application_id
     CROSS JOIN LATERAL (
       SELECT * FROM deployment
       WHERE environment_id = environment.id AND service_id = service.id AND status IN ('SUCCEEDED', 'REMOVED')
       ORDER BY number DESC LIMIT 1
     ) deployment
     WHERE environment.id = ANY ($1::uuid[]) AND deployment.status = 'SUCCEEDED' ORDER BY service.name, deployment.id`,
    [environmentIds],
  );
}
