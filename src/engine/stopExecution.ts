import { isFinal } from '../contract/statuses';
import { advancePipeline, closeWaiting } from './advancePipeline';
import { cancelRunning } from './cancelRunning';
import type { RunSlice } from './runSlice';
import { finishWorkflow, markFailing, settleTasks, skipUnstarted } from './settleTasks';

/**
 * Ends an execution before its time, because a person aborted it or its time is over. What has not begun is skipped.
 * What runs is asked to stop, and is final at the latest when its grace is over. The execution is final when the last
 * of it is.
 */
export function stopExecution(run: RunSlice, id: string, code: 'ABORTED' | 'EXPIRED', text: string): void {
  const execution = run.execution(id);
  if (execution.kind === 'PIPELINE') run.require({ kind: 'members', key: id }, { kind: 'elements', key: id });
  const workflows = execution.kind === 'WORKFLOW' ? [execution] : run.activeMembers(id);
  const ids = workflows.map((workflow) => workflow.id);
  run.require(
    ...ids.map((key) => ({ kind: 'unstarted' as const, key })),
    ...ids.map((key) => ({ kind: 'running' as const, key })),
  );
  for (const one of execution.kind === 'WORKFLOW' ? workflows : [execution, ...workflows]) {
    // In place of an earlier failure, but not of an earlier abort or expiry.
    const { status, failureCode } = run.execution(one.id);
    if (isFinal(status) || failureCode === 'ABORTED' || failureCode === 'EXPIRED') continue;
    markFailing(run, run.execution(one.id), code, text);
  }
  const running = cancelRunning(run, ids);
  settleTasks(run, skipUnstarted(run, ids, `not started, because the execution was ${code}`));
  for (const workflowId of ids) {
    if (!running.some((task) => task.executionId === workflowId)) finishWorkflow(run, workflowId);
  }
  if (execution.kind === 'PIPELINE') {
    closeWaiting(run, execution, run.elements(id), code, code, { code, text });
    advancePipeline(run, id);
  }
}
