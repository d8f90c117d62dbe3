import { findChunks, type LogReader, openChunks } from './jobLogs.store';
import { type LogLine, linesOf } from './logLines';
import { readLog } from './logPages';

const STEP_BYTES = 256 * 1024;

export interface StreamedPart {
  readonly start: number;
  readonly end: number;
  /** Stored bytes; the remark follows them. */
  readonly length: number;
  readonly remark: Buffer;
}

/** Exact bytes of a log, a few rows at a time, as fast as the reader takes them. */
export async function* bytesOf(reader: LogReader, jobId: string, part: StreamedPart): AsyncGenerator<Buffer> {
  const { start, end, length, remark } = part;
  const stop = Math.min(end, length);
  let position = start;
  while (position < stop) {
    const before = position;
    const chunks = await openChunks(
      reader,
      await findChunks(reader.database, jobId, position, Math.min(STEP_BYTES, stop - position)),
    );
    for (const { start: begin, data } of chunks) {
      const own = data.subarray(position - begin, stop - begin);
      if (begin > position || own.length === 0) break;
      position += own.length;
      yield own;
    }
    if (position === before) throw new Error(`bytes of the log of job ${jobId} are missing from ${position}`);
  }
  if (end > length) yield remark.subarray(Math.max(0, position - length), end - length);
}

/** All lines of a log as text, each with its time in front. */
export async function* linesWithTimes(reader: LogReader, jobId: string): AsyncGenerator<Buffer> {
  let open: LogLine | undefined;
  for (let offset = 0; ; ) {
    const page = await readLog(reader, jobId, { offset, maxBytes: STEP_BYTES });
    let text = '';
    for (const line of linesOf(page, open !== undefined)) {
      const begins = open === undefined;
      text += `${begins ? `${line.at.toISOString()} ` : ''}${line.text}${line.ended ? '\n' : ''}`;
      open = line.ended ? undefined : line;
    }
    if (text !== '') yield Buffer.from(text);
    if (!page.more) return;
    offset = page.nextOffset;
  }
}
