import { EventEmitter } from 'node:events';

/**
 * Wake-ups signal that something may have changed. They carry no data and guarantee nothing: a waiter reads the
 * database again after a wake-up, and also after `pollMs` without one. So everything stays correct when they are lost,
 * duplicated or switched off; they only make it faster.
 */
export interface Wakeups {
  signal(topics: readonly string[]): void;
  /** Wakes waiters in this process only. */
  signalHere(topic: string): void;
  listen(topics: readonly string[]): Listener;
}

export interface Listener {
  /** Resolves at the next signal (at once if one came since the last wait), after `timeoutMs`, or when `until` is aborted. */
  wait(timeoutMs: number, until?: AbortSignal): Promise<void>;
  /** The same as a signal, for this listener only. */
  wake(): void;
  close(): void;
}

/**
 * Carries topics to other processes. Two verbs: anything that can send all of them a few hundred bytes will do. It
 * maintains its own connection, exactly one, however many waiters there are.
 */
export interface WakeupTransport {
  /** Starts listening. `heard(undefined)`: something may have been missed, so everybody should check. */
  open(heard: (topics: readonly string[] | undefined) => void): Promise<void>;
  /** Never throws: a signal that can't be sent is lost, and the poll makes up for it. */
  send(topics: readonly string[]): void;
  close(): Promise<void>;
}

const COLLECT_MS = 10;

/**
 * Within the process a signal is immediate. For other processes signals are collected for a few milliseconds and sent
 * together, outside of any transaction.
 */
export class ProcessWakeups implements Wakeups {
  private readonly topics = new EventEmitter().setMaxListeners(0);
  private readonly pending = new Set<string>();
  private flushTimer: NodeJS.Timeout | undefined;

  /** Without a transport, waiters in other processes rely on their poll. */
  constructor(private readonly transport?: WakeupTransport) {}

  async start(): Promise<void> {
    await this.transport?.open((topics) => {
      for (const topic of topics ?? this.topics.eventNames()) this.topics.emit(topic);
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.flushTimer);
    await this.transport?.close();
  }

  signal(topics: readonly string[]): void {
    for (const topic of topics) {
      this.topics.emit(topic);
      if (this.transport !== undefined) this.pending.add(topic);
    }
    if (this.pending.size > 0) this.flushTimer ??= setTimeout(() => this.flush(), COLLECT_MS);
  }

  signalHere(name: string): void {
    this.topics.emit(name);
  }

  listen(topics: readonly string[]): Listener {
    let signalled = false;
    let wake: (() => void) | undefined;
    const heard = () => {
      signalled = true;
      wake?.();
    };
    for (const topic of topics) this.topics.on(topic, heard);
    return {
      wait: (timeoutMs, until) =>
        new Promise((resolve) => {
          const done = () => {
            clearTimeout(timer);
            until?.removeEventListener('abort', done);
            wake = undefined;
            signalled = false;
            resolve();
          };
          const timer = setTimeout(done, timeoutMs);
          wake = done;
          until?.addEventListener('abort', done, { once: true });
          if (signalled || until?.aborted) done();
        }),
      wake: heard,
      close: () => {
        for (const topic of topics) this.topics.off(topic, heard);
        wake?.();
      },
    };
  }

  private flush(): void {
    this.flushTimer = undefined;
    const topics = [...this.pending];
    this.pending.clear();
    this.transport?.send(topics);
  }
}

/** Names of things to wait for. */
export const topic = {
  /** Jobs became claimable. */
  queue: 'queue',
  /** Anything of any run changed. */
  events: 'events',
  /** Anything of a run changed. */
  run: (runId: string) => `run:${runId}`,
  /** The server wants an agent to act on a job that it holds. */
  agent: (agentId: string) => `agent:${agentId}`,
  /** A log grew or was sealed. */
  log: (jobId: string) => `log:${jobId}`,
} as const;
