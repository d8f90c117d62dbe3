import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { findNextDue } from './exports.store';
import { writeExports } from './writeExports';

/** A lost wake-up, or an export of a server that died, waits at most this long. */
const POLL_MS = 15_000;

/** Writes exports when one is requested or due again. Without any, it asks the database once in each poll. */
export class ExportWriter {
  private readonly stopping = new AbortController();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly app: App) {}

  start(): void {
    this.writing = this.serve();
  }

  /** Hands back an export that is being written. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.writing;
  }

  private async serve(): Promise<void> {
    const { database, clock, log } = this.app;
    const { signal } = this.stopping;
    const listener = database.wakeups.listen([topic.exports]);
    while (!signal.aborted) {
      let waitMs = POLL_MS;
      try {
        await writeExports(this.app, signal);
        if (signal.aborted) break;
        const next = await findNextDue(database);
        if (next !== null) waitMs = Math.min(waitMs, Math.max(1, next.getTime() - clock.now().getTime()));
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'could not write exports; retrying');
      }
      await listener.wait(waitMs, signal);
    }
    listener.close();
  }
}
