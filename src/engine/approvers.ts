import type { Approval } from './approval';
import type { RunSlice } from './runSlice';

/** Assigns other approvers to a waiting approval. */
export function reassignApproval(
  run: RunSlice,
  approval: Approval,
  approvers: readonly string[],
  reason: string | null,
): void {
  const { id: approvalId, stageExecutionId, executionId, approvers: previousApprovers } = approval;
  run.changes.approvers.push({ ...approval, approvers, undecidableSince: null });
  run.event({ runId: executionId, executionId }, 'APPROVAL_REASSIGNED', {
    ...{ approvalId, stageExecutionId, approvers, previousApprovers, reason },
  });
}

/** Records that nobody is left who could decide an approval, or that there is an approver again. */
export function noteApprovers(run: RunSlice, approval: Approval, decidable: boolean): void {
  const { id: approvalId, stageExecutionId, executionId, approvers, undecidableSince } = approval;
  if (decidable === (undecidableSince === null)) return;
  run.changes.approvers.push({ ...approval, undecidableSince: decidable ? null : run.now });
  const type = decidable ? 'APPROVAL_DECIDABLE' : 'APPROVAL_UNDECIDABLE';
  run.event({ runId: executionId, executionId }, type, { approvalId, stageExecutionId, approvers });
}
