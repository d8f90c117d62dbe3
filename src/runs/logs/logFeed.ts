import { Feeds } from '../../kernel/database/feed';
import { topic } from '../../kernel/database/wakeups';
import type { Log } from '../../kernel/log';
import type { LogReader } from './jobLogs.store';
import { type LogPage, readLog } from './logPages';

export const LIVE_PAGE_BYTES = 64 * 1024;
/** Pages in memory for followers that lag slightly. */
const KEEP = 4;

export type LogFeed = Feeds<string, LogPage, number>;

/** A final page may be empty, and still comes after everything else. */
const positionOf = ({ nextOffset, final }: LogPage): number => (final ? nextOffset + 0.5 : nextOffset);

/** One reader of each log that is followed in this process. All followers get the same pages. */
export function createLogFeed(reader: LogReader, pollMs: number, log: Log): LogFeed {
  return new Feeds<string, LogPage, number>(
    {
      key: (jobId) => jobId,
      topics: (jobId) => [topic.log(jobId)],
      compare: (a, b) => a - b,
      keep: KEEP,
      positionOf,
      async read(jobId, after) {
        if (!Number.isInteger(after)) return { items: [], position: after };
        const page = await readLog(reader, jobId, { offset: after, maxBytes: LIVE_PAGE_BYTES });
        const items = page.frames.length > 0 || page.final ? [page] : [];
        return { items, position: positionOf(page), more: page.more };
      },
    },
    { wakeups: reader.database.wakeups, pollMs, log },
  );
}
