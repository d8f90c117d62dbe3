import type { ActorRef } from '../../access/actor';
import type { Changes } from '../../engine/changes';
import type { PendingEvent } from '../execution/runs.store';

/** A transaction of runs that was committed. */
export interface Committed {
  readonly events: readonly PendingEvent[];
  /** Changes of its decisions, in order. */
  readonly changes: readonly Changes[];
  readonly actor: ActorRef;
}

/** RETRIED: it failed, and there will be another attempt. */
export type DeliveryOutcome = 'DELIVERED' | 'RETRIED' | 'FAILED' | 'SKIPPED';

/** Called after the commit for everything that this process commits. Must be fast and must not throw. */
export interface RunObserver {
  committed(committed: Committed): void;
  /** Milliseconds for which jobs that have just started had waited. */
  waited(milliseconds: number): void;
  /** An event of a live stream was read this many milliseconds after it happened. */
  lagged(milliseconds: number): void;
  /** A trigger has reacted to an event. */
  fired(firing: { readonly kind: string; readonly status: string }): void;
  /** An attempt to deliver an event to a subscription has ended. */
  delivered(outcome: DeliveryOutcome): void;
  /** A webhook for a trigger was refused. */
  refusedHook(code: string): void;
}
