import type { Client } from 'graphql-ws';
import { webSocketClient } from './client';
import { ADMIN_KEY } from './server';

export interface EventView {
  readonly sequence: number;
  readonly type: string;
  readonly executionId: string;
}

/** An answer of `executionEvents`, with the fields that these documents select. */
export interface EventsItem {
  readonly cursor: string;
  readonly event: EventView | null;
  readonly snapshot: { readonly sequence: number; readonly execution: { readonly status: string } } | null;
  readonly gap: { readonly reason: string; readonly after: string } | null;
}

export const EVENTS = `subscription ($id: ID!, $after: ID) { executionEvents(executionId: $id, after: $after) {
  cursor event { sequence type executionId } snapshot { sequence execution { status } } gap { reason after } } }`;

/** Answers of one subscription, one at a time. */
export class Reading<Item> {
  readonly items: Item[] = [];
  private readonly stream: AsyncIterableIterator<{
    readonly data?: Record<string, unknown> | null;
    readonly errors?: unknown;
  }>;
  private readonly client: Client;

  constructor(url: string, query: string, variables: Readonly<Record<string, unknown>> = {}, apiKey = ADMIN_KEY) {
    this.client = webSocketClient(url, apiKey);
    this.stream = this.client.iterate({ query, variables: { ...variables } });
  }

  /** Next answer; undefined if the stream is complete. Throws any other end. */
  async next(): Promise<Item | undefined> {
    const { value, done } = await this.stream.next();
    if (done) {
      await this.close();
      return undefined;
    }
    if (value.errors !== undefined) throw new Error(JSON.stringify(value.errors));
    const [item] = Object.values(value.data ?? {});
    this.items.push(item as Item);
    return item as Item;
  }

  /** Reads until an answer matches. */
  async until(holds: (item: Item) => boolean): Promise<Item> {
    for (;;) {
      const item = await this.next();
      if (item === undefined) throw new Error(`the stream ended after ${JSON.stringify(this.items.at(-1))}`);
      if (holds(item)) return item;
    }
  }

  async rest(): Promise<Item[]> {
    const items: Item[] = [];
    for (let item = await this.next(); item !== undefined; item = await this.next()) items.push(item);
    return items;
  }

  /** Breaks the connection without a closing handshake. */
  drop(): void {
    this.client.terminate();
  }

  async close(): Promise<void> {
    await this.client.dispose();
  }
}

/** Reads the log of an execution from a cursor. */
export const readEvents = (url: string, id: string, after: string | number | null = null): Reading<EventsItem> =>
  new Reading<EventsItem>(url, EVENTS, { id, after });

/** Returns the error that ends a stream, as text; fails if there is none. */
export const endOf = (reading: Reading<unknown>): Promise<string> =>
  reading.rest().then(
    () => 'complete',
    (error: unknown) => {
      if (error instanceof Error) return error.message;
      const { code, reason } = error as { code?: number; reason?: string };
      return code === undefined ? JSON.stringify(error) : `${code} ${reason}`;
    },
  );
