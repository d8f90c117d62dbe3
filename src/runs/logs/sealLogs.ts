import { createHash } from 'node:crypto';
import type { App } from '../app';
import { findChunks, type OpenChunk, openChunks } from './jobLogs.store';
import { type CutPart, cutIntoChunks, pack } from './logChunks';
import { type EndedLog, markSealed, type PackedChunk, replaceChunks, takeEndedLog } from './sealLogs.store';

/** Bytes of a log in memory at a time. */
const STEP_BYTES = 1024 ** 2;

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

async function sealLog(app: App, { jobId, bytes, sha256, loss }: EndedLog): Promise<void> {
  const { database, clock } = app;
  const hash = createHash('sha256');
  let [position, lines, stored] = [0, 0, 0];
  while (position < bytes) {
    const chunks = contiguous(await openChunks(app, await findChunks(database, jobId, position, STEP_BYTES)), position);
    // Readers show what is missing.
    if (chunks.length === 0) break;
    const data = Buffer.concat(chunks.map((chunk) => chunk.data));
    hash.update(data);
    const parts = cutIntoChunks({ data, frames: chunks.flatMap((chunk) => chunk.frames) });
    const rows = await Promise.all(parts.map((part) => rowOf(jobId, position, lines, part)));
    const range = { start: position, end: position + data.length };
    await database.transaction(async (db) => replaceChunks(db, jobId, range, rows, clock.now()));
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

async function rowOf(jobId: string, position: number, lines: number, part: CutPart): Promise<PackedChunk> {
  return {
    ...{ jobId, start: position + part.start, length: part.length, line: lines + part.line, lines: part.lines },
    ...{ at: new Date(part.at), marked: part.marked, data: await pack(part) },
  };
}
