import { isFinal } from '../contract/statuses';
import { endDetached } from './detachedTasks';
import type { TaskExecution } from './execution';
import { endJob, moveApproval, moveExecution, moveStage, moveTask, type Reason } from './moves';
import type { RunSlice } from './runSlice';

/**
 * Ends a run that the server can't move: all its open parts become final, and the run is ERROR. Reads rows only, never
 * a definition, because an unreadable definition may be the cause. So no failure handler runs.
 */
export function giveUpRun(run: RunSlice, id: string, text: string): void {
  run.require({ kind: 'execution', key: id }, { kind: 'openTasks', key: id });
  const root = run.execution(id);
  const asks = !isFinal(root.status) && (root.kind === 'PIPELINE' || root.waitingTasks > 0);
  for (const one of asks ? run.waitingApprovals(id) : []) moveApproval(run, one, 'ABORTED');
  const reason: Reason = { code: 'SERVER_ERROR', text };
  const tasks = run.fact('openTasks', id).map((task) => run.task(task.id));
  // A restore ends on its own, together with its tasks.
  const own = tasks.filter(({ type }) => root.status !== 'RESTORING' || type !== 'restore');
  for (const task of own) endTask(run, task, reason);
  endDetached(
    run,
    own.filter(({ type }) => type !== 'normal'),
  );
  if (root.kind === 'WORKFLOW') endExecution(run, id, reason);
  else if (!isFinal(root.status) && root.status !== 'RESTORING') endPipeline(run, id, reason);
}

function endTask(run: RunSlice, task: TaskExecution, { code: reasonCode, text: reason }: Reason): void {
  const { jobId, status, failures } = task;
  const running = status === 'RUNNING';
  if (jobId !== null) {
    const end = { jobId, status: 'ABORTED' as const, reasonCode, reason, exitCode: null, signal: null };
    endJob(run, running ? 'RUNNING' : 'QUEUED', { ...end, truncated: running, claimHolds: false });
  }
  const to = running ? 'ABORTED' : status === 'QUEUED' && failures === 0 ? 'SKIPPED' : 'FAILED';
  moveTask(run, task, { status: to, reasonCode, reason, nextTryAt: null, waitsUntil: null, endedAt: run.now });
}

function endExecution(run: RunSlice, id: string, reason: Reason): void {
  const execution = run.execution(id);
  if (isFinal(execution.status)) return;
  run.setExecution({ ...execution, openTasks: 0, busyTasks: 0, waitingTasks: 0 });
  moveExecution(run, id, 'ERROR', reason);
}

function endPipeline(run: RunSlice, id: string, reason: Reason): void {
  run.require({ kind: 'members', key: id }, { kind: 'elements', key: id });
  for (const member of run.activeMembers(id)) endExecution(run, member.id, reason);
  for (const stage of run.elements(id).filter(({ status }) => !isFinal(status))) {
    const begun = stage.startedAt !== null || stage.workflowExecutionId !== null;
    moveStage(run, stage, begun ? 'ERROR' : 'SKIPPED', { reason });
  }
  endExecution(run, id, reason);
}
