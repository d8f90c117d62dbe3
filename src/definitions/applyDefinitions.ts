import type { Actor } from '../access/actor';
import type { App } from '../app';
import type { Application } from '../applications/application';
import { findApplicationsByName, lockApplicationsByName } from '../applications/applications.store';
import type { Db } from '../database/database';
import { newId } from '../ids';
import { loadConfigurations } from './configuration';
import { documentKinds } from './documentSchemas';
import { isName } from './naming';
import { type DefinitionSource, type ParsedSource, parseDefinitions } from './parseDefinitions';
import { type AppliedDocument, applicationNameOf, planDocument, type Step } from './planDocument';
import type { Author } from './revise';
import { validateSource } from './validateSource';

export interface ApplyDefinitions extends DefinitionSource {
  /** Says what would become of the documents, and writes nothing. */
  readonly dryRun: boolean;
}

/**
 * Makes the database say what the documents say: all of it, or, when anything is wrong, nothing. Applications are locked meanwhile, so
 * that two sources for one application follow each other. What a source leaves out stays as it is.
 */
export async function applyDefinitions(app: App, actor: Actor, input: ApplyDefinitions): Promise<AppliedDocument[]> {
  const source = parseDefinitions(input);
  // What is no name was reported, names nothing, and may hold what PostgreSQL does not take.
  const names = [...new Set(source.documents.map(({ document }) => applicationNameOf(document)))].filter(isName);
  const author: Author = { actor, now: app.clock.now() };
  if (input.dryRun) {
    const existing = await findApplicationsByName(app.database, names);
    const steps = await planSource(app.database, author, source, existing);
    return steps.map(({ applied }) => (applied.action === 'CREATED' ? { ...applied, id: null } : applied));
  }
  return app.database.transaction(async (db) =>
    applySource(db, author, source, await lockApplicationsByName(db, names)),
  );
}

/** The same in the middle of a transaction that has locked the applications. */
export async function applySource(
  db: Db,
  author: Author,
  source: ParsedSource,
  existing: readonly Application[],
): Promise<AppliedDocument[]> {
  const steps = await planSource(db, author, source, existing);
  // What others refer to comes first.
  const order = ({ applied }: Step) => documentKinds.indexOf(applied.kind);
  for (const { write } of [...steps].sort((a, b) => order(a) - order(b))) await write?.(db);
  return steps.map(({ applied }) => applied);
}

/** Checks everything and decides what has to be written; refuses with every error at once. */
async function planSource(
  db: Db,
  author: Author,
  source: ParsedSource,
  existing: readonly Application[],
): Promise<Step[]> {
  const configurations = await loadConfigurations(db, existing);
  // Permissions will be asked here: the actor and each application with all of its parts are at hand.
  validateSource(source, configurations);
  source.problems.refuseIfAny();
  const newIds = new Map<string, string>();
  return source.documents.map(({ document }) => {
    const name = applicationNameOf(document);
    const configuration = configurations.get(name);
    const applicationId = configuration?.application.id ?? newIds.get(name) ?? newId();
    newIds.set(name, applicationId);
    return planDocument(document, { ...author, existing: configuration, applicationId });
  });
}
