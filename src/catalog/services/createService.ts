import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockApplication } from '../applications/applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { readNameAndDescription } from '../../kernel/naming';
import { newId } from '../../kernel/ids';
import type { Service } from './service';
import { services } from './services.store';

export interface CreateService {
  readonly applicationId: string;
  readonly name: string;
  readonly description?: string | null | undefined;
}

export async function createService(app: App, actor: Actor, input: CreateService): Promise<Service> {
  const { name = input.name, description = null } = readNameAndDescription(input);
  const work = app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    const id = newId();
    actor.access.require('CREATE', 'Service', { id, applicationId: application.id });
    if (await services.findByName(db, application.id, name)) throw nameTaken('service', name);
    const now = app.clock.now();
    const made: Service = {
      id,
      applicationId: application.id,
      name,
      description,
      createdAt: now,
      createdBy: actor.id,
      updatedAt: now,
      deletedAt: null,
    };
    await services.insert(db, [made]);
    return made;
  });
  return refusingTakenName('service', name, work);
}
