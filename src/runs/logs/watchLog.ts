import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import { type LogPage, readLog } from './jobLogs.store';

const PAGE_BYTES = 64 * 1024;

/** Log from an offset: existing bytes, then appended ones, until its job ends. Each byte once, in order. */
export async function* watchLog(app: App, jobId: string, offset: number, until: AbortSignal): AsyncGenerator<LogPage> {
  const listener = app.database.wakeups.listen([topic.log(jobId)]);
  try {
    let position = offset;
    while (!until.aborted) {
      const page = await readLog(app.database, jobId, position, PAGE_BYTES);
      if (page.frames.length > 0 || page.final) yield page;
      if (page.final) return;
      if (page.nextOffset > position) position = page.nextOffset;
      else await listener.wait(app.config.SLIPWAY_POLL_MS, until);
    }
  } finally {
    listener.close();
  }
}
