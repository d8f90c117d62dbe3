import { settleStage } from './advancePipeline';
import { cancelRunning } from './cancelRunning';
import { endDetached } from './detachedTasks';
import { awaitsFinally, cleansUp, type EndStatus, releaseFinally } from './finallyTasks';
import { dispatchTasks } from './dispatchTasks';
import { isFinal } from '../contract/statuses';
import { withdrawApproval } from './approvalTasks';
import { type TaskExecution, waitsForApproval } from './execution';
import {
  beginsAnyway,
  cancelCombinations,
  FAIL_FAST,
  type FailedMatrices,
  failedMatrices,
  failingFast,
  reasonToStop,
} from './failFast';
import { handleTaskFailures, handleWorkflowFailure } from './failureHandlers';
import { endJob, markFailing, moveExecution, moveTask } from './moves';
import { retryFailed } from './retryFailed';
import type { RunSlice } from './runSlice';
import { showWaiting } from './showWaiting';
import { endUnstarted, type TaskEnd } from './taskEnd';

/** Carries out a decision, settles the tasks that it ended without an agent, and shows those that ask a person. */
export function decide<T>(run: RunSlice, decision: (run: RunSlice) => T): T {
  const result = decision(run);
  for (;;) {
    const [ends, asking] = [run.takeLater(), run.takeAsking()];
    if (ends.length + asking.length === 0) return result;
    settleTasks(run, ends);
    // A task that is an approval does not count toward `maxParallel`, so others may start.
    dispatchTasks(run, asking);
    showWaiting(run, asking);
  }
}

/**
 * Consequences of tasks that ended, up to the next stage of the pipeline. Needs only those tasks, their dependents and
 * the rows of their executions, for any size of the graph.
 */
export function settleTasks(run: RunSlice, ends: readonly TaskEnd[]): void {
  run.require(...ends.map(({ taskId }) => ({ kind: 'task' as const, key: taskId })));
  const touched = new Set<string>();
  const failing = applyEnds(run, retryFailed(run, ends, touched), touched);
  const matrices = failedMatrices(run, ends);
  if (failing.size > 0) {
    const reason = 'not started, because another task of the workflow failed';
    const skipped = skipUnstarted(run, [...failing.keys()], reason, finishedLevels(run, failing), matrices);
    applyEnds(run, skipped, touched);
    cancelRunning(run, thatCancel(run, failing));
  }
  if (failingFast(matrices).length > 0) {
    applyEnds(run, skipCombinations(run, matrices), touched);
    cancelCombinations(run, matrices);
  }
  const open: string[] = [];
  for (const id of touched) {
    if (run.execution(id).openTasks === 0) finishWorkflow(run, id);
    else open.push(id);
  }
  dispatchTasks(run, open);
  showWaiting(
    run,
    open.filter((id) => run.execution(id).waitingTasks > 0),
  );
}

/** Ends tasks that have not ended; returns the executions that began to fail, each with the level of the failure. */
function applyEnds(run: RunSlice, ends: readonly TaskEnd[], touched: Set<string>): ReadonlyMap<string, number> {
  const ended: TaskExecution[] = [];
  const levels = new Map<string, number>();
  for (const end of ends) {
    const before = run.task(end.taskId);
    if (before.endedAt !== null) continue;
    if (waitsForApproval(before)) withdrawApproval(run, before);
    const { executionId } = before;
    const { status, exitCode } = end;
    // The server canceled it for this reason, which its agent does not know.
    const isStopped = status === 'ABORTED' && before.reasonCode === FAIL_FAST;
    const { reasonCode, reason } = isStopped ? before : end;
    const passed = status === 'SUCCESS' || end.passes === true;
    const final = { nextTryAt: null, waitsUntil: null, endedAt: run.now };
    const task = moveTask(run, before, { status, reasonCode, reason, exitCode, passed, ...final });
    ended.push(task);
    if (task.type !== 'normal') {
      if (task.type === 'finally' && status === 'FAILED' && !passed) failTask(run, task);
      if (awaitsFinally(run.execution(executionId))) touched.add(executionId);
      continue;
    }
    touched.add(executionId);
    const [busy, waiting] = [task.jobId === null ? 0 : -1, before.status === 'WAITING' ? -1 : 0];
    run.count(executionId, { open: -1, busy, waiting });
    if (passed || status === 'SKIPPED') continue;
    const failing = failTask(run, task);
    if (failing || levels.has(executionId)) {
      levels.set(executionId, Math.max(task.level, levels.get(executionId) ?? 0));
    }
  }
  endDetached(
    run,
    ended.filter((task) => task.type !== 'normal'),
  );
  run.release(ended.filter((task) => task.passed && task.type === 'normal').map((task) => task.id));
  releaseFinally(
    run,
    ended.filter((task) => task.type === 'finally'),
  );
  handleTaskFailures(run, ended);
  return levels;
}

/** A failed task makes its execution fail: nothing more of the graph starts. The first reason stays. */
function failTask(run: RunSlice, { executionId, name, reason }: TaskExecution): boolean {
  const execution = run.execution(executionId);
  if (execution.failureCode !== null) return false;
  markFailing(run, execution, 'TASK_FAILED', `Task "${name}" failed: ${reason}`);
  return true;
}

/** In the mode PARALLEL, the level of a failed task is finished: tasks up to that level are not withdrawn. */
const finishedLevels = (run: RunSlice, failing: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map([...failing].filter(([id]) => run.execution(id).mode === 'PARALLEL'));

/** Executions that began to fail and whose definition ends running tasks. */
const thatCancel = (run: RunSlice, failing: ReadonlyMap<string, number>): string[] =>
  [...failing.keys()].filter((id) => {
    const { mode, revisionId } = run.execution(id);
    return mode === 'WORK_STEALING' && run.fact('workflow', revisionId).onTaskFailure === 'cancel';
  });

/** Withdraws tasks that have not begun in these workflow executions; returns the ends of those tasks. */
export function skipUnstarted(
  run: RunSlice,
  executionIds: readonly string[],
  reason: string,
  /** Levels up to which tasks may still begin. */
  levels: ReadonlyMap<string, number> = new Map(),
  matrices: FailedMatrices = new Map(),
): TaskEnd[] {
  const tasks = unstartedTasks(run, executionIds).filter(
    (task) =>
      task.status === 'WAITING' || (task.level > (levels.get(task.executionId) ?? -1) && !beginsAnyway(matrices, task)),
  );
  withdrawJobs(run, tasks, reason);
  return tasks.map((task) => endUnstarted(task, reason));
}

/** Withdraws combinations that have not begun of matrices that fail fast. */
function skipCombinations(run: RunSlice, matrices: FailedMatrices): TaskEnd[] {
  return unstartedTasks(run, failingFast(matrices)).flatMap((task) => {
    const why = reasonToStop(matrices, task);
    if (why === undefined) return [];
    const reason = `not started, because ${why}`;
    withdrawJobs(run, [task], reason);
    return [endUnstarted(task, reason)];
  });
}

function withdrawJobs(run: RunSlice, tasks: readonly TaskExecution[], reason: string): void {
  for (const { jobId } of tasks) {
    if (jobId === null) continue;
    const end = { status: 'ABORTED', reasonCode: 'NOT_STARTED', reason } as const;
    endJob(run, 'QUEUED', { jobId, ...end, exitCode: null, signal: null, truncated: false, claimHolds: false });
  }
}

/**
 * Tasks of these executions that no agent runs: they have no job, a job that no agent has started, or wait for a
 * person.
 */
export function unstartedTasks(run: RunSlice, executionIds: readonly string[]): TaskExecution[] {
  const known = executionIds.filter((id) => !run.isNewGraph(id));
  run.require(...known.map((key) => ({ kind: 'unstarted' as const, key })));
  const ids = new Set(known.flatMap((id) => run.fact('unstarted', id).map((task) => task.id)));
  for (const id of executionIds) for (const task of run.changedTasks(id)) if (task.type === 'normal') ids.add(task.id);
  const tasks = [...ids].map((id) => run.task(id));
  return tasks
    .filter(({ status }) => status === 'QUEUED' || status === 'WAITING')
    .sort((a, b) => a.ordinal - b.ordinal);
}

/** Final status of a workflow execution, from its failure code. */
export const endStatus = (failureCode: string | null): EndStatus => {
  if (failureCode === null) return 'SUCCESS';
  if (failureCode === 'SUPERSEDED' || failureCode === 'WITHDRAWN') return 'ABORTED';
  return failureCode === 'ABORTED' || failureCode === 'EXPIRED' ? failureCode : 'FAILED';
};

/** Ends a workflow execution whose tasks of the graph are all final, after its tasks of `finally`. */
export function finishWorkflow(run: RunSlice, id: string): void {
  const execution = run.execution(id);
  const { runId, parentStageExecutionId: stageId, failureCode, failureDetails } = execution;
  const status = endStatus(failureCode);
  // Settling one workflow can end its siblings.
  if (isFinal(execution.status) || cleansUp(run, execution, status)) return;
  if (stageId !== null) run.require({ kind: 'execution', key: runId }, { kind: 'elements', key: runId });
  if (status !== 'SUCCESS') handleWorkflowFailure(run, execution);
  moveExecution(run, id, status);
  if (stageId === null) return;
  const reason = failureCode === null ? undefined : { code: failureCode, text: failureDetails ?? failureCode };
  settleStage(run, runId, stageId, status, reason);
}
