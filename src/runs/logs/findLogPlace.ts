import {
  findChunks,
  findChunksAt,
  findLastChunk,
  findLogs,
  type LogReader,
  type OpenChunk,
  openChunks,
} from './jobLogs.store';
import { afterLines, countLines } from './logChunks';

/** Part of a log that a caller asks for, by one kind of beginning and one of end. */
export interface LogSelection {
  readonly afterOffset?: number | null;
  readonly beforeOffset?: number | null;
  /** From 1. */
  readonly fromLine?: number | null;
  /** Number of lines from the beginning. */
  readonly lines?: number | null;
  readonly lastLines?: number | null;
  readonly since?: Date | null;
  readonly until?: Date | null;
}

const LINE_END = 10;

/** Offsets of a part. Each lookup reads at most three rows, in a log of any length. */
export async function findLogPlace(
  reader: LogReader,
  jobId: string,
  selection: LogSelection,
): Promise<{ readonly offset: number; readonly end: number | null }> {
  const { lines, until, beforeOffset } = selection;
  const offset = await findBeginning(reader, jobId, selection);
  const ends: number[] = [];
  if (typeof beforeOffset === 'number') ends.push(beforeOffset);
  if (lines)
    ends.push(
      (await offsetOfLine(reader, jobId, (await lineAt(reader, jobId, offset)) + lines)) ?? Number.POSITIVE_INFINITY,
    );
  if (until) ends.push((await offsetOfTime(reader, jobId, until)) ?? Number.POSITIVE_INFINITY);
  const end = Math.min(...ends);
  return { offset, end: end === Number.POSITIVE_INFINITY ? null : end };
}

async function findBeginning(reader: LogReader, jobId: string, selection: LogSelection): Promise<number> {
  const { afterOffset, fromLine, lastLines, since } = selection;
  if (typeof afterOffset === 'number') return afterOffset;
  if (fromLine) return (await offsetOfLine(reader, jobId, fromLine)) ?? (await lengthOf(reader, jobId));
  if (since) return (await offsetOfTime(reader, jobId, since)) ?? (await lengthOf(reader, jobId));
  if (typeof lastLines === 'number') {
    const [last] = await openChunks(reader, await findLastChunk(reader.database, jobId));
    if (last === undefined) return 0;
    const whole = last.line + countLines(last.data) + (last.data.at(-1) === LINE_END ? 0 : 1);
    const line = whole - lastLines + 1;
    return (await offsetOfLine(reader, jobId, line)) ?? (await lengthOf(reader, jobId));
  }
  return 0;
}

async function lengthOf(reader: LogReader, jobId: string): Promise<number> {
  const [log] = await findLogs(reader.database, [jobId]);
  return log?.bytes ?? 0;
}

/** Number of the line that an offset belongs to. */
async function lineAt(reader: LogReader, jobId: string, offset: number): Promise<number> {
  const [chunk] = await openChunks(reader, await findChunks(reader.database, jobId, offset, 1));
  if (chunk === undefined) return 1;
  return chunk.line + countLines(chunk.data.subarray(0, Math.max(0, offset - chunk.start))) + 1;
}

/** Undefined if the log has fewer lines. */
async function offsetOfLine(reader: LogReader, jobId: string, line: number): Promise<number | undefined> {
  if (line <= 1) return 0;
  const before = line - 1;
  for (const { start, line: first, data } of await openChunks(
    reader,
    await findChunksAt(reader.database, jobId, { lines: before }),
  )) {
    const found = afterLines(data, Math.max(0, before - first));
    if (found !== -1) return start + found;
  }
  return undefined;
}

/** Beginning of the first line at or after a time. Undefined if there is none. */
async function offsetOfTime(reader: LogReader, jobId: string, at: Date): Promise<number | undefined> {
  let before: OpenChunk | undefined;
  for (const chunk of await openChunks(reader, await findChunksAt(reader.database, jobId, { at }))) {
    let from = 0;
    for (const frame of chunk.frames) {
      if (Date.parse(frame.at) >= at.getTime()) {
        const previous = from > 0 ? chunk.data[from - 1] : before?.data.at(-1);
        if (previous === undefined || previous === LINE_END) return chunk.start + from;
        const next = chunk.data.indexOf(LINE_END, from);
        if (next !== -1) return chunk.start + next + 1;
        break;
      }
      from += frame.bytes;
    }
    before = chunk;
  }
  return undefined;
}

/** True if a line begins before an offset and continues there. */
export async function startsWithinLine(reader: LogReader, jobId: string, offset: number): Promise<boolean> {
  if (offset === 0) return false;
  const [chunk] = await openChunks(reader, await findChunks(reader.database, jobId, offset - 1, 1));
  const before = chunk?.data[offset - 1 - chunk.start];
  return before !== undefined && before !== LINE_END;
}
