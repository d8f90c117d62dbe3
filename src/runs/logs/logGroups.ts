import { findMarkedChunks, type LogReader, openChunks } from './jobLogs.store';

/** Group of lines: `::group::title` … `::endgroup::`. */
export interface LogGroup {
  readonly title: string;
  readonly depth: number;
  readonly firstLine: number;
  readonly lastLine: number | null;
  readonly offset: number;
  readonly startedAt: Date;
  readonly endedAt: Date | null;
}

const MOST_GROUPS = 1000;
/** Rows that may have to be read for them. */
const MOST_ROWS = 2000;
const ROWS_AT_ONCE = 100;
const LINE_END = 10;
const BEGIN = Buffer.from('::group::');
const END = Buffer.from('::endgroup::');

/** The first groups of a log. Reads only rows that have been marked when they were stored. */
export async function findLogGroups(reader: LogReader, jobId: string): Promise<LogGroup[]> {
  const groups: { -readonly [P in keyof LogGroup]: LogGroup[P] }[] = [];
  const open: (typeof groups)[number][] = [];
  let after = -1;
  for (let read = 0; read < MOST_ROWS; ) {
    const stored = await findMarkedChunks(reader.database, jobId, after, ROWS_AT_ONCE);
    for (const one of stored) {
      const [chunk] = await openChunks(reader, [one]);
      if (chunk === undefined) continue;
      for (const mark of marksIn(chunk.data)) {
        const at = timeAt(chunk.frames, mark.at);
        const line = chunk.line + mark.line + 1;
        if (mark.title === null) {
          const last = open.pop();
          if (last !== undefined) Object.assign(last, { lastLine: line, endedAt: at });
          continue;
        }
        if (groups.length === MOST_GROUPS) return groups;
        const began = { title: mark.title, depth: open.length, firstLine: line, offset: chunk.start + mark.at };
        const group = { ...began, lastLine: null, startedAt: at, endedAt: null };
        groups.push(group);
        open.push(group);
      }
      after = chunk.start;
    }
    read += stored.length;
    if (stored.length < ROWS_AT_ONCE) break;
  }
  return groups;
}

/** Marks at the beginnings of lines; an end has no title. */
function marksIn(data: Buffer): { readonly at: number; readonly line: number; readonly title: string | null }[] {
  const marks = [];
  let line = 0;
  for (let at = 0; at < data.length; line++) {
    const found = data.indexOf(LINE_END, at);
    const end = found === -1 ? data.length : found;
    if (data.compare(BEGIN, 0, BEGIN.length, at, Math.min(end, at + BEGIN.length)) === 0) {
      marks.push({
        at,
        line,
        title: data
          .toString('utf8', at + BEGIN.length, end)
          .trim()
          .slice(0, 1000),
      });
    } else if (data.compare(END, 0, END.length, at, Math.min(end, at + END.length)) === 0) {
      marks.push({ at, line, title: null });
    }
    at = end + 1;
  }
  return marks;
}

function timeAt(frames: readonly { readonly at: string; readonly bytes: number }[], offset: number): Date {
  let end = 0;
  const frame = frames.find(({ bytes }) => {
    end += bytes;
    return offset < end;
  });
  return new Date(frame?.at ?? 0);
}
