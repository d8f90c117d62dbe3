import { EventEmitter } from 'node:events';
import { Client } from 'pg';
import type { Log } from '../log';

/**
 * Wake-ups tell sleepers that something they wait for may have changed. They carry no data and promise nothing: whoever sleeps reads
 * the database again after a wake-up, and also after `pollMs` without one. So everything stays correct when they are lost, doubled or
 * switched off; they only make it quick.
 *
 * Within a process a signal is immediate. Between processes there is one connection for LISTEN and NOTIFY each, whatever the number of
 * sleepers; signals are collected for a few milliseconds and sent as one NOTIFY outside of any transaction that does work.
 */
export interface Wakeups {
  signal(topics: readonly string[]): void;
  /** Wakes sleepers of this process only. */
  signalHere(topic: string): void;
  listen(topics: readonly string[]): Listener;
  stop(): Promise<void>;
}

export interface Listener {
  /** Resolves at the next signal (at once if one came since the last wait), after `timeoutMs`, or when `until` is aborted. */
  wait(timeoutMs: number, until?: AbortSignal): Promise<void>;
  close(): void;
}

export interface WakeupOptions {
  readonly url: string;
  /** false: no LISTEN and NOTIFY between processes; sleepers of other processes rely on their poll. */
  readonly notify: boolean;
  readonly log: Log;
}

const CHANNEL = 'slipway_wakeup';
const COLLECT_MS = 10;
const RECONNECT_MS = 1000;
const MAX_PAYLOAD = 7000; // PostgreSQL refuses 8000 bytes

export class PostgresWakeups implements Wakeups {
  private readonly topics = new EventEmitter().setMaxListeners(0);
  private readonly pending = new Set<string>();
  private readonly origin = Math.random().toString(36).slice(2);
  private client: Client | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private reconnectTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: WakeupOptions) {}

  async start(): Promise<void> {
    if (this.options.notify) await this.connect();
  }

  signal(topics: readonly string[]): void {
    for (const topic of topics) {
      this.topics.emit(topic);
      if (this.options.notify) this.pending.add(topic);
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
      close: () => {
        for (const topic of topics) this.topics.off(topic, heard);
        wake?.();
      },
    };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.flushTimer);
    clearTimeout(this.reconnectTimer);
    const client = this.client;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const client = new Client({ connectionString: this.options.url, application_name: 'slipway wake-ups', keepAlive: true });
    client.on('notification', ({ payload }) => this.heard(payload));
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    this.client = client;
    // What was signalled while nobody listened is unknown: wake everybody once.
    for (const topic of this.topics.eventNames()) this.topics.emit(topic);
  }

  private lost(client: Client, error: Error): void {
    if (this.stopped || this.client !== client) return;
    this.client = undefined;
    this.options.log.warn({ reason: error.message }, 'wake-up connection lost; sleepers poll until it is back');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.reconnectTimer = setTimeout(() => {
      if (this.stopped) return;
      this.connect().then(
        () => this.options.log.info('wake-up connection is back'),
        () => this.reconnectLater(), // lost() said why once; the poll carries on meanwhile
      );
    }, RECONNECT_MS);
  }

  private heard(payload: string | undefined): void {
    const [origin, ...topics] = (payload ?? '').split('\n');
    if (origin === this.origin) return;
    for (const topic of topics) this.topics.emit(topic);
  }

  private flush(): void {
    this.flushTimer = undefined;
    const client = this.client;
    const topics = [...this.pending];
    this.pending.clear();
    if (client === undefined) return;
    let payload = this.origin;
    const send = () =>
      client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]).catch((error: Error) => this.lost(client, error));
    for (const topic of topics) {
      if (payload.length + topic.length + 1 > MAX_PAYLOAD) {
        send();
        payload = this.origin;
      }
      payload += `\n${topic}`;
    }
    send();
  }
}

/** The names of what can be waited for. */
export const topic = {
  /** Jobs became claimable. */
  queue: 'queue',
  /** Anything of a run changed. */
  run: (runId: string) => `run:${runId}`,
  /** The server wants something of a job that this agent holds. */
  agent: (agentId: string) => `agent:${agentId}`,
  /** A log grew or was sealed. */
  log: (jobId: string) => `log:${jobId}`,
} as const;
