import type { Readable } from 'node:stream';
import type { Transaction } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { requireLease } from '../artifacts/artifactUpload';
import { releaseContents } from '../contents/contents.store';
import type { Claim } from '../queue/jobs.store';
import { deleteOldEntries, findEntry, findPlace, insertEntry, noteUse } from './caches.store';
import type { CacheEntry } from './caches.table';

/**
 * Files that jobs keep for later jobs, by key. A cache belongs to an application and an environment: a job that may
 * deploy to production never gets files that others have left. An entry never changes; the first one of a key stays.
 */
const DAY_MS = 86_400_000;

/** The entry for a running job, if there is one. Its content may be opened. */
export async function findCache(
  app: App,
  claim: Claim,
  key: string,
  prefixes: readonly string[],
): Promise<CacheEntry | undefined> {
  const { executionId } = await requireLease(app.database, claim);
  const place = await findPlace(app.database, executionId);
  const found = place && (await findEntry(app.database, place, key, prefixes));
  if (found === undefined || !(await app.contents.has(found.sha256))) return undefined;
  await noteUse(app.database, found.id, app.clock.now());
  return found;
}

/** Keeps the files of a running job. False if there is an entry with the key already. */
export async function saveCache(app: App, claim: Claim, key: string, source: Readable): Promise<boolean> {
  const { SLIPWAY_CACHE_BYTES: bytes, SLIPWAY_MAX_ARTIFACT_BYTES: most } = app.config;
  await requireLease(app.database, claim);
  const { sha256, size } = await app.contents.put(source, Math.min(bytes, most));
  return app.database.transaction(async (db) => {
    const { executionId, jobId } = await requireLease(db, claim);
    const place = await findPlace(db, executionId);
    if (place === undefined) return false;
    const now = app.clock.now();
    const made = { ...place, id: newId(), key, jobId, size, sha256, createdAt: now, usedAt: now };
    if (!(await insertEntry(db, made))) return false;
    await evict(app, db, place.applicationId);
    return true;
  });
}

/** Deletes caches that no job has used for `SLIPWAY_CACHE_DAYS`, and what exceeds `SLIPWAY_CACHE_BYTES`. */
export const sweepCaches = (app: App): Promise<void> => app.database.transaction((db) => evict(app, db));

async function evict(app: App, db: Transaction, applicationId?: string): Promise<void> {
  const { SLIPWAY_CACHE_BYTES: bytes, SLIPWAY_CACHE_DAYS: days } = app.config;
  const now = app.clock.now();
  const deleted = await deleteOldEntries(db, new Date(now.getTime() - days * DAY_MS), bytes, applicationId);
  await releaseContents(db, deleted, now);
}
