import type { Log } from './log';

export interface Repeated {
  /** What a log line says could not be done, such as "delete old events". */
  readonly what: string;
  /** Time until the first turn, and from the end of a turn to the next one. */
  readonly firstMs: number;
  readonly everyMs: number;
  readonly work: (until: AbortSignal) => Promise<unknown>;
}

/** Works that a server repeats, each on its own, until it stops. A turn that fails is logged, and the next one comes. */
export class RepeatedWork {
  private readonly stopping = new AbortController();
  private readonly timers = new Map<Repeated, NodeJS.Timeout>();
  private readonly running = new Map<Repeated, Promise<void>>();

  constructor(
    private readonly log: Log,
    private readonly works: readonly Repeated[],
  ) {}

  start(): void {
    for (const one of this.works) this.next(one, one.firstMs);
  }

  /** Waits for the turns that run. */
  async stop(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.stopping.abort();
    await Promise.all(this.running.values());
  }

  private next(one: Repeated, inMs: number): void {
    this.timers.set(
      one,
      setTimeout(() => this.running.set(one, this.turn(one)), inMs),
    );
  }

  private async turn(one: Repeated): Promise<void> {
    try {
      await one.work(this.stopping.signal);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.log.warn({ err: error }, `could not ${one.what}`);
    }
    if (!this.stopping.signal.aborted) this.next(one, one.everyMs);
  }
}
