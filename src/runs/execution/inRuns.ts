import type { Actor } from '../../access/actor';
import { topic } from '../../kernel/database/wakeups';
import type { TaskEnd } from '../../engine/taskEnd';
import type { App } from '../app';
import { lockRuns, type PendingEvent, writeEvents } from './runs.store';
import type { RunTransaction } from './runTransaction';
import { settleTasks } from './settleTasks';

/**
 * Changes runs in one transaction. It locks the rows of the runs first, in the order of their ids so that two batches
 * cannot deadlock, and writes the events of what changed last. The lock makes the sequences of events gap-free, and the
 * order of commits the order of sequences.
 */
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
