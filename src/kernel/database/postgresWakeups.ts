import { Client } from 'pg';
import type { Log } from '../log';
import type { WakeupTransport } from './wakeups';

const CHANNEL = 'slipway_wakeup';
const RECONNECT_MS = 1000;
const CONNECT_MS = 10_000;
/** A connection that the network silently dropped is detected only when something is sent. */
const HEARTBEAT_MS = 5_000;
const ANSWER_MS = 5_000;
const MAX_PAYLOAD = 7000; // PostgreSQL refuses 8000 bytes

/**
 * Wake-ups through LISTEN and NOTIFY, on a separate connection: a NOTIFY in a larger transaction would take a
 * database-wide lock at the commit.
 */
export class PostgresWakeups implements WakeupTransport {
  private readonly origin = Math.random().toString(36).slice(2);
  private client: Client | undefined;
  private reconnectTimer: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private stopped = false;
  private heard: Parameters<WakeupTransport['open']>[0] = () => undefined;

  constructor(private readonly options: { readonly url: string; readonly log: Log }) {}

  async open(heard: typeof this.heard): Promise<void> {
    this.heard = heard;
    await this.connect();
  }

  send(topics: readonly string[]): void {
    const client = this.client;
    if (client === undefined) return;
    let payload = this.origin;
    const flush = () =>
      client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]).catch((error: Error) => this.lost(client, error));
    for (const topic of topics) {
      if (payload.length + topic.length + 1 > MAX_PAYLOAD) {
        flush();
        payload = this.origin;
      }
      payload += `\n${topic}`;
    }
    flush();
  }

  async close(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.reconnectTimer);
    clearInterval(this.heartbeat);
    const client = this.client;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const { url } = this.options;
    const client = new Client({
      connectionString: url,
      application_name: 'slipway wake-ups',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      // Signals and heartbeats do not wait for each other.
      pipeline: true,
    });
    client.on('notification', ({ payload }) => this.receive(payload));
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      abandon(client);
      throw error;
    }
    this.client = client;
    this.heartbeat = setInterval(() => {
      client.query('SELECT 1').catch((error: Error) => this.lost(client, error));
    }, HEARTBEAT_MS).unref();
    // Signals may have been missed while nothing listened.
    this.heard(undefined);
  }

  private receive(payload: string | undefined): void {
    const [origin, ...topics] = (payload ?? '').split('\n');
    if (origin !== this.origin) this.heard(topics);
  }

  private lost(client: Client, error: Error): void {
    if (this.stopped || this.client !== client) return;
    this.client = undefined;
    clearInterval(this.heartbeat);
    abandon(client);
    this.options.log.warn({ reason: error.message }, 'wake-up connection lost; polling until it is restored');
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.reconnectTimer = setTimeout(() => {
      if (this.stopped) return;
      this.connect().then(
        () => this.options.log.info('wake-up connection restored'),
        () => this.reconnectLater(), // lost() has logged the reason once
      );
    }, RECONNECT_MS);
  }
}

/** Closes a connection that may be dead, without waiting for its end, which may never come. */
function abandon(client: Client): void {
  client.end().catch(() => undefined);
}
