import type { ActorRef } from '../access/actor';
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
  /** Prevents the person who started or resumed the execution from deciding. */
  readonly disallowInitiator: boolean;
  /** For the approvers, with its references filled. */
  readonly message: string | null;
  /** Time since which nobody is left who could decide it; null while there is an approver. */
  readonly undecidableSince: Date | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly decidedAt: Date | null;
  readonly decidedBy: ActorRef | null;
  readonly comments: string | null;
}
