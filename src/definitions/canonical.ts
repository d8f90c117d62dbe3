import type { PipelineDefinition, StageElement } from '../pipelines/pipeline';
import type { WorkflowDefinition } from '../workflows/workflow';

/**
 * The last step to the canonical form, after the checks have named places by their position in the document: lists that are sets
 * (dependencies, services, approvers) get sorted and lose what is doubled, and an empty description is none.
 */
export function canonicalWorkflow(definition: WorkflowDefinition): WorkflowDefinition {
  const tasks = Object.entries(definition.tasks).map(([name, task]) => [
    name,
    { ...task, description: task.description || null, dependsOn: asSet(task.dependsOn) },
  ]);
  return {
    ...definition,
    description: definition.description || null,
    services: asSet(definition.services),
    variables: canonicalVariables(definition.variables),
    tasks: Object.fromEntries(tasks),
  };
}

export function canonicalPipeline(definition: PipelineDefinition): PipelineDefinition {
  return {
    ...definition,
    description: definition.description || null,
    variables: canonicalVariables(definition.variables),
    stages: definition.stages.map((stage) => ({ ...stage, elements: stage.elements.map(canonicalElement) })),
  };
}

const canonicalElement = (element: StageElement): StageElement =>
  element.type === 'APPROVAL'
    ? { ...element, approvers: asSet(element.approvers) }
    : { ...element, services: element.services && asSet(element.services) };

const canonicalVariables = (variables: WorkflowDefinition['variables']): WorkflowDefinition['variables'] =>
  variables.map((variable) => ({ ...variable, description: variable.description || null }));

const asSet = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
