import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log';
import type { WakeupTransport } from './wakeups';

const SUBJECT = 'slipway.wakeups';
/** A NATS server takes messages of 1 MiB by default. */
const MAX_PAYLOAD = 512 * 1024;

/**
 * Wake-ups through NATS, for installations in which PostgreSQL should not carry the fan-out to many servers. The path
 * of the URL names the installation if several share a NATS server: `nats://user:password@host:4222/production`.
 */
export class NatsWakeups implements WakeupTransport {
  private connection: NatsConnection | undefined;
  private readonly subject: string;

  constructor(private readonly options: { readonly url: string; readonly log: Log }) {
    const path = new URL(options.url).pathname.replace(/[^A-Za-z0-9_-]+/g, '_').replace(/^_+|_+$/g, '');
    this.subject = path === '' ? SUBJECT : `${SUBJECT}.${path}`;
  }

  async open(heard: Parameters<WakeupTransport['open']>[0]): Promise<void> {
    // Loaded only by installations with EVENTS_URL.
    const { connect } = await import('@nats-io/transport-node');
    const connection = await connect({
      ...credentials(this.options.url),
      name: 'slipway wake-ups',
      noEcho: true,
      reconnect: true,
      maxReconnectAttempts: -1,
    });
    this.connection = connection;
    connection.subscribe(this.subject, {
      callback: (error, message) => heard(error === null ? message.string().split('\n') : undefined),
    });
    void this.watchState(connection, () => heard(undefined));
  }

  send(topics: readonly string[]): void {
    let payload = '';
    for (const topic of topics) {
      if (payload.length + topic.length > MAX_PAYLOAD) {
        this.publish(payload);
        payload = '';
      }
      payload += payload === '' ? topic : `\n${topic}`;
    }
    if (payload !== '') this.publish(payload);
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    await connection?.close();
  }

  private publish(payload: string): void {
    try {
      this.connection?.publish(this.subject, payload);
    } catch (error) {
      this.options.log.debug({ reason: String(error) }, 'could not send a wake-up');
    }
  }

  private async watchState(connection: NatsConnection, missed: () => void): Promise<void> {
    for await (const { type } of connection.status()) {
      if (this.connection !== connection) return;
      if (type === 'disconnect') this.options.log.warn('NATS connection lost; polling until it is restored');
      if (type === 'reconnect') {
        this.options.log.info('NATS connection restored');
        missed();
      }
    }
  }
}

/** NATS takes credentials separately from the address: from `nats://user:password@…` or `nats://token@…`. */
function credentials(text: string): { servers: string; user?: string; pass?: string; token?: string } {
  const { protocol, host, username, password } = new URL(text);
  const servers = `${protocol}//${host}`;
  const user = decodeURIComponent(username);
  if (user === '') return { servers };
  return password === '' ? { servers, token: user } : { servers, user, pass: decodeURIComponent(password) };
}
