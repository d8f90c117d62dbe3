import type { Actor } from '../../access/actor';
import type { ExecutionEventData, ExecutionEventType } from '../../engine/executionEvent';
import type { Want } from '../../engine/facts';
import type { RunSlice } from '../../engine/runSlice';
import type { Transaction } from '../../kernel/database/database';
import type { App } from '../app';

/** A transaction that holds the locks of the runs that it changes (inRuns.ts). */
export interface RunTransaction extends Transaction {
  readonly app: App;
  readonly now: Date;
  readonly actor: Actor;
  /**
   * Takes a pure decision about the locked runs: loads the facts that it asks for, and sends all its changes. Facts
   * that it usually needs are loaded in advance, so it takes one round trip.
   */
  decide<T>(decision: (run: RunSlice) => T): Promise<T>;
  /** Loads facts for the first decision, together with other statements that are being sent. */
  load(wants: readonly Want[]): Promise<void>;
  /** Adds statements that nothing waits for. They complete with the COMMIT, and their errors make it fail. */
  sent(statements: readonly Promise<unknown>[]): void;
  /** Sends a read after everything else, with the COMMIT; its result is available when the transaction is committed. */
  last<T>(read: () => Promise<T>): Promise<T>;
  /** Records an event of a run. Events are written in the order of the calls. */
  event<T extends ExecutionEventType>(
    run: { readonly runId: string; readonly executionId: string },
    type: T,
    data: ExecutionEventData[T],
  ): void;
}
