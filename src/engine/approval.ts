import type { ActorRef } from '../access/actor';
import type { ApprovalInput, Escalation } from '../catalog/language/approvalShape';
import type { StatusOf } from './machine';

export type ApprovalStatus = StatusOf<'approval'>;

/** Approval inside an execution. Each attempt requests it again and has its own row. */
export interface Approval {
  readonly id: string;
  readonly stageExecutionId: string;
  readonly executionId: string;
  readonly applicationId: string;
  readonly status: ApprovalStatus;
  /** Names of user groups; any one member decides. */
  readonly approvers: readonly string[];
  /** True if the person who started or resumed the execution may not decide. */
  readonly disallowInitiator: boolean;
  /** Message for the approvers, with its references filled. */
  readonly message: string | null;
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
