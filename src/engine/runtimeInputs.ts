import type { RuntimeInputs, StageElement } from '../catalog/language/pipeline';
import type { StageExecution } from './execution';

/** True if an element waits for answers. */
export const asksForInputs = ({ status, waitsUntil }: StageExecution): boolean =>
  status === 'PAUSED' && waitsUntil !== null;

/**
 * Runtime inputs that an element has to ask for before it begins; null if an earlier attempt has asked for all of them.
 */
export function mustAsk(element: StageElement | undefined, stage: StageExecution): RuntimeInputs | null {
  if (element?.type !== 'WORKFLOW' || stage.workflowExecutionId !== null) return null;
  const asked = stage.answers?.asked ?? [];
  return element.runtimeInputs?.variables.every((name) => asked.includes(name)) ? null : element.runtimeInputs;
}
