import { column, table } from './table';

/**
 * One count of RateLimiterPostgres, whose statements rely on the order of these columns. Unlogged: a crash may lose it.
 */
export interface SharedCount {
  readonly key: string;
  readonly points: number;
  /** Time at which the count restarts, in milliseconds since 1970. */
  readonly expire: number | null;
}

export const sharedCountTable = table<SharedCount>('shared_count', {
  columns: {
    key: { ...column.text, primary: true },
    points: column.integer,
    expire: { ...column.bigint, nullable: true },
  },
});
