import type { Actor } from '../access/actor';
import type { App } from '../app';
import { applications, findApplicationsByName, lockApplicationsByName } from '../applications/applications.store';
import type { Db } from '../database/database';
import { environments } from '../environments/environments.store';
import { newId } from '../ids';
import { pipelines } from '../pipelines/pipelines.store';
import { services } from '../services/services.store';
import { workflows } from '../workflows/workflows.store';
import { canonicalPipeline, canonicalWorkflow } from './canonical';
import { type Configuration, loadConfigurations } from './configuration';
import { canonicalJson, contentHash } from './contentHash';
import type { Defined, DefinedRows } from './definedRows.store';
import type { DefinedEntity, Revision } from './definition';
import type { AnyDocument, DocumentKind } from './documentSchemas';
import { type DefinitionSource, type ParsedDocument, type ParsedSource, parseDefinitions } from './parseDefinitions';
import { validateSource } from './validateSource';

export type ApplyAction = 'CREATED' | 'UPDATED' | 'UNCHANGED';

/** What became, or would become, of one document. */
export interface AppliedDocument {
  readonly kind: DocumentKind;
  readonly application: string;
  readonly name: string;
  readonly action: ApplyAction;
  /** null for what a dry run would create. */
  readonly id: string | null;
  /** Of a workflow or pipeline. */
  readonly revision: { readonly number: number; readonly contentHash: string } | null;
}

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
  if (input.dryRun) {
    const found = await findApplicationsByName(app.database, applicationNames(source));
    return applySource(app.database, app, actor, source, { applications: found, dryRun: true });
  }
  return app.database.transaction(async (db) => {
    const found = await lockApplicationsByName(db, applicationNames(source));
    return applySource(db, app, actor, source, { applications: found, dryRun: false });
  });
}

export interface ApplyOptions {
  /** Those that the source names, as far as they exist; locked, unless it is a dry run. */
  readonly applications: readonly Configuration['application'][];
  readonly dryRun: boolean;
}

/** The same within a transaction. */
export async function applySource(
  db: Db,
  app: App,
  actor: Actor,
  source: ParsedSource,
  options: ApplyOptions,
): Promise<AppliedDocument[]> {
  // Here is where permissions will be asked: the actor, and every application with its parts, are at hand.
  const configurations = await loadConfigurations(db, options.applications);
  validateSource(source, configurations);
  source.problems.refuseIfAny();
  const writes = new Writes(configurations, actor, app.clock.now());
  const results = source.documents.map(({ document }) => document);
  // Applications first: their parts need the ids that new ones get.
  const inOrder = [...results].sort((a, b) => Number(b.kind === 'Application') - Number(a.kind === 'Application'));
  const applied = new Map(inOrder.map((document) => [document, writes.plan(document)]));
  if (!options.dryRun) await writes.perform(db);
  return results.map((document) => {
    const one = applied.get(document);
    if (one === undefined) throw new Error('a document was not applied');
    return options.dryRun && one.action === 'CREATED' ? { ...one, id: null } : one;
  });
}

const applicationNames = ({ documents }: ParsedSource): string[] => [
  ...new Set(documents.map(({ document }: ParsedDocument) => applicationName(document)).filter((name) => name !== '')),
];

const applicationName = (document: AnyDocument): string =>
  document.kind === 'Application' ? document.name : document.application;

/** What has to be written, collected before any of it is. */
class Writes {
  private readonly work: ((db: Db) => Promise<void>)[] = [];
  private readonly applicationIds: Map<string, string>;

  constructor(
    private readonly existing: ReadonlyMap<string, Configuration>,
    private readonly actor: Actor,
    private readonly now: Date,
  ) {
    this.applicationIds = new Map([...existing].map(([name, { application }]) => [name, application.id]));
  }

  async perform(db: Db): Promise<void> {
    for (const write of this.work) await write(db);
  }

  plan(document: AnyDocument): AppliedDocument {
    const configuration = this.existing.get(applicationName(document));
    switch (document.kind) {
      case 'Application': {
        const { description } = document;
        return this.plain(applications, document, configuration?.application, { description: description || null }, (id) => {
          this.applicationIds.set(document.name, id);
          return {};
        });
      }
      case 'Environment': {
        const { description, type, variables } = document;
        const said = { description: description || null, type, variables };
        return this.plain(environments, document, configuration?.environments.get(document.name), said, () => ({
          applicationId: this.applicationId(document.application),
        }));
      }
      case 'Service': {
        const said = { description: document.description || null };
        return this.plain(services, document, configuration?.services.get(document.name), said, () => ({
          applicationId: this.applicationId(document.application),
        }));
      }
      case 'Workflow':
        return this.defined(workflows, document, configuration?.workflows, canonicalWorkflow(document.definition));
      case 'Pipeline':
        return this.defined(pipelines, document, configuration?.pipelines, canonicalPipeline(document.definition));
    }
  }

  /** `said` is what the document says about the row; `rest` is what only a new row needs to be told. */
  private plain<Row extends { readonly id: string }>(
    rows: PlainRows<Row>,
    document: AnyDocument,
    row: Row | undefined,
    said: object,
    rest: (id: string) => object,
  ): AppliedDocument {
    const id = row?.id ?? newId();
    const applied = { kind: document.kind, application: applicationName(document), name: document.name, id, revision: null };
    if (row === undefined) {
      const made = { ...this.newRow(id, document.name), ...rest(id), ...said } as unknown as Row;
      this.work.push((db) => rows.insert(db, [made]));
      return { ...applied, action: 'CREATED' };
    }
    const before = Object.fromEntries(Object.keys(said).map((key) => [key, (row as Readonly<Record<string, unknown>>)[key]]));
    if (canonicalJson(before) === canonicalJson(said)) return { ...applied, action: 'UNCHANGED' };
    this.work.push((db) => rows.update(db, id, { ...said, updatedAt: this.now } as object));
    return { ...applied, action: 'UPDATED' };
  }

  private defined<Definition extends { readonly description: string | null }>(
    rows: DefinedRows<Definition>,
    document: Extract<AnyDocument, { readonly definition: object }>,
    existing: ReadonlyMap<string, Defined<Definition>> | undefined,
    definition: Definition,
  ): AppliedDocument {
    const { kind, application, name } = document;
    const before = existing?.get(name);
    const hash = contentHash(definition);
    if (before !== undefined && before.revision.contentHash === hash) {
      const { number } = before.revision;
      return { kind, application, name, action: 'UNCHANGED', id: before.row.id, revision: { number, contentHash: hash } };
    }
    const revision = this.nextRevision(before, definition, hash);
    const applied = { kind, application, name, id: revision.entityId, revision: { number: revision.number, contentHash: hash } };
    if (before !== undefined) {
      this.work.push((db) => saveRevision(db, rows, revision));
      return { ...applied, action: 'UPDATED' };
    }
    const row: DefinedEntity = {
      ...this.newRow(revision.entityId, name),
      applicationId: this.applicationId(application),
      description: definition.description,
      currentRevisionId: revision.id,
    };
    this.work.push(async (db) => {
      await rows.insert(db, [row]);
      await rows.insertRevisions(db, [revision]);
    });
    return { ...applied, action: 'CREATED' };
  }

  private nextRevision<Definition>(
    before: Defined<Definition> | undefined,
    definition: Definition,
    hash: string,
  ): Revision<Definition> {
    return nextRevision(before, definition, hash, this.actor, this.now);
  }

  private applicationId(name: string): string {
    const id = this.applicationIds.get(name);
    if (id === undefined) throw new Error(`the application "${name}" was checked, but is not there`);
    return id;
  }

  private newRow(id: string, name: string) {
    return { id, name, createdAt: this.now, createdBy: this.actor.id, updatedAt: this.now, deletedAt: null };
  }
}
