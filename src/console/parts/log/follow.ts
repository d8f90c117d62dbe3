import { server } from '../../data/server';
import { ConsoleLogFollowDocument, type LogLineFragment, type LogPartFragment } from './generated';

/** Time in which output is collected, so that a fast log renders a few times a second. */
const TOGETHER_MS = 120;
/** Characters of a line that are kept. */
const LONGEST = 65_536;

/** Lines of several pages in order, with the parts of a line that are on different pages as one. */
export function withPart(before: readonly LogLineFragment[], added: readonly LogLineFragment[]): LogLineFragment[] {
  const lines = [...before];
  for (const line of added) {
    const last = lines.at(-1);
    if (line.continued && last?.number === line.number && last.stream === line.stream) {
      const text = last.text.length < LONGEST ? (last.text + line.text).slice(0, LONGEST) : last.text;
      lines[lines.length - 1] = { ...last, text, ended: line.ended };
    } else lines.push(line.text.length > LONGEST ? { ...line, text: line.text.slice(0, LONGEST) } : line);
  }
  return lines;
}

/** Calls `onLines` with output as it arrives, until the log is final. Continues after a broken connection. */
export async function followLog(
  jobId: string,
  afterOffset: number,
  onLines: (lines: readonly LogLineFragment[], final: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  let offset = afterOffset;
  let collected: LogLineFragment[] = [];
  let final = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deliver = () => {
    timer = undefined;
    const lines = collected;
    collected = [];
    if (!signal.aborted) onLines(lines, final);
  };
  for await (const { jobLog } of server.follow(
    ConsoleLogFollowDocument,
    () => ({ jobId, afterOffset: offset }),
    signal,
  )) {
    const page: LogPartFragment = jobLog;
    offset = page.nextOffset ?? offset;
    final = page.final;
    collected = withPart(collected, page.lines);
    timer ??= setTimeout(deliver, TOGETHER_MS);
  }
  clearTimeout(timer);
  final = true;
  deliver();
}
