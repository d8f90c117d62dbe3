import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { lockPart } from '../applications/applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { canonicalJson } from '../../kernel/canonicalJson';
import { readNameAndDescription } from '../../kernel/naming';
import { renameReferred } from '../definitions/renameReferred';
import type { Environment, EnvironmentType } from './environment';
import { environments } from './environments.store';
import { type NamedValue, readEnvironmentVariables } from './environmentVariables';

export interface UpdateEnvironment {
  readonly environmentId: string;
  /** What is left out stays as it is; a description of null goes away; variables replace all that were there. */
  readonly name?: string | null | undefined;
  readonly type?: EnvironmentType | null | undefined;
  readonly description?: string | null | undefined;
  readonly variables?: readonly NamedValue[] | null | undefined;
}

/** A new name is also written into the definitions that have the old one. */
export async function updateEnvironment(app: App, actor: Actor, input: UpdateEnvironment): Promise<Environment> {
  const said = readNameAndDescription(input);
  const saidVariables = readEnvironmentVariables(input.variables);
  const work = app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, 'environment', environments, input.environmentId);
    const { name = part.name, description = part.description } = said;
    const stands = { name: part.name, type: part.type, description: part.description, variables: part.variables };
    const change = { name, type: input.type ?? part.type, description, variables: saidVariables ?? part.variables };
    actor.access.requireChange('Environment', part, { ...part, type: change.type });
    if (canonicalJson(stands) === canonicalJson(change)) return part;
    const now = app.clock.now();
    if (name !== part.name) {
      if (await environments.findByName(db, application.id, name)) throw nameTaken('environment', name);
      await renameReferred(db, { actor, now }, application, { kind: 'environment', name: part.name }, name);
    }
    await environments.update(db, part.id, { ...change, updatedAt: now });
    return { ...part, ...change, updatedAt: now };
  });
  return refusingTakenName('environment', said.name ?? '', work);
}
