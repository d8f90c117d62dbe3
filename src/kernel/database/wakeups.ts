import { EventEmitter } from 'node:events';

/**
 * A wake-up tells sleepers that something may have changed. It carries no data and promises nothing: a sleeper reads
 * the database after a wake-up, and also after a poll interval without one. Lost or repeated wake-ups cost time only.
 */
export interface Wakeups {
  signal(topics: readonly string[]): void;
  /** Wakes waiters in this process only. */
  signalHere(topic: string): void;
  /** Calls a function at each signal, before `signal` returns. */
  onSignal(topic: string, heard: () => void): void;
  listen(topics: readonly string[]): Listener;
}

export interface Listener {
  /**
   * Resolves at the next signal (immediately if one came since the last wait), after `timeoutMs`, or when `until` is
   * aborted.
   */
  wait(timeoutMs: number, until?: AbortSignal): Promise<void>;
  /** Acts as a signal for this listener only. */
  wake(): void;
  close(): void;
}

/** Carries topics to the other processes over one connection, which it restores automatically. */
export interface WakeupTransport {
  /** Starts to listen. `heard(undefined)` means that topics may have been missed, so all sleepers should check. */
  open(heard: (topics: readonly string[] | undefined) => void): Promise<void>;
  /** Never throws: a topic that can't be sent is lost, and the poll finds the change. */
  send(topics: readonly string[]): void;
  close(): Promise<void>;
}

const COLLECT_MS = 10;

/** Signals this process immediately, and the others in batches of a few milliseconds, outside of any transaction. */
export class ProcessWakeups implements Wakeups {
  private readonly topics = new EventEmitter().setMaxListeners(0);
  private readonly pending = new Set<string>();
  private flushTimer: NodeJS.Timeout | undefined;

  /** Without a transport, sleepers of other processes rely on their polls. */
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

  onSignal(topic: string, heard: () => void): void {
    this.topics.on(topic, heard);
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

/** Topics to wait for. */
export const topic = {
  /** Jobs can be claimed. */
  queue: 'queue',
  /** Any run changed. */
  events: 'events',
  /** The run changed. */
  run: (runId: string) => `run:${runId}`,
  /** The server has an instruction for a job that this agent holds. */
  agent: (agentId: string) => `agent:${agentId}`,
  /** A person changed an agent. */
  agents: 'agents',
  /** A restore can take its next step. */
  restores: 'restores',
  /** A failed stage asks for a rollback. */
  rollbacks: 'rollbacks',
  /** The address or secret of a webhook changed. */
  hooks: 'hooks',
  /** A trigger fired. */
  triggers: 'triggers',
  /** An environment is to be observed. */
  observations: 'observations',
  /** Something that waits to begin may begin now. */
  slots: 'slots',
  /** An export of executions was requested, or can be written again. */
  exports: 'exports',
  /** A subscription to events, or its deliveries, changed. */
  subscriptions: 'subscriptions',
  /** The job's log grew or was sealed. */
  log: (jobId: string) => `log:${jobId}`,
} as const;
