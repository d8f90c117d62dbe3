import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { readNameAndDescription } from '../../kernel/naming';
import { newId } from '../../kernel/ids';
import type { Application } from './application';
import { applications, findApplicationByName, lockApplicationNames } from './applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';

export interface CreateApplication {
  readonly name: string;
  readonly description?: string | null | undefined;
}

export async function createApplication(app: App, actor: Actor, input: CreateApplication): Promise<Application> {
  actor.access.requireAccount('CREATE_AND_DELETE_APPLICATION');
  const { name = input.name, description = null } = readNameAndDescription(input);
  const work = app.database.transaction(async (db) => {
    await lockApplicationNames(db, [name]);
    if (await findApplicationByName(db, name)) throw nameTaken('application', name);
    const now = app.clock.now();
    const made: Application = {
      id: newId(),
      name,
      description,
      createdAt: now,
      createdBy: actor.id,
      updatedAt: now,
      deletedAt: null,
    };
    await applications.insert(db, [made]);
    return made;
  });
  return refusingTakenName('application', name, work);
}
