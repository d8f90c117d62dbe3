import { baseName } from '../catalog/language/matrix';
import { type DetachedTask, runDetached } from './detachedTasks';
import type { Execution, TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

const REASON_LENGTH = 2000;

/**
 * Runs the handlers of tasks that have failed for good, or were cancelled while they ran; also where the failure is
 * ignored. Tasks that never began have none.
 */
export function handleTaskFailures(run: RunSlice, ended: readonly TaskExecution[]): void {
  const failures = ended.flatMap((task) => {
    if (task.type !== 'normal' || (task.status !== 'FAILED' && task.status !== 'ABORTED')) return [];
    const execution = run.execution(task.executionId);
    const handler = run.fact('workflow', execution.revisionId).tasks[baseName(task.name)]?.onFailure ?? null;
    return handler === null ? [] : [{ handler, task, execution }];
  });
  run.require(
    ...failures.filter(({ task }) => task.tries > 0).map(({ task }) => ({ kind: 'errorEnd' as const, key: task.id })),
  );
  runDetached(
    run,
    failures.map(({ handler, task, execution }) => ({
      ...handlerOf(run, handler, execution, task, task.reason),
      failedTaskId: task.id,
    })),
  );
}

/**
 * Runs the handler of a workflow that has ended otherwise than by success; the first task that failed stands for all.
 */
export function handleWorkflowFailure(run: RunSlice, execution: Execution): void {
  const handler = run.fact('workflow', execution.revisionId).onFailure;
  if (handler === null) return;
  const task = firstFailed(run, execution.id);
  const detached = handlerOf(run, handler, execution, task, execution.failureDetails);
  runDetached(run, [{ ...detached, failedAttempt: execution.attempt }]);
}

/** What failed first in the newest attempt; a failure before what was cancelled. */
function firstFailed(run: RunSlice, executionId: string): TaskExecution | undefined {
  const known = run.isNewGraph(executionId) ? null : run.fact('firstFailed', executionId);
  const all = [...(known === null ? [] : [run.task(known.id)]), ...run.changedTasks(executionId)];
  const failed = all.filter(
    ({ type, passed, status }) => type === 'normal' && !passed && (status === 'FAILED' || status === 'ABORTED'),
  );
  const order = (a: TaskExecution, b: TaskExecution) =>
    Number(a.status === 'ABORTED') - Number(b.status === 'ABORTED') ||
    (a.endedAt?.getTime() ?? 0) - (b.endedAt?.getTime() ?? 0) ||
    a.ordinal - b.ordinal;
  return failed.sort(order)[0];
}

function handlerOf(
  run: RunSlice,
  name: string,
  execution: Execution,
  task: TaskExecution | undefined,
  reason: string | null,
): DetachedTask {
  const { revisionId, environmentId, variables, images } = execution;
  // A task that had no job has written nothing.
  const error = task === undefined || task.tries === 0 ? '' : run.fact('errorEnd', task.id);
  const message = [(reason ?? '').slice(0, REASON_LENGTH), error.trim()].filter((text) => text !== '').join('\n');
  return {
    type: 'forensic',
    name,
    execution,
    revisionId,
    environmentId,
    variables,
    images,
    env: {
      failed_task: task?.name ?? '',
      // Neither an environment nor the database takes a NUL.
      error_message: message.replaceAll('\0', '\ufffd'),
      exit_code: task?.exitCode?.toString() ?? '',
    },
  };
}
