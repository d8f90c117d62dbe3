import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { invalidInput, notFound } from '../../kernel/errors';
import { isId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import type { App } from '../app';
import { applications } from '../applications/applications';
import { environments } from '../environments/environments';
import type { SecretType } from './credentials';
import type { SecretEntry, SecretPlace } from './secrets';
import { findEntries } from './secrets.store';

/** Requires a right on the environment of a secret, or on its application. NOT_FOUND if the actor may not see it. */
export async function requireSecretPlace(
  db: Db,
  actor: Actor,
  { id, applicationId, environmentId }: SecretPlace & { readonly id: string },
  action: 'READ' | 'UPDATE',
): Promise<void> {
  const environment = environmentId === null ? undefined : await environments.find(db, environmentId);
  const application = await applications.find(db, applicationId);
  const seen =
    environmentId === null
      ? application !== undefined && actor.access.can('READ', 'Application', application)
      : environment !== undefined && actor.access.can('READ', 'Environment', environment);
  if (!seen || application === undefined) throw notFound('secret', id);
  if (environment !== undefined) actor.access.require(action, 'Environment', environment);
  else actor.access.require(action, 'Application', application);
}

/** A secret without its value. Visible to everybody who may see its application or environment. */
export async function readSecret(
  app: App,
  actor: Actor,
  id: string,
  secretType: SecretType | null,
): Promise<SecretEntry> {
  const parameters: unknown[] = [id];
  const [secret] = isId(id)
    ? await findEntries(app.database, `secret.id = $1 AND ${seen(actor, parameters)}`, parameters)
    : [];
  if (secret === undefined || (secretType !== null && secret.secretType !== secretType)) throw notFound('secret', id);
  return secret;
}

export interface NamedSecret {
  readonly name: string;
  readonly secretType: SecretType | null;
  readonly applicationId: string | null;
  readonly environmentId: string | null;
}

/** Names are unique within an application or environment only, so a name that several places have selects none. */
export async function readSecretByName(app: App, actor: Actor, named: NamedSecret): Promise<SecretEntry> {
  const { name, secretType, applicationId, environmentId } = named;
  const parameters: unknown[] = [name];
  const conditions = ['secret.name = $1', seen(actor, parameters)];
  if (secretType !== null) conditions.push(`secret.secret_type = $${parameters.push(secretType)}`);
  if (environmentId !== null) conditions.push(`secret.environment_id = $${parameters.push(environmentId)}`);
  else if (applicationId !== null)
    conditions.push(`secret.application_id = $${parameters.push(applicationId)}`, 'secret.environment_id IS NULL');
  const possible = [applicationId, environmentId].every((id) => id === null || isId(id)) && isStorable(name);
  const found = possible ? await findEntries(app.database, conditions.join(' AND '), parameters) : [];
  const [secret] = found;
  if (secret === undefined) throw notFound('secret', name);
  if (found.length > 1) {
    const message = `${found.length} places have a secret named "${name}". Give "applicationId" or "environmentId", or use \`secret\`.`;
    throw invalidInput([{ field: 'name', value: name, rule: 'AMBIGUOUS', message }]);
  }
  return secret;
}

/** Condition on `secret`: the actor may see its place. */
function seen({ access }: Actor, parameters: unknown[]): string {
  const application = access.condition('READ', 'Application', 'application', parameters);
  const environment = access.condition('READ', 'Environment', 'environment', parameters);
  return `CASE WHEN secret.environment_id IS NULL
    THEN EXISTS (SELECT FROM application WHERE application.id = secret.application_id AND application.deleted_at IS NULL AND ${application})
    ELSE EXISTS (SELECT FROM environment WHERE environment.id = secret.environment_id AND environment.deleted_at IS NULL AND ${environment}) END`;
}
