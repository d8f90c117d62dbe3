import { Feeds, type Follower } from '../../kernel/database/feed';
import { topic } from '../../kernel/database/wakeups';
import type { Log } from '../../kernel/log';
import type { LogReader } from './jobLogs.store';
import type { LogPiece } from './appendLogs.store';
import { type LogPage, LogText, readLog } from './logPages';

export const LIVE_PAGE_BYTES = 64 * 1024;
/** Pages in memory for followers that lag slightly. */
const KEEP = 4;
/** Bytes of pages of one log that wait for its reader. A reader that is further behind reads rows. */
const WAITING_BYTES = 4 * LIVE_PAGE_BYTES;

/** A final page may be empty, and still comes after everything else. */
const positionOf = ({ nextOffset, final }: LogPage): number => (final ? nextOffset + 0.5 : nextOffset);
const bytesOf = (text: string, base64: string | undefined): Buffer =>
  base64 === undefined ? Buffer.from(text, 'utf8') : Buffer.from(base64, 'base64');

/**
 * One reader of each log that is followed in this process. All followers get the same pages. What agents append through
 * this process is a page already, so the reader needs the database for the rest only: what other servers have stored,
 * and the end.
 */
export class LogFeed {
  private readonly feeds: Feeds<string, LogPage, number>;
  /** Pages that were stored after the last read of their log, in order and without gaps. */
  private readonly stored = new Map<string, LogPage[]>();

  constructor(reader: LogReader, pollMs: number, log: Log) {
    this.feeds = new Feeds<string, LogPage, number>(
      {
        key: (jobId) => jobId,
        topics: (jobId) => [topic.log(jobId)],
        compare: (a, b) => a - b,
        keep: KEEP,
        positionOf,
        onEnd: (jobId) => this.stored.delete(jobId),
        read: async (jobId, after) => {
          if (!Number.isInteger(after)) return { items: [], position: after };
          const known = this.takeStored(jobId, after);
          if (known !== undefined) return { items: [known], position: known.nextOffset, more: this.stored.has(jobId) };
          const page = await readLog(reader, jobId, { offset: after, maxBytes: LIVE_PAGE_BYTES });
          const items = page.frames.length > 0 || page.final ? [page] : [];
          return { items, position: positionOf(page), more: page.more };
        },
      },
      { wakeups: reader.database.wakeups, pollMs, log },
    );
  }

  follow(jobId: string, start: number): Follower<LogPage, number> {
    return this.feeds.follow(jobId, start);
  }

  /** Takes a piece that this process has stored as a whole. Its wake-up comes afterwards. */
  add(jobId: string, { offset, frames }: LogPiece, firstLine: number): void {
    if (this.feeds.followers(jobId) === 0 || frames.length === 0) return;
    const texts = frames.map(({ stream, at, text, data }) => new LogText(stream, new Date(at), bytesOf(text, data)));
    const nextOffset = texts.reduce((end, { bytes }) => end + bytes.length, offset);
    const whole = { jobId, offset, firstLine, frames: texts.filter(({ bytes }) => bytes.length > 0), nextOffset };
    const page: LogPage = { ...whole, endOffset: null, more: false, final: false, truncated: false };
    const pages = this.stored.get(jobId) ?? [];
    const follows = pages.at(-1)?.nextOffset === offset;
    const from = follows ? (pages[0]?.offset ?? offset) : offset;
    if (nextOffset - offset > LIVE_PAGE_BYTES || nextOffset - from > WAITING_BYTES) this.stored.delete(jobId);
    else this.stored.set(jobId, follows ? [...pages, page] : [page]);
  }

  /** One page of what was stored from an offset on. Undefined if that has to be read. */
  private takeStored(jobId: string, after: number): LogPage | undefined {
    const pages = this.stored.get(jobId) ?? [];
    // What a read found meanwhile is not news.
    while (pages[0] !== undefined && pages[0].offset < after) pages.shift();
    let page = pages[0]?.offset === after ? pages.shift() : undefined;
    for (let [next] = pages; page !== undefined && next !== undefined; [next] = pages) {
      if (next.nextOffset - page.offset > LIVE_PAGE_BYTES) break;
      page = { ...page, frames: [...page.frames, ...next.frames], nextOffset: next.nextOffset };
      pages.shift();
    }
    if (pages.length === 0) this.stored.delete(jobId);
    return page;
  }
}
