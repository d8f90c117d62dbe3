import { isDeepStrictEqual } from 'node:util';
import { canonicalMatrix } from './matrixShape';
import type { PipelineDefinition, StageElement } from './pipeline';
import { NO_CONTAINER } from './containerShape';
import type { TaskApproval, TaskDefinition, WorkflowDefinition } from './workflow';

/**
 * The last step to the canonical form: sorts the lists that are sets, drops their duplicates, and turns an empty
 * description into none. It runs after the checks, which locate errors by position in the document.
 */
export function canonicalWorkflow(definition: WorkflowDefinition): WorkflowDefinition {
  const tasks = Object.entries(definition.tasks).map(([name, task]) => [
    name,
    {
      ...task,
      displayName: task.displayName || null,
      description: task.description || null,
      dependsOn: asSet(task.dependsOn),
      deploys: Array.isArray(task.deploys) ? asSet(task.deploys) : task.deploys,
      secrets: asSet(task.secrets),
      onFailure: task.onFailure || null,
      approval: task.approval && canonicalApproval(task.approval),
      shell: isDeepStrictEqual(task.shell, definition.shell) ? null : task.shell,
      container: ownContainer(task.container, definition.container),
      ...canonicalMatrix(task),
      ignoreExitCodes: [...new Set(task.ignoreExitCodes)].sort((a, b) => a - b),
      retryOn: task.retryOn && [...new Set(task.retryOn)].sort((a, b) => a - b),
    },
  ]);
  return {
    ...definition,
    description: definition.description || null,
    onFailure: definition.onFailure || null,
    services: asSet(definition.services),
    secrets: asSet(definition.secrets),
    variables: canonicalVariables(definition.variables),
    observe: definition.observe && {
      ...definition.observe,
      secrets: asSet(definition.observe.secrets),
      shell: isDeepStrictEqual(definition.observe.shell, definition.shell) ? null : definition.observe.shell,
      container: ownContainer(definition.observe.container, definition.container),
    },
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

/** Null if it is the same as that of the workflow, which may be none. */
const ownContainer = (own: TaskDefinition['container'], shared: WorkflowDefinition['container']) =>
  isDeepStrictEqual(own, shared ?? NO_CONTAINER) ? null : own;

const canonicalApproval = <Approval extends TaskApproval>(approval: Approval): Approval => ({
  ...approval,
  message: approval.message || null,
  approvers: asSet(approval.approvers),
  allOf: asSet(approval.allOf),
  not: asSet(approval.not),
  inputs: approval.inputs.map((input) => ({ ...input, description: input.description || null })),
  escalate: approval.escalate
    .map(({ afterSeconds, to }) => ({ afterSeconds, to: asSet(to) }))
    .sort((a, b) => a.afterSeconds - b.afterSeconds),
});

const canonicalElement = (element: StageElement): StageElement =>
  element.type === 'APPROVAL'
    ? canonicalApproval(element)
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
