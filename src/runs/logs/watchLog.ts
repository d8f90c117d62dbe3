import type { App } from '../app';
import { findLogs } from './jobLogs.store';
import { LIVE_PAGE_BYTES } from './logFeed';
import { type LogPage, readLog } from './logPages';

/**
 * Log from an offset: existing bytes, then appended ones, until its job ends. Each byte once, in order. At the end of a
 * log, followers share pages; a follower that is not there yet reads its own, as fast as its client takes them.
 */
export async function* watchLog(app: App, jobId: string, offset: number, until: AbortSignal): AsyncGenerator<LogPage> {
  const [log] = await findLogs(app.database, [jobId]);
  const follower = app.feeds.logs.follow(jobId, Math.max(offset, log?.bytes ?? 0));
  try {
    let position = offset;
    while (!until.aborted) {
      const pages = follower.after(position);
      const [shared] = pages ?? [];
      let page: LogPage | undefined;
      if (shared !== undefined && shared.offset === position) page = shared;
      else if (shared !== undefined || pages === undefined) {
        const end = shared === undefined || shared.final ? null : shared.nextOffset;
        page = await readLog(app, jobId, { offset: position, end, maxBytes: LIVE_PAGE_BYTES });
      }
      if (page !== undefined && (page.frames.length > 0 || page.final)) {
        position = page.nextOffset;
        yield page;
        if (page.final) return;
      } else await changed(follower, until);
    }
  } finally {
    follower.close();
  }
}

function changed(follower: { onChange(heard: () => void): void }, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      until.removeEventListener('abort', done);
      resolve();
    };
    follower.onChange(done);
    until.addEventListener('abort', done, { once: true });
    if (until.aborted) done();
  });
}
