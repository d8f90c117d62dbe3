import type { ActorRef } from '../../access/actor';

export const historyAction = {
  name: 'HistoryAction',
  description: 'What was done to an execution.',
  values: {
    STARTED: 'Started.',
    RESUMED: 'Resumed: `stage` is where.',
    RERUN: 'Run again from its first stage.',
    EXTENDED: 'Extended with images or inputs.',
    RESTORED: 'Restored to its state before it was extended.',
    RESTORE_FAILED: 'A restore failed: `text` is why. The actor is the one who requested it.',
    RESTORE_CANCELLED: 'A restore was canceled. The actor is the one who requested it.',
    APPROVED: 'An approval was given: `text` is the comment.',
    REJECTED: 'An approval was refused: `text` is the comment.',
    ABORTED: 'The end was requested.',
    PAUSED: 'Paused.',
    CONTINUED: 'Continued after a pause.',
    ANSWERED: 'Runtime inputs were given.',
    INTERVENED: 'A failure was decided: `text` is the decision, with its reason.',
    RETRIED: 'A failed task was taken back.',
  },
} as const;
export type HistoryAction = keyof typeof historyAction.values;

/** One thing that somebody did to an execution. */
export interface HistoryEntry {
  readonly executionId: string;
  readonly at: Date;
  readonly action: HistoryAction;
  readonly actor: ActorRef;
  /** Attempt that it began, or in which it was done, where that is known. */
  readonly attempt: number | null;
  readonly stage: string | null;
  /** Stage element or task. */
  readonly step: string | null;
  /** Comment or reason. */
  readonly text: string | null;
}
