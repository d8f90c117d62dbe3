import { findJobs } from '../queue/jobs.store';
import { findChunks, findLogs, type LogReader, openChunks, nextCharacter } from './jobLogs.store';
import { countLines } from './logChunks';
import { remarkOf } from './logRemarks';

/** Output of one stream at one time. `slipway` is a remark of the server about output that is missing. */
export class LogText {
  constructor(
    readonly stream: 'stdout' | 'stderr' | 'slipway',
    readonly at: Date,
    readonly bytes: Buffer,
  ) {}

  get text(): string {
    return this.bytes.toString('utf8');
  }

  get base64(): string {
    return this.bytes.toString('base64');
  }
}

/** Part of a log, as returned to clients. */
export interface LogPage {
  readonly jobId: string;
  /** Number of bytes before it. */
  readonly offset: number;
  /** Number of the line that its first byte belongs to, from 1. */
  readonly firstLine: number;
  readonly frames: readonly LogText[];
  /** Offset of the next page. */
  readonly nextOffset: number;
  /** End of the requested part; null for the end of the log. */
  readonly endOffset: number | null;
  /** True if the requested part continues after this page. */
  readonly more: boolean;
  /** True if nothing follows this page, now or later. */
  readonly final: boolean;
  readonly truncated: boolean;
}

export interface PageRange {
  readonly offset: number;
  /** Offset at which the part ends; null for the end of the log. */
  readonly end?: number | null;
  readonly maxBytes: number;
}

/** No page is shorter than one character. */
const LEAST_BYTES = 4;

/**
 * Reads from an offset, at most `maxBytes`. The offset may be anywhere; within a character, reading begins at the next
 * one. Remarks follow the stored bytes as if they were part of the log, so that each is read once.
 */
export async function readLog(
  reader: LogReader,
  jobId: string,
  { offset, end: endOffset = null, maxBytes }: PageRange,
): Promise<LogPage> {
  const limit = Math.min(endOffset ?? Number.POSITIVE_INFINITY, offset + Math.max(maxBytes, LEAST_BYTES));
  // In this order: whether the job has ended, the length, the rows. In another order, a row that arrives in between
  // could be taken for the end.
  const [[job], [log], stored] = await reader.database.together((one) =>
    Promise.all([findJobs(one, [jobId]), findLogs(one, [jobId]), findChunks(one, jobId, offset, limit - offset)]),
  );
  const ended = job !== undefined && job.endedAt !== null;
  const length = log?.bytes ?? 0;
  const frames: LogText[] = [];
  let firstLine: number | undefined;
  let position = offset;
  const remark = (text: string, skip = 0) => {
    const at = frames.at(-1)?.at ?? log?.endedAt ?? job?.startedAt ?? job?.queuedAt ?? new Date(0);
    frames.push(new LogText('slipway', at, Buffer.from(text).subarray(skip)));
  };
  const skipTo = (start: number) => {
    if (log?.phase !== 'DELETED') remark(`\n[slipway] ${start - position} bytes of the log are missing here.\n`);
    position = start;
  };
  for (const { start, line, data, frames: written } of await openChunks(reader, stored)) {
    if (start > position) skipTo(start);
    let from = 0;
    for (const { stream, at, bytes } of written) {
      const begin = Math.max(from, position - start);
      const end = Math.min(from + bytes, limit - start);
      if (begin < end) {
        firstLine ??= line + countLines(data.subarray(0, begin)) + 1;
        const whole = end < from + bytes ? wholeUntil(data, begin, end) : end;
        const own = data.subarray(begin > from ? nextCharacter(data, begin) : begin, whole);
        if (own.length > 0) frames.push(new LogText(stream, new Date(at), own));
        position = start + whole;
      }
      from += bytes;
    }
  }
  if (ended && position < Math.min(length, limit) && stored.length === 0) skipTo(length);
  firstLine ??= (log?.lines ?? 0) + 1;
  const last = log === undefined ? '' : remarkOf(log, ended);
  const whole = length + Buffer.byteLength(last);
  if (position >= length && position < whole && (endOffset ?? whole) > length) {
    remark(last, position - length);
    position = whole;
  }
  const atEnd = position >= (endOffset === null ? whole : Math.min(endOffset, whole));
  return {
    ...{ jobId, offset, firstLine, frames, nextOffset: position, endOffset },
    more: !atEnd && position > offset,
    final: ended && position >= whole,
    truncated: (log?.loss ?? null) !== null,
  };
}

/** End of the last whole character before `end`; at least one byte. */
function wholeUntil(data: Buffer, begin: number, end: number): number {
  for (let at = end; at > end - 4 && at > begin; at--) if (((data[at] ?? 0) & 0xc0) !== 0x80) return at;
  return end;
}
