import type { TaskType } from '../catalog/language/workflow';
import { queueJobs, taskDefinition } from './dispatchTasks';
import type { DetachedTaskRow, Execution, TaskExecution } from './execution';
import { endJob } from './moves';
import { withSecrets } from './missingSecrets';
import { blankTask, type RunSlice } from './runSlice';
import { withoutUndefined } from './undefinedVariables';

/** Shortest time that a detached task waits for an agent: all agents may be busy. */
const LEAST_WAIT_MS = 3_600_000;

/** A detached task to run: a task of the definition, its execution, and its inputs. */
export interface DetachedTask
  extends Pick<DetachedTaskRow, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'env'> {
  readonly execution: Pick<Execution, 'id' | 'runId' | 'attempt'>;
  readonly type: Exclude<TaskType, 'normal'>;
  readonly name: string;
  /** Names of earlier tasks in the same call that have to end first. */
  readonly waitsFor?: readonly string[];
  readonly failedTaskId?: string;
  readonly failedAttempt?: number;
}

/** Target of a failure handler: a task, or an attempt of a workflow. Each has one handler, once. */
export const handlerKey = ({ execution, failedTaskId, failedAttempt }: DetachedTask): string | null =>
  failedTaskId ?? (failedAttempt === undefined ? null : `${execution.id} ${failedAttempt}`);

/**
 * Runs tasks that are not nodes of the graph. Each gets its row, and its job immediately or when the tasks that it
 * waits for have ended, regardless of the status, mode and `maxParallel` of its execution. Then they are claimed,
 * retried, lost and settled like other tasks. One that no agent starts within its timeout, or an hour, fails.
 */
export function runDetached(run: RunSlice, tasks: readonly DetachedTask[]): TaskExecution[] {
  const keys = tasks.flatMap((one) => (isNewFailure(run, one) ? [] : (handlerKey(one) ?? [])));
  run.require(...keys.map((key) => ({ kind: 'handled' as const, key })));
  const fresh = tasks.filter((one) => !isHandled(run, one));
  const idOf = new Map<string, string>();
  const made = fresh.map(({ execution, type, name, waitsFor = [], ...given }, ordinal) => {
    const { failedTaskId = null, failedAttempt = null, ...inputs } = given;
    const { id: executionId, runId, attempt } = execution;
    const own = { id: run.newId(), executionId, runId, attempt, type, name, ordinal, waitingOn: waitsFor.length };
    const task: TaskExecution = { ...blankTask(run.now), ...own };
    const detached = { ...inputs, failedTaskId, failedAttempt, startBy: null };
    run.addTask(task);
    idOf.set(name, task.id);
    run.addEdges(
      task.id,
      waitsFor.flatMap((other) => idOf.get(other) ?? []),
    );
    run.changes.detached.push({ taskId: task.id, executionId, ...detached });
    run.event({ runId, executionId }, 'BESIDE_TASK_CREATED', {
      ...{ taskExecutionId: task.id, name, taskType: type, failedTaskExecutionId: failedTaskId },
    });
    return task;
  });
  count(run, made, 1);
  queueDetached(
    run,
    made.map(({ id }) => id),
  );
  return made;
}

/** True if the failed execution or task is new in this decision, so that no facts about it exist. */
const isNewFailure = (run: RunSlice, { execution, failedTaskId }: DetachedTask): boolean =>
  failedTaskId === undefined
    ? run.changes.executions.get(execution.id)?.before === null
    : run.changes.tasks.get(failedTaskId)?.before === null;

function isHandled(run: RunSlice, task: DetachedTask): boolean {
  const key = handlerKey(task);
  if (key === null) return false;
  const now = run.changes.detached.some(
    (one) => one.failedTaskId === key || `${one.executionId} ${one.failedAttempt}` === key,
  );
  return now || (!isNewFailure(run, task) && run.fact('handled', key));
}

export const detachedRow = (run: RunSlice, taskId: string): DetachedTaskRow =>
  run.changes.detached.find((one) => one.taskId === taskId) ?? run.fact('detached', taskId);

/** Queues a job for detached tasks that need one: their first, or the next after a failure or a lost agent. */
export function queueDetached(run: RunSlice, taskIds: readonly string[]): void {
  const waiting = taskIds
    .map((id) => run.task(id))
    .filter(
      (task) => task.status === 'QUEUED' && task.jobId === null && task.nextTryAt === null && task.waitingOn === 0,
    )
    .map((task) => {
      const detached = detachedRow(run, task.id);
      return { task, revisionId: detached.revisionId, detached };
    });
  const ready = withSecrets(run, withoutUndefined(run, waiting));
  queueJobs(run, ready);
  for (const { task, revisionId } of ready) {
    const { timeoutSeconds } = taskDefinition(run, { name: task.name, revisionId });
    const waitMs = Math.max(timeoutSeconds * 1000, LEAST_WAIT_MS);
    run.changes.startBy.push({ id: task.id, startBy: new Date(run.now.getTime() + waitMs) });
  }
}

/** Fails tasks that no agent has started in time: nothing else would, since their execution may be final. */
export function expireDetached(run: RunSlice, taskIds: readonly string[]): void {
  const end = {
    status: 'FAILED',
    reasonCode: 'NOT_STARTED',
    reason: 'no agent started it in time',
    exitCode: null,
  } as const;
  for (const { id: taskId, status, jobId } of taskIds.map((id) => run.task(id))) {
    if (status !== 'QUEUED' || jobId === null) continue;
    endJob(run, 'QUEUED', { ...end, jobId, signal: null, truncated: false, claimHolds: false });
    run.settleLater([{ ...end, taskId }]);
  }
}

/** Records that detached tasks are final. */
export const endDetached = (run: RunSlice, ended: readonly TaskExecution[]): void => count(run, ended, -1);

/** Executions count their open detached tasks; runs also count those of their members. */
function count(run: RunSlice, tasks: readonly TaskExecution[], step: 1 | -1): void {
  for (const { executionId, runId, type } of tasks) {
    for (const id of new Set([executionId, runId])) {
      const row = run.execution(id);
      run.setExecution({ ...row, detachedTasks: row.detachedTasks + step });
    }
    if (type !== 'finally') continue;
    const row = run.execution(executionId);
    run.setExecution({ ...row, finallyTasks: (row.finallyTasks ?? 0) + step });
  }
}
