import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { dispatchTasks } from './dispatchTasks';
import { endDelays, findDueRetries } from './retries.store';
import { queueBeside } from './runBesideGraph';
import { inRuns } from './inRuns';

const BATCH = 200;

/** Retries tasks whose delay is over. Returns how many were due, so that the caller continues until there are none. */
export async function startDueRetries(app: App): Promise<number> {
  const due = await findDueRetries(app.database, app.clock.now(), BATCH);
  if (due.length === 0) return 0;
  const runIds = [...new Set(due.map((task) => task.runId))];
  await inRuns(app, runIds, systemActor, async (db) => {
    const ready = await endDelays(db, runIds, db.now);
    const ofGraph = ready.filter((task) => task.type === 'normal');
    await dispatchTasks(db, [...new Set(ofGraph.map((task) => task.executionId))]);
    await queueBeside(
      db,
      ready.filter((task) => task.type !== 'normal').map((task) => task.id),
    );
  });
  return due.length;
}
