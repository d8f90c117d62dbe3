import { baseName } from '../catalog/language/matrix';
import { labelsOf, type TaskDefinition } from '../catalog/language/workflow';
import { approvalOfTask, requestTaskApprovals } from './approvalTasks';
import { type Execution, isRunHeldBack } from './execution';
import { expandGroups } from './expandGroups';
import { isGroup } from './groupTasks';
import { matricesThatContinue, matrixLimits, withinMatrixLimits } from './matrixLimits';
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
  const found = executionIds.flatMap((id) => withoutGroups(run, run.execution(id)));
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

/** Ready tasks that have a command or ask people, after those that stand for others are expanded or have ended. */
function withoutGroups(run: RunSlice, execution: Execution): readonly ReadyTask[] {
  const definition = run.fact('workflow', execution.revisionId);
  const isOne = ({ task }: ReadyTask) => isGroup(task.name, definition);
  const done = new Set<string>();
  for (;;) {
    const ready = readyTasks(run, run.execution(execution.id));
    // A workflow that a task runs may begin with such a task.
    const groups = ready.filter((one) => isOne(one) && !done.has(one.task.id));
    if (groups.length === 0) return ready.filter((one) => !isOne(one));
    for (const { task } of groups) done.add(task.id);
    expandGroups(run, thatMayRun(run, groups));
  }
}

const active = ['QUEUED', 'RUNNING', 'WAITING', 'RESUMING'];

export type Hold = 'PAUSED' | 'NOT_ACTIVE' | 'FAILING' | 'PARALLEL_LIMIT';

/**
 * Why an execution creates no more jobs now; null if it may. A workflow that is failing starts nothing more, except the
 * level of the failure in the mode PARALLEL.
 */
export function holdOf(
  execution: Execution,
  /** True if it has a matrix whose other combinations begin although one has failed. */
  continues = false,
): Hold | null {
  const { status, failureCode, mode, maxParallel, busyTasks } = execution;
  if (status === 'PAUSED') return 'PAUSED';
  if (!active.includes(status) || isRunHeldBack(execution)) return 'NOT_ACTIVE';
  if (failureCode !== null && !(failureCode === 'TASK_FAILED' && (mode === 'PARALLEL' || continues))) return 'FAILING';
  return maxParallel !== null && busyTasks >= maxParallel ? 'PARALLEL_LIMIT' : null;
}

function readyTasks(run: RunSlice, execution: Execution): ReadyTask[] {
  const { mode, maxParallel, busyTasks, revisionId, failureCode } = execution;
  const definition = run.fact('workflow', revisionId);
  if (holdOf(execution, failureCode !== null && matricesThatContinue(definition).size > 0) !== null) return [];
  const slots = maxParallel === null ? Number.POSITIVE_INFINITY : maxParallel - busyTasks;
  const isLimited = matrixLimits(definition).size > 0;
  const { ready, next } = run.frontier(execution, isLimited);
  const inMode = ready.filter(({ level, ordinal, name }) =>
    failureCode !== null && mode !== 'PARALLEL' && !matricesThatContinue(definition).has(baseName(name))
      ? false
      : mode === 'SEQUENTIAL'
        ? ordinal === next?.ordinal
        : mode === 'PARALLEL'
          ? level === next?.level
          : true,
  );
  const all = (isLimited ? withinMatrixLimits(run, execution, inMode) : inMode).map((task) => ({ task, revisionId }));
  if (all.length <= slots) return all;
  const asks = (one: ReadyTask) => approvalOfTask(run, one) !== null;
  return [...all.filter(asks), ...all.filter((one) => !asks(one)).slice(0, slots)];
}

/** Creates a job for each of these tasks and puts it into the queue. */
export function queueJobs(run: RunSlice, tasks: readonly ReadyTask[]): void {
  for (const { task, revisionId } of tasks) {
    const own = taskDefinition(run, { name: task.name, revisionId });
    const { timeoutSeconds, graceSeconds } = own;
    const labels = labelsOf(run.fact('workflow', revisionId), own);
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
