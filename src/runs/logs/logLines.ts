import type { LogPage, LogText } from './logPages';

/** A line of a log, or the part of it that is on a page. */
export interface LogLine {
  /** From 1. */
  readonly number: number;
  /** Offset of its first byte on the page. */
  readonly offset: number;
  /** Time of its first byte on the page, by the agent's clock. */
  readonly at: Date;
  readonly stream: LogText['stream'];
  /** Without its line end. */
  readonly text: string;
  /** True if it began on an earlier page. */
  readonly continued: boolean;
  /** False if it continues on the next page, or has no line end. */
  readonly ended: boolean;
  /** Title of the group that it begins. */
  readonly group: string | null;
  /** True if it ends a group. */
  readonly endsGroup: boolean;
}

const LINE_END = 10;
const GROUP = '::group::';
const GROUP_END = '::endgroup::';

/** Lines of a page. Remarks are lines of their own. */
export function linesOf({ frames, offset, firstLine, nextOffset }: LogPage, begun: boolean): LogLine[] {
  const lines: LogLine[] = [];
  let open: { at: Date; stream: LogText['stream']; offset: number; parts: Buffer[] } | undefined;
  // Bytes that were skipped at the beginning, to the next character.
  const bytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  let position = Math.max(offset, nextOffset - bytes);
  let number = firstLine;
  const close = (ended: boolean) => {
    if (open === undefined) return;
    const { parts, ...own } = open;
    const text = Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    const continued = lines.length === 0 && begun;
    const group = !continued && text.startsWith(GROUP) ? text.slice(GROUP.length).trim() : null;
    lines.push({ ...own, number, text, continued, ended, group, endsGroup: !continued && text.startsWith(GROUP_END) });
    open = undefined;
    if (ended) number++;
  };
  for (const { stream, at, bytes: data } of frames) {
    for (let from = 0; from < data.length; ) {
      const found = data.indexOf(LINE_END, from);
      const to = found === -1 ? data.length : found;
      open ??= { at, stream, offset: position, parts: [] };
      open.parts.push(data.subarray(from, to));
      const next = found === -1 ? to : to + 1;
      position += next - from;
      from = next;
      if (found !== -1) close(true);
    }
  }
  close(false);
  return lines;
}
