import { type ApprovalPolicy, groupsOf } from '../catalog/language/approvalPolicy';
import type { ApprovalElement } from '../catalog/language/pipeline';
import { type Approval, placeOf } from './approval';
import { coveredBy, digestOf, subjectOf } from './approvalSubject';
import { startTimers } from './approvalTimers';
import { missingText, namesIn, requirementsOf } from './approvalVotes';
import type { Execution, StageExecution } from './execution';
import { moveStage } from './moves';
import type { RunSlice } from './runSlice';

/** Parts of an approval that the engine fills from earlier stages. */
export interface FilledApproval {
  readonly message: string | null;
  /** Values of the references to people who may not decide. */
  readonly excluded: readonly string[];
}

/** An approval stage was reached: it asks, and waits. */
export function requestApproval(
  run: RunSlice,
  execution: Execution,
  stage: StageExecution,
  element: ApprovalElement,
  { message, excluded }: FilledApproval,
): void {
  const { approvers, count, allOf, disallowInitiator, inputs } = element;
  const subject = subjectOf(run, execution, coveredBy(run.elements(execution.id), stage), null);
  addApproval(run, execution, {
    ...{
      stageExecutionId: stage.id,
      taskExecutionId: null,
      approvers,
      count,
      allOf,
      disallowInitiator,
      message,
      subject,
      inputs,
    },
    ...{ excluded: [...new Set(excluded.flatMap(namesIn))], renewsId: null, changedSince: null },
    ...startTimers(element, run.now),
  });
  moveStage(run, stage, 'WAITING');
}

type Asked = Omit<ApprovalPolicy, 'not'> &
  ReturnType<typeof startTimers> &
  Pick<
    Approval,
    'stageExecutionId' | 'taskExecutionId' | 'excluded' | 'message' | 'inputs' | 'subject' | 'renewsId' | 'changedSince'
  >;

/** Asks for an approval, with its event. */
export function addApproval(
  run: RunSlice,
  { id: executionId, runId, applicationId }: Pick<Execution, 'id' | 'runId' | 'applicationId'>,
  asked: Asked,
): Approval {
  const approval: Approval = {
    ...asked,
    ...{ id: run.newId(), executionId, applicationId, status: 'WAITING', digest: digestOf(asked.subject) },
    ...{ given: null, undecidableSince: null, decidedAt: null, decidedBy: null, comments: null },
  };
  run.changes.approvals.push(approval);
  const { message, expiresAt, digest, renewsId, changedSince } = approval;
  run.event({ runId, executionId }, 'APPROVAL_REQUESTED', {
    ...{ ...placeOf(approval), approvers: groupsOf(approval), message, expiresAt: expiresAt.toISOString() },
    ...{ needs: missingText(requirementsOf(approval, [])) ?? '', digest, renewsId, changes: changedSince ?? [] },
  });
  return approval;
}
