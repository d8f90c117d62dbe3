import type { Access } from '../../access/access';
import { pipelineSubject, type Surroundings, workflowSubject } from '../definitions/aims';
import type { Defined } from '../definitions/definedRows.store';
import type { PipelineDefinition } from '../language/pipeline';
import type { TriggerDefinition } from '../language/triggerShape';
import type { WorkflowDefinition } from '../language/workflow';

interface Startable<Definition> {
  readonly id: string;
  readonly definition: Definition;
}

/** Pipelines and workflows by name. */
export interface StartableParts {
  readonly pipelines: ReadonlyMap<string, Startable<PipelineDefinition>>;
  readonly workflows: ReadonlyMap<string, Startable<WorkflowDefinition>>;
}

export const partsOf = <Definition>(
  defined: ReadonlyMap<string, Defined<Definition>>,
): [string, Startable<Definition>][] =>
  [...defined].map(([name, { row, revision }]) => [name, { id: row.id, definition: revision.definition }]);

/**
 * A trigger may be made, changed, switched and deleted by callers who may start its target themselves: a trigger gives
 * nobody more rights.
 */
export function requireStart(
  access: Access,
  applicationId: string,
  { start: { pipeline, workflow }, environments }: TriggerDefinition,
  { pipelines, workflows }: StartableParts,
  around: Surroundings,
): void {
  const allowed = <T extends { readonly name?: string }>(targets: readonly T[]) =>
    environments === null ? targets : targets.filter(({ name }) => name !== undefined && environments.includes(name));
  const started = pipelines.get(pipeline ?? '');
  if (started !== undefined) {
    const subject = pipelineSubject({ id: started.id, applicationId }, started.definition, around);
    access.requireForEnvironments('EXECUTE_PIPELINE', 'Pipeline', subject, allowed(subject.environments));
    return;
  }
  const known = workflows.get(workflow ?? '');
  if (known === undefined) return;
  const subject = workflowSubject({ id: known.id, applicationId }, known.definition, around);
  access.requireForEnvironments('EXECUTE_WORKFLOW', 'Workflow', subject, allowed(subject.environments));
}
