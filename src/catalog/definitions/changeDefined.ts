import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import { lockApplication, lockPart } from '../applications/applications.store';
import { renamePart } from '../changeParts';
import { refusingTakenName } from '../nameTaken';
import type { Db } from '../../kernel/database/database';
import { applySource } from './applyDefinitions';
import type { DefinedRows } from './definedRows.store';
import type { DefinedEntity } from '../language/definition';
import { readNameAndDescription } from '../../kernel/naming';
import { type DefinitionSource, type ExpectedHead, parseSource, readDefinition } from '../language/parseDefinitions';
import { libraryFor } from '../templates/templateLibrary';
import { lockTemplates } from '../templates/templateLibrary.store';

export interface CreateDefined {
  readonly applicationId: string;
  readonly name: string;
  readonly definition: DefinitionSource;
}

/** Creates a workflow or pipeline from a document, with the same checks as `applyDefinitions`. */
export async function createDefined<Definition>(
  app: App,
  actor: Actor,
  rows: DefinedRows<Definition>,
  input: CreateDefined,
): Promise<DefinedEntity> {
  const { name = input.name } = readNameAndDescription({ name: input.name });
  const work = app.database.transaction(async (db) => {
    if (mayExtend(input.definition)) await lockTemplates(db, 'USE');
    const application = await lockApplication(db, input.applicationId);
    actor.access.require('READ', 'Application', application);
    const head = { kind: rows.type, application: application.name, name };
    const source = await parseWith(db, actor, input.definition, head);
    const to = { existing: [application], mode: 'CREATE' } as const;
    const [made] = await applySource(db, { actor, now: app.clock.now() }, source, to);
    return reread(db, rows, made?.id ?? '');
  });
  return refusingTakenName(rows.table, name, work);
}

/** Undefined and null keep the current value. */
export interface DefinedChanges {
  readonly name?: string | null | undefined;
  readonly definition?: DefinitionSource | null | undefined;
}

/** Changes a workflow or pipeline. The definition is checked under the new name, which its head must match. */
export async function updateDefined<Definition>(
  app: App,
  actor: Actor,
  rows: DefinedRows<Definition>,
  id: string,
  changes: DefinedChanges,
): Promise<DefinedEntity> {
  const given = readNameAndDescription({ name: changes.name });
  const work = app.database.transaction(async (db) => {
    if (changes.definition && mayExtend(changes.definition)) await lockTemplates(db, 'USE');
    const { part, application } = await lockPart(db, rows, id);
    actor.access.require('UPDATE', rows.type, await subjectFor({ database: db }, rows.type, part));
    const { name = part.name } = given;
    const author = { actor, now: app.clock.now() };
    if (name !== part.name) {
      await renamePart(db, author, application, rows, part, name);
      await rows.update(db, part.id, { name, updatedAt: author.now });
    }
    if (changes.definition) {
      const head = { kind: rows.type, application: application.name, name };
      const source = await parseWith(db, actor, changes.definition, head);
      await applySource(db, author, source, { existing: [application] });
    }
    return reread(db, rows, part.id);
  });
  return refusingTakenName(rows.table, given.name ?? '', work);
}

/** The lock on templates comes before that on the application, so the text decides. */
const mayExtend = ({ source }: DefinitionSource): boolean => /\bextends\b/.test(source);

async function parseWith(db: Db, { access }: Actor, source: DefinitionSource, head: ExpectedHead) {
  const read = readDefinition(source, head);
  return parseSource(read, await libraryFor(db, access, read));
}

async function reread<Definition>(db: Db, rows: DefinedRows<Definition>, id: string): Promise<DefinedEntity> {
  const row = await rows.find(db, id);
  if (row === undefined) throw new Error(`the ${rows.table} ${id} was written, but is not there`);
  return row;
}
