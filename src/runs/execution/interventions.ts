import type { Intervention } from '../../catalog/language/workflow';
import { advancePipeline } from './advancePipeline';
import { moveStage } from './changeStatus';
import { dispatchTasks } from './dispatchTasks';
import type { Execution, StageExecution, TaskExecution } from '../../engine/execution';
import { addToCounts } from './executions.store';
import { retryTasks } from './retries.store';
import type { RunTransaction } from './runTransaction';
import { settleTasks } from './settleTasks';
import { showWaiting } from './showWaiting';
import { stopExecution } from './stopExecution';

/** What a person, or the time, decides about a failure that waits for it. */
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

export interface Decided {
  readonly action: InterventionAction;
  /** In words: by whom or what, and why. */
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
const words = ({ action, by, reason }: Decided) => `${said[action]} by ${by}${reason === null ? '' : `: ${reason}`}`;

/** Carries out a decision on a task that waits. */
export async function decideTask(
  db: RunTransaction,
  execution: Execution,
  task: TaskExecution,
  decided: Decided,
): Promise<void> {
  const run = { runId: task.runId, executionId: task.executionId };
  const { id: taskExecutionId, name, reasonCode, exitCode } = task;
  const { action, reason } = decided;
  const text = `${task.reason}; ${words(decided)}`;
  db.event(run, 'INTERVENED', { action, reason, taskExecutionId, stageExecutionId: null, elementId: null, name });
  if (action === 'ABORT') return stopExecution(db, execution, 'ABORTED', words(decided));
  if (action === 'RETRY') {
    await retryTasks(db, [{ taskId: task.id, reasonCode, reason: text, exitCode, nextTryAt: null }]);
    await addToCounts(db, new Map([[task.executionId, { open: 0, busy: 0, waiting: -1 }]]));
    db.event(run, 'TASK_STATUS', {
      ...{ taskExecutionId, name, exitCode, from: 'WAITING', to: 'QUEUED', reasonCode: 'RETRY', reason: text },
      jobId: null,
      try: task.tries,
    });
    await dispatchTasks(db, [task.executionId]);
    return showWaiting(db, [task.executionId]);
  }
  const end = { taskId: task.id, exitCode, reason: text, decided: true };
  await settleTasks(db, [
    action === 'MARK_AS_SUCCESS'
      ? { ...end, status: 'SUCCESS', reasonCode: 'MARKED_AS_SUCCESS' }
      : { ...end, status: 'FAILED', reasonCode, passes: action === 'IGNORE' },
  ]);
  await showWaiting(db, [task.executionId]);
}

/** The same for an element of a stage. */
export async function decideStage(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  decided: Decided,
): Promise<void> {
  const { action, reason } = decided;
  const { id: stageExecutionId, elementId, stepName: name } = stage;
  db.event({ runId: execution.runId, executionId: execution.id }, 'INTERVENED', {
    ...{ action, reason, taskExecutionId: null, stageExecutionId, elementId, name },
  });
  if (action === 'ABORT') return stopExecution(db, execution, 'ABORTED', words(decided));
  const text = `${stage.reason}; ${words(decided)}`;
  const failed = { code: stage.reasonCode ?? 'FAILED', text };
  if (action === 'RETRY') {
    await moveStage(db, execution.runId, stage, 'QUEUED', { reason: { code: 'RETRY', text }, again: true });
  } else if (action === 'MARK_AS_SUCCESS') {
    await moveStage(db, execution.runId, stage, 'SUCCESS', { reason: { code: 'MARKED_AS_SUCCESS', text } });
  } else {
    await moveStage(db, execution.runId, stage, 'FAILED', { reason: failed, ignored: action === 'IGNORE' });
  }
  await advancePipeline(db, execution.id);
}
