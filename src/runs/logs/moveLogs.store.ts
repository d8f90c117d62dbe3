import type { Db, Transaction } from '../../kernel/database/database';
import type { JobLog } from './jobLog';
import { MOVED_BYTES } from './jobLogs.table';

/** Another server takes over a move after this time. */
const BUSY_MS = 30 * 60_000;

export type MovedLog = Pick<JobLog, 'jobId' | 'bytes'>;

/** Position of a row's compressed bytes in the file. */
export interface ChunkPlace {
  readonly start: number;
  readonly place: number;
  readonly packed: number;
}

/** The oldest log of those that can move, for this server only. */
export async function takeOldLog(db: Db, before: Date, now: Date): Promise<MovedLog | undefined> {
  const [log] = await db.rows<MovedLog>(
    `UPDATE job_log SET busy_until = $3 WHERE job_id = (
       SELECT job_id FROM job_log WHERE phase = 'SEALED' AND stored_bytes >= ${MOVED_BYTES} AND ended_at <= $1
         AND (busy_until IS NULL OR busy_until < $2)
       ORDER BY ended_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING job_id AS "jobId", bytes`,
    [before, now, new Date(now.getTime() + BUSY_MS)],
  );
  return log;
}

export function moveChunks(db: Transaction, jobId: string, file: string, places: readonly ChunkPlace[]): void {
  db.defer(
    `UPDATE log_chunk SET data = NULL, place = moved.place, packed = moved.packed
     FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS moved (start, place, packed)
     WHERE log_chunk.job_id = $1 AND log_chunk.start = moved.start`,
    [jobId, places.map(({ start }) => start), places.map(({ place }) => place), places.map(({ packed }) => packed)],
  );
  db.defer(`UPDATE job_log SET phase = 'MOVED', file = $2, busy_until = NULL WHERE job_id = $1`, [jobId, file]);
}
