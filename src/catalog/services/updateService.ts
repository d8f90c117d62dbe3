import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { readNameAndDescription } from '../../kernel/naming';
import { renameReferred } from '../definitions/renameReferred';
import type { Service } from './service';
import { services } from './services.store';

export interface UpdateService {
  readonly serviceId: string;
  /** What is left out stays as it is; a description of null goes away. */
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
}

/** A new name is also written into the definitions that have the old one. */
export async function updateService(app: App, actor: Actor, input: UpdateService): Promise<Service> {
  const said = readNameAndDescription(input);
  const work = app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'service', services, input.serviceId);
    actor.access.require('UPDATE', 'Service', part);
    const { name = part.name, description = part.description } = said;
    if (name === part.name && description === part.description) return part;
    const now = app.clock.now();
    if (name !== part.name) {
      if (await services.findByName(db, application.id, name)) throw nameTaken('service', name);
      await renameReferred(db, { actor, now }, application, { kind: 'service', name: part.name }, name);
    }
    const change = { name, description, updatedAt: now };
    await services.update(db, part.id, change);
    return { ...part, ...change };
  });
  return refusingTakenName('service', said.name ?? '', work);
}
