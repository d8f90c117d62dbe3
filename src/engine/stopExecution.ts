import { isFinal } from '../contract/statuses';
import { advancePipeline, closeWaiting } from './advancePipeline';
import { cancelRunning } from './cancelRunning';
import type { Execution } from './execution';
import type { RunSlice } from './runSlice';
import { endFinally, isStopping } from './finallyTasks';
import { markFailing } from './moves';
import { finishWorkflow, settleTasks, skipUnstarted } from './settleTasks';

/**
 * Ends an execution early, after an abort or at its timeout. Tasks that have not begun are skipped; running ones are
 * asked to stop, and are final at the latest after their grace. The execution is final when the last of them is, its
 * tasks of `finally` included; if it was stopped before, those are ended too.
 */
export function stopExecution(run: RunSlice, id: string, code: 'ABORTED' | 'EXPIRED', text: string): void {
  const execution = run.execution(id);
  if (execution.kind === 'PIPELINE') run.require({ kind: 'members', key: id }, { kind: 'elements', key: id });
  const workflows = workflowsOf(run, execution);
  const ids = workflows.map((workflow) => workflow.id);
  run.require(
    ...ids.map((key) => ({ kind: 'unstarted' as const, key })),
    ...ids.map((key) => ({ kind: 'running' as const, key })),
  );
  if (isStopping(execution)) endFinally(run, ids, text);
  for (const one of execution.kind === 'WORKFLOW' ? workflows : [execution, ...workflows]) {
    // In place of an earlier failure, but not of an earlier abort or expiry.
    if (isFinal(run.execution(one.id).status) || isStopping(run.execution(one.id))) continue;
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

/** The execution itself, or the workflow executions of a pipeline that are not final. */
export const workflowsOf = (run: RunSlice, execution: Execution): Execution[] =>
  execution.kind === 'WORKFLOW' ? [execution] : run.activeMembers(execution.id);
