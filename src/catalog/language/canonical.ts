import { laterElementKeys, laterWorkflowElementKeys, type PipelineDefinition, type StageElement } from './pipeline';
import { laterArtifactKeys, laterTaskKeys, laterWorkflowKeys, type WorkflowDefinition } from './workflow';

/**
 * The last step to the canonical form, after the checks have named places by their position in the document: lists that are sets
 * (dependencies, services, approvers) get sorted and lose what is doubled, and an empty description is none.
 */
export function canonicalWorkflow(definition: WorkflowDefinition): WorkflowDefinition {
  const tasks = Object.entries(definition.tasks).map(([name, task]) => [
    name,
    {
      ...task,
      displayName: task.displayName || null,
      description: task.description || null,
      dependsOn: asSet(task.dependsOn),
      requires: asSet(task.requires),
      secrets: asSet(task.secrets),
      onFailure: task.onFailure || null,
      matrix: task.matrix.map(({ name, values }) => ({ name, values: asSet(values) })),
      retryOn: task.retryOn && [...new Set(task.retryOn)].sort((a, b) => a - b),
    },
  ]);
  return {
    ...definition,
    description: definition.description || null,
    onFailure: definition.onFailure || null,
    tags: asSet(definition.tags),
    services: asSet(definition.services),
    secrets: asSet(definition.secrets),
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

/** What of a definition is hashed: all but later keys that have their defaults, so that a stored definition keeps its hash when a key is added. */
export function hashedForm(definition: object): object {
  if ('stages' in definition) return hashedPipeline(definition as PipelineDefinition);
  if (!('tasks' in definition)) return definition;
  const { tasks, ...rest } = definition as WorkflowDefinition;
  const hashed = Object.entries(tasks).map(([name, task]) => [
    name,
    { ...without(task, laterTaskKeys), artifacts: without(task.artifacts, laterArtifactKeys) },
  ]);
  return { ...without(rest, laterWorkflowKeys), tasks: Object.fromEntries(hashed) };
}

const hashedPipeline = (definition: PipelineDefinition): object => ({
  ...definition,
  stages: definition.stages.map((stage) => ({
    ...stage,
    elements: stage.elements.map((element) => without(element, { ...laterElementKeys, ...laterWorkflowElementKeys })),
  })),
});

function without(values: object, defaults: object): object {
  const usual = new Map(Object.entries(defaults));
  const isUsual = (key: string, value: unknown) => {
    const other = usual.get(key);
    return usual.has(key) && (value === other || (Array.isArray(other) && Array.isArray(value) && value.length === 0));
  };
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => !isUsual(key, value)));
}

const canonicalElement = (element: StageElement): StageElement =>
  element.type === 'APPROVAL'
    ? { ...element, approvers: asSet(element.approvers) }
    : {
        ...element,
        services: element.services && asSet(element.services),
        runtimeInputs: element.runtimeInputs && {
          ...element.runtimeInputs,
          variables: asSet(element.runtimeInputs.variables),
        },
      };

const canonicalVariables = (variables: WorkflowDefinition['variables']): WorkflowDefinition['variables'] =>
  variables.map((variable) => ({ ...variable, description: variable.description || null }));

const asSet = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
