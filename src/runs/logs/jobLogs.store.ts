import type { Database, Db } from '../../kernel/database/database';
import { Refusal } from '../../kernel/errors';
import type { JobLog, LogFrame } from '../queue/job';
import { findJobs } from '../queue/jobs.store';

/**
 * The log of a job is one append-only sequence of bytes. A piece states its offset: existing bytes are skipped, so
 * repeats are harmless, and a gap fails with the offset to continue from. Each piece is a row, because growing one row
 * would rewrite the whole log with each append.
 */
export interface LogPiece {
  readonly offset: number;
  readonly frames: readonly { readonly stream: 'stdout' | 'stderr'; readonly at: string; readonly text: string }[];
}

/** An append by the claim of a job. */
export interface LogAppend {
  readonly jobId: string;
  readonly tokenHash: string;
  readonly piece: LogPiece;
}

interface EncodedPiece {
  readonly jobId: string;
  readonly tokenHash: string;
  readonly offset: number;
  readonly data: Buffer;
  readonly frames: readonly LogFrame[];
}

/**
 * Appends to the logs of several jobs. The common case, in which pieces begin where their logs end, takes one statement
 * for all of them. Returns the offset after each piece, or why it was refused.
 */
export async function appendLogs(
  db: Db,
  appends: readonly LogAppend[],
  maxBytes: number,
): Promise<(number | Refusal)[]> {
  const pieces = appends.map(encode);
  const first = new Map<string, EncodedPiece>();
  for (const piece of pieces) {
    if (piece.offset + piece.data.length <= maxBytes && !first.has(piece.jobId)) first.set(piece.jobId, piece);
  }
  const grown = new Set(await insertPieces(db, [...first.values()], 'SKIP'));
  return Promise.all(
    pieces.map((piece) =>
      grown.has(piece.jobId) && first.get(piece.jobId) === piece
        ? piece.offset + piece.data.length
        : appendAlone(db, piece, maxBytes).catch((error: unknown) => {
            if (error instanceof Refusal) return error;
            throw error;
          }),
    ),
  );
}

function encode({ jobId, tokenHash, piece }: LogAppend): EncodedPiece {
  const encoded = piece.frames.map((frame) => ({ ...frame, data: Buffer.from(frame.text, 'utf8') }));
  return {
    jobId,
    tokenHash,
    offset: piece.offset,
    data: Buffer.concat(encoded.map((frame) => frame.data)),
    frames: encoded.map((frame) => ({ stream: frame.stream, at: frame.at, bytes: frame.data.length })),
  };
}

/** Repeats, gaps, claims that have ended, logs at their limit, and pieces that meet another transaction of their job. */
async function appendAlone(
  db: Db,
  { jobId, tokenHash, offset, data, frames }: EncodedPiece,
  maxBytes: number,
): Promise<number> {
  const log = await findOpenLog(db, jobId, tokenHash);
  if (log === undefined) throw new Refusal('STALE_CLAIM', 'This claim of the job is over.');
  if (offset > log.bytes) {
    throw new Refusal('LOG_GAP', `The log ends at ${log.bytes}.`, { offset: log.bytes });
  }
  if (offset + data.length > maxBytes) {
    await db.write(
      `INSERT INTO job_log (job_id, bytes, truncated) VALUES ($1, 0, true)
       ON CONFLICT (job_id) DO UPDATE SET truncated = true`,
      [jobId],
    );
    throw new Refusal('TOO_LARGE', `The log would exceed the limit of ${maxBytes} bytes.`, { limit: maxBytes });
  }
  const known = log.bytes - offset;
  if (known >= data.length) return log.bytes;
  const rest = { jobId, tokenHash, offset: log.bytes, data: data.subarray(known), frames: framesAfter(frames, known) };
  if ((await insertPieces(db, [rest], 'WAIT')).length === 1) return offset + data.length;
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

/**
 * Appends each piece to the log of its job, at most one for each job, if the log ends where the piece begins. Returns the
 * jobs whose logs have grown. The lock on the lease makes the end of the job wait for the piece, and rejects a piece
 * after the end. Several pieces skip leases that other transactions have locked: one that ends several jobs could
 * otherwise wait for this statement, and this statement for it.
 */
async function insertPieces(db: Db, pieces: readonly EncodedPiece[], locked: 'SKIP' | 'WAIT'): Promise<string[]> {
  let end = 0;
  const rows = pieces.map(({ jobId, tokenHash, offset, data, frames }) => {
    const begin = end + 1;
    end += data.length;
    return { job_id: jobId, token_hash: tokenHash, start: offset, begin, length: data.length, frames };
  });
  if (rows.length === 0) return [];
  const grown = await db.rows<{ jobId: string }>(
    `WITH piece AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($1::jsonb)
         AS piece (job_id uuid, token_hash text, start bigint, begin integer, length integer, frames jsonb)
     ), held AS MATERIALIZED (
       SELECT lease.job_id FROM job_lease lease JOIN piece ON piece.job_id = lease.job_id
       WHERE lease.token_hash = piece.token_hash AND lease.started
       ORDER BY lease.job_id FOR KEY SHARE OF lease ${locked === 'SKIP' ? 'SKIP LOCKED' : ''}
     ), grown AS (
       INSERT INTO job_log (job_id, bytes, truncated)
       SELECT held.job_id, piece.length, false FROM held JOIN piece ON piece.job_id = held.job_id
       WHERE piece.start = 0 OR EXISTS (SELECT FROM job_log known WHERE known.job_id = held.job_id)
       ORDER BY held.job_id
       ON CONFLICT (job_id) DO UPDATE SET bytes = job_log.bytes + excluded.bytes
         WHERE job_log.bytes = (SELECT start FROM piece WHERE piece.job_id = job_log.job_id)
       RETURNING job_id
     ), added AS (
       INSERT INTO log_chunk (job_id, start, length, data, frames)
       SELECT grown.job_id, piece.start, piece.length, substring($2::bytea FROM piece.begin FOR piece.length), piece.frames
       FROM grown JOIN piece ON piece.job_id = grown.job_id WHERE piece.length > 0
     )
     SELECT job_id AS "jobId" FROM grown`,
    [
      JSON.stringify(rows),
      Buffer.concat(
        pieces.map(({ data }) => data),
        end,
      ),
    ],
  );
  return grown.map(({ jobId }) => jobId);
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
 * character, reading begins at the next one.
 */
export async function readLog(db: Database, jobId: string, offset: number, maxBytes: number): Promise<LogPage> {
  // In this order: whether the job has ended, the length, the pieces. In another order, a piece that arrives in between
  // could be taken for the end.
  const [[job], [log], pieces] = await db.together((one) =>
    Promise.all([findJobs(one, [jobId]), findLogs(one, [jobId]), findPieces(one, jobId, offset, maxBytes)]),
  );
  const frames: LogText[] = [];
  let position = offset;
  for (const piece of pieces) {
    let at = piece.start;
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
  const ended = job !== undefined && job.endedAt !== null;
  return {
    offset,
    frames,
    nextOffset: position,
    final: ended && position >= end,
    truncated: log?.truncated ?? false,
  };
}

interface StoredPiece {
  readonly start: number;
  readonly data: Buffer;
  readonly frames: readonly LogFrame[];
}

const findPieces = (db: Db, jobId: string, offset: number, maxBytes: number): Promise<StoredPiece[]> =>
  db.rows<StoredPiece>(
    `SELECT start, data, frames FROM (
       SELECT start, length, data, frames, sum(length) OVER (ORDER BY start) - length AS before
       FROM log_chunk
       WHERE job_id = $1 AND start >= coalesce((SELECT max(start) FROM log_chunk WHERE job_id = $1 AND start <= $2), 0)
         AND start < $2::bigint + $3::bigint
     ) pieces WHERE before < $3 ORDER BY start`,
    [jobId, offset, maxBytes],
  );

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
