import type { Actor } from '../../access/actor';
import { subjectIn } from '../../access/subjectIn';
import type { App } from '../app';
import { lockApplication, lockPart } from '../applications/applications.store';
import { nameTaken, refusingTakenName } from '../nameTaken';
import type { Db } from '../../kernel/database/database';
import { applySource } from './applyDefinitions';
import type { DefinedRows } from './definedRows.store';
import type { DefinedEntity } from '../language/definition';
import { readNameAndDescription } from '../../kernel/naming';
import { type DefinitionSource, parseDefinition } from '../language/parseDefinitions';
import { renameReferred } from './renameReferred';

/** Workflows and pipelines are created and changed alike: by one document each, with the same checks as `applyDefinitions`. */
interface DefinedKind<Definition> {
  readonly kind: 'Workflow' | 'Pipeline';
  readonly rows: DefinedRows<Definition>;
}

export interface CreateDefined {
  readonly applicationId: string;
  readonly name: string;
  readonly definition: DefinitionSource;
}

export async function createDefined<Definition>(
  app: App,
  actor: Actor,
  { kind, rows }: DefinedKind<Definition>,
  input: CreateDefined,
): Promise<DefinedEntity> {
  const { name = input.name } = readNameAndDescription({ name: input.name });
  const work = app.database.transaction(async (db) => {
    const application = await lockApplication(db, input.applicationId);
    actor.access.require('READ', 'Application', application);
    const source = parseDefinition(input.definition, { kind, application: application.name, name });
    const [made] = await applySource(db, { actor, now: app.clock.now() }, source, [application], 'CREATE');
    return reread(db, rows, made?.id ?? '');
  });
  return refusingTakenName(kind.toLowerCase(), name, work);
}

export interface UpdateDefined {
  readonly id: string;
  /** What is left out stays as it is. */
  readonly name?: string | null | undefined;
  readonly definition?: DefinitionSource | null | undefined;
}

/** The new name counts first: the definition is checked, and names itself, by it. */
export async function updateDefined<Definition>(
  app: App,
  actor: Actor,
  { kind, rows }: DefinedKind<Definition>,
  input: UpdateDefined,
): Promise<DefinedEntity> {
  const said = readNameAndDescription({ name: input.name });
  const work = app.database.transaction(async (db) => {
    const { part, application } = await lockPart(db, kind.toLowerCase(), rows, input.id);
    actor.access.require('UPDATE', kind, await subjectIn(db, kind, part));
    const { name = part.name } = said;
    const author = { actor, now: app.clock.now() };
    if (name !== part.name) {
      if (await rows.findByName(db, application.id, name)) throw nameTaken(kind.toLowerCase(), name);
      if (kind === 'Workflow')
        await renameReferred(db, author, application, { kind: 'workflow', name: part.name }, name);
      await rows.update(db, part.id, { name, updatedAt: author.now });
    }
    if (input.definition) {
      const source = parseDefinition(input.definition, { kind, application: application.name, name });
      await applySource(db, author, source, [application]);
    }
    return reread(db, rows, part.id);
  });
  return refusingTakenName(kind.toLowerCase(), said.name ?? '', work);
}

async function reread<Definition>(db: Db, rows: DefinedRows<Definition>, id: string): Promise<DefinedEntity> {
  const row = await rows.find(db, id);
  if (row === undefined) throw new Error(`the ${rows.table} ${id} was written, but is not there`);
  return row;
}
