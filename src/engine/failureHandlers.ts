import { baseName } from '../catalog/language/matrix';
import { type DetachedTask, runDetached } from './detachedTasks';
import type { Execution, TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

const REASON_LENGTH = 2000;

/**
 * Runs the handlers of tasks that have failed for good, or were canceled while they ran; also where the failure is
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

/** Runs the handler of a workflow that ends otherwise than by success; the first task that failed stands for all. */
export function handleWorkflowFailure(run: RunSlice, execution: Execution): void {
  const handler = run.fact('workflow', execution.revisionId).onFailure;
  if (handler === null) return;
  const [task] = failedTasks(run, execution.id);
  const detached = handlerOf(run, handler, execution, task, execution.failureDetails);
  runDetached(run, [{ ...detached, failedAttempt: execution.attempt }]);
}

/** Failures of the newest attempt, in order, before canceled tasks. */
export function failedTasks(run: RunSlice, executionId: string): TaskExecution[] {
  const known = run.isNewGraph(executionId) ? [] : run.fact('failed', executionId);
  const all = new Map(
    [...known.map(({ id }) => run.task(id)), ...run.changedTasks(executionId)].map((task) => [task.id, task]),
  );
  const failed = [...all.values()].filter(
    ({ type, passed, status }) =>
      (type === 'normal' || type === 'finally') && !passed && (status === 'FAILED' || status === 'ABORTED'),
  );
  const order = (a: TaskExecution, b: TaskExecution) =>
    Number(a.status === 'ABORTED') - Number(b.status === 'ABORTED') ||
    (a.endedAt?.getTime() ?? 0) - (b.endedAt?.getTime() ?? 0) ||
    a.ordinal - b.ordinal;
  return failed.sort(order);
}

function handlerOf(
  run: RunSlice,
  name: string,
  execution: Execution,
  task: TaskExecution | undefined,
  reason: string | null,
): DetachedTask {
  return { type: 'forensic', name, ...inputsOf(execution), env: failureEnv(run, task, reason) };
}

/** Inputs of a detached task that belong to the newest attempt of an execution. */
export function inputsOf(execution: Execution) {
  const { revisionId, environmentId, variables, images } = execution;
  return { execution, revisionId, environmentId, variables, images };
}

/** Variables that describe the first failure. */
export function failureEnv(run: RunSlice, task: TaskExecution | undefined, reason: string | null) {
  // A task that had no job has written nothing.
  const error = task === undefined || task.tries === 0 ? '' : run.fact('errorEnd', task.id);
  const message = [(reason ?? '').slice(0, REASON_LENGTH), error.trim()].filter((text) => text !== '').join('\n');
  return {
    failed_task: task?.name ?? '',
    // Neither an environment nor the database takes a NUL.
    error_message: message.replaceAll('\0', '\ufffd'),
    exit_code: task?.exitCode?.toString() ?? '',
  };
}
