import type { WorkflowElement } from '../catalog/language/pipeline';
import type { FinalStatus } from '../contract/statuses';
import type { StageExecution } from './execution';

/** Next step for an element whose workflow failed. Null if the failure stands. */
export type FailedElement = 'RETRY' | 'IGNORE' | 'WAIT' | null;

/** An abort is a person's decision, and stands. `hopeless`: the stage, or the execution, can no longer succeed. */
export function decideFailedElement(
  element: Pick<WorkflowElement, 'retries' | 'ignoreFailure' | 'intervention'>,
  stage: Pick<StageExecution, 'failures' | 'workflowExecutionId'>,
  status: FinalStatus,
  hopeless: boolean,
): FailedElement {
  if (status !== 'FAILED' && status !== 'ERROR' && status !== 'EXPIRED') return null;
  if (stage.workflowExecutionId === null) return null;
  if (!hopeless && stage.failures < element.retries) return 'RETRY';
  if (element.ignoreFailure) return 'IGNORE';
  return element.intervention !== null && !hopeless ? 'WAIT' : null;
}
