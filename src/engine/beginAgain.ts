import { isFinal } from '../contract/statuses';
import { advancePipeline, beginHeldBack, endPipeline, settleStage } from './advancePipeline';
import { hindranceOfWorkflow } from './beginElement';
import { dispatchTasks } from './dispatchTasks';
import { isRunHeldBack, unheldStatus } from './execution';
import { markFailing, moveExecution } from './moves';
import type { RunSlice } from './runSlice';
import { settleTasks, skipUnstarted } from './settleTasks';

/** Something that waits to begin: an element of a stage, a standalone workflow, or a run. */
interface HeldBack {
  readonly executionId: string;
  readonly stageExecutionId: string | null;
}

/** Asks again whether it may begin, and begins it if so. */
export function beginAgain(run: RunSlice, { executionId: id, stageExecutionId }: HeldBack): void {
  const execution = run.execution(id);
  if (stageExecutionId !== null) beginHeldBack(run, id, stageExecutionId);
  else if (isFinal(execution.status) || !isRunHeldBack(execution)) return;
  else if (execution.kind === 'PIPELINE') advancePipeline(run, id);
  else {
    const hindrance = hindranceOfWorkflow(run, id);
    if (hindrance === null) {
      moveExecution(run, id, unheldStatus(execution));
      dispatchTasks(run, [id]);
    } else if (hindrance.is !== 'WAIT') endHeldBack(run, id, hindrance.code, hindrance.text);
  }
}

/** Ends what waits to begin, because a person withdraws it. */
export function withdrawBeginning(run: RunSlice, { executionId: id, stageExecutionId }: HeldBack, text: string): void {
  const execution = run.execution(id);
  const reason = { code: 'WITHDRAWN', text };
  if (stageExecutionId !== null) {
    run.require({ kind: 'elements', key: id });
    settleStage(run, id, stageExecutionId, 'ABORTED', reason);
  } else if (execution.kind === 'PIPELINE') {
    run.require({ kind: 'elements', key: id });
    endPipeline(run, execution, 'ABORTED', undefined, reason);
  } else endHeldBack(run, id, reason.code, text);
}

/** Ends a standalone workflow that has not begun. */
function endHeldBack(run: RunSlice, id: string, code: string, text: string): void {
  markFailing(run, run.execution(id), code, text);
  settleTasks(run, skipUnstarted(run, [id], `not started: ${text}`));
}
