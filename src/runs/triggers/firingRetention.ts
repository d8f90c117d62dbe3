import type { App } from '../app';
import { deleteOldFirings } from './firings.store';

const DAY_MS = 86_400_000;
const DELETE = 1000;

/** Deletes firings that ended more than `SLIPWAY_FIRING_RETENTION_DAYS` ago. Their executions stay. */
export async function pruneFirings(app: App, until?: AbortSignal): Promise<number> {
  const before = new Date(app.clock.now().getTime() - app.config.SLIPWAY_FIRING_RETENTION_DAYS * DAY_MS);
  let deleted = 0;
  for (;;) {
    const count = await deleteOldFirings(app.database, before, DELETE);
    deleted += count;
    if (count < DELETE || until?.aborted) return deleted;
  }
}
