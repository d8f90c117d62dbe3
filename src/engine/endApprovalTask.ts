import { scopedName } from '../catalog/language/scopedTasks';
import type { Approval } from './approval';
import type { Reason } from './moves';
import type { RunSlice } from './runSlice';
import { settleTasks } from './settleTasks';
import { showWaiting } from './showWaiting';
import type { TaskEnd } from './taskEnd';

/** The approval of a task was given. Values of its form become variables that the task has set. */
export function passApprovalTask(run: RunSlice, taskId: string, given: Approval['given']): void {
  run.require({ kind: 'task', key: taskId });
  const { executionId, name: setBy } = run.task(taskId);
  const { revisionId } = run.execution(executionId);
  const task = run.fact('workflow', revisionId).tasks[setBy];
  for (const [input, value] of Object.entries(given ?? {})) {
    const name = scopedName(task, input);
    const variable = { executionId, name, taskExecutionId: taskId, type: 'string' as const, value };
    run.changes.variables.push({ ...variable, setBy, setAt: run.now });
  }
  end(run, { taskId, status: 'SUCCESS', reasonCode: null, reason: null, exitCode: null });
}

/**
 * The approval of a task was rejected, or has expired. That is a failure of the task, so that everything that the
 * workflow declares for failures happens: half of it may have run.
 */
export const endApprovalTask = (run: RunSlice, taskId: string, { code, text }: Reason): void =>
  end(run, { taskId, status: 'FAILED', reasonCode: code, reason: text, exitCode: null });

function end(run: RunSlice, ended: TaskEnd): void {
  run.require({ kind: 'task', key: ended.taskId });
  const { executionId } = run.task(ended.taskId);
  settleTasks(run, [{ ...ended, decided: true }]);
  showWaiting(run, [executionId]);
}
