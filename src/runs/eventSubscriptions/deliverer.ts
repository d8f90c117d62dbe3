import { topic } from '../../kernel/database/wakeups';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { takeLeases } from './subscriptions.store';
import { SubscriptionWorker } from './subscriptionWorker';

const LONGEST_LEASE_MS = 15_000;

/**
 * Delivers events to subscriptions. Each subscription has one worker among all servers of the database. A server looks
 * for subscriptions without one: at a change of any, and at each poll, because their server may have died.
 */
export class Deliverer {
  private readonly stopping = new AbortController();
  private readonly workers = new Map<string, SubscriptionWorker>();
  private serving: Promise<void> = Promise.resolve();
  /** Identity of this process in leases. */
  private readonly server = newId();
  private readonly leaseMs: number;

  constructor(private readonly app: App) {
    this.leaseMs = Math.min(app.config.SLIPWAY_LEASE_SECONDS * 1000, LONGEST_LEASE_MS);
  }

  start(): void {
    this.serving = this.serve();
  }

  /** Ends the leases, so that other servers continue at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.serving;
    await Promise.all([...this.workers.values()].map((worker) => worker.stop()));
  }

  private async serve(): Promise<void> {
    const { database, config, log } = this.app;
    const listener = database.wakeups.listen([topic.subscriptions]);
    const { signal } = this.stopping;
    let failing = false;
    while (!signal.aborted) {
      try {
        await this.take();
        failing = false;
      } catch (error) {
        if (!failing && !signal.aborted) log.warn({ err: error }, 'subscriptions could not be taken; retrying');
        failing = true;
      }
      await listener.wait(config.SLIPWAY_POLL_MS, signal);
    }
    listener.close();
  }

  private async take(): Promise<void> {
    const { database, clock } = this.app;
    const now = clock.now();
    const taken = await takeLeases(
      database,
      this.server,
      [...this.workers.keys()],
      now,
      new Date(now.getTime() + this.leaseMs),
    );
    for (const id of taken) {
      const worker = new SubscriptionWorker(this.app, id, this.server, this.leaseMs);
      this.workers.set(id, worker);
      void worker.ended.finally(() => {
        if (this.workers.get(id) === worker) this.workers.delete(id);
      });
    }
  }
}
