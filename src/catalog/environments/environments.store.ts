import { ApplicationParts } from '../namedRows.store';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Deployment, Environment } from './environment';
import { deploymentTable, environmentTable } from './environments.table';

export const environments = new ApplicationParts<Environment>(environmentTable);

/** What runs in environments now, in the order of the services' names. */
export function findCurrentDeployments(db: Db, environmentIds: readonly string[]): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${columnsOf(deploymentTable, 'deployment')}
     FROM deployment JOIN service ON service.id = deployment.service_id
     WHERE deployment.environment_id = ANY ($1::uuid[]) AND deployment.current ORDER BY service.name, deployment.id`,
    [environmentIds],
  );
}
