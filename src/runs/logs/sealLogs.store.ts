import type { Db, Transaction } from '../../kernel/database/database';
import type { JobLog, LogChunk } from './jobLog';

/** A log that a server began to seal is free again after this time without progress. */
const BUSY_MS = 5 * 60_000;

/** A row that is about to be written. */
export type PackedChunk = Omit<LogChunk, 'data' | 'frames' | 'place' | 'packed'> & { readonly data: Buffer };

export type EndedLog = Pick<JobLog, 'jobId' | 'bytes' | 'sha256' | 'loss'>;

/** The log that ended first, for this server only. */
export async function takeEndedLog(db: Db, now: Date): Promise<EndedLog | undefined> {
  const [log] = await db.rows<EndedLog>(
    `UPDATE job_log SET busy_until = $2 WHERE job_id = (
       SELECT job_id FROM job_log WHERE phase = 'ENDED' AND (busy_until IS NULL OR busy_until < $1)
       ORDER BY ended_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING job_id AS "jobId", bytes, sha256, loss`,
    [now, new Date(now.getTime() + BUSY_MS)],
  );
  return log;
}

export function replaceChunks(
  db: Transaction,
  jobId: string,
  { start, end }: { readonly start: number; readonly end: number },
  rows: readonly PackedChunk[],
  now: Date,
): void {
  db.defer('UPDATE job_log SET busy_until = $2 WHERE job_id = $1', [jobId, new Date(now.getTime() + BUSY_MS)]);
  db.defer('DELETE FROM log_chunk WHERE job_id = $1 AND start >= $2 AND start < $3', [jobId, start, end]);
  for (const row of rows) {
    db.defer(
      `INSERT INTO log_chunk (job_id, start, length, line, lines, at, marked, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [row.jobId, row.start, row.length, row.line, row.lines, row.at, row.marked, row.data],
    );
  }
}

type Sealed = Pick<JobLog, 'jobId' | 'sha256' | 'loss' | 'storedBytes'>;

export const markSealed = (db: Db, { jobId, sha256, loss, storedBytes }: Sealed): Promise<number> =>
  db.write(
    `UPDATE job_log SET phase = 'SEALED', sha256 = $2, loss = $3, stored_bytes = $4, busy_until = NULL WHERE job_id = $1`,
    [jobId, sha256, loss, storedBytes],
  );
