import type { Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { JobLog, LogFrame } from '../queue/job';

/**
 * The log of a job is one append-only sequence of bytes. A piece states its offset: existing bytes are skipped, so
 * repeats are harmless, and a gap fails with the offset to continue from. Each piece is a row, because growing one row
 * would rewrite the whole log with each append.
 */
export interface LogPiece {
  readonly offset: number;
  readonly frames: readonly { readonly stream: 'stdout' | 'stderr'; readonly at: string; readonly text: string }[];
}

/** Appends to the log of a job that this claim holds. Returns the offset after the piece. */
export async function appendLog(
  db: Db,
  jobId: string,
  tokenHash: string,
  piece: LogPiece,
  maxBytes: number,
): Promise<number> {
  const encoded = piece.frames.map((frame) => ({ ...frame, data: Buffer.from(frame.text, 'utf8') }));
  const data = Buffer.concat(encoded.map((frame) => frame.data));
  const frames = encoded.map((frame) => ({ stream: frame.stream, at: frame.at, bytes: frame.data.length }));
  // The common case, in one statement: the piece begins where the log ends.
  if (piece.offset + data.length <= maxBytes && (await insertAt(db, jobId, tokenHash, piece.offset, data, frames))) {
    return piece.offset + data.length;
  }
  const log = await findOpenLog(db, jobId, tokenHash);
  if (log === undefined) throw new Refusal('STALE_CLAIM', 'This claim of the job is over.');
  if (piece.offset > log.bytes) {
    throw new Refusal('LOG_GAP', `The log ends at ${log.bytes}.`, { offset: log.bytes });
  }
  if (piece.offset + data.length > maxBytes) {
    await db.write(
      `INSERT INTO job_log (job_id, bytes, truncated) VALUES ($1, 0, true)
       ON CONFLICT (job_id) DO UPDATE SET truncated = true`,
      [jobId],
    );
    throw new Refusal('TOO_LARGE', `The log would exceed the limit of ${maxBytes} bytes.`, { limit: maxBytes });
  }
  const known = log.bytes - piece.offset;
  if (known >= data.length) return log.bytes;
  if (await insertAt(db, jobId, tokenHash, log.bytes, data.subarray(known), framesAfter(frames, known))) {
    return piece.offset + data.length;
  }
  const now = await findOpenLog(db, jobId, tokenHash);
  if (now === undefined) throw new Refusal('STALE_CLAIM', 'This claim of the job is over.');
  throw new Refusal('LOG_GAP', `The log ends at ${now.bytes}.`, { offset: now.bytes });
}

function framesAfter(frames: readonly LogFrame[], skip: number): LogFrame[] {
  let left = skip;
  return frames.flatMap((frame) => {
    const cut = Math.min(left, frame.bytes);
    left -= cut;
    return frame.bytes > cut ? [{ ...frame, bytes: frame.bytes - cut }] : [];
  });
}

/** The lock on the lease makes the end of the job wait for the piece, and rejects a piece after the end. */
async function insertAt(
  db: Db,
  jobId: string,
  tokenHash: string,
  offset: number,
  data: Buffer,
  frames: readonly LogFrame[],
): Promise<boolean> {
  const rows = await db.rows(
    `WITH grown AS (
       INSERT INTO job_log (job_id, bytes, truncated)
       SELECT job_id, $4, false FROM (
         SELECT job_id FROM job_lease WHERE job_id = $1 AND token_hash = $2 AND started FOR KEY SHARE
       ) held WHERE $3 = 0 OR EXISTS (SELECT FROM job_log WHERE job_id = $1)
       ON CONFLICT (job_id) DO UPDATE SET bytes = job_log.bytes + $4 WHERE job_log.bytes = $3
       RETURNING job_id
     ), added AS (
       INSERT INTO log_chunk (job_id, start, length, data, frames) SELECT job_id, $3, $4, $5, $6 FROM grown WHERE $4::int > 0
     )
     SELECT job_id FROM grown`,
    [jobId, tokenHash, offset, data.length, data, JSON.stringify(frames)],
  );
  return rows.length === 1;
}

async function findOpenLog(db: Db, jobId: string, tokenHash: string): Promise<Pick<JobLog, 'bytes'> | undefined> {
  const [row] = await db.rows<Pick<JobLog, 'bytes'>>(
    `SELECT coalesce(log.bytes, 0) AS bytes FROM job_lease lease LEFT JOIN job_log log ON log.job_id = lease.job_id
     WHERE lease.job_id = $1 AND lease.token_hash = $2 AND lease.started`,
    [jobId, tokenHash],
  );
  return row;
}

/** Number of stored bytes of each log; jobs that have written nothing are missing. */
export const findLogs = (db: Db, jobIds: readonly string[]): Promise<JobLog[]> =>
  db.rows('SELECT job_id AS "jobId", bytes, truncated FROM job_log WHERE job_id = ANY ($1::uuid[])', [jobIds]);

/** Part of a log, as returned to clients. */
export interface LogPage {
  /** Number of bytes before it. */
  readonly offset: number;
  readonly frames: readonly LogText[];
  /** Offset of the next page. */
  readonly nextOffset: number;
  /** True if nothing follows this page, now or later. */
  readonly final: boolean;
  readonly truncated: boolean;
}

export interface LogText {
  readonly stream: 'stdout' | 'stderr';
  readonly at: Date;
  readonly text: string;
}

/**
 * Reads from an offset, about `maxBytes` at most, but at least one piece. The offset may be within a piece; within a
 * character, reading begins at the next one. `ended`: true if the job had already ended, so that the log can't grow.
 */
export async function readLog(
  db: Db,
  { id: jobId, ended }: { readonly id: string; readonly ended: boolean },
  offset: number,
  maxBytes: number,
): Promise<LogPage> {
  // Reads the length before the pieces. In the other order, a piece that arrives in between could be taken for the end.
  const [log] = await findLogs(db, [jobId]);
  const pieces = await db.rows<{ start: string; data: Buffer; frames: LogFrame[] }>(
    `SELECT start, data, frames FROM (
       SELECT start, length, data, frames, sum(length) OVER (ORDER BY start) - length AS before
       FROM log_chunk
       WHERE job_id = $1 AND start >= coalesce((SELECT max(start) FROM log_chunk WHERE job_id = $1 AND start <= $2), 0)
         AND start < $2::bigint + $3::bigint
     ) pieces WHERE before < $3 ORDER BY start`,
    [jobId, offset, maxBytes],
  );
  const frames: LogText[] = [];
  let position = offset;
  for (const piece of pieces) {
    let at = Number(piece.start);
    let start = 0;
    for (const frame of piece.frames) {
      const bytes = piece.data.subarray(start, start + frame.bytes);
      const skip = Math.max(0, position - at);
      if (skip < bytes.length) {
        const text = wholeCharacters(bytes.subarray(skip)).toString('utf8');
        frames.push({ stream: frame.stream, at: new Date(frame.at), text });
        position = at + frame.bytes;
      }
      at += frame.bytes;
      start += frame.bytes;
    }
  }
  const end = log?.bytes ?? 0;
  return {
    offset,
    frames,
    nextOffset: position,
    final: ended && position >= end,
    truncated: log?.truncated ?? false,
  };
}

/** Skips the rest of a character that began earlier. */
function wholeCharacters(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}

/** Distance from the end within which a log is searched. */
const NEAR_THE_END_BYTES = 65_536;

/**
 * End of the standard error of each task's newest job, within that distance; end of all its output if there is no
 * standard error, as with merged streams. Tasks that wrote nothing are missing.
 */
export async function findErrorEnds(
  db: Db,
  taskExecutionIds: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, string>> {
  const pieces = await db.rows<{ taskId: string; data: Buffer; frames: LogFrame[] }>(
    `SELECT newest.task_id AS "taskId", piece.data, piece.frames
     FROM (
       SELECT DISTINCT ON (task_execution_id) task_execution_id AS task_id, id FROM job
       WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY task_execution_id, attempt DESC
     ) newest
     JOIN job_log log ON log.job_id = newest.id
     CROSS JOIN LATERAL (SELECT * FROM log_chunk WHERE job_id = newest.id ORDER BY start DESC LIMIT 64) piece
     WHERE piece.start + piece.length > log.bytes - $2
     ORDER BY newest.task_id, piece.start`,
    [taskExecutionIds, NEAR_THE_END_BYTES],
  );
  const written = new Map<string, { readonly stream: LogFrame['stream']; readonly data: Buffer }[]>();
  for (const { taskId, data, frames } of pieces) {
    const parts = written.get(taskId) ?? [];
    written.set(taskId, parts);
    let at = 0;
    for (const { stream, bytes } of frames) {
      parts.push({ stream, data: data.subarray(at, at + bytes) });
      at += bytes;
    }
  }
  const endOf = (parts: readonly { stream: LogFrame['stream']; data: Buffer }[]): string => {
    const errors = parts.filter(({ stream }) => stream === 'stderr');
    const bytes = Buffer.concat((errors.length > 0 ? errors : parts).map(({ data }) => data));
    return wholeCharacters(bytes.subarray(-maxBytes)).toString('utf8');
  };
  return new Map([...written].map(([taskId, parts]) => [taskId, endOf(parts)]));
}
