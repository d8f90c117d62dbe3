import { applications } from '../applications/applications';
import type { Db } from '../../kernel/database/database';
import { environments } from '../environments/environments';
import { pipelines } from '../pipelines/pipelines';
import type { ResourceRow } from '../resourceFields';
import type { ResourceRows } from '../resources.store';
import { readReferences } from '../services/serviceDependencies';
import { services } from '../services/services';
import { workflows } from '../workflows/workflows';
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
import { type Author, newRow, nextRevision, saveRevision } from './revise';

export type ApplyAction = 'CREATED' | 'UPDATED' | 'UNCHANGED';

/** Actual or planned result of applying one document. */
export interface AppliedDocument {
  readonly kind: DocumentKind;
  readonly application: string;
  readonly name: string;
  readonly action: ApplyAction;
  /** Null if a dry run would create it. */
  readonly id: string | null;
  /** For workflows and pipelines. */
  readonly revision: { readonly number: number; readonly contentHash: string } | null;
}

/** Planned result of a valid document, and a function that writes it; no function if nothing changes. */
export interface Step {
  readonly applied: AppliedDocument;
  readonly write?: (db: Db) => Promise<void>;
}

export interface PlanContext extends Author {
  /** Current state of the application; undefined if the source creates it. */
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
  const own = { description: document.description || null };
  const made = { ...newRow(document.name, author, applicationId), ...own };
  return planRow(applications, document, existing?.application, made, own, author);
}

function planEnvironment(document: EnvironmentDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const { type, variables, concurrency, after } = document;
  const own = { type, variables, concurrency, after, description: document.description || null };
  const made = { ...newRow(document.name, author), ...own, applicationId };
  return planRow(environments, document, existing?.environments.get(document.name), made, own, author);
}

function planService(document: ServiceDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const dependsOn = readReferences(document.application, document.dependsOn);
  const own = { dependsOn, description: document.description || null };
  const made = { ...newRow(document.name, author), ...own, applicationId };
  return planRow(services, document, existing?.services.get(document.name), made, own, author);
}

/** `own` has the contents of the document, `made` is the new row if there is none yet. */
function planRow<T extends ResourceRow>(
  rows: ResourceRows<T>,
  document: AnyDocument,
  row: T | undefined,
  made: T,
  own: Partial<T>,
  { now }: Author,
): Step {
  if (row === undefined) return step(document, 'CREATED', made.id, (db) => rows.insert(db, [made]));
  if (canonicalJson({ ...row, ...own }) === canonicalJson(row)) return step(document, 'UNCHANGED', row.id);
  return step(document, 'UPDATED', row.id, async (db) => {
    await rows.update(db, row.id, { ...own, updatedAt: now });
  });
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
    ...newRow(document.name, author, revision.entityId),
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
