import type { Access } from '../../access/access';
import { findEnvironmentTargets } from '../../access/targets.store';
import { environments } from '../../catalog/environments/environments';
import { notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import type { Context } from '../graphql/context';

/**
 * Place about which somebody asks whether something is allowed there: an application, or one of its environments. The
 * row is what a run there would be authorized by. NOT_FOUND if the caller can't see the application, or if the
 * environment is none of its own.
 */
export async function findPermissionPlace(
  { app, loaders }: Context,
  access: Access,
  applicationId: string,
  environmentId: string | null,
) {
  if (!isId(applicationId) || !access.can('READ', 'Application', { id: applicationId }))
    return notFound('application', applicationId);
  const environment =
    environmentId !== null && isId(environmentId) ? await loaders.load(environments.byId, environmentId) : undefined;
  if (environmentId !== null && environment?.applicationId !== applicationId)
    return notFound('environment', environmentId);
  const targets = environment === undefined ? [] : await findEnvironmentTargets(app.database, [environment.id]);
  return { environment, row: { id: applicationId, applicationId, environments: targets } };
}
