import type { Db } from '../../kernel/database/database';

/** Limits of one transaction. */
const LOGS = 100;
const BYTES = 256 * 1024 ** 2;

const ENDED = `phase IN ('ENDED', 'SEALED', 'MOVED')`;
const SIZE = `CASE phase WHEN 'ENDED' THEN bytes ELSE stored_bytes END`;

/** Deletes the oldest logs that ended before a time, until `wanted` bytes are free. Their states remain. */
export const deleteOldLogs = (
  db: Db,
  before: Date,
  wanted: number | null,
  now: Date,
): Promise<{ readonly jobId: string; readonly storedBytes: number; readonly file: string | null }[]> =>
  db.rows(
    `WITH oldest AS MATERIALIZED (
       SELECT job_id, ended_at, file, ${SIZE} AS size FROM job_log
       WHERE ${ENDED} AND ended_at < $1 AND (busy_until IS NULL OR busy_until < $4)
       ORDER BY ended_at LIMIT ${LOGS} FOR UPDATE SKIP LOCKED
     ), chosen AS MATERIALIZED (
       SELECT job_id, size, file FROM (
         SELECT job_id, size, file, sum(size) OVER (ORDER BY ended_at, job_id) - size AS freed FROM oldest
       ) sums WHERE freed < least($2::bigint, $3::bigint) OR freed = 0
     ), gone AS (
       DELETE FROM log_chunk USING chosen WHERE log_chunk.job_id = chosen.job_id
     )
     UPDATE job_log SET phase = 'DELETED', deleted_at = $4, stored_bytes = 0, file = NULL FROM chosen
     WHERE job_log.job_id = chosen.job_id
     RETURNING job_log.job_id AS "jobId", chosen.size AS "storedBytes", chosen.file`,
    [before, wanted ?? BYTES, BYTES, now],
  );

/** Size of all logs as stored. */
export async function sumOfLogs(db: Db): Promise<number> {
  const [row] = await db.rows<{ bytes: number }>(
    `SELECT coalesce(sum(${SIZE}), 0)::bigint AS bytes FROM job_log WHERE phase <> 'DELETED'`,
  );
  return row?.bytes ?? 0;
}
