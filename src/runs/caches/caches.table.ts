import { column, references, table } from '../../kernel/database/table';

/** Files that a job left for later jobs with the same key. It never changes. */
export interface CacheEntry {
  readonly id: string;
  readonly applicationId: string;
  /** Environment of the job, or nothing: jobs of one environment never get files of another. */
  readonly scope: string;
  readonly key: string;
  readonly jobId: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: Date;
  readonly usedAt: Date;
}

export const cacheEntryTable = table<CacheEntry>('cache_entry', {
  columns: {
    id: column.id,
    applicationId: column.uuid,
    scope: column.text,
    key: column.text,
    jobId: column.uuid,
    size: column.bigint,
    sha256: column.text,
    createdAt: column.time,
    usedAt: column.time,
  },
  foreignKeys: [references('application', 'applicationId')],
  uniques: [{ name: 'cache_entry_key', columns: ['applicationId', 'scope', 'key'] }],
  indices: [
    { name: 'cache_entry_content', columns: ['sha256'] },
    { name: 'cache_entry_used', columns: ['usedAt'] },
  ],
});
