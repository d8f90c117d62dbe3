import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Transaction } from '../../kernel/database/database';
import { topic } from '../../kernel/database/wakeups';
import type { ExecutionEventData, ExecutionEventType } from '../../engine/executionEvent';
import { lockRuns, type PendingEvent, writeEvents } from './runs.store';
import { settleTasks } from './settleTasks';
import type { TaskEnd } from '../../engine/taskEnd';

/**
 * Every change of a run happens here: one transaction that first locks the row of the run, so that changes of one run follow each other, and that
 * writes at its end the events of what it changed. The lock makes the sequence of events gap-free and the order of commits
 * the order of sequences. Runs are locked in the order of their ids, so that two batches can't wait for each other.
 */
export interface RunTransaction extends Transaction {
  readonly app: App;
  readonly now: Date;
  readonly actor: Actor;
  /** Ends of tasks that were decided without an agent, while something else was being settled: settled before the commit, one after the other. */
  settleLater(ends: readonly TaskEnd[]): void;
  /** Records that something of a run changed; written just before the commit, in the order of the calls. */
  event<T extends ExecutionEventType>(
    run: { readonly runId: string; readonly executionId: string },
    type: T,
    data: ExecutionEventData[T],
  ): void;
}

export function inRuns<T>(
  app: App,
  runIds: readonly string[],
  actor: Actor,
  work: (db: RunTransaction) => Promise<T>,
): Promise<T> {
  return app.database.transaction(async (db) => {
    if (runIds.length > 0) await lockRuns(db, runIds);
    const events: PendingEvent[] = [];
    const now = app.clock.now();
    const later: TaskEnd[] = [];
    const run: RunTransaction = {
      ...db,
      app,
      now,
      actor,
      settleLater: (ends) => void later.push(...ends),
      event: ({ runId, executionId }, type, data) => events.push({ runId, executionId, type, data }),
    };
    const result = await work(run);
    while (later.length > 0) await settleTasks(run, later.splice(0));
    await writeEvents(db, events, actor, now);
    if (events.length > 0) db.wake(topic.events, ...new Set(events.map((event) => topic.run(event.runId))));
    return result;
  });
}
