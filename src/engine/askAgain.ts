import { groupsOf } from '../catalog/language/approvalPolicy';
import { isFinal } from '../contract/statuses';
import { type Approval, placeOf } from './approval';
import type { SubjectChange } from './subjectChange';
import {
  approvalsOver,
  changesBetween,
  changesText,
  coveredBy,
  digestOf,
  replacedBy,
  subjectOf,
} from './approvalSubject';
import { startTimers } from './approvalTimers';
import type { Beginning, Hindrance } from './beginning';
import { deploys } from './deployments';
import { type Execution, isHeldBack, type StageExecution } from './execution';
import { addApproval } from './requestApproval';
import type { RunSlice } from './runSlice';

/**
 * An element that deploys begins only if its subject is still the approved one. Otherwise it waits until the subject is
 * approved again. An element without an earlier approval needs no look-up.
 */
export function waitForApproval(run: RunSlice, { holder }: Beginning): Hindrance | null {
  const { executionId, stageExecutionId } = holder;
  if (stageExecutionId === null || holder.operationId !== null) return null;
  const execution = run.execution(executionId);
  const stage = run.element(executionId, stageExecutionId);
  const over = deploys(stage) ? approvalsOver(run.elements(executionId), stage) : [];
  if (over.length === 0) return null;
  run.require({ kind: 'allApprovals', key: executionId }, ...replacedBy([stage]));
  for (const one of over) {
    const [first, ...renewals] = chainOf(run.approvals(executionId), one);
    if (first === undefined) continue;
    const covering = renewals.filter(({ subject }) =>
      subject.elements.some(({ elementId }) => elementId === stage.elementId),
    );
    const open = covering.find(({ status }) => status === 'WAITING');
    if (open !== undefined) return delayedBy(open);
    const given = covering.findLast(({ status }) => status === 'APPROVED') ?? first;
    if (changesOf(run, execution, given, stage).length > 0) return delayedBy(renew(run, execution, one, given, stage));
  }
  return null;
}

/** The newest approval that a stage has given, and those that renew it. In the order of their requests. */
function chainOf(approvals: readonly Approval[], { id }: StageExecution): Approval[] {
  const first = approvals.findLast(({ stageExecutionId, status }) => stageExecutionId === id && status === 'APPROVED');
  return first === undefined ? [] : [first, ...approvals.filter(({ renewsId }) => renewsId === first.id)];
}

/** Changes of the part of a subject that concerns an element that is about to begin. */
function changesOf(
  run: RunSlice,
  execution: Execution,
  { subject: { revisionId, elements } }: Approval,
  stage: StageExecution,
): SubjectChange[] {
  const before = { revisionId, elements: elements.filter(({ elementId }) => elementId === stage.elementId) };
  return changesBetween(run, before, subjectOf(run, execution, [stage], before, stage.id));
}

/** Asks again, for the element and for everything else that the approval covers and that has not begun. */
function renew(
  run: RunSlice,
  execution: Execution,
  over: StageExecution,
  given: Approval,
  stage: StageExecution,
): Approval {
  const ahead = coveredBy(run.elements(execution.id), over).filter(
    (one) => one.id === stage.id || (!isFinal(one.status) && one.workflowExecutionId === null),
  );
  const ids = new Set(ahead.map(({ elementId }) => elementId));
  const { revisionId, elements } = given.subject;
  const before = { revisionId, elements: elements.filter(({ elementId }) => ids.has(elementId)) };
  const subject = subjectOf(run, execution, ahead, before, stage.id);
  const { approvers, count, allOf, disallowInitiator, excluded, message, requestedAt, expiresAt } = given;
  const timeoutSeconds = (expiresAt.getTime() - requestedAt.getTime()) / 1000;
  const { remindAfterSeconds, escalate } = given;
  return addApproval(run, execution, {
    ...{
      stageExecutionId: stage.id,
      taskExecutionId: null,
      approvers,
      count,
      allOf,
      disallowInitiator,
      excluded,
      message,
      subject,
    },
    ...{ renewsId: given.renewsId ?? given.id, changedSince: changesBetween(run, before, subject), inputs: [] },
    ...startTimers({ timeoutSeconds, remindAfterSeconds, escalate }, run.now),
  });
}

function delayedBy(approval: Approval): Hindrance {
  const text = `waits for another approval by ${groupsOf(approval).join(', ')}, because ${changesText(approval.changedSince ?? [])}`;
  return { is: 'WAIT', code: 'APPROVAL_CHANGED', text, until: null, needs: [], blocker: null };
}

/** Elements that wait for an approval that was asked again. */
export const waitingForRenewal = (stages: readonly StageExecution[]): StageExecution[] =>
  stages.filter((stage) => isHeldBack(stage) && stage.reasonCode === 'APPROVAL_CHANGED');

/**
 * Requests a waiting approval again if its subject has changed: earlier votes no longer count. Returns the changes.
 */
export function refreshApproval(run: RunSlice, approval: Approval): readonly SubjectChange[] {
  const { id: approvalId, executionId } = approval;
  const execution = run.execution(executionId);
  const subject = currentSubject(run, approval);
  const changes = changesBetween(run, approval.subject, subject);
  if (changes.length === 0) return [];
  const digest = digestOf(subject);
  run.changes.approvers.push({ ...approval, subject, digest, changedSince: changes, given: null });
  run.changes.voided.push(approvalId);
  run.event({ runId: execution.runId, executionId }, 'APPROVAL_CHANGED', {
    ...{ ...placeOf(approval), approvers: groupsOf(approval), digest, changes },
  });
  return changes;
}

/** Current subject of a waiting approval. */
export function currentSubject(run: RunSlice, approval: Approval) {
  const { executionId, stageExecutionId, taskExecutionId, subject } = approval;
  // Nothing changes in the middle of a workflow: its inputs are pinned, and it holds its slot.
  if (taskExecutionId !== null || stageExecutionId === null) return subject;
  const execution = run.execution(executionId);
  const stages = run.elements(executionId);
  const asking = run.element(executionId, stageExecutionId);
  const covered =
    asking.kind === 'APPROVAL'
      ? coveredBy(stages, asking)
      : stages.filter(({ elementId }) => subject.elements.some((one) => one.elementId === elementId));
  return subjectOf(run, execution, covered, subject, asking.id);
}
