import type { Access } from '../../access/access';
import type { Target } from '../../access/subjects';
import { nameTaken } from '../nameTaken';
import { newId } from '../../kernel/ids';
import { pipelineSubject, type Surroundings, surroundingsOf, workflowSubject } from './aims';
import { canonicalPipeline, canonicalWorkflow } from '../language/canonical';
import { type AnyDocument, documentKinds, type EnvironmentDocument } from '../language/documentShapes';
import type { Step } from './planDocument';
import type { SeenConfiguration } from './seen';
import { partsOf, requireStart, type StartableParts } from '../triggers/triggerRights';

export interface Planned {
  readonly document: AnyDocument;
  readonly step: Step;
}

/** The documents of one application, and their planned changes. */
export interface PlannedApplication {
  readonly applicationId: string;
  readonly existing: SeenConfiguration | undefined;
  readonly planned: readonly Planned[];
}

const nothing: Surroundings = { environments: new Map(), workflows: new Map() };

/**
 * Requires for each document that changes something the same rights as the single command, with current environments
 * and with those of all documents. An object that the caller may not see counts as missing and has to be created; only
 * callers who may create it learn that the name is taken. The same holds for all objects with `mustBeNew`.
 */
export function requirePlanned(access: Access, application: PlannedApplication, mustBeNew: boolean): void {
  const { applicationId, existing, planned } = application;
  const before = existing === undefined ? nothing : surroundingsOf(existing);
  const after = planAhead(before, planned);
  const order = ({ document }: Planned) => documentKinds.indexOf(document.kind);
  for (const { document, step } of [...planned].sort((a, b) => order(a) - order(b))) {
    const { action, id } = step.applied;
    const taken = action !== 'CREATED' && (mustBeNew || isUnseen(document, existing));
    if (action === 'UNCHANGED' && !taken) continue;
    // The error must not reveal the id of the existing object.
    const part = { id: taken || id === null ? newId() : id, applicationId };
    requireFor(access, document, part, taken ? undefined : existing, before, after, planned);
    if (taken) throw nameTaken(document.kind.toLowerCase(), document.name);
  }
}

function requireFor(
  access: Access,
  document: AnyDocument,
  part: { readonly id: string; readonly applicationId: string },
  existing: SeenConfiguration | undefined,
  before: Surroundings,
  after: Surroundings,
  planned: readonly Planned[],
): void {
  switch (document.kind) {
    case 'Application': {
      if (existing === undefined) access.requireAccount('CREATE_AND_DELETE_APPLICATION');
      else access.require('UPDATE', 'Application', part);
      return;
    }
    case 'Environment': {
      const row = existing?.environments.get(document.name);
      const planned = { ...part, type: document.type };
      if (row === undefined) access.require('CREATE', 'Environment', planned);
      else access.requireChange('Environment', row, planned);
      return;
    }
    case 'Service': {
      access.require(existing?.services.has(document.name) ? 'UPDATE' : 'CREATE', 'Service', part);
      return;
    }
    case 'Workflow': {
      const stands = existing?.workflows.get(document.name)?.revision.definition;
      const planned = workflowSubject(part, canonicalWorkflow(document.definition), after);
      if (stands === undefined) access.require('CREATE', 'Workflow', planned);
      else access.requireChange('Workflow', workflowSubject(part, stands, before), planned);
      return;
    }
    case 'Trigger': {
      const { applicationId } = part;
      const stands = existing?.triggers.get(document.name)?.definition;
      const startables = startablesAfter(existing, planned);
      if (stands !== undefined) requireStart(access, applicationId, stands, startables, before);
      requireStart(access, applicationId, document.definition, startables, after);
      return;
    }
    case 'Template': {
      if (document.application === '') access.requireAccount('MANAGE_TEMPLATES');
      else access.require('UPDATE', 'Application', { id: part.applicationId });
      return;
    }
    case 'Freeze': {
      access.requireAccount('MANAGE_FREEZES');
      return;
    }
    case 'Pipeline': {
      const stands = existing?.pipelines.get(document.name)?.revision.definition;
      const planned = pipelineSubject(part, canonicalPipeline(document.definition), after);
      if (stands === undefined) access.require('CREATE', 'Pipeline', planned);
      else access.requireChange('Pipeline', pipelineSubject(part, stands, before), planned);
      return;
    }
  }
}

function isUnseen({ kind, name }: AnyDocument, existing: SeenConfiguration | undefined): boolean {
  if (existing === undefined || kind === 'Application' || kind === 'Freeze' || kind === 'Template') return false;
  const { environments, services, workflows, pipelines, triggers } = existing.unseen;
  const parts = { Environment: environments, Service: services, Workflow: workflows, Pipeline: pipelines };
  return { ...parts, Trigger: triggers }[kind].has(name);
}

/** Pipelines and workflows once the documents are applied. */
function startablesAfter(existing: SeenConfiguration | undefined, planned: readonly Planned[]): StartableParts {
  const pipelines = new Map(existing === undefined ? [] : partsOf(existing.pipelines));
  const workflows = new Map(existing === undefined ? [] : partsOf(existing.workflows));
  for (const { document, step } of planned) {
    const id = step.applied.id ?? '';
    if (document.kind === 'Pipeline')
      pipelines.set(document.name, { id, definition: canonicalPipeline(document.definition) });
    if (document.kind === 'Workflow')
      workflows.set(document.name, { id, definition: canonicalWorkflow(document.definition) });
  }
  return { pipelines, workflows };
}

/** Resolution of names once the documents are applied. */
function planAhead(before: Surroundings, planned: readonly Planned[]): Surroundings {
  const environments = new Map<string, Target>(before.environments);
  const workflows = new Map(before.workflows);
  for (const { document, step } of planned) {
    if (document.kind === 'Environment') environments.set(document.name, targetOf(document, step));
    if (document.kind === 'Workflow') workflows.set(document.name, canonicalWorkflow(document.definition));
  }
  return { environments, workflows };
}

const targetOf = ({ name, type }: EnvironmentDocument, { applied }: Step): Target => ({
  id: applied.id ?? '',
  type,
  name,
});
