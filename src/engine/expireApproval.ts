import { isFinal } from '../contract/statuses';
import { advancePipeline, closeWaiting } from './advancePipeline';
import { endApprovalTask } from './endApprovalTask';
import { moveApproval } from './moves';
import type { RunSlice } from './runSlice';

/** The time limit of an approval has passed: the element or task that requested it ends. */
export function expireApproval(run: RunSlice, executionId: string, approvalId: string): void {
  const execution = run.execution(executionId);
  const approval = run.waitingApprovals(executionId).find(({ id }) => id === approvalId);
  if (isFinal(execution.status) || approval === undefined) return;
  const { stageExecutionId, taskExecutionId, expiresAt } = approval;
  const reason = { code: 'EXPIRED', text: `nobody decided before ${expiresAt.toISOString()}` };
  if (taskExecutionId !== null) {
    moveApproval(run, approval, 'EXPIRED');
    endApprovalTask(run, taskExecutionId, reason);
  } else if (stageExecutionId !== null) {
    closeWaiting(run, execution, [run.element(executionId, stageExecutionId)], 'EXPIRED', 'EXPIRED', reason);
    advancePipeline(run, executionId);
  }
}
