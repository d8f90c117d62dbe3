import { actorRef } from '../access/actor';
import { Refusal } from '../kernel/errors';
import { advancePipeline, beginHeldBack, settleStage } from './advancePipeline';
import { type Approval, type ApprovalVote, personOf, placeOf } from './approval';
import type { SubjectChange } from './subjectChange';
import { changesBetween, changesText } from './approvalSubject';
import { groupsOfVoters, isComplete, missingText, requirementsOf } from './approvalVotes';
import { currentSubject, waitingForRenewal } from './askAgain';
import { endApprovalTask, passApprovalTask } from './endApprovalTask';
import { moveApproval } from './moves';
import type { RunSlice } from './runSlice';

export interface NewVote extends Pick<ApprovalVote, 'action' | 'comments' | 'groups'> {
  /** Values of the form; null for a rejection. */
  readonly values: Approval['given'];
  /** Digest of the subject that the person saw, if it was sent. */
  readonly seen: string | null;
}

/**
 * Adds a vote to a waiting approval, and decides the approval if no other vote is missing. Refused if the subject has
 * changed since the votes. A rejection without a digest is accepted even then.
 */
export function addVote(
  run: RunSlice,
  approval: Approval,
  votes: readonly ApprovalVote[],
  { action, comments, groups, seen, values }: NewVote,
): Refusal | null {
  const { id: approvalId, stageExecutionId, taskExecutionId, executionId, digest, changedSince } = approval;
  if (seen !== null && seen !== digest) return approvalChanged(approval, changedSince ?? []);
  if (action === 'APPROVE' || seen !== null) {
    const changes = changesBetween(run, approval.subject, currentSubject(run, approval));
    if (changes.length > 0) return approvalChanged(approval, changes);
  }
  const { actor, now: votedAt } = run;
  const vote = {
    action,
    comments,
    groups,
    digest,
    votedAt,
    by: actorRef(actor),
    personId: personOf(actor),
    counts: true,
  };
  run.changes.votes.push({ ...vote, id: run.newId(), approvalId });
  if (action === 'REJECT') {
    const text = `rejected by ${actor.name}${comments === null ? '' : `: ${comments}`}`;
    moveApproval(run, approval, 'REJECTED', comments);
    if (taskExecutionId !== null) endApprovalTask(run, taskExecutionId, { code: 'REJECTED', text });
    else if (stageExecutionId !== null) {
      settleStage(run, executionId, stageExecutionId, 'REJECTED', { code: 'REJECTED', text });
    }
    return null;
  }
  const requirements = requirementsOf(approval, [...groupsOfVoters(votes), groups]);
  if (!isComplete(requirements)) {
    const { runId } = run.execution(executionId);
    const missing = missingText(requirements) ?? '';
    if (approval.inputs.length > 0) run.changes.approvers.push({ ...approval, given: values });
    run.event({ runId, executionId }, 'APPROVAL_VOTED', { ...placeOf(approval), comments, missing });
    return null;
  }
  moveApproval(run, approval, 'APPROVED', comments, values);
  if (taskExecutionId !== null) passApprovalTask(run, taskExecutionId, values);
  if (taskExecutionId !== null || stageExecutionId === null) return null;
  const stage = run.element(executionId, stageExecutionId);
  if (stage.kind === 'APPROVAL') {
    if (values !== null) run.setStage(stage, { ...stage, variables: values });
    settleStage(run, executionId, stageExecutionId, 'SUCCESS');
    return null;
  }
  for (const { id } of waitingForRenewal(run.elements(executionId))) beginHeldBack(run, executionId, id);
  advancePipeline(run, executionId);
  return null;
}

export const approvalChanged = ({ id: approvalId }: Approval, changes: readonly SubjectChange[]): Refusal =>
  new Refusal(
    'APPROVAL_CHANGED',
    `The subject of this approval has changed${changes.length === 0 ? '' : `: ${changesText(changes)}`}. Review it, then decide again.`,
    { approvalId, changes },
  );
