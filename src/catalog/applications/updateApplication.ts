import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { readNameAndDescription } from '../../kernel/naming';
import type { Application } from './application';
import { applications, findApplicationByName, lockApplication, lockApplicationNames } from './applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';

export interface UpdateApplication {
  readonly applicationId: string;
  /** What is left out stays as it is; a description of null goes away. */
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
}

export async function updateApplication(app: App, actor: Actor, input: UpdateApplication): Promise<Application> {
  const said = readNameAndDescription(input);
  const work = app.database.transaction(async (db) => {
    if (said.name !== undefined) await lockApplicationNames(db, [said.name]);
    const before = await lockApplication(db, input.applicationId);
    actor.access.require('UPDATE', 'Application', before);
    const { name = before.name, description = before.description } = said;
    if (name === before.name && description === before.description) return before;
    if (name !== before.name && (await findApplicationByName(db, name))) throw nameTaken('application', name);
    const change = { name, description, updatedAt: app.clock.now() };
    await applications.update(db, before.id, change);
    return { ...before, ...change };
  });
  return refusingTakenName('application', said.name ?? '', work);
}
