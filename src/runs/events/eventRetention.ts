import type { App } from '../app';
import { type Place, placeBefore } from './eventLog';
import { deleteOldest, findAges, lockIfOld } from './eventLog.store';

const DAY_MS = 86_400_000;
const LOOK_AT = 500;
const DELETE = 1000;

/**
 * Deletes events older than `SLIPWAY_EVENT_RETENTION_DAYS` from runs that ended before that time, oldest first, one
 * batch per transaction. An active run keeps its whole log. Walks the log of all runs from its oldest end, so the cost
 * depends on what is deleted, not on what is kept.
 */
export async function pruneEvents(app: App, until?: AbortSignal): Promise<number> {
  const before = new Date(app.clock.now().getTime() - app.config.SLIPWAY_EVENT_RETENTION_DAYS * DAY_MS);
  let place: Place = placeBefore(0);
  let deleted = 0;
  for (;;) {
    const events = await findAges(app.database, place, LOOK_AT);
    const old = events.filter(({ at }) => at < before);
    for (const runId of new Set(old.map((event) => event.runId))) {
      deleted += await pruneRun(app, runId, before, until);
    }
    const last = events.at(-1);
    if (last === undefined || old.length < events.length || until?.aborted) return deleted;
    place = last;
  }
}

async function pruneRun(app: App, runId: string, before: Date, until?: AbortSignal): Promise<number> {
  let deleted = 0;
  for (;;) {
    // Locks and checks again, because the run may be resumed at this moment.
    const count = await app.database.transaction(async (db) =>
      (await lockIfOld(db, runId, before)) ? deleteOldest(db, runId, DELETE) : 0,
    );
    deleted += count;
    if (count < DELETE || until?.aborted) return deleted;
  }
}
