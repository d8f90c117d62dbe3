import { baseName } from '../catalog/language/matrix';
import type { TaskDefinition } from '../catalog/language/workflow';
import { approvalOfTask, requestTaskApprovals } from './approvalTasks';
import { type Execution, isRunHeldBack } from './execution';
import { withSecrets } from './missingSecrets';
import type { ReadyTask } from './readyTask';
import type { RunSlice } from './runSlice';
import { thatMayRun } from './skipConditions';
import { withoutUndefined } from './undefinedVariables';
import { selectorList } from '../catalog/language/labelSelectors';

/**
 * Creates a job for each task whose dependencies have passed, within the workflow's `maxParallel` and its mode. Tasks
 * that are approvals ask people instead.
 */
export function dispatchTasks(run: RunSlice, executionIds: readonly string[]): void {
  const found = executionIds.flatMap((id) => readyTasks(run, run.execution(id)));
  const mayRun = thatMayRun(run, found);
  requestTaskApprovals(
    run,
    mayRun.filter((one) => approvalOfTask(run, one) !== null),
  );
  const commands = mayRun.filter((one) => approvalOfTask(run, one) === null);
  const ready = withSecrets(run, withoutUndefined(run, commands));
  queueJobs(run, ready);
  for (const { task } of ready) run.count(task.executionId, { busy: 1 });
}

const active = ['QUEUED', 'RUNNING', 'WAITING', 'RESUMING'];

export type Hold = 'PAUSED' | 'NOT_ACTIVE' | 'FAILING' | 'PARALLEL_LIMIT';

/**
 * Why an execution creates no more jobs now; null if it may. A workflow that is failing starts nothing more, except the
 * level of the failure in the mode PARALLEL.
 */
export function holdOf(execution: Execution): Hold | null {
  const { status, failureCode, mode, maxParallel, busyTasks } = execution;
  if (status === 'PAUSED') return 'PAUSED';
  if (!active.includes(status) || isRunHeldBack(execution)) return 'NOT_ACTIVE';
  if (failureCode !== null && !(failureCode === 'TASK_FAILED' && mode === 'PARALLEL')) return 'FAILING';
  return maxParallel !== null && busyTasks >= maxParallel ? 'PARALLEL_LIMIT' : null;
}

function readyTasks(run: RunSlice, execution: Execution): ReadyTask[] {
  if (holdOf(execution) !== null) return [];
  const { mode, maxParallel, busyTasks, revisionId } = execution;
  const slots = maxParallel === null ? Number.POSITIVE_INFINITY : maxParallel - busyTasks;
  const { ready, next } = run.frontier(execution);
  const inMode = ready.filter(({ level, ordinal }) =>
    mode === 'SEQUENTIAL' ? ordinal === next?.ordinal : mode === 'PARALLEL' ? level === next?.level : true,
  );
  const all = inMode.map((task) => ({ task, revisionId }));
  if (all.length <= slots) return all;
  const asks = (one: ReadyTask) => approvalOfTask(run, one) !== null;
  return [...all.filter(asks), ...all.filter((one) => !asks(one)).slice(0, slots)];
}

/** Creates a job for each of these tasks and puts it into the queue. */
export function queueJobs(run: RunSlice, tasks: readonly ReadyTask[]): void {
  for (const { task, revisionId } of tasks) {
    const { labels, timeoutSeconds, graceSeconds } = taskDefinition(run, { name: task.name, revisionId });
    const { id: taskExecutionId, executionId, runId } = task;
    const job = { id: run.newId(), taskExecutionId, attempt: task.tries + 1 };
    const limits = { timeoutMs: timeoutSeconds * 1000, graceMs: graceSeconds * 1000 };
    run.changes.jobs.push({ ...job, executionId, runId, labels: selectorList(labels), ...limits });
    run.setTask({ ...task, jobId: job.id, tries: job.attempt }, task);
    run.event(task, 'JOB_QUEUED', { jobId: job.id, taskExecutionId, name: task.name, attempt: job.attempt });
  }
}

/** Definition of a task in the revision that it belongs to. */
export function taskDefinition(
  run: RunSlice,
  { name, revisionId }: { readonly name: string; readonly revisionId: string },
): TaskDefinition {
  const own = run.fact('workflow', revisionId).tasks[baseName(name)];
  if (own === undefined) throw new Error(`revision ${revisionId} has no task ${name}`);
  return own;
}
