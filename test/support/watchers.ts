import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type Client as SocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Client } from '../../src/client/client';
import { TypedDocumentString } from '../../src/client/generated';
import { RawStream } from './rawStream';
import { EVENTS, type EventsItem, Reading, readEvents } from './reading';
import { ADMIN_KEY } from './server';

/** Events of all executions. */
export const ALL = `subscription ($after: ID) { executionsUpdated(after: $after) {
  cursor event { sequence type executionId } snapshot { __typename } gap { reason after } } }`;

/** One subscription over one connection. */
interface Stream {
  /** Next answer; undefined if the stream is complete. Throws any other end. */
  next(): Promise<EventsItem | undefined>;
  drop(): void;
}

/** Opens a stream of an execution's events after a cursor. */
type Open = (url: string, id: string, after: string) => Promise<Stream> | Stream;

const ofReading = (reading: Reading<EventsItem>): Stream => ({
  next: () => reading.next(),
  drop: () => void reading.close(),
});

async function overServerEvents(url: string, query: string, variables: object): Promise<Stream> {
  const stream = await RawStream.open(`${url}/graphql/stream`, { query, variables });
  return { next: () => stream.nextItem(), drop: () => stream.drop() };
}

function overOurClient(url: string, id: string, after: string): Stream {
  const stop = new AbortController();
  const document = new TypedDocumentString<{ executionEvents: EventsItem }, Record<string, unknown>>(EVENTS);
  const stream = new Client(url, ADMIN_KEY).stream(document, { id, after }, stop.signal);
  return { next: async () => (await stream.next()).value?.executionEvents, drop: () => stop.abort() };
}

/** Consecutive subscriptions over one socket, for as long as it lives. */
function overOneSocket(): Open {
  let client: SocketClient | undefined;
  return (url, id, after) => {
    client ??= createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { apiKey: ADMIN_KEY },
      retryAttempts: 0,
      lazyCloseTimeout: 1_000,
      onNonLazyError: () => undefined,
    });
    const stream = client.iterate<{ executionEvents: EventsItem }>({ query: EVENTS, variables: { id, after } });
    return {
      async next() {
        const { value, done } = await stream.next();
        if (done) return undefined;
        if (value.errors !== undefined) throw new Error(JSON.stringify(value.errors));
        return value.data?.executionEvents;
      },
      drop: () => void stream.return?.(),
    };
  };
}

/** Each way to watch one execution, and all executions. */
export const waysToWatch = (): {
  readonly one: Readonly<Record<string, Open>>;
  readonly all: Record<string, Open>;
} => ({
  one: {
    'server-sent events': (url, id, after) => overServerEvents(url, EVENTS, { id, after }),
    WebSocket: (url, id, after) => ofReading(readEvents(url, id, after)),
    'one WebSocket': overOneSocket(),
    'our client': overOurClient,
  },
  all: {
    'all by server-sent events': (url, _id, after) => overServerEvents(url, ALL, { after }),
    'all by WebSocket': (url, _id, after) => ofReading(new Reading<EventsItem>(url, ALL, { after })),
  },
});

/**
 * A client as docs/subscriptions.md describes it, for the duration of a test: subscribes again with its last cursor
 * whenever a run ends or the stream breaks.
 */
export class Watcher {
  readonly received: number[] = [];
  /** First violation: an event out of order, a gap or a snapshot. */
  wrong: string | undefined;
  private state = 'new';
  private since = performance.now();
  private ended = false;
  private stream: Stream | undefined;
  private readonly done: Promise<void>;

  constructor(
    readonly id: string,
    private readonly name: string,
    private readonly open: Open,
    private readonly url: string,
    private cursor: string,
  ) {
    this.done = this.run();
  }

  get last(): number {
    return this.received.at(-1) ?? 0;
  }

  describe(): string {
    const state = `${this.state} for ${Math.round(performance.now() - this.since)} ms`;
    return `${this.name} has ${this.last}, ${state}, cursor ${this.cursor}${this.wrong ? `, ${this.wrong}` : ''}`;
  }

  async end(): Promise<void> {
    this.ended = true;
    this.stream?.drop();
    await this.done;
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      try {
        this.enter('opening');
        this.stream = await this.open(this.url, this.id, this.cursor);
        this.enter('open');
        for (let item = await this.stream.next(); item !== undefined; item = await this.stream.next()) this.take(item);
        this.enter('complete');
      } catch (error) {
        this.enter(`lost (${error instanceof Error ? error.message : JSON.stringify(error)})`);
      } finally {
        this.stream?.drop();
      }
      if (!this.ended) await pause(50 + Math.random() * 200);
    }
  }

  private enter(state: string): void {
    this.state = state;
    this.since = performance.now();
  }

  private take({ event, cursor, gap, snapshot }: EventsItem): void {
    this.cursor = cursor;
    if (event === null) {
      this.wrong ??= `${JSON.stringify({ gap, snapshot })} after ${this.last}`;
    } else if (event.executionId === this.id) {
      if (event.sequence !== this.last + 1) this.wrong ??= `${event.sequence} after ${this.last}`;
      this.received.push(event.sequence);
    }
  }
}
