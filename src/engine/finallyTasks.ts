import { taskLevels } from '../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import { isFinal } from '../contract/statuses';
import { deployWithWorkflow } from './deployments';
import { queueDetached, runDetached } from './detachedTasks';
import type { Execution, TaskExecution } from './execution';
import { failedTasks, failureEnv, handleWorkflowFailure, inputsOf } from './failureHandlers';
import type { StatusAfter } from './machine';
import { endJob, markFailing } from './moves';
import type { RunSlice } from './runSlice';
import { showRunning } from './showRunning';
import { endUnstarted } from './taskEnd';

/** End of a workflow execution. */
export type EndStatus = StatusAfter<'workflow', 'succeed' | 'fail'>;

/** Time after which an execution that expired during its tasks of `finally` is checked again. */
const AGAIN_MS = 60_000;

/** True if a person aborted it, or its time limit passed. */
export const isStopping = ({ failureCode }: Pick<Execution, 'failureCode'>): boolean =>
  failureCode === 'ABORTED' || failureCode === 'EXPIRED';

/**
 * Begins the tasks of `finally` when the graph of a workflow execution has ended, once per attempt. Returns true while
 * the execution has to wait for them. They begin after its failure handlers, which may inspect resources that will be
 * cleaned up, and after a pause. An attempt that never began has none.
 */
export function cleansUp(run: RunSlice, { id, finallyTasks, revisionId, ...execution }: Execution, status: EndStatus) {
  if (finallyTasks !== null) return finallyTasks > 0;
  const { tasks } = run.fact('workflow', revisionId);
  const named = Object.entries(tasks).filter(([, { type }]) => type === 'finally');
  if (named.length === 0 || !hasBegun(execution)) return false;
  if (execution.pause !== null && !isStopping(execution)) return true;
  if (status !== 'SUCCESS') handleWorkflowFailure(run, run.execution(id));
  if (run.execution(id).detachedTasks === 0) begin(run, run.execution(id), status, Object.fromEntries(named));
  return true;
}

/** A resume with no task of the graph to run again repeats its tasks of `finally`. */
const hasBegun = ({
  attemptStartedAt,
  status,
  failureCode,
}: Pick<Execution, 'attemptStartedAt' | 'status' | 'failureCode'>) =>
  attemptStartedAt !== null || (status === 'RESUMING' && failureCode === null);

function begin(run: RunSlice, execution: Execution, status: EndStatus, tasks: WorkflowDefinition['tasks']): void {
  const { id, runId, revisionId, failureCode: reasonCode, failureDetails: reason } = execution;
  const { finallyTimeoutSeconds } = run.fact('workflow', revisionId);
  const expiresAt = new Date(run.now.getTime() + finallyTimeoutSeconds * 1000);
  // They deploy nothing, so the deployments of the graph are complete.
  deployWithWorkflow(run, { ...execution, status });
  const failed = status === 'SUCCESS' ? [] : failedTasks(run, id);
  const env = {
    workflow_status: status,
    failed_tasks: failed.map(({ name }) => name).join('\n'),
    ...failureEnv(run, failed[0], reason),
  };
  const names = taskLevels(tasks).flat();
  run.setExecution({ ...execution, version: execution.version + 1, expiresAt });
  const until = expiresAt.toISOString();
  run.event({ runId, executionId: id }, 'FINALLY_STARTED', {
    status,
    reasonCode,
    reason,
    tasks: names,
    expiresAt: until,
  });
  runDetached(
    run,
    names.map((name) => {
      const waitsFor = tasks[name]?.dependsOn ?? [];
      return { type: 'finally' as const, name, ...inputsOf(execution), env, waitsFor };
    }),
  );
  if (execution.status === 'WAITING') showRunning(run, [id]);
}

/** Begins tasks of `finally` that wait for these, with any result. */
export function releaseFinally(run: RunSlice, ended: readonly TaskExecution[]): void {
  if (ended.length === 0) return;
  run.release(ended.map(({ id }) => id));
  const executions = new Set(ended.map(({ executionId }) => executionId));
  const waiting = [...executions].flatMap((id) => [...run.changedTasks(id)]).filter(({ type }) => type === 'finally');
  queueDetached(
    run,
    waiting.map(({ id }) => id),
  );
}

/** True for executions whose graph has ended, but whose tasks of `finally` have not; they may not have begun yet. */
export const awaitsFinally = ({ kind, status, openTasks, finallyTasks }: Execution): boolean =>
  kind === 'WORKFLOW' && !isFinal(status) && openTasks === 0 && finallyTasks !== 0;

/** Ends the tasks of `finally`: running ones are asked to stop, and the others never begin. */
export function endFinally(run: RunSlice, executionIds: readonly string[], why: string): void {
  const executions = executionIds.map((id) => run.execution(id)).filter(awaitsFinally);
  const begun = executions.filter(({ finallyTasks }) => finallyTasks !== null);
  run.require(...begun.map(({ id }) => ({ kind: 'finally' as const, key: id })));
  for (const execution of executions) {
    if (execution.finallyTasks === null) run.setExecution({ ...execution, finallyTasks: 0 });
  }
  for (const task of begun.flatMap(({ id }) => run.fact('finally', id)).map(({ id }) => run.task(id))) {
    const { status, jobId, endedAt } = task;
    if (endedAt !== null) continue;
    if (status === 'RUNNING') {
      if (jobId !== null) run.changes.canceled.push(jobId);
      continue;
    }
    if (jobId !== null) {
      const end = { jobId, status: 'ABORTED' as const, reasonCode: 'NOT_STARTED', reason: why, exitCode: null };
      endJob(run, 'QUEUED', { ...end, signal: null, truncated: false, claimHolds: false });
    }
    run.settleLater([{ ...endUnstarted(task, why), decided: true }]);
  }
}

/** The time limit of the tasks of `finally` has passed. An earlier failure stays the result. */
export function expireFinally(run: RunSlice, id: string): void {
  const execution = run.execution(id);
  const text = `its tasks of "finally" had not ended at ${execution.expiresAt.toISOString()}`;
  run.setExecution({ ...execution, expiresAt: new Date(run.now.getTime() + AGAIN_MS) });
  if (execution.failureCode === null) markFailing(run, run.execution(id), 'EXPIRED', text);
  endFinally(run, [id], text);
}
