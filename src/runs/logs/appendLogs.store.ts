import { createHash } from 'node:crypto';
import type { Db } from '../../kernel/database/database';
import { Refusal, staleClaim } from '../../kernel/errors';
import type { JobLog } from './jobLog';
import { cutIntoChunks, framesAfter, framesBefore, type LogPart } from './logChunks';

/**
 * The log of a job is one append-only sequence of bytes. A piece states its offset: existing bytes are skipped, so
 * repeats are harmless, and a gap fails with the offset to continue from. Pieces are rows of their own, because growing
 * one row would rewrite the whole log with each append.
 */
export interface LogPiece {
  readonly offset: number;
  readonly frames: readonly {
    readonly stream: 'stdout' | 'stderr';
    readonly at: string;
    readonly text: string;
    /** Base64 of bytes that are not text. */
    readonly data?: string | undefined;
  }[];
  /** SHA-256 of its bytes, if the agent sends it. */
  readonly sha256?: string | undefined;
}

/** An append by the claim of a job. */
export interface LogAppend {
  readonly jobId: string;
  readonly tokenHash: string;
  readonly piece: LogPiece;
}

interface EncodedPiece extends LogPart {
  /** The bytes are not those that the agent read. */
  readonly damaged?: boolean;
  readonly jobId: string;
  readonly tokenHash: string;
  readonly offset: number;
}

export interface Appended {
  /** Offset after the piece. */
  readonly offset: number;
  /** Number of the line that the piece begins in, from 1. Null unless the whole piece was new. */
  readonly firstLine: number | null;
}

/**
 * Appends to the logs of several jobs. The common case, in which pieces begin where their logs end, takes one statement
 * for all of them. Returns where each piece is, or why it was refused.
 */
export async function appendLogs(
  db: Db,
  appends: readonly LogAppend[],
  maxBytes: number,
): Promise<(Appended | Refusal)[]> {
  const pieces = appends.map(encode);
  const first = new Map<string, EncodedPiece>();
  for (const piece of pieces) {
    if (!piece.damaged && piece.offset + piece.data.length <= maxBytes && !first.has(piece.jobId))
      first.set(piece.jobId, piece);
  }
  const grown = await insertPieces(db, [...first.values()], 'SKIP');
  return Promise.all(
    pieces.map(async (piece) => {
      const firstLine = first.get(piece.jobId) === piece ? grown.get(piece.jobId) : undefined;
      if (firstLine !== undefined) return { offset: piece.offset + piece.data.length, firstLine };
      if (piece.damaged) return changed(piece.offset);
      try {
        return { offset: await appendAlone(db, piece, maxBytes), firstLine: null };
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    }),
  );
}

function encode({ jobId, tokenHash, piece }: LogAppend): EncodedPiece {
  const encoded = piece.frames.map(({ stream, at, text, data }) => {
    return { stream, at, data: data === undefined ? Buffer.from(text, 'utf8') : Buffer.from(data, 'base64') };
  });
  const bytes = Buffer.concat(encoded.map((frame) => frame.data));
  const { offset, sha256 } = piece;
  return {
    ...{ jobId, tokenHash, offset, data: bytes },
    damaged: sha256 !== undefined && sha256 !== createHash('sha256').update(bytes).digest('hex'),
    frames: encoded.map((frame) => ({ stream: frame.stream, at: frame.at, bytes: frame.data.length })),
  };
}

/**
 * Repeats, gaps, claims that have ended, logs at their limit, and pieces that meet another transaction of their job. A
 * log is filled up to its limit, and takes nothing more.
 */
async function appendAlone(
  db: Db,
  { jobId, tokenHash, offset, data, frames }: EncodedPiece,
  maxBytes: number,
): Promise<number> {
  const log = await findOpenLog(db, jobId, tokenHash);
  if (log === undefined) throw staleClaim();
  if (log.loss !== null) throw full(log.bytes);
  if (offset > log.bytes) throw gap(log.bytes);
  const known = log.bytes - offset;
  if (known >= data.length) return log.bytes;
  const length = Math.min(data.length - known, Math.max(0, maxBytes - log.bytes));
  const rest = {
    ...{ jobId, tokenHash, offset: log.bytes },
    data: data.subarray(known, known + length),
    frames: framesBefore(framesAfter(frames, known), length),
  };
  if ((await insertPieces(db, [rest], 'WAIT')).size === 0) {
    const now = await findOpenLog(db, jobId, tokenHash);
    if (now === undefined) throw staleClaim();
    throw now.loss === null ? gap(now.bytes) : full(now.bytes);
  }
  if (known + length === data.length) return offset + data.length;
  await db.write(`UPDATE job_log SET loss = 'LIMIT' WHERE job_id = $1 AND loss IS NULL`, [jobId]);
  throw full(log.bytes + length);
}

const gap = (offset: number) => new Refusal('LOG_GAP', `The log ends at ${offset}.`, { offset });
/** The agent sends the piece again. */
const changed = (offset: number) =>
  new Refusal('LOG_GAP', `The bytes from ${offset} changed on the way: their SHA-256 differs.`, { offset });
const full = (offset: number) =>
  new Refusal('TOO_LARGE', `The log has reached its limit of ${offset} bytes.`, { limit: offset, offset });

/**
 * Appends each piece to the log of its job, at most one for each job, if the log ends where the piece begins. Returns the
 * first lines of the pieces by job, of those logs that have grown. The lock on the lease makes the end of the job wait for the piece, and rejects a piece
 * after the end. Several pieces skip leases that other transactions have locked: one that ends several jobs could
 * otherwise wait for this statement, and this statement for it.
 */
async function insertPieces(
  db: Db,
  pieces: readonly EncodedPiece[],
  locked: 'SKIP' | 'WAIT',
): Promise<Map<string, number>> {
  if (pieces.length === 0) return new Map();
  let end = 0;
  const parts: object[] = [];
  const rows = pieces.map(({ jobId, tokenHash, offset, data, frames }) => {
    let lines = 0;
    for (const part of cutIntoChunks({ data, frames })) {
      const { start, length, line, at, marked } = part;
      parts.push({
        ...{ job_id: jobId, begin: end + start + 1, after: start, length, line },
        ...{ lines: part.lines, at, marked, frames: part.frames },
      });
      lines += part.lines;
    }
    end += data.length;
    return { job_id: jobId, token_hash: tokenHash, start: offset, length: data.length, lines };
  });
  const grown = await db.rows<{ jobId: string; firstLine: number }>(
    `WITH piece AS MATERIALIZED (
       SELECT * FROM jsonb_to_recordset($1::jsonb)
         AS piece (job_id uuid, token_hash text, start bigint, length integer, lines integer)
     ), held AS MATERIALIZED (
       SELECT lease.job_id FROM job_lease lease JOIN piece ON piece.job_id = lease.job_id
       WHERE lease.token_hash = piece.token_hash AND lease.started
       ORDER BY lease.job_id FOR KEY SHARE OF lease ${locked === 'SKIP' ? 'SKIP LOCKED' : ''}
     ), grown AS (
       INSERT INTO job_log (job_id, bytes, lines)
       SELECT held.job_id, piece.length, piece.lines FROM held JOIN piece ON piece.job_id = held.job_id
       WHERE piece.start = 0 OR EXISTS (SELECT FROM job_log known WHERE known.job_id = held.job_id)
       ORDER BY held.job_id
       ON CONFLICT (job_id) DO UPDATE SET bytes = job_log.bytes + excluded.bytes, lines = job_log.lines + excluded.lines
         WHERE job_log.bytes = (SELECT start FROM piece WHERE piece.job_id = job_log.job_id) AND job_log.loss IS NULL
       RETURNING job_id, lines
     ), added AS (
       INSERT INTO log_chunk (job_id, start, length, line, lines, at, marked, data, frames)
       SELECT grown.job_id, piece.start + part.after, part.length, grown.lines - piece.lines + part.line, part.lines,
         part.at, part.marked, substring($3::bytea FROM part.begin FOR part.length), part.frames
       FROM grown JOIN piece ON piece.job_id = grown.job_id
       JOIN jsonb_to_recordset($2::jsonb) AS part (job_id uuid, begin integer, after integer, length integer,
         line integer, lines integer, at timestamptz, marked boolean, frames jsonb) ON part.job_id = grown.job_id
     )
     SELECT grown.job_id AS "jobId", grown.lines - piece.lines + 1 AS "firstLine"
     FROM grown JOIN piece ON piece.job_id = grown.job_id`,
    [
      JSON.stringify(rows),
      JSON.stringify(parts),
      Buffer.concat(
        pieces.map(({ data }) => data),
        end,
      ),
    ],
  );
  return new Map(grown.map(({ jobId, firstLine }) => [jobId, firstLine]));
}

type OpenLog = Pick<JobLog, 'bytes' | 'loss'>;

async function findOpenLog(db: Db, jobId: string, tokenHash: string): Promise<OpenLog | undefined> {
  const [row] = await db.rows<OpenLog>(
    `SELECT coalesce(log.bytes, 0) AS bytes, log.loss FROM job_lease lease LEFT JOIN job_log log ON log.job_id = lease.job_id
     WHERE lease.job_id = $1 AND lease.token_hash = $2 AND lease.started`,
    [jobId, tokenHash],
  );
  return row;
}

/** State of a log when its job ends. */
export interface LogEnd {
  readonly jobId: string;
  readonly bytes: number;
  /** SHA-256 of the stored bytes; null if there are too many to read at the end of a job. */
  readonly sha256: string | null;
}

/** Logs up to this size are verified with the end of their job, others when they are sealed. */
const VERIFIED_AT_END_BYTES = 262_144;

export const findLogEnds = (db: Db, jobIds: readonly string[]): Promise<LogEnd[]> =>
  db.rows(
    `SELECT log.job_id AS "jobId", log.bytes, CASE WHEN log.bytes <= ${VERIFIED_AT_END_BYTES} THEN (
         SELECT encode(sha256(string_agg(data, ''::bytea ORDER BY start)), 'hex') FROM log_chunk WHERE job_id = log.job_id
       ) END AS sha256
     FROM job_log log WHERE log.job_id = ANY ($1::uuid[])`,
    [jobIds],
  );

/** Empties logs whose bytes are not those of the agent, which sends them again. */
export function emptyLogs(db: { defer(sql: string, parameters: readonly unknown[]): void }, jobIds: readonly string[]) {
  if (jobIds.length === 0) return;
  db.defer('DELETE FROM log_chunk WHERE job_id = ANY ($1::uuid[])', [jobIds]);
  db.defer('UPDATE job_log SET bytes = 0, lines = 0 WHERE job_id = ANY ($1::uuid[])', [jobIds]);
}
