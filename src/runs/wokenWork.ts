import type { Listener } from '../kernel/database/wakeups';
import type { App } from './app';

const WAKE_POLL_MS = 10_000;

/**
 * Work that wake-ups of a topic cause, one after another, in parallel with everything else. The sweeper's turns cause it,
 * too, if a wake-up is lost.
 */
export class WokenWork {
  private listener: Listener | undefined;
  private moving: Promise<void> | undefined;
  private again = false;
  private failing = false;

  constructor(
    private readonly app: App,
    private readonly topic: string,
    /** Log message for a failure. */
    private readonly failed: string,
    private readonly work: (app: App) => Promise<void>,
  ) {}

  start(): void {
    void this.follow();
  }

  private async follow(): Promise<void> {
    const listener = this.app.database.wakeups.listen([this.topic]);
    this.listener = listener;
    for (;;) {
      await listener.wait(WAKE_POLL_MS);
      if (this.listener !== listener) return;
      this.move();
    }
  }

  /** Resolves when nothing runs. Nothing begins until the next start. */
  async halt(): Promise<void> {
    this.listener?.close();
    this.listener = undefined;
    await this.moving;
  }

  /** Begins the work, or repeats it if it is running. */
  move(): void {
    if (this.listener === undefined) return;
    this.again = true;
    this.moving ??= this.repeat().finally(() => {
      this.moving = undefined;
    });
  }

  private async repeat(): Promise<void> {
    try {
      while (this.again && this.listener !== undefined) {
        this.again = false;
        await this.work(this.app);
      }
      this.failing = false;
    } catch (error) {
      if (!this.failing && this.listener !== undefined) this.app.log.error({ err: error }, `${this.failed}; retrying`);
      this.failing = true;
    }
  }
}
