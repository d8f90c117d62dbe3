import type { ActorRef } from '../access/actor';
import type { ApprovalPolicy } from '../catalog/language/approvalPolicy';
import type { ApprovalInput, Escalation } from '../catalog/language/approvalShape';
import type { StageExecution } from './execution';
import type { StatusOf } from './machine';
import type { SubjectChange } from './subjectChange';

export type ApprovalStatus = StatusOf<'approval'>;

/** Approval inside an execution. Each attempt requests it again and has its own row. */
export interface Approval extends Omit<ApprovalPolicy, 'not'> {
  readonly id: string;
  /**
   * Approval stage that asks, the deploying element that waits until it is approved again, or the element whose workflow
   * has the task that asks. Null in a standalone workflow.
   */
  readonly stageExecutionId: string | null;
  /** Task that asks; null if a stage does. */
  readonly taskExecutionId: string | null;
  /** The run, also if a task of a workflow in it asks. */
  readonly executionId: string;
  readonly applicationId: string;
  readonly status: ApprovalStatus;
  /** Names and email addresses of people who may not decide, as `namesIn` writes them. */
  readonly excluded: readonly string[];
  /** Message for the approvers, with its references filled. */
  readonly message: string | null;
  /** Subject, and its digest. A vote counts for this digest only. */
  readonly subject: ApprovalSubject;
  readonly digest: string;
  /** Approval that no longer holds, because its subject has changed: this one asks again. */
  readonly renewsId: string | null;
  /** Changes of the subject that caused it to be requested again. Null if it was not requested again. */
  readonly changedSince: readonly SubjectChange[] | null;
  /** Form for the person who approves. */
  readonly inputs: readonly ApprovalInput[];
  /** Values of the form, including defaults; null until they are given. */
  readonly given: Readonly<Record<string, string>> | null;
  readonly remindAfterSeconds: number | null;
  /** Number of reminders so far, and time of the last one. */
  readonly reminders: number;
  readonly remindedAt: Date | null;
  readonly escalate: readonly Escalation[];
  /** Number of steps of `escalate` that were taken: their groups are among the approvers. */
  readonly escalated: number;
  /** Time of the next reminder or escalation; null if none is left. */
  readonly nextStepAt: Date | null;
  /** Time since which nobody is left who could decide it; null while there is an approver. */
  readonly undecidableSince: Date | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: ActorRef | null;
  readonly comments: string | null;
}

/** One element that an approval covers. */
export interface SubjectElement
  extends Pick<StageExecution, 'elementId' | 'stageName' | 'stepName' | 'environmentId' | 'images' | 'variables'> {
  /** Revision of its workflow. */
  readonly workflowRevisionId: string | null;
  /** Variables whose values come from elements that had not ended. They count by reference, not by value. */
  readonly pending: readonly string[];
  /** Service id → image that it replaces; null if the environment has none. */
  readonly replaces: Readonly<Record<string, string | null>>;
}

/** Everything that an approval covers. A decision counts as long as none of it changes. */
export interface ApprovalSubject {
  /** Revision of the pipeline. */
  readonly revisionId: string;
  readonly elements: readonly SubjectElement[];
}

export const approvalActions = ['APPROVE', 'REJECT'] as const;
export type ApprovalAction = (typeof approvalActions)[number];

/** Vote of a person on an approval. */
export interface ApprovalVote {
  readonly id: string;
  readonly approvalId: string;
  /** The person, with any of their keys; the key itself if it has no owner. */
  readonly personId: string;
  readonly by: ActorRef;
  readonly action: ApprovalAction;
  readonly comments: string | null;
  /** Groups of the approval that the person belonged to when voting. */
  readonly groups: readonly string[];
  /** Digest of the subject that the person saw. */
  readonly digest: string;
  readonly votedAt: Date;
  /** False once the subject or the approvers have changed: the person may vote again. */
  readonly counts: boolean;
}

/** The same for all keys of a person. */
export const personOf = ({ id, personId }: ActorRef): string => personId ?? id;

/** Place of an approval, for its events. A task of a standalone workflow takes the place of the stage. */
export const placeOf = ({
  id: approvalId,
  stageExecutionId,
  taskExecutionId,
}: Pick<Approval, 'id' | 'stageExecutionId' | 'taskExecutionId'>) => ({
  approvalId,
  stageExecutionId: stageExecutionId ?? taskExecutionId ?? '',
  taskExecutionId,
});
