import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Application } from '../applications/applications';
import { findApplicationsByName, lockApplicationsByName } from '../applications/applications.store';
import type { Db, Transaction } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import { newId } from '../../kernel/ids';
import { loadConfigurations } from './configuration';
import { type DocumentKind, documentKinds } from '../language/documentShapes';
import { isName } from '../../kernel/naming';
import {
  type DefinitionSource,
  type ParsedDocument,
  type ParsedSource,
  parseSource,
  readSource,
} from '../language/parseDefinitions';
import { findExceptedGroups, findNamedFreezes } from './namedByFreezes';
import { type AppliedDocument, applicationNameOf, planDocument, type Step } from './planDocument';
import { type ReadResource, requireUnchanged } from './requireUnchanged';
import { type Planned, type PlannedApplication, requirePlanned } from './requirePlanned';
import type { Author } from './revise';
import { asSeenBy } from './seen';
import { checkDependencies, hasDependencies } from '../services/serviceDependencies';
import { lockDependencies } from '../services/serviceDependencies.store';
import { addFollowers, findFollowers } from '../templates/followers';
import type { TemplateUser } from '../templates/templateUsers.store';
import { libraryFor, lockFor } from '../templates/templateLibrary';
import { checkTags, loadTags, withTags } from '../tags/documentTags';
import { validateSource } from '../language/validateSource';
import type { DefinitionError } from '../language/validationRules';

export interface ApplyDefinitions extends DefinitionSource {
  /** True to return the planned changes without writing anything. */
  readonly dryRun: boolean;
  /** Resources that must be as the caller read them. */
  readonly unchanged?: readonly ReadResource[] | null | undefined;
}

export interface AppliedSource {
  readonly results: readonly AppliedDocument[];
  readonly warnings: readonly DefinitionError[];
}

/**
 * Makes the database match the documents, or changes nothing if there is any error. Locks the applications, so that two
 * sources for one application run one after another. Objects that are not in the source stay as they are.
 */
export async function applyDefinitions(app: App, actor: Actor, input: ApplyDefinitions): Promise<AppliedSource> {
  const read = readSource(input);
  const author: Author = { actor, now: app.clock.now() };
  const unchanged = input.unchanged ?? [];
  const load = async (db: Db) => {
    const source = parseSource(read, await libraryFor(db, actor.access, read));
    const followers = await findFollowers(db, source);
    const names = [
      ...source.documents.map(({ document }) => applicationNameOf(document)),
      ...followers.map(({ application }) => application ?? ''),
    ];
    // Invalid names are already reported, and may contain characters that PostgreSQL rejects.
    return { source, followers, names: [...new Set(names)].filter(isName) };
  };
  if (input.dryRun) {
    const { source, followers, names } = await load(app.database);
    const existing = await findApplicationsByName(app.database, names);
    const steps = await planSource(app.database, author, source, { existing, followers, unchanged });
    const results = steps.map(({ applied }) => (applied.action === 'CREATED' ? { ...applied, id: null } : applied));
    return { results, warnings: source.problems.inOrder.warnings };
  }
  return app.database.transaction(async (db) => {
    await lockFor(db, read);
    const { source, followers, names } = await load(db);
    const existing = await lockApplicationsByName(db, names);
    // Read again, because a rename may have changed them while this waited for the lock.
    const current = followers.length === 0 ? followers : await findFollowers(db, source);
    const results = await applySource(db, author, source, { existing, followers: current, unchanged });
    return { results, warnings: source.problems.inOrder.warnings };
  });
}

/** CREATE: the workflows or pipelines in the documents must be new. */
export type ApplyMode = 'APPLY' | 'CREATE';

export interface ApplyTo {
  readonly existing: readonly Application[];
  /** Definitions outside the source that follow a template of it. */
  readonly followers?: readonly TemplateUser[];
  readonly mode?: ApplyMode;
  /** Resources that must be as the caller read them. */
  readonly unchanged?: readonly ReadResource[];
}

/** The same within a transaction that has locked the applications. */
export async function applySource(
  db: Transaction,
  author: Author,
  source: ParsedSource,
  to: ApplyTo,
): Promise<AppliedDocument[]> {
  if (hasDependencies(source)) await lockDependencies(db);
  const steps = await planSource(db, author, source, to);
  // Documents that others refer to come first.
  const order = ({ applied }: Step) => documentKinds.indexOf(applied.kind);
  for (const { write } of [...steps].sort((a, b) => order(a) - order(b))) await write?.(db);
  const writes = (kind: DocumentKind) =>
    steps.some(({ applied, write }) => applied.kind === kind && write !== undefined);
  if (writes('Freeze')) db.wake(topic.slots);
  // The database has moved jobs that other agents may get now: `rebind_jobs`.
  if (writes('Environment')) db.wake(topic.queue);
  return steps.map(({ applied }) => applied);
}

/** Checks everything and decides what to write; reports all errors together. */
async function planSource(
  db: Db,
  author: Author,
  source: ParsedSource,
  { existing, followers = [], mode = 'APPLY', unchanged = [] }: ApplyTo,
): Promise<Step[]> {
  const { access } = author.actor;
  const configurations = asSeenBy(access, await loadConfigurations(db, existing));
  addFollowers(source, followers, configurations);
  validateSource(source, configurations);
  await checkDependencies(db, access, source);
  await checkTags(db, source);
  const groups = await findExceptedGroups(db, author.actor, source);
  source.problems.refuseIfAny();
  const freezes = await findNamedFreezes(db, source);
  const tags = await loadTags(db, source, configurations);
  const planned = new Map<string, PlannedApplication & { planned: Planned[] }>();
  const plan = ({ document }: ParsedDocument): Planned => {
    const name = applicationNameOf(document);
    const configuration = configurations.get(name);
    const application = planned.get(name) ?? {
      applicationId: configuration?.application.id ?? newId(),
      existing: configuration,
      planned: [],
    };
    planned.set(name, application);
    const { applicationId, existing } = application;
    const made = (kind: DocumentKind) =>
      application.planned.flatMap(({ step: { applied } }): [string, string][] =>
        applied.kind === kind && applied.id !== null ? [[applied.name, applied.id]] : [],
      );
    const ids = (parts: ReadonlyMap<string, { readonly id: string }> = new Map()) =>
      [...parts].map(([part, { id }]): [string, string] => [part, id]);
    const rowsOf = (parts: ReadonlyMap<string, { readonly row: { readonly id: string } }> = new Map()) =>
      [...parts].map(([part, { row }]): [string, string] => [part, row.id]);
    const named = () => ({
      ...{ freezes, groups },
      environments: new Map([...ids(existing?.environments), ...made('Environment')]),
      services: new Map([...ids(existing?.services), ...made('Service')]),
      workflows: new Map([...rowsOf(existing?.workflows), ...made('Workflow')]),
      pipelines: new Map([...rowsOf(existing?.pipelines), ...made('Pipeline')]),
    });
    const context = { ...author, existing, applicationId, named, book: source.templates };
    const step = planDocument(document, context);
    const done = { document, step: withTags(document, step, tags, author, applicationId) };
    application.planned.push(done);
    return done;
  };
  // Freezes and triggers name parts that other documents create.
  const namesOthers = ({ document }: ParsedDocument) => document.kind === 'Freeze' || document.kind === 'Trigger';
  const first = source.documents.filter((one) => !namesOthers(one)).map(plan);
  const last = source.documents.filter(namesOthers).map(plan);
  const steps = source.documents.flatMap(
    ({ document }) => [...first, ...last].find((one) => one.document === document)?.step ?? [],
  );
  for (const application of planned.values()) requirePlanned(access, application, mode === 'CREATE');
  const applied = steps.map((one) => one.applied);
  await requireUnchanged(db, unchanged, applied, configurations);
  return steps;
}
