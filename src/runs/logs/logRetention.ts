import { actorRef, systemActor } from '../../access/actor';
import { audit } from '../../access/audit/audited';
import type { Transaction } from '../../kernel/database/database';
import type { App } from '../app';
import { releaseContents } from '../contents/contents.store';
import { deleteOldLogs, sumOfLogs } from './logRetention.store';

const DAY_MS = 86_400_000;

/** Time at which the retention deletes a log. */
export const expiryOf = (app: Pick<App, 'config'>, endedAt: Date): Date =>
  new Date(endedAt.getTime() + app.config.SLIPWAY_LOG_RETENTION_DAYS * DAY_MS);

/**
 * Deletes logs that ended more than `SLIPWAY_LOG_RETENTION_DAYS` ago, then the oldest ones as long as all together take
 * more than `SLIPWAY_LOG_STORAGE_BYTES`. Each transaction deletes a limited number, with an audit record. Logs of
 * running jobs stay.
 */
export async function pruneLogs(app: App, until?: AbortSignal): Promise<number> {
  const { SLIPWAY_LOG_RETENTION_DAYS: days, SLIPWAY_LOG_STORAGE_BYTES: limit } = app.config;
  const now = app.clock.now();
  const before = new Date(now.getTime() - days * DAY_MS);
  let deleted = await prune(app, { reason: 'AGE', before, bytes: null }, until);
  if (limit === undefined) return deleted;
  const excess = (await sumOfLogs(app.database)) - limit;
  if (excess > 0) deleted += await prune(app, { reason: 'SIZE', before: now, bytes: excess }, until);
  return deleted;
}

interface Pruning {
  readonly reason: 'AGE' | 'SIZE';
  readonly before: Date;
  /** Stored bytes to free; null for all. */
  readonly bytes: number | null;
}

async function prune(app: App, { reason, before, bytes }: Pruning, until?: AbortSignal): Promise<number> {
  let [deleted, freed] = [0, 0];
  while (!until?.aborted && (bytes === null || freed < bytes)) {
    const wanted = bytes === null ? null : bytes - freed;
    const logs = await app.database.transaction(async (db: Transaction) => {
      const gone = await deleteOldLogs(db, before, wanted, app.clock.now());
      if (gone.length === 0) return gone;
      const files = gone.flatMap(({ file }) => (file === null ? [] : [file]));
      await releaseContents(db, files, app.clock.now());
      const input = { reason, before, logs: gone.length, bytes: gone.reduce((sum, log) => sum + log.storedBytes, 0) };
      const attempt = { actor: actorRef(systemActor), address: null, requestId: null, action: 'jobLog.delete', input };
      await audit(app, db, attempt);
      return gone;
    });
    if (logs.length === 0) break;
    deleted += logs.length;
    freed += logs.reduce((sum, log) => sum + log.storedBytes, 0);
  }
  return deleted;
}
