import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Log } from '../log';
import type { Database } from './database';

/** Counts by key that expire after some seconds: `penalty(key, points)` adds to a count and returns it. */
export type SharedCounts = (name: string, seconds: number) => Pick<RateLimiterAbstract, 'penalty'>;

/** Counts of this process only. */
export const localCounts: SharedCounts = (keyPrefix, duration) =>
  new RateLimiterMemory({ ...countOnly, keyPrefix, duration });

/** Counts that all servers of a database share. While the database does not respond, each server counts separately. */
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

/** The callers decide on the limits. */
const countOnly = { points: Number.MAX_SAFE_INTEGER };
