import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { type CacheEntry, cacheEntryTable } from './caches.table';

export type CachePlace = Pick<CacheEntry, 'applicationId' | 'scope'>;

const entry = columnsOf(cacheEntryTable, 'entry');

export async function findPlace(db: Db, executionId: string): Promise<CachePlace | undefined> {
  const [place] = await db.rows<CachePlace>(
    `SELECT application_id AS "applicationId", coalesce(environment_id::text, '') AS scope FROM execution WHERE id = $1`,
    [executionId],
  );
  return place;
}

/** The entry with the key, or the newest whose key begins with one of the prefixes, in their order. */
export async function findEntry(
  db: Db,
  { applicationId, scope }: CachePlace,
  key: string,
  prefixes: readonly string[],
): Promise<CacheEntry | undefined> {
  const [found] = await db.rows<CacheEntry>(
    `SELECT ${entry} FROM (
       SELECT 0 AS place, own.* FROM cache_entry own WHERE application_id = $1 AND scope = $2 AND key = $3
       UNION ALL
       SELECT prefix.place, own.* FROM unnest($4::text[]) WITH ORDINALITY AS prefix (text, place)
       JOIN cache_entry own ON own.application_id = $1 AND own.scope = $2 AND starts_with(own.key, prefix.text)
     ) entry ORDER BY entry.place, entry.created_at DESC LIMIT 1`,
    [applicationId, scope, key, prefixes],
  );
  return found && { ...found, size: Number(found.size) };
}

export const noteUse = (db: Db, id: string, now: Date): Promise<unknown> =>
  db.write('UPDATE cache_entry SET used_at = $2 WHERE id = $1', [id, now]);

/** False if there is an entry with the key already. */
export async function insertEntry(db: Db, made: CacheEntry): Promise<boolean> {
  const { id, applicationId, scope, key, jobId, size, sha256, createdAt } = made;
  const rows = await db.rows<{ id: string }>(
    `INSERT INTO cache_entry (id, application_id, scope, key, job_id, size, sha256, created_at, used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (application_id, scope, key) DO NOTHING RETURNING id`,
    [id, applicationId, scope, key, jobId, size, sha256, createdAt],
  );
  return rows.length > 0;
}

/** Deletes entries that were not used since a time, then the least recently used ones above a size per application. */
export async function deleteOldEntries(db: Db, unusedSince: Date, bytes: number, only?: string): Promise<string[]> {
  const rows = await db.rows<{ sha256: string }>(
    `DELETE FROM cache_entry WHERE id IN (
       SELECT id FROM (
         SELECT id, used_at, sum(size) OVER (PARTITION BY application_id ORDER BY used_at DESC, id DESC) AS total
         FROM cache_entry WHERE $3::uuid IS NULL OR application_id = $3
       ) entry WHERE used_at < $1 OR total > $2
     ) RETURNING sha256`,
    [unusedSince, bytes, only ?? null],
  );
  return rows.map(({ sha256 }) => sha256);
}
