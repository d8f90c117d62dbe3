import type { Actor } from '../access/actor';
import { subjectFor } from '../access/visible';
import { canonicalJson } from '../kernel/canonicalJson';
import type { Db } from '../kernel/database/database';
import { topic } from '../kernel/database/wakeups';
import { readNameAndDescription } from '../kernel/naming';
import type { App } from './app';
import type { Application } from './applications/applications';
import { lockApplication, lockPart } from './applications/applications.store';
import { loadConfiguration } from './definitions/configuration';
import { refuseUsers } from './definitions/refuseUsers';
import { renameReferred } from './definitions/renameReferred';
import { renameAfter } from './environments/environments.store';
import { type Author, newRow } from './definitions/revise';
import type { ReferredKind } from './language/referred';
import { nameTaken, refusingTakenName } from './nameTaken';
import type { NewPart, PartRow, ResourceChanges } from './resourceFields';
import type { ConfiguredRows, PartRows, PartType } from './resources.store';
import { renameDependency } from './services/serviceDependencies.store';

/** Kinds that current definitions refer to by name. */
const referredKinds: Readonly<Partial<Record<PartType, ReferredKind>>> = {
  Environment: 'environment',
  Service: 'service',
  Workflow: 'workflow',
  Pipeline: 'pipeline',
};

/** Creates an environment or a service. */
export async function createPart<T extends PartRow, Input>(
  app: App,
  actor: Actor,
  parts: ConfiguredRows<T, Input>,
  input: NewPart & Input,
): Promise<T> {
  const { name = input.name, description = null } = readNameAndDescription(input);
  const own = { ...parts.own.defaults, ...parts.own.read(input) };
  const work = app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    const row = newRow(name, { actor, now: app.clock.now() });
    const made = { ...row, applicationId: application.id, description, ...own } as unknown as T;
    actor.access.require('CREATE', parts.type, made);
    await requireFreeName(db, parts, application, name);
    const complete = (await parts.own.complete?.(db, actor, application, made)) ?? made;
    await parts.insert(db, [complete]);
    return complete;
  });
  return refusingTakenName(parts.table, name, work);
}

/** Changes an environment or a service. A new name is also written into the definitions that refer to the old one. */
export async function updatePart<T extends PartRow, Input>(
  app: App,
  actor: Actor,
  parts: ConfiguredRows<T, Input>,
  id: string,
  changes: ResourceChanges & Partial<Input>,
): Promise<T> {
  const texts = readNameAndDescription(changes);
  const own = parts.own.read(changes);
  const work = app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, parts, id);
    const { name = part.name, description = part.description } = texts;
    const given: T = { ...part, ...own, name, description };
    actor.access.requireChange(parts.type, part, given);
    if (canonicalJson(given) === canonicalJson(part)) return part;
    const author = { actor, now: app.clock.now() };
    if (name !== part.name) await renamePart(db, author, application, parts, part, name);
    const after =
      Object.keys(own).length === 0 ? given : ((await parts.own.complete?.(db, actor, application, given)) ?? given);
    const change = Object.fromEntries(
      [...Object.keys(own), 'name', 'description'].map((key) => [key, after[key as keyof T]]),
    );
    // The database has moved jobs that other agents may get now: `rebind_jobs`.
    if ('agents' in own) db.wake(topic.queue);
    await parts.update(db, part.id, { ...change, updatedAt: author.now } as Partial<T>);
    return { ...after, updatedAt: author.now };
  });
  return refusingTakenName(parts.table, texts.name ?? '', work);
}

/** Deletes a part. Refused while a current definition refers to it; past executions and deployments stay readable. */
export async function deletePart<T extends PartRow>(
  app: App,
  actor: Actor,
  parts: PartRows<T> & Partial<Pick<ConfiguredRows<T>, 'own'>>,
  id: string,
): Promise<void> {
  await app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, parts, id);
    actor.access.require('DELETE', parts.type, await subjectFor({ database: db }, parts.type, part));
    const kind = referredKinds[parts.type];
    if (kind !== undefined) {
      refuseUsers(actor.access, { kind, name: part.name }, await loadConfiguration(db, application));
    }
    await parts.own?.beforeDelete?.(db, part, { actor, application });
    await parts.delete(db, part.id, app.clock.now());
  });
}

/** Requires the new name to be free, and writes it into the definitions that refer to the part. */
export async function renamePart<T extends PartRow>(
  db: Db,
  author: Author,
  application: Application,
  parts: PartRows<T>,
  part: T,
  name: string,
): Promise<void> {
  await requireFreeName(db, parts, application, name);
  const kind = referredKinds[parts.type];
  if (kind !== undefined) await renameReferred(db, author, application, { kind, name: part.name }, name);
  if (kind === 'service') await renameDependency(db, application, part.name, name);
  if (kind === 'environment') await renameAfter(db, application.id, part.name, name);
}

async function requireFreeName<T extends PartRow>(db: Db, parts: PartRows<T>, { id }: Application, name: string) {
  if (await parts.findByName(db, id, name)) throw nameTaken(parts.table, name);
}
