import type { Intervention } from '../catalog/language/workflow';
import { advancePipeline } from './advancePipeline';
import { dispatchTasks } from './dispatchTasks';
import type { StageExecution, TaskExecution } from './execution';
import { moveStage, moveTask } from './moves';
import { queuedAgain } from './retryFailed';
import type { RunSlice } from './runSlice';
import { settleTasks } from './settleTasks';
import { showWaiting } from './showWaiting';
import { stopExecution } from './stopExecution';

/** Decision of a person, or of a timeout, about a failure that waits for it. */
export const interventionActions = ['RETRY', 'IGNORE', 'MARK_AS_SUCCESS', 'FAIL', 'ABORT'] as const;
export type InterventionAction = (typeof interventionActions)[number];

export const actionOf: Readonly<Record<Intervention['onTimeout'], InterventionAction>> = {
  fail: 'FAIL',
  ignore: 'IGNORE',
  mark_as_success: 'MARK_AS_SUCCESS',
  abort: 'ABORT',
};

export const waitsForPerson = ({ status, waitsUntil }: TaskExecution | StageExecution): boolean =>
  status === 'WAITING' && waitsUntil !== null;

export interface Intervened {
  readonly action: InterventionAction;
  /** In words: by whom or by what, and why. */
  readonly by: string;
  readonly reason: string | null;
}

const said: Readonly<Record<InterventionAction, string>> = {
  RETRY: 'tried again',
  IGNORE: 'ignored',
  MARK_AS_SUCCESS: 'marked as success',
  FAIL: 'left as failed',
  ABORT: 'aborted',
};
const words = ({ action, by, reason }: Intervened) => `${said[action]} by ${by}${reason === null ? '' : `: ${reason}`}`;

/** Carries out a decision on a task that waits. */
export function decideTask(run: RunSlice, task: TaskExecution, decided: Intervened): void {
  const { id: taskExecutionId, executionId, runId, name, reasonCode, exitCode } = task;
  const { action, reason } = decided;
  const text = `${task.reason}; ${words(decided)}`;
  const on = { runId, executionId };
  run.event(on, 'INTERVENED', { action, reason, taskExecutionId, stageExecutionId: null, elementId: null, name });
  if (action === 'ABORT') {
    stopExecution(run, executionId, 'ABORTED', words(decided));
    return;
  }
  if (action === 'RETRY') {
    moveTask(run, task, queuedAgain(task, { reasonCode, reason: text, exitCode }), { reasonCode: 'RETRY' });
    run.count(executionId, { waiting: -1 });
    dispatchTasks(run, [executionId]);
  } else {
    const end = { taskId: taskExecutionId, exitCode, reason: text, decided: true };
    const ended =
      action === 'MARK_AS_SUCCESS'
        ? { ...end, status: 'SUCCESS' as const, reasonCode: 'MARKED_AS_SUCCESS' }
        : { ...end, status: 'FAILED' as const, reasonCode, passes: action === 'IGNORE' };
    settleTasks(run, [ended]);
  }
  showWaiting(run, [executionId]);
}

/** The same for an element of a stage. */
export function decideStage(run: RunSlice, stage: StageExecution, decided: Intervened): void {
  const { action, reason } = decided;
  const { id: stageExecutionId, executionId, elementId, stepName: name } = stage;
  run.event({ runId: executionId, executionId }, 'INTERVENED', {
    ...{ action, reason, taskExecutionId: null, stageExecutionId, elementId, name },
  });
  if (action === 'ABORT') {
    stopExecution(run, executionId, 'ABORTED', words(decided));
    return;
  }
  const text = `${stage.reason}; ${words(decided)}`;
  if (action === 'RETRY') moveStage(run, stage, 'QUEUED', { reason: { code: 'RETRY', text }, again: true });
  else if (action === 'MARK_AS_SUCCESS') {
    moveStage(run, stage, 'SUCCESS', { reason: { code: 'MARKED_AS_SUCCESS', text } });
  } else {
    const failed = { code: stage.reasonCode ?? 'FAILED', text };
    moveStage(run, stage, 'FAILED', { reason: failed, ignored: action === 'IGNORE' });
  }
  advancePipeline(run, executionId);
}
