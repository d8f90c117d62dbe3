import { groupsOf } from '../catalog/language/approvalPolicy';
import { type Approval, placeOf } from './approval';
import { peopleNeeded } from './approvalVotes';
import type { RunSlice } from './runSlice';

/**
 * Assigns other groups to a waiting approval: the same number of people has to approve, all from the new groups. Votes
 * of the earlier groups no longer count.
 */
export function reassignApproval(
  run: RunSlice,
  approval: Approval,
  approvers: readonly string[],
  reason: string | null,
): void {
  const { id: approvalId, executionId } = approval;
  const previousApprovers = groupsOf(approval);
  const assigned = { approvers, count: peopleNeeded(approval), allOf: [], given: null, undecidableSince: null };
  run.changes.approvers.push({ ...approval, ...assigned });
  run.changes.voided.push(approvalId);
  run.event({ runId: executionId, executionId }, 'APPROVAL_REASSIGNED', {
    ...{ ...placeOf(approval), approvers, previousApprovers, reason },
  });
}

/** Records that nobody is left who could decide an approval, or that there is an approver again. */
export function noteApprovers(run: RunSlice, approval: Approval, decidable: boolean): void {
  const { executionId, undecidableSince } = approval;
  if (decidable === (undecidableSince === null)) return;
  run.changes.approvers.push({ ...approval, undecidableSince: decidable ? null : run.now });
  const type = decidable ? 'APPROVAL_DECIDABLE' : 'APPROVAL_UNDECIDABLE';
  run.event({ runId: executionId, executionId }, type, { ...placeOf(approval), approvers: groupsOf(approval) });
}
