import { createHash } from 'node:crypto';
import type { Db, Transaction } from '../../kernel/database/database';
import type { App } from '../app';
import type { JobLog, LogChunk } from './jobLog';
import { findChunks, type OpenChunk, openChunks } from './jobLogs.store';
import { type CutPart, cutIntoChunks, pack } from './logChunks';

/** Bytes of a log in memory at a time. */
const STEP_BYTES = 1024 ** 2;
/** A log that a server began to seal is free again after this time without progress. */
const BUSY_MS = 5 * 60_000;

type EndedLog = Pick<JobLog, 'jobId' | 'bytes' | 'sha256' | 'loss'>;

/**
 * Seals logs of jobs that have ended: verifies their SHA-256, and replaces their rows, which are as many as there were
 * appends, with compressed ones of up to 64 KiB. One log after another, a megabyte at a time, each in a transaction of
 * its own: readers see the old rows or the new ones.
 */
export async function sealLogs(app: App, until?: AbortSignal): Promise<number> {
  for (let sealed = 0; ; sealed++) {
    if (until?.aborted) return sealed;
    const log = await takeEndedLog(app.database, app.clock.now());
    if (log === undefined) return sealed;
    await sealLog(app, log);
  }
}

async function sealLog({ database, clock }: App, { jobId, bytes, sha256, loss }: EndedLog): Promise<void> {
  const hash = createHash('sha256');
  let [position, lines, stored] = [0, 0, 0];
  while (position < bytes) {
    const chunks = contiguous(await openChunks(await findChunks(database, jobId, position, STEP_BYTES)), position);
    // Readers show what is missing.
    if (chunks.length === 0) break;
    const data = Buffer.concat(chunks.map((chunk) => chunk.data));
    hash.update(data);
    const parts = cutIntoChunks({ data, frames: chunks.flatMap((chunk) => chunk.frames) });
    const rows = await Promise.all(parts.map((part) => rowOf(jobId, position, lines, part)));
    const busyUntil = new Date(clock.now().getTime() + BUSY_MS);
    const range = { start: position, end: position + data.length };
    await database.transaction(async (db) => replaceChunks(db, jobId, range, rows, busyUntil));
    position = range.end;
    lines += parts.reduce((sum, part) => sum + part.lines, 0);
    stored += rows.reduce((sum, row) => sum + row.data.length, 0);
  }
  const found = hash.digest('hex');
  const damaged = position < bytes || (sha256 !== null && sha256 !== found);
  await markSealed(database, { jobId, sha256: found, loss: loss ?? (damaged ? 'DAMAGED' : null), storedBytes: stored });
}

/** Up to the first hole. */
function contiguous(chunks: readonly OpenChunk[], from: number): OpenChunk[] {
  let end = from;
  const hole = chunks.findIndex(({ start, data }) => {
    if (start !== end) return true;
    end += data.length;
    return false;
  });
  return chunks.slice(0, hole === -1 ? undefined : hole);
}

async function rowOf(jobId: string, position: number, lines: number, part: CutPart): Promise<LogChunk> {
  return {
    ...{ jobId, start: position + part.start, length: part.length, line: lines + part.line, lines: part.lines },
    ...{ at: new Date(part.at), marked: part.marked, data: await pack(part), frames: null },
  };
}

/** The log that ended first, for this server only. */
async function takeEndedLog(db: Db, now: Date): Promise<EndedLog | undefined> {
  const [log] = await db.rows<EndedLog>(
    `UPDATE job_log SET busy_until = $2 WHERE job_id = (
       SELECT job_id FROM job_log WHERE phase = 'ENDED' AND (busy_until IS NULL OR busy_until < $1)
       ORDER BY ended_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING job_id AS "jobId", bytes, sha256, loss`,
    [now, new Date(now.getTime() + BUSY_MS)],
  );
  return log;
}

function replaceChunks(
  db: Transaction,
  jobId: string,
  { start, end }: { readonly start: number; readonly end: number },
  rows: readonly LogChunk[],
  busyUntil: Date,
): void {
  db.defer('UPDATE job_log SET busy_until = $2 WHERE job_id = $1', [jobId, busyUntil]);
  db.defer('DELETE FROM log_chunk WHERE job_id = $1 AND start >= $2 AND start < $3', [jobId, start, end]);
  for (const row of rows) {
    db.defer(
      `INSERT INTO log_chunk (job_id, start, length, line, lines, at, marked, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [row.jobId, row.start, row.length, row.line, row.lines, row.at, row.marked, row.data],
    );
  }
}

type Sealed = Pick<JobLog, 'jobId' | 'sha256' | 'loss' | 'storedBytes'>;

const markSealed = (db: Db, { jobId, sha256, loss, storedBytes }: Sealed): Promise<number> =>
  db.write(
    `UPDATE job_log SET phase = 'SEALED', sha256 = $2, loss = $3, stored_bytes = $4, busy_until = NULL WHERE job_id = $1`,
    [jobId, sha256, loss, storedBytes],
  );
