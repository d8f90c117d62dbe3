import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { loadConfiguration } from '../definitions/configuration';
import { refuseUsers } from '../definitions/refuseUsers';
import { services } from './services.store';

/** Refused while a current definition names it. Where it was deployed stays readable. */
export async function deleteService(app: App, actor: Actor, input: { readonly serviceId: string }): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'service', services, input.serviceId);
    actor.access.require('DELETE', 'Service', part);
    const configuration = await loadConfiguration(db, application);
    refuseUsers(actor.access, { kind: 'service', name: part.name }, configuration);
    await services.delete(db, part.id, app.clock.now());
  });
}
