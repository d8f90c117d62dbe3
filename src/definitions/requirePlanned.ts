import type { Access } from '../access/access';
import type { Target } from '../access/subjects';
import { pipelineSubject, type Surroundings, surroundingsOf, workflowSubject } from './aims';
import { canonicalPipeline, canonicalWorkflow } from './canonical';
import type { Configuration } from './configuration';
import { type AnyDocument, documentKinds, type EnvironmentDocument } from './documentSchemas';
import type { Step } from './planDocument';

export interface Planned {
  readonly document: AnyDocument;
  readonly step: Step;
}

/** The documents of one application, and what they come to. */
export interface PlannedApplication {
  readonly applicationId: string;
  readonly existing: Configuration | undefined;
  readonly planned: readonly Planned[];
}

const nothing: Surroundings = { environments: new Map(), workflows: new Map() };

/**
 * Asks for each document that creates or changes something what the single command would be asked. Where a definition is aimed is judged with the environments
 * as they are and, after that, as all documents together make them.
 */
export function requirePlanned(access: Access, { applicationId, existing, planned }: PlannedApplication): void {
  const before = existing === undefined ? nothing : surroundingsOf(existing);
  const after = planAhead(before, planned);
  const order = ({ document }: Planned) => documentKinds.indexOf(document.kind);
  for (const { document, step } of [...planned].sort((a, b) => order(a) - order(b))) {
    const { action } = step.applied;
    if (action === 'UNCHANGED') continue;
    const part = { id: step.applied.id ?? '', applicationId };
    switch (document.kind) {
      case 'Application': {
        if (action === 'CREATED') access.requireAccount('CREATE_AND_DELETE_APPLICATION');
        else access.require('UPDATE', 'Application', { id: applicationId });
        break;
      }
      case 'Environment': {
        const row = existing?.environments.get(document.name);
        const planned = { ...part, type: document.type };
        if (action === 'CREATED' || row === undefined) access.require('CREATE', 'Environment', planned);
        else access.requireChange('Environment', row, planned);
        break;
      }
      case 'Service': {
        access.require(action === 'CREATED' ? 'CREATE' : 'UPDATE', 'Service', part);
        break;
      }
      case 'Workflow': {
        const stands = existing?.workflows.get(document.name)?.revision.definition;
        const planned = workflowSubject(part, canonicalWorkflow(document.definition), after);
        if (action === 'CREATED' || stands === undefined) access.require('CREATE', 'Workflow', planned);
        else access.requireChange('Workflow', workflowSubject(part, stands, before), planned);
        break;
      }
      case 'Pipeline': {
        const stands = existing?.pipelines.get(document.name)?.revision.definition;
        const planned = pipelineSubject(part, canonicalPipeline(document.definition), after);
        if (action === 'CREATED' || stands === undefined) access.require('CREATE', 'Pipeline', planned);
        else access.requireChange('Pipeline', pipelineSubject(part, stands, before), planned);
        break;
      }
    }
  }
}

/** What names will stand for once the documents are applied. */
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
