import type { Db, Transaction } from '../../kernel/database/database';
import type { Content } from './contentStore';

/**
 * Conditions that are true if a row refers to `content`. A table that keeps content adds its own, and calls
 * `releaseContents` when it deletes rows.
 */
const references: readonly string[] = [
  'EXISTS (SELECT FROM cache_entry WHERE cache_entry.sha256 = content.sha256)',
  'EXISTS (SELECT FROM artifact WHERE artifact.sha256 = content.sha256 AND artifact.deleted_at IS NULL)',
  'EXISTS (SELECT FROM job_log WHERE job_log.file = content.sha256)',
  'EXISTS (SELECT FROM execution_export WHERE execution_export.sha256 = content.sha256)',
];
const IS_USED = `(${references.join(' OR ')})`;

/** Shared by everything that deletes content; a backup holds it alone. */
export const CONTENTS_LOCK = 0x51_1b_c0_7;

/** Notes content that is about to be stored or referred to. The sweep leaves it alone until that time. */
export async function lookAgain(db: Db, contents: readonly Content[], at: Date): Promise<void> {
  await db.write(
    `INSERT INTO stored_content (sha256, size, check_at) SELECT sha256, size, $3 FROM unnest($1::text[], $2::bigint[]) AS c (sha256, size)
     ON CONFLICT (sha256) DO UPDATE SET check_at = greatest(stored_content.check_at, excluded.check_at)`,
    [contents.map(({ sha256 }) => sha256), contents.map(({ size }) => size), at],
  );
}

/** Makes the next sweep look for other references to this content. Call it when rows that refer to it are deleted. */
export async function releaseContents(db: Db, digests: readonly string[], now: Date): Promise<void> {
  if (digests.length === 0) return;
  await db.write('UPDATE stored_content SET check_at = coalesce(check_at, $2) WHERE sha256 = ANY ($1::text[])', [
    [...new Set(digests)],
    now,
  ]);
}

/** Which of these something refers to. */
export async function findUsed(db: Db, digests: readonly string[]): Promise<string[]> {
  if (digests.length === 0) return [];
  const rows = await db.rows<{ sha256: string }>(
    `SELECT sha256 FROM unnest($1::text[]) AS content (sha256) WHERE ${IS_USED} ORDER BY sha256`,
    [digests],
  );
  return rows.map(({ sha256 }) => sha256);
}

type Chosen = { readonly only: string; readonly now: Date } | { readonly before: Date; readonly limit: number };

/**
 * Deletes unused content with its rows: the locks of the rows are held until the content is gone, so that an upload of
 * the same content waits, and then stores it again. An upload that has begun keeps it: its time to look is later.
 * Deletes nothing while a backup is written.
 */
export async function deleteUnused(
  db: Transaction,
  remove: (sha256: string) => Promise<void>,
  chosen: Chosen,
): Promise<{ readonly looked: number; readonly deleted: number }> {
  const [where, parameters] =
    'only' in chosen
      ? ['sha256 = $1 AND check_at <= $2', [chosen.only, chosen.now]]
      : ['check_at < $1 ORDER BY check_at LIMIT $2', [chosen.before, chosen.limit]];
  const rows = await db.rows<{ sha256: string; isUsed: boolean }>(
    `WITH free AS MATERIALIZED (SELECT pg_try_advisory_xact_lock_shared(${CONTENTS_LOCK}) AS mine),
       content AS (SELECT sha256 FROM stored_content WHERE (SELECT mine FROM free) AND ${where} FOR UPDATE SKIP LOCKED)
     SELECT sha256, ${IS_USED} AS "isUsed" FROM content`,
    parameters,
  );
  const digests = (isUsed: boolean) => rows.filter((row) => row.isUsed === isUsed).map(({ sha256 }) => sha256);
  const unused = digests(false);
  db.defer('UPDATE stored_content SET check_at = NULL WHERE sha256 = ANY ($1::text[])', [digests(true)]);
  db.defer('DELETE FROM stored_content WHERE sha256 = ANY ($1::text[])', [unused]);
  for (const sha256 of unused) await remove(sha256);
  return { looked: rows.length, deleted: unused.length };
}
