import { ApplicationParts } from '../namedRows.store';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Deployment, Environment } from './environment';
import { deploymentTable, environmentTable } from './environments.table';

export const environments = new ApplicationParts<Environment>(environmentTable);

/** What environments have: of each service its newest successful deployment, in the order of the services' names. */
export function findCurrentDeployments(db: Db, environmentIds: readonly string[]): Promise<Deployment[]> {
  return db.rows(
    `SELECT ${columnsOf(deploymentTable, 'deployment')}
     FROM environment JOIN service ON service.application_id = environment.application_id
     CROSS JOIN LATERAL (
       SELECT * FROM deployment
       WHERE environment_id = environment.id AND service_id = service.id AND status = 'SUCCEEDED'
       ORDER BY number DESC LIMIT 1
     ) deployment
     WHERE environment.id = ANY ($1::uuid[]) AND deployment.image IS NOT NULL ORDER BY service.name, deployment.id`,
    [environmentIds],
  );
}
