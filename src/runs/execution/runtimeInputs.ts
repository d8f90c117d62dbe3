import type { App } from '../app';
import type { VariableDefinition } from '../../catalog/language/definition';
import type { RuntimeInputs } from '../../catalog/language/pipeline';
import type { Execution, StageExecution } from '../../engine/execution';

/** Runtime inputs in the definition of an element. */
export async function runtimeInputsOf(
  app: App,
  execution: Pick<Execution, 'revisionId'>,
  stage: StageExecution,
): Promise<RuntimeInputs | null> {
  const { definition } = await app.pipelineRevisions.get(app.database, execution.revisionId);
  const element = definition.stages[stage.stageIndex]?.elements[stage.elementIndex];
  return element?.type === 'WORKFLOW' ? element.runtimeInputs : null;
}

/**
 * Variables that an element asks for, in the order in which its workflow declares them. The default of each is the
 * value that it would otherwise have.
 */
export async function askedVariables(
  app: App,
  execution: Pick<Execution, 'revisionId'>,
  stage: StageExecution,
): Promise<VariableDefinition[]> {
  const asked = await runtimeInputsOf(app, execution, stage);
  if (asked === null || stage.workflowRevisionId === null) return [];
  const { definition } = await app.workflowRevisions.get(app.database, stage.workflowRevisionId);
  return definition.variables
    .filter(({ name }) => asked.variables.includes(name))
    .map((variable) => ({ ...variable, defaultValue: stage.variables[variable.name] ?? variable.defaultValue }));
}
