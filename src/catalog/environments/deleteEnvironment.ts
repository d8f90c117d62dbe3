import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { loadConfiguration } from '../definitions/configuration';
import { refuseUsers } from '../definitions/refuseUsers';
import { deleteSecretsOfEnvironment } from '../secrets/secrets.store';
import { environments } from './environments.store';

/** Refused while a current definition names it. What was deployed to it stays readable. */
export async function deleteEnvironment(
  app: App,
  actor: Actor,
  input: { readonly environmentId: string },
): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'environment', environments, input.environmentId);
    actor.access.require('DELETE', 'Environment', part);
    const configuration = await loadConfiguration(db, application);
    refuseUsers(actor.access, { kind: 'environment', name: part.name }, configuration);
    await deleteSecretsOfEnvironment(db, part.id);
    await environments.delete(db, part.id, app.clock.now());
  });
}
