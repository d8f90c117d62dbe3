import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Transaction } from '../../kernel/database/database';
import type { ExecutionEventData, ExecutionEventType } from '../../engine/executionEvent';
import type { TaskEnd } from '../../engine/taskEnd';

/** A transaction that holds the locks of the runs it changes: inRuns.ts. */
export interface RunTransaction extends Transaction {
  readonly app: App;
  readonly now: Date;
  readonly actor: Actor;
  /** Queues ends of tasks that were decided without an agent. They are settled before the commit, one after the other. */
  settleLater(ends: readonly TaskEnd[]): void;
  /** Records an event of a run. Events are written just before the commit, in the order of the calls. */
  event<T extends ExecutionEventType>(
    run: { readonly runId: string; readonly executionId: string },
    type: T,
    data: ExecutionEventData[T],
  ): void;
}
