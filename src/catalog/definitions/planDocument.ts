import type { Application } from '../applications/application';
import { applications } from '../applications/applications.store';
import type { Db } from '../../kernel/database/database';
import type { Environment } from '../environments/environment';
import { environments } from '../environments/environments.store';
import { newId } from '../../kernel/ids';
import { pipelines } from '../pipelines/pipelines.store';
import type { Service } from '../services/service';
import { services } from '../services/services.store';
import { workflows } from '../workflows/workflows.store';
import { canonicalPipeline, canonicalWorkflow } from '../language/canonical';
import type { Configuration } from './configuration';
import { canonicalJson } from '../../kernel/canonicalJson';
import type { Defined, DefinedRows } from './definedRows.store';
import type { DefinedEntity } from '../language/definition';
import type {
  AnyDocument,
  ApplicationDocument,
  DocumentKind,
  EnvironmentDocument,
  ServiceDocument,
} from '../language/documentShapes';
import { type Author, nextRevision, saveRevision } from './revise';

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

/** What a valid document comes to, and how to write it; nothing to write when it changes nothing. */
export interface Step {
  readonly applied: AppliedDocument;
  readonly write?: (db: Db) => Promise<void>;
}

export interface PlanContext extends Author {
  /** The application as it stands; undefined when the source creates it. */
  readonly existing: Configuration | undefined;
  readonly applicationId: string;
}

export function planDocument(document: AnyDocument, context: PlanContext): Step {
  switch (document.kind) {
    case 'Application':
      return planApplication(document, context);
    case 'Environment':
      return planEnvironment(document, context);
    case 'Service':
      return planService(document, context);
    case 'Workflow':
      return planDefined(workflows, document, canonicalWorkflow(document.definition), 'workflows', context);
    case 'Pipeline':
      return planDefined(pipelines, document, canonicalPipeline(document.definition), 'pipelines', context);
  }
}

function planApplication(document: ApplicationDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const description = document.description || null;
  const row = existing?.application;
  if (row === undefined) {
    const made: Application = { ...newRow(applicationId, document.name, author), description };
    return step(document, 'CREATED', made.id, (db) => applications.insert(db, [made]));
  }
  if (row.description === description) return step(document, 'UNCHANGED', row.id);
  const change = { description, updatedAt: author.now };
  return step(document, 'UPDATED', row.id, (db) => applications.update(db, row.id, change));
}

function planEnvironment(document: EnvironmentDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const { type, variables } = document;
  const said = { type, variables, description: document.description || null };
  const row = existing?.environments.get(document.name);
  if (row === undefined) {
    const made: Environment = { ...newRow(newId(), document.name, author), ...said, applicationId };
    return step(document, 'CREATED', made.id, (db) => environments.insert(db, [made]));
  }
  const stands = { type: row.type, variables: row.variables, description: row.description };
  if (canonicalJson(stands) === canonicalJson(said)) return step(document, 'UNCHANGED', row.id);
  const change = { ...said, updatedAt: author.now };
  return step(document, 'UPDATED', row.id, (db) => environments.update(db, row.id, change));
}

function planService(document: ServiceDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const description = document.description || null;
  const row = existing?.services.get(document.name);
  if (row === undefined) {
    const made: Service = { ...newRow(newId(), document.name, author), description, applicationId };
    return step(document, 'CREATED', made.id, (db) => services.insert(db, [made]));
  }
  if (row.description === description) return step(document, 'UNCHANGED', row.id);
  const change = { description, updatedAt: author.now };
  return step(document, 'UPDATED', row.id, (db) => services.update(db, row.id, change));
}

function planDefined<Definition extends { readonly description: string | null }>(
  rows: DefinedRows<Definition>,
  document: AnyDocument,
  definition: Definition,
  parts: 'workflows' | 'pipelines',
  { existing, applicationId, ...author }: PlanContext,
): Step {
  const before = existing?.[parts].get(document.name) as Defined<Definition> | undefined;
  const revision = nextRevision(before, definition, author);
  if (before?.revision.contentHash === revision.contentHash) {
    return step(document, 'UNCHANGED', before.row.id, undefined, before.revision);
  }
  if (before !== undefined) {
    return step(document, 'UPDATED', before.row.id, (db) => saveRevision(db, rows, revision), revision);
  }
  const row: DefinedEntity = {
    ...newRow(revision.entityId, document.name, author),
    applicationId,
    description: definition.description,
    currentRevisionId: revision.id,
  };
  const write = async (db: Db) => {
    await rows.insert(db, [row]);
    await rows.insertRevisions(db, [revision]);
  };
  return step(document, 'CREATED', row.id, write, revision);
}

const newRow = (id: string, name: string, { actor, now }: Author) => ({
  id,
  name,
  createdAt: now,
  createdBy: actor.id,
  updatedAt: now,
  deletedAt: null,
});

function step(
  document: AnyDocument,
  action: ApplyAction,
  id: string,
  write?: (db: Db) => Promise<void>,
  revision?: { readonly number: number; readonly contentHash: string },
): Step {
  const applied: AppliedDocument = {
    kind: document.kind,
    application: applicationNameOf(document),
    name: document.name,
    action,
    id,
    revision: revision === undefined ? null : { number: revision.number, contentHash: revision.contentHash },
  };
  return write === undefined ? { applied } : { applied, write };
}

export const applicationNameOf = (document: AnyDocument): string =>
  document.kind === 'Application' ? document.name : document.application;
