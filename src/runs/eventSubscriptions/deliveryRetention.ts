import type { App } from '../app';
import { deleteEnded } from './deliveries.store';

const DAY_MS = 86_400_000;
const BATCH = 1000;

/** Deletes final deliveries that are older than `SLIPWAY_WEBHOOK_RETENTION_DAYS`, in batches. */
export async function pruneDeliveries(app: App, until: AbortSignal): Promise<number> {
  const before = new Date(app.clock.now().getTime() - app.config.SLIPWAY_WEBHOOK_RETENTION_DAYS * DAY_MS);
  let deleted = 0;
  for (;;) {
    const count = await deleteEnded(app.database, before, BATCH);
    deleted += count;
    if (count < BATCH || until.aborted) return deleted;
  }
}
