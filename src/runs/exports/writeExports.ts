import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { actorRef, systemActor } from '../../access/actor';
import { audit } from '../../access/audit/audited';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { releaseContents } from '../contents/contents.store';
import type { ExecutionExport } from './executionExport';
import { exportedLines } from './exportedLines';
import { claimExport, deleteExpired, expireBefore, handBack, postpone, setFailed, setReady } from './exports.store';

const LEASE_MS = 60_000;
const RENEW_MS = 15_000;
const RETRY_MS = 10_000;
const MOST_TRIES = 5;
/** Time for which an expired export is still listed as such. */
const REMEMBERED_MS = 30 * 86_400_000;

/**
 * Writes exports that are due, one after another. A server that dies leaves a lease that runs out, and another server
 * begins again. Returns their number.
 */
export async function writeExports(app: App, until: AbortSignal): Promise<number> {
  for (let written = 0; ; written++) {
    if (until.aborted) return written;
    const claimed = await app.database.transaction((db) => claimExport(db, app.clock.now(), later(app, LEASE_MS)));
    if (claimed === undefined) return written;
    await writeExport(app, claimed, until);
  }
}

async function writeExport(app: App, claimed: ExecutionExport, until: AbortSignal): Promise<void> {
  const { database, contents, config, log } = app;
  const lost = new AbortController();
  const renewal = setInterval(() => {
    postpone(database, claimed, later(app, LEASE_MS)).then(
      (kept) => kept || lost.abort(),
      (error: unknown) => log.warn({ err: error, exportId: claimed.id }, 'could not renew the lease of an export'),
    );
  }, RENEW_MS);
  try {
    const lines = Readable.from(exportedLines(app, claimed, AbortSignal.any([until, lost.signal])));
    // The reader of the compressed stream gets the errors of both.
    const compressed = pipeline(lines, createGzip(), () => undefined);
    const { sha256, size } = await contents.put(compressed, config.SLIPWAY_MAX_ARTIFACT_BYTES);
    await setReady(database, claimed, sha256, size);
  } catch (error) {
    if (lost.signal.aborted) return;
    if (until.aborted) await handBack(database, claimed, app.clock.now());
    else await afterFailure(app, claimed, error);
  } finally {
    clearInterval(renewal);
  }
}

async function afterFailure(app: App, claimed: ExecutionExport, error: unknown): Promise<void> {
  const { id, tries } = claimed;
  app.log.warn({ err: error, exportId: id, tries }, 'could not write an export');
  const limit = app.config.SLIPWAY_MAX_ARTIFACT_BYTES;
  if (error instanceof Refusal && error.code === 'ARTIFACT_MISMATCH') {
    const message = `The export has more than ${limit} bytes. Narrow the filters.`;
    await setFailed(app.database, claimed, message);
  } else if (tries >= MOST_TRIES) {
    await setFailed(app.database, claimed, `The server failed ${tries} times to write the export. Its log says why.`);
  } else await postpone(app.database, claimed, later(app, tries * RETRY_MS));
}

/** Ends exports whose links have expired, and lets go of their content. Returns their number. */
export function expireExports(app: App): Promise<number> {
  return app.database.transaction(async (db) => {
    const now = app.clock.now();
    const expired = await expireBefore(db, now);
    const digests = expired.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256]));
    await releaseContents(db, digests, now);
    await deleteExpired(db, new Date(now.getTime() - REMEMBERED_MS));
    if (expired.length > 0) {
      const input = { exports: expired.map(({ id }) => id) };
      const attempt = { actor: actorRef(systemActor), address: null, requestId: null, action: 'export.expire', input };
      await audit(app, db, attempt);
    }
    return expired.length;
  });
}

const later = (app: App, ms: number): Date => new Date(app.clock.now().getTime() + ms);
