import { baseName } from '../catalog/language/matrix';
import type { TaskDefinition } from '../catalog/language/workflow';
import { detachedRow, queueDetached } from './detachedTasks';
import type { Execution, TaskExecution } from './execution';
import { moveTask } from './moves';
import { isIgnoredExit, isRunAgain, isTriedAgain, retryDelayMs } from './retries';
import type { RunSlice } from './runSlice';
import { endUnstarted, type TaskEnd } from './taskEnd';

/**
 * Decides about tasks whose job failed or was lost. Tasks with tries left are requeued, with the time of their next
 * try. Tasks with a failure strategy that waits are WAITING for a person. The ends of the others are returned, marked
 * if their failure is ignored.
 */
export function retryFailed(run: RunSlice, ends: readonly TaskEnd[], touched: Set<string>): readonly TaskEnd[] {
  const standing = ends.filter((end) => end.status !== 'FAILED' || end.decided);
  const detached: string[] = [];
  for (const end of ends.filter((one) => one.status === 'FAILED' && !one.decided)) {
    const task = run.task(end.taskId);
    const definition = task.endedAt === null ? definitionOf(run, task) : undefined;
    const execution = run.execution(task.executionId);
    if (definition === undefined) {
      standing.push(end);
      continue;
    }
    const again =
      mayTry(execution, task, definition) &&
      (end.lost ? isRunAgain(definition, task, end) : isTriedAgain(definition, task, end));
    if (end.reasonCode === 'AGENT_LOST') sayLost(run, task, again);
    if (again) {
      putBack(run, task, end, definition);
      if (task.type !== 'normal') detached.push(task.id);
      else touched.add(task.executionId);
    } else if (end.lost === 'NOT_BEGUN') {
      putBack(run, task, end, definition);
      standing.push(endUnstarted(task, `not started: ${end.reason}, and the workflow was failing`));
    } else if (isIgnoredExit(definition, end)) {
      standing.push({ ...end, reason: `${end.reason}, which is ignored`, passes: true });
    } else if (definition.intervention !== null && execution.failureCode === null && task.type === 'normal') {
      askPerson(run, task, end, new Date(run.now.getTime() + definition.intervention.timeoutSeconds * 1000));
      touched.add(task.executionId);
    } else standing.push({ ...end, passes: definition.ignoreFailure });
  }
  queueDetached(run, detached);
  return standing;
}

function sayLost(run: RunSlice, task: TaskExecution, retried: boolean): void {
  const { id: taskExecutionId, name, jobId, tries: attempt } = task;
  if (jobId !== null) run.event(task, 'JOB_LOST', { jobId, taskExecutionId, name, attempt, retried });
}

/**
 * A workflow that is failing starts nothing more, except the level of the failure in the mode PARALLEL, combinations of
 * a matrix that doesn't fail fast, and detached tasks.
 */
const mayTry = ({ failureCode, mode }: Execution, { type }: TaskExecution, { matrixRules }: TaskDefinition): boolean =>
  failureCode === null ||
  type !== 'normal' ||
  (failureCode === 'TASK_FAILED' && (mode === 'PARALLEL' || matrixRules?.failFast === false));

function definitionOf(run: RunSlice, task: TaskExecution): TaskDefinition | undefined {
  const revisionId =
    task.type === 'normal' ? run.execution(task.executionId).revisionId : detachedRow(run, task.id).revisionId;
  return run.fact('workflow', revisionId).tasks[baseName(task.name)];
}

function putBack(run: RunSlice, task: TaskExecution, end: TaskEnd, { retryDelay }: TaskDefinition): void {
  const delay = end.lost ? 0 : retryDelayMs(retryDelay, task.failures + 1, run.random());
  const nextTryAt = delay === 0 ? null : new Date(run.now.getTime() + delay);
  const when = nextTryAt === null ? 'at once' : `at ${nextTryAt.toISOString()}`;
  const reason = `${end.reason}; ${end.lost === 'NOT_BEGUN' ? 'it is queued again' : `it is tried again ${when}`}`;
  const reasonCode = end.lost ? 'AGENT_LOST' : 'RETRY';
  moveTask(run, task, queuedAgain(task, end, nextTryAt), { reasonCode, reason });
  if (task.type === 'normal') run.count(task.executionId, { busy: -1 });
}

/** A task that waits for its next try, with the reason of the last failure. */
export const queuedAgain = (
  task: TaskExecution,
  { reasonCode, reason, exitCode, lost }: Pick<TaskEnd, 'reasonCode' | 'reason' | 'exitCode' | 'lost'>,
  nextTryAt: Date | null = null,
) => ({
  status: 'QUEUED' as const,
  jobId: null,
  failures: task.failures + (lost === undefined ? 1 : 0),
  losses: task.losses + (lost === 'BEGUN' ? 1 : 0),
  ...{ reasonCode, reason, exitCode, nextTryAt },
  waitsUntil: null,
  endedAt: null,
});

/** Makes a person decide about a task that would otherwise have failed. */
function askPerson(run: RunSlice, before: TaskExecution, end: TaskEnd, waitsUntil: Date): void {
  const { reasonCode, reason, exitCode } = end;
  const { id: taskExecutionId, runId, executionId, name, jobId } = before;
  moveTask(run, before, { status: 'WAITING', jobId: null, reasonCode, reason, exitCode, waitsUntil }, { jobId });
  run.count(executionId, { busy: jobId === null ? 0 : -1, waiting: 1 });
  run.event({ runId, executionId }, 'INTERVENTION_REQUESTED', {
    ...{ taskExecutionId, name, reason, expiresAt: waitsUntil.toISOString(), stageExecutionId: null, elementId: null },
  });
}
