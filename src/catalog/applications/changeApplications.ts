import type { Actor } from '../../access/actor';
import { refuseIfUsed } from '../../access/inUse';
import type { Db } from '../../kernel/database/database';
import type { RowCondition } from '../../kernel/database/namedRows';
import { readNameAndDescription } from '../../kernel/naming';
import type { App } from '../app';
import { newRow } from '../definitions/revise';
import { environments } from '../environments/environments';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { pipelines } from '../pipelines/pipelines';
import type { NewResource, ResourceChanges } from '../resourceFields';
import { deleteSecretsOfApplication } from '../secrets/secrets.store';
import {
  dropApplicationFromDependencies,
  renameApplicationInDependencies,
} from '../services/serviceDependencies.store';
import { services } from '../services/services';
import { triggers } from '../triggers/triggers';
import { deleteTemplatesOfApplication } from '../templates/templateLibrary.store';
import { workflows } from '../workflows/workflows';
import { type Application, applications } from './applications';
import {
  countActiveExecutions,
  findActiveExecutions,
  findApplicationsByName,
  lockApplication,
  lockApplicationNames,
} from './applications.store';

export async function createApplication(app: App, actor: Actor, input: NewResource): Promise<Application> {
  actor.access.requireAccount('CREATE_AND_DELETE_APPLICATION');
  const { name = input.name, description = null } = readNameAndDescription(input);
  const work = app.database.transaction(async (db) => {
    await lockApplicationNames(db, [name]);
    await requireFreeName(db, name);
    const made: Application = { ...newRow(name, { actor, now: app.clock.now() }), description };
    await applications.insert(db, [made]);
    return made;
  });
  return refusingTakenName('application', name, work);
}

export async function updateApplication(
  app: App,
  actor: Actor,
  id: string,
  changes: ResourceChanges,
): Promise<Application> {
  const given = readNameAndDescription(changes);
  const work = app.database.transaction(async (db) => {
    if (given.name !== undefined) await lockApplicationNames(db, [given.name]);
    const before = await lockApplication(db, id);
    actor.access.require('UPDATE', 'Application', before);
    const { name = before.name, description = before.description } = given;
    if (name === before.name && description === before.description) return before;
    if (name !== before.name) {
      await requireFreeName(db, name);
      await renameApplicationInDependencies(db, before.name, name);
    }
    const change = { name, description, updatedAt: app.clock.now() };
    await applications.update(db, before.id, change);
    return { ...before, ...change };
  });
  return refusingTakenName('application', given.name ?? '', work);
}

async function requireFreeName(db: Db, name: string): Promise<void> {
  if ((await findApplicationsByName(db, [name])).length > 0) throw nameTaken('application', name);
}

const NAMED_EXECUTIONS = 50;

/** Deletes an application with everything in it. Its executions stay readable. */
export async function deleteApplication(app: App, actor: Actor, id: string): Promise<void> {
  await app.database.transaction(async (db) => {
    const application = await lockApplication(db, id);
    actor.access.require('DELETE', 'Application', application);
    // The right to delete does not include the right to read: executions that the caller may not see prevent the
    // deletion, but are not named.
    const seen: RowCondition = (parameters) => actor.access.condition('READ', 'Execution', 'execution', parameters);
    const active = await findActiveExecutions(db, application.id, seen, NAMED_EXECUTIONS);
    const count = active.length < NAMED_EXECUTIONS ? await countActiveExecutions(db, application.id) : active.length;
    const users = active.map(({ id, status }) => ({ kind: 'EXECUTION', id, status }));
    refuseIfUsed('application', application.name, users, count - active.length);
    const now = app.clock.now();
    for (const parts of [triggers, pipelines, workflows, services, environments]) {
      await parts.deleteOfApplication(db, application.id, now);
    }
    await deleteTemplatesOfApplication(db, application.id, now);
    await dropApplicationFromDependencies(db, application.name);
    await deleteSecretsOfApplication(db, application.id);
    await applications.delete(db, application.id, now);
  });
}
