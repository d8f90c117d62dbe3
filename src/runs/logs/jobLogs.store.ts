import { buffer } from 'node:stream/consumers';
import type { Database, Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Job } from '../queue/job';
import { jobTable } from '../queue/jobs.table';
import type { Contents } from '../contents/contents';
import type { JobLog, LogChunk, LogFrame } from './jobLog';
import { jobLogTable, logChunkTable } from './jobLogs.table';
import { type LogPart, unpack } from './logChunks';

const logColumns = columnsOf(jobLogTable, 'log');

/** Jobs that have written nothing are missing. */
export const findLogs = (db: Db, jobIds: readonly string[]): Promise<JobLog[]> =>
  db.rows(`SELECT ${logColumns} FROM job_log log WHERE job_id = ANY ($1::uuid[])`, [jobIds]);

/** A row of a log as read. */
export type StoredChunk = Omit<LogChunk, 'jobId' | 'at' | 'marked'> & {
  /** Content that has its bytes if `data` is null. */
  readonly file: string | null;
};

const chunkColumns = `${columnsOf(logChunkTable, 'chunk', ['start', 'length', 'line', 'lines', 'data', 'frames', 'place', 'packed'])},
  CASE WHEN chunk.data IS NULL THEN (SELECT file FROM job_log WHERE job_id = chunk.job_id) END AS file`;

/** The rows from the one that has an offset, with about `maxBytes` from there. */
export const findChunks = (db: Db, jobId: string, offset: number, maxBytes: number): Promise<StoredChunk[]> =>
  db.rows<StoredChunk>(
    `SELECT ${chunkColumns} FROM (
       SELECT *, sum(length) OVER (ORDER BY start) - length AS before
       FROM log_chunk
       WHERE job_id = $1 AND start >= coalesce((SELECT max(start) FROM log_chunk WHERE job_id = $1 AND start <= $2), 0)
         AND start < $2::bigint + $3::bigint
     ) chunk WHERE before < $3 ORDER BY start`,
    [jobId, offset, maxBytes],
  );

/** The last row that begins before a line, given as a number of line ends, or before a time; and the one after it. */
export const findChunksAt = (
  db: Db,
  jobId: string,
  { lines, at }: { readonly lines?: number; readonly at?: Date },
): Promise<StoredChunk[]> =>
  db.rows<StoredChunk>(
    `SELECT ${chunkColumns} FROM log_chunk chunk
     WHERE job_id = $1 AND start >= log_chunk_before($1, $2::bigint, $3::timestamptz) ORDER BY start LIMIT 2`,
    [jobId, lines ?? null, at ?? null],
  );

/** The last row. */
export const findLastChunk = (db: Db, jobId: string): Promise<StoredChunk[]> =>
  db.rows<StoredChunk>(`SELECT ${chunkColumns} FROM log_chunk chunk WHERE job_id = $1 ORDER BY start DESC LIMIT 1`, [
    jobId,
  ]);

/** Rows in which groups begin or end, after the one that begins at `after`. */
export const findMarkedChunks = (db: Db, jobId: string, after: number, limit: number): Promise<StoredChunk[]> =>
  db.rows<StoredChunk>(
    `SELECT ${chunkColumns} FROM log_chunk chunk WHERE job_id = $1 AND start > $2 AND marked ORDER BY start LIMIT $3`,
    [jobId, after, limit],
  );

/** A job with a log, as a search visits it. */
export interface SearchedJob {
  readonly job: Job;
  readonly task: string;
  readonly bytes: number;
}

/** Jobs of an execution, or of the workflows of a pipeline execution, in the order in which they were queued. */
export async function findSearchedJobs(
  db: Db,
  { executionId, task, jobId }: { executionId: string; task: string | null; jobId: string | null },
  after: { readonly queuedAt: Date; readonly id: string } | null,
  limit: number,
): Promise<SearchedJob[]> {
  const rows = await db.rows<Job & { taskName: string; logBytes: number }>(
    `SELECT ${columnsOf(jobTable, 'job')}, task.name AS "taskName", log.bytes AS "logBytes"
     FROM job JOIN job_log log ON log.job_id = job.id JOIN task_execution task ON task.id = job.task_execution_id
     WHERE (job.execution_id = $1 OR job.run_id = $1) AND log.bytes > 0 AND log.phase <> 'DELETED'
       AND ($2::text IS NULL OR task.name = $2) AND ($6::uuid IS NULL OR job.id = $6)
       AND ($3::timestamptz IS NULL OR (job.queued_at, job.id) >= ($3, $4::uuid))
     ORDER BY job.queued_at, job.id LIMIT $5`,
    [executionId, task, after?.queuedAt ?? null, after?.id ?? null, limit, jobId],
  );
  return rows.map(({ taskName, logBytes, ...job }) => ({ job, task: taskName, bytes: logBytes }));
}

/** A row with its plain bytes and frames. */
export type OpenChunk = LogPart & Pick<LogChunk, 'start' | 'line' | 'lines'>;

/** What readers of logs need of the app. */
export interface LogReader {
  readonly database: Database;
  readonly contents: Contents;
}

/** Plain, compressed and moved rows read the same. Rows that follow each other in a file are read at once. */
export async function openChunks(
  { contents }: Pick<LogReader, 'contents'>,
  chunks: readonly StoredChunk[],
): Promise<OpenChunk[]> {
  const moved = chunks.filter(({ data }) => data === null);
  const file = await readPart(contents, moved);
  return Promise.all(
    chunks.map(async ({ start, line, lines, data, frames, place, packed }) => {
      if (data !== null && frames !== null) return { start, line, lines, data, frames };
      const from = (place ?? 0) - (moved[0]?.place ?? 0);
      return { start, line, lines, ...(await unpack(data ?? file.subarray(from, from + (packed ?? 0)))) };
    }),
  );
}

/** The bytes from the first of these rows to the end of the last. */
async function readPart(contents: Contents, moved: readonly StoredChunk[]): Promise<Buffer> {
  const [first, last] = [moved[0], moved.at(-1)];
  if (first === undefined || last === undefined || first.file === null) return Buffer.alloc(0);
  const range = { start: first.place ?? 0, end: (last.place ?? 0) + (last.packed ?? 0) - 1 };
  return buffer(await contents.open(first.file, range));
}

/** Position of the first character that begins at or after another position. */
export function nextCharacter(data: Buffer, from: number): number {
  for (let back = 1; back <= 3 && back <= from; back++) {
    const byte = data[from - back] ?? 0;
    if (byte < 0x80) return from;
    if (byte < 0xc0) continue;
    const end = from - back + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);
    let at = from;
    while (at < Math.min(end, data.length) && ((data[at] ?? 0) & 0xc0) === 0x80) at++;
    return at;
  }
  return from;
}

/** Distance from the end within which a log is searched. */
const NEAR_THE_END_BYTES = 65_536;

/**
 * End of the standard error of each task's newest job, within that distance; end of all its output if there is no
 * standard error, as with merged streams. Tasks that wrote nothing are missing.
 */
export async function findErrorEnds(
  db: Db,
  app: Pick<LogReader, 'contents'>,
  taskExecutionIds: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.rows<StoredChunk & { taskId: string }>(
    `SELECT newest.task_id AS "taskId", ${chunkColumns}
     FROM (
       SELECT DISTINCT ON (task_execution_id) task_execution_id AS task_id, id FROM job
       WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY task_execution_id, attempt DESC
     ) newest
     JOIN job_log log ON log.job_id = newest.id
     CROSS JOIN LATERAL (SELECT * FROM log_chunk WHERE job_id = newest.id ORDER BY start DESC LIMIT 64) chunk
     WHERE chunk.start + chunk.length > log.bytes - $2
     ORDER BY newest.task_id, chunk.start`,
    [taskExecutionIds, NEAR_THE_END_BYTES],
  );
  const chunks: OpenChunk[] = [];
  for (const row of rows) chunks.push(...(await openChunks(app, [row])));
  const written = new Map<string, { readonly stream: LogFrame['stream']; readonly data: Buffer }[]>();
  for (const [index, { taskId }] of rows.entries()) {
    const { data, frames } = chunks[index] ?? { data: Buffer.alloc(0), frames: [] };
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
    // A text of PostgreSQL has no NUL.
    const text = bytes.subarray(nextCharacter(bytes, Math.max(0, bytes.length - maxBytes))).toString('utf8');
    return text.replaceAll('\0', '\ufffd');
  };
  return new Map([...written].map(([taskId, parts]) => [taskId, endOf(parts)]));
}
