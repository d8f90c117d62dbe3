import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Log } from '../log';
import type { Database } from './database';

/** Counts by key that last for some seconds: `penalty(key, points)` adds to one and returns it. */
export type SharedCounts = (name: string, seconds: number) => Pick<RateLimiterAbstract, 'penalty'>;

/** Counts of this process alone. */
export const localCounts: SharedCounts = (keyPrefix, duration) =>
  new RateLimiterMemory({ ...countOnly, keyPrefix, duration });

/** Counts that all servers of a database share. While it does not answer, each server counts alone. */
export const databaseCounts =
  (database: Database, log: Log): SharedCounts =>
  (keyPrefix, duration) => {
    const storeClient = {
      query: async ({ text, values }: { text: string; values: unknown[] }) => {
        try {
          const rows = await database.rows(text, values);
          return { rows, rowCount: rows.length };
        } catch (error) {
          log.warn({ counts: keyPrefix, reason: (error as Error).message }, 'counting without the other servers');
          throw error;
        }
      },
    };
    const memory = new RateLimiterMemory({ ...countOnly, keyPrefix, duration });
    const table = { storeClient, storeType: 'client', tableName: 'shared_count', tableCreated: true };
    return new RateLimiterPostgres({ ...countOnly, ...table, keyPrefix, duration, insuranceLimiter: memory });
  };

/** The callers decide what is too much. */
const countOnly = { points: Number.MAX_SAFE_INTEGER };
