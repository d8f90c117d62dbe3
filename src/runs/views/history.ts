import type { ActorRef } from '../../access/actor';

export const historyAction = {
  name: 'HistoryAction',
  description: 'Action taken on an execution.',
  values: {
    STARTED: 'Started.',
    RESUMED: 'Resumed from `stage`.',
    RERUN: 'Run again from its first stage.',
    EXTENDED: 'Extended with images or inputs.',
    RESTORED: 'Restored to its state before it was extended.',
    ROLLED_BACK: 'Started, to roll an environment back.',
    RESTORE_FAILED: 'Restore failed: `text` is the reason. The actor is the user or key that requested the restore.',
    RESTORE_CANCELLED: 'Restore canceled. The actor is the user or key that requested the restore.',
    APPROVED: 'Approval given: `text` is the comment, and the values of the form.',
    VOTED: 'Approved, while others still had to approve: `text` is the comment.',
    REASSIGNED: 'Approval reassigned: `text` names the new user groups, with the reason.',
    REJECTED: 'Approval rejected: `text` is the comment.',
    ABORTED: 'Abort requested.',
    PAUSED: 'Paused.',
    CONTINUED: 'Continued after a pause.',
    ANSWERED: 'Runtime inputs given.',
    INTERVENED: 'Decision about a failure: `text` is the decision, with its reason.',
    RETRIED: 'Failed task retried.',
    FREEZE_OVERRIDDEN:
      'Began in spite of a freeze: `text` is the name of the freeze, and the reason. The actor overrode the freeze.',
  },
} as const;
export type HistoryAction = keyof typeof historyAction.values;

/** One action of a person on an execution. */
export interface HistoryEntry {
  readonly executionId: string;
  readonly at: Date;
  readonly action: HistoryAction;
  readonly actor: ActorRef;
  /** Attempt that it began, or during which it happened, if known. */
  readonly attempt: number | null;
  readonly stage: string | null;
  /** Stage element or task. */
  readonly step: string | null;
  /** Comment or reason. */
  readonly text: string | null;
}
