import type { Db } from '../../kernel/database/database';
import { columnsOf, references, tableOf } from '../../kernel/database/table';
import { type BatchLoad, groupBy } from '../../kernel/loaders';
import { type Deployment, deploymentFields } from './deployment';

export const deploymentTable = tableOf('deployment', deploymentFields, {
  foreignKeys: [
    references('environment', 'environmentId'),
    references('service', 'serviceId'),
    references('execution', 'executionId'),
  ],
  indices: [
    { name: 'deployment_current', columns: ['environmentId', 'serviceId'], unique: true, where: 'current' },
    { name: 'deployment_history', columns: ['environmentId', 'deployedAt', 'id'] },
    { name: 'deployment_run', columns: ['runId'] },
  ],
});

/** Current deployments by environment, in the order of the services' names. */
export const deploymentsOfEnvironment: BatchLoad<Deployment[]> = async (app, ids) =>
  groupBy(await findCurrentDeployments(app.database, ids), (row) => row.environmentId);

function findCurrentDeployments(db: Db, environmentIds: readonly string[]): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${columnsOf(deploymentTable, 'deployment')}
     FROM deployment JOIN service ON service.id = deployment.service_id
     WHERE deployment.environment_id = ANY ($1::uuid[]) AND deployment.current ORDER BY service.name, deployment.id`,
    [environmentIds],
  );
}
