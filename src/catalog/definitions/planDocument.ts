import { applications } from '../applications/applications';
import type { Db } from '../../kernel/database/database';
import { environments } from '../environments/environments';
import { selectorList } from '../language/labelSelectors';
import { type Freeze, freezes } from '../freezes/freezes';
import { nameTaken } from '../nameTaken';
import { pipelines } from '../pipelines/pipelines';
import type { ResourceRow } from '../resourceFields';
import type { ResourceRows } from '../resources.store';
import { readReferences } from '../services/serviceDependencies';
import { services } from '../services/services';
import { workflows } from '../workflows/workflows';
import { canonicalPipeline, canonicalWorkflow } from '../language/canonical';
import { contentHash } from '../language/contentHash';
import { planTriggerRow, type Startables } from '../triggers/planTrigger';
import type { Trigger } from '../triggers/triggers';
import { writeTriggerRow } from '../triggers/triggers.store';
import type { Configuration } from './configuration';
import { canonicalJson } from '../../kernel/canonicalJson';
import type { Defined, DefinedRows } from './definedRows.store';
import type { DefinedEntity } from '../language/definition';
import type {
  AnyDocument,
  ApplicationDocument,
  DocumentKind,
  EnvironmentDocument,
  FreezeDocument,
  ServiceDocument,
  TriggerDocument,
  TemplateDocument,
} from '../language/documentShapes';
import { newId } from '../../kernel/ids';
import type { TemplateBook } from '../language/templates/templateBook';
import { type TemplateRevision, templates } from '../templates/templates';
import { type Author, newRow, nextRevision, saveRevision, templatesOf } from './revise';

export type ApplyAction = 'CREATED' | 'UPDATED' | 'UNCHANGED';

/** Actual or planned result of applying one document. */
export interface AppliedDocument {
  readonly kind: DocumentKind;
  readonly application: string;
  readonly name: string;
  readonly action: ApplyAction;
  /** Null if a dry run would create it. */
  readonly id: string | null;
  /** For workflows, pipelines, templates and triggers. */
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
  readonly named: () => NamedByFreezes & Startables;
  readonly book: TemplateBook;
}

/** Objects that Freeze documents name, by name. */
export interface NamedByFreezes {
  readonly freezes: ReadonlyMap<string, Freeze>;
  readonly groups: ReadonlyMap<string, string>;
  /** Includes those that the source creates. */
  readonly environments: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, string>;
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
    case 'Trigger':
      return planTrigger(document, context);
    case 'Freeze':
      return planFreeze(document, context);
    case 'Template':
      return planTemplate(document, context);
  }
}

function planTemplate(document: TemplateDocument, { book, existing, applicationId, ...author }: PlanContext): Step {
  const application = document.application || null;
  const known = book.exactly(application, document.name);
  if (known === undefined) throw new Error(`the template ${document.name} was read, but is not known`);
  const { id, definition, contentHash, revision: number, changed, of } = known;
  const revision: TemplateRevision = {
    ...{ id: newId(), entityId: id, number, contentHash, definition, templateIds: templatesOf(definition) },
    ...{ createdAt: author.now, createdBy: author.actor.id },
  };
  if (!changed) return step(document, 'UNCHANGED', id, undefined, revision);
  const own = { of, description: definition.description, currentRevisionId: revision.id };
  if (number > 1) {
    const write = async (db: Db) => {
      await templates.revisions.insert(db, [revision]);
      await templates.update(db, id, { ...own, updatedAt: author.now });
    };
    return step(document, 'UPDATED', id, write, revision);
  }
  const row = {
    ...newRow(document.name, author, id),
    ...own,
    applicationId: application === null ? null : applicationId,
  };
  const write = async (db: Db) => {
    await templates.insert(db, [row]);
    await templates.revisions.insert(db, [revision]);
  };
  return step(document, 'CREATED', id, write, revision);
}

function planApplication(document: ApplicationDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const own = { description: document.description || null };
  const made = { ...newRow(document.name, author, applicationId), ...own };
  return planRow(applications, document, existing?.application, made, own, author);
}

function planEnvironment(document: EnvironmentDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const { type, variables, concurrency, after } = document;
  const agents = selectorList(document.agents);
  const own = { type, variables, concurrency, after, agents, description: document.description || null };
  const made = { ...newRow(document.name, author), ...own, applicationId };
  return planRow(environments, document, existing?.environments.get(document.name), made, own, author);
}

function planService(document: ServiceDocument, { existing, applicationId, ...author }: PlanContext): Step {
  const dependsOn = readReferences(document.application, document.dependsOn);
  const own = { dependsOn, description: document.description || null };
  const made = { ...newRow(document.name, author), ...own, applicationId };
  return planRow(services, document, existing?.services.get(document.name), made, own, author);
}

function planFreeze(document: FreezeDocument, { applicationId, named, ...author }: PlanContext): Step {
  const { freezes: known, groups, environments: targets, services: excepted } = named();
  const row = known.get(document.name);
  const isOwn = row?.applicationIds?.length === 1 && row.applicationIds[0] === applicationId;
  if (row !== undefined && !isOwn) throw nameTaken('freeze', document.name);
  const ids = (names: readonly string[], known: ReadonlyMap<string, string>) =>
    names.flatMap((name) => known.get(name) ?? []);
  const { environments: covered, environmentTypes, from, until, timeZone, recurrence, reason } = document;
  const own = {
    ...{ kind: document.type, applicationIds: [applicationId], environmentTypes, startsAt: from, endsAt: until },
    ...{ timeZone, recurrence, reason, environmentIds: covered && ids(covered, targets) },
    exceptGroupIds: ids(document.exceptGroups, groups),
    exceptServiceIds: ids(document.exceptServices, excepted),
  };
  return planRow(freezes, document, row, { ...newRow(document.name, author), ...own }, own, author);
}

function planTrigger(document: TriggerDocument, { existing, applicationId, named, ...author }: PlanContext): Step {
  const before = existing?.triggers.get(document.name);
  const after = planTriggerRow(document, before, applicationId, named(), author);
  if (after === before) return step(document, 'UNCHANGED', before.id, undefined, versionOf(before));
  const action = before === undefined ? 'CREATED' : 'UPDATED';
  return step(document, action, after.id, (db) => writeTriggerRow(db, before, after), versionOf(after));
}

const versionOf = ({ version: number, definition }: Trigger) => ({ number, contentHash: contentHash(definition) });

/** `own` has the contents of the document, `made` is the new row if there is none yet. */
function planRow<T extends Omit<ResourceRow, 'description'>>(
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
    await rows.revisions.insert(db, [revision]);
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
