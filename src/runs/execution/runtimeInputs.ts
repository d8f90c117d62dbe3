import type { App } from '../app';
import type { VariableDefinition } from '../../catalog/language/definition';
import type { RuntimeInputs, StageElement } from '../../catalog/language/pipeline';
import type { Execution, StageExecution } from '../../engine/execution';

/** Whether an element waits for answers. */
export const asksForInputs = ({ status, waitsUntil }: StageExecution): boolean =>
  status === 'PAUSED' && waitsUntil !== null;

/** Whether an element that is about to begin has to ask first: for something that it was not asked for in an earlier attempt. */
export function mustAsk(element: StageElement | undefined, stage: StageExecution): RuntimeInputs | null {
  if (element?.type !== 'WORKFLOW' || stage.workflowExecutionId !== null) return null;
  const asked = stage.answers?.asked ?? [];
  return element.runtimeInputs?.variables.every((name) => asked.includes(name)) ? null : element.runtimeInputs;
}

/** What the definition of an element says about its runtime inputs. */
export async function runtimeInputsOf(
  app: App,
  execution: Pick<Execution, 'revisionId'>,
  stage: StageExecution,
): Promise<RuntimeInputs | null> {
  const { definition } = await app.pipelineRevisions.get(app.database, execution.revisionId);
  const element = definition.stages[stage.stageIndex]?.elements[stage.elementIndex];
  return element?.type === 'WORKFLOW' ? element.runtimeInputs : null;
}

/** The variables that an element asks for, in the order in which its workflow declares them; what it would run with otherwise is their default. */
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
