import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockApplication } from '../applications/applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { readNameAndDescription } from '../../kernel/naming';
import { newId } from '../../kernel/ids';
import type { Environment, EnvironmentType } from './environment';
import { environments } from './environments.store';
import { type NamedValue, readEnvironmentVariables } from './environmentVariables';

export interface CreateEnvironment {
  readonly applicationId: string;
  readonly name: string;
  readonly type: EnvironmentType;
  readonly description?: string | null | undefined;
  readonly variables?: readonly NamedValue[] | null | undefined;
}

export async function createEnvironment(app: App, actor: Actor, input: CreateEnvironment): Promise<Environment> {
  const { name = input.name, description = null } = readNameAndDescription(input);
  const variables = readEnvironmentVariables(input.variables) ?? {};
  const work = app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    const id = newId();
    actor.access.require('CREATE', 'Environment', { id, applicationId: application.id, type: input.type });
    if (await environments.findByName(db, application.id, name)) throw nameTaken('environment', name);
    const now = app.clock.now();
    const made: Environment = {
      id,
      applicationId: application.id,
      name,
      type: input.type,
      description,
      variables,
      createdAt: now,
      createdBy: actor.id,
      updatedAt: now,
      deletedAt: null,
    };
    await environments.insert(db, [made]);
    return made;
  });
  return refusingTakenName('environment', name, work);
}
