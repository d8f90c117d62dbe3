import { systemActor } from '../access/actor';
import type { App } from '../app';
import { dispatchTasks } from './dispatchTasks';
import { endDelays, findDueRetries } from './retries.store';
import { inRuns } from './runTransaction';

const BATCH = 200;

/** Tries again what has waited long enough. Answers how many tasks were due, so that the caller goes on until there are none. */
export async function startDueRetries(app: App): Promise<number> {
  const due = await findDueRetries(app.database, app.clock.now(), BATCH);
  if (due.length === 0) return 0;
  const runIds = [...new Set(due.map((task) => task.runId))];
  await inRuns(app, runIds, systemActor, async (db) => {
    const ready = await endDelays(db, runIds, db.now);
    await dispatchTasks(db, [...new Set(ready.map((task) => task.executionId))]);
  });
  return due.length;
}
