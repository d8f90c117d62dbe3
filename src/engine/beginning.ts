import type { ConcurrencyPolicy } from '../catalog/language/terms';
import type { Refusal } from '../kernel/errors';

/** A slot that an element or run needs: one of `limit` in its group. */
export interface SlotNeed {
  /** Group, unique over all applications: its kind and IDs, and its name if it has one. */
  readonly key: string;
  readonly limit: number;
  readonly policy: ConcurrencyPolicy;
  /** Text for reasons, such as `environment "production"`. */
  readonly name: string;
}

/** Element, standalone workflow, run or restore that holds slots, or waits for them. */
export interface SlotHolder {
  /** Stage execution, execution or operation. */
  readonly holderId: string;
  readonly runId: string;
  readonly executionId: string;
  readonly stageExecutionId: string | null;
  readonly operationId: string | null;
}

/** Slots that a decision takes together: all, or none. */
export interface TakenSlots extends SlotHolder {
  /** Environment that it deploys to. */
  readonly environmentId: string | null;
  readonly needs: readonly SlotNeed[];
  /** True if the decision assumed that no freeze holds it back. */
  readonly assumed: boolean;
  /** Deployment of each service that was approved to be replaced; null where no approval covers what begins. */
  readonly replaces: Readonly<Record<string, string | null>> | null;
}

/** State of a group, as far as it matters to one holder. */
export interface SlotState {
  /** Holders of the group, oldest first. */
  readonly holders: readonly (SlotHolder & { readonly since: string })[];
  /** Number of others that wait in front of it. */
  readonly ahead: number;
  /** First of them. */
  readonly first: SlotHolder | null;
  /** Execution that supersedes it. */
  readonly supersededBy: string | null;
}

/** An element of a stage, a standalone workflow, or a run that is about to begin. */
export interface Beginning {
  readonly holder: SlotHolder;
  readonly applicationId: string;
  /** Environment that it deploys to; null if it deploys nothing. */
  readonly environmentId: string | null;
  /** Services that it deploys. */
  readonly serviceIds: readonly string[];
  /** Groups of its definition, of which it needs a slot. */
  readonly groups: readonly SlotNeed[];
}

/** Codes of reasons to wait. */
export const delayCodes = ['WAITING_FOR_SLOT', 'FROZEN', 'APPROVAL_CHANGED'] as const;
export type DelayCode = (typeof delayCodes)[number];

export interface Delay {
  readonly is: 'WAIT';
  readonly code: DelayCode;
  readonly text: string;
  /** Time at which it is asked again; null if another event asks again, such as the end of the holder of a slot. */
  readonly until: Date | null;
  /** Slots that it queues for. */
  readonly needs: readonly SlotNeed[];
  readonly blocker: SlotBlocker | null;
}

/** Group in which it waits, holder of that group, and place in its queue. */
export interface SlotBlocker {
  readonly key: string;
  readonly name: string;
  readonly holder: SlotHolder | null;
  readonly position: number;
}

export type Hindrance =
  | Delay
  | {
      readonly is: 'REFUSED';
      readonly code: Refusal['code'];
      readonly text: string;
      readonly details?: Refusal['details'];
    }
  | { readonly is: 'SUPERSEDED'; readonly code: 'SUPERSEDED'; readonly text: string };

/** An element or run that waits to begin. */
export interface WaitingBeginning extends SlotHolder, Pick<Delay, 'code' | 'text' | 'until' | 'needs' | 'blocker'> {}
