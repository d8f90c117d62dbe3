import type { App } from '../app';
import { sweepCaches } from '../caches/caches';
import { pruneLogs } from './logRetention';
import { moveLogs } from './moveLogs';
import { sealLogs } from './sealLogs';

const SEAL_MS = 5000;
const MOVE_MS = 60_000;
const PRUNE_MS = 3_600_000;

/**
 * Seals logs soon after their jobs have ended, moves old ones out of the database, and deletes older ones; deletes old
 * caches, too.
 */
export class LogKeeper {
  private readonly stopping = new AbortController();
  private readonly timers: NodeJS.Timeout[] = [];
  private running: Promise<unknown>[] = [];

  constructor(private readonly app: App) {}

  start(): void {
    const { app, stopping } = this;
    this.repeat(0, SEAL_MS, 'could not seal logs', () => sealLogs(app, stopping.signal));
    this.repeat(1, MOVE_MS, 'could not move logs', () => moveLogs(app, stopping.signal));
    this.repeat(2, PRUNE_MS, 'could not delete old logs', async () => {
      const deleted = await pruneLogs(app, stopping.signal);
      if (deleted > 0) app.log.info({ deleted }, 'deleted old logs');
    });
    this.repeat(3, PRUNE_MS, 'could not delete old caches', () => sweepCaches(app));
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private repeat(index: number, ms: number, failed: string, work: () => Promise<unknown>): void {
    const turn = async () => {
      try {
        await work();
      } catch (error) {
        if (!this.stopping.signal.aborted) this.app.log.warn({ err: error }, failed);
      }
      if (!this.stopping.signal.aborted) this.repeat(index, ms, failed, work);
    };
    this.timers[index] = setTimeout(() => {
      this.running[index] = turn();
    }, ms);
  }
}
