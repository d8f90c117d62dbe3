import type { Approval } from './approval';
import type { RunSlice } from './runSlice';
import { settleTasks } from './settleTasks';
import { showWaiting } from './showWaiting';

/**
 * The approval of a task was decided, or has expired. Values of its form become variables that the task has set. A
 * rejection is a failure of the task, so that everything that the workflow declares for failures happens: half of it
 * may have run.
 */
export function endApprovalTask(
  run: RunSlice,
  { given }: Pick<Approval, 'given'>,
  taskId: string,
  end: { readonly approved: true } | { readonly approved: false; readonly reasonCode: string; readonly reason: string },
): void {
  run.require({ kind: 'task', key: taskId });
  const { executionId, name: setBy } = run.task(taskId);
  if (end.approved) {
    for (const [name, value] of Object.entries(given ?? {})) {
      const variable = { executionId, name, taskExecutionId: taskId, type: 'string' as const, value };
      run.changes.variables.push({ ...variable, setBy, setAt: run.now });
    }
  }
  const ended = end.approved
    ? { status: 'SUCCESS' as const, reasonCode: null, reason: null }
    : { status: 'FAILED' as const, reasonCode: end.reasonCode, reason: end.reason };
  settleTasks(run, [{ taskId, exitCode: null, decided: true, ...ended }]);
  showWaiting(run, [executionId]);
}
