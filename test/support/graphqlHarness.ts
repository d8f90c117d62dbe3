import { readServerConfig } from '../../src/kernel/config';
import type { FastifyPluginCallback } from 'fastify';
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import pino from 'pino';
import { WebSocket } from 'ws';
import { systemAccess } from '../../src/access/access';
import type { Actor } from '../../src/access/actor';
import type { Authenticate } from '../../src/api/http/credentials';
import { createGraphqlServer, type GraphqlServerOptions } from '../../src/api/graphql/graphqlServer';
import { createHttpServer, type Health } from '../../src/api/http/httpServer';
import { GraphQLDateTime } from '../../src/api/graphql/scalars';
import { Refusal } from '../../src/kernel/errors';

/** A log that tests can read. */
export function memoryLog() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  return { log, lines, text: () => JSON.stringify(lines) };
}

/** Source of events that a test pushes, which knows whether its readers were released. */
export class Channel {
  #waiting: ((result: IteratorResult<unknown, undefined>) => void)[] = [];
  readonly #queue: unknown[] = [];
  readers = 0;
  returned = 0;

  push(event: unknown): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting({ value: event, done: false });
    else this.#queue.push(event);
  }

  /** Number of events that no reader has taken yet. */
  get queued(): number {
    return this.#queue.length;
  }

  stream(): AsyncIterableIterator<unknown> {
    this.readers += 1;
    return {
      next: () =>
        this.#queue.length > 0
          ? Promise.resolve({ value: this.#queue.shift(), done: false })
          : new Promise((resolve) => this.#waiting.push(resolve)),
      return: async () => {
        this.returned += 1;
        for (const waiting of this.#waiting.splice(0)) waiting({ value: undefined, done: true });
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

export interface TestContext {
  readonly actor: Actor;
  readonly signal: AbortSignal;
  /** Unique number per context, in place of the loaders. */
  readonly loaders: number;
}

export const secret = 'select password from users';

const outage = () => Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });

export function testSchema(
  channel: Channel,
  started: (context: TestContext) => void = () => undefined,
  held?: Promise<void>,
) {
  const text = (resolve: (context: TestContext) => unknown) => ({
    type: GraphQLString,
    resolve: (_root: unknown, _args: unknown, context: TestContext) => resolve(context),
  });
  const refuse = (error: Error) => () => {
    throw error;
  };
  const Event = new GraphQLObjectType<{ n: number }, TestContext>({
    name: 'Event',
    fields: {
      n: { type: GraphQLInt },
      text: { type: GraphQLString },
      loaders: { type: GraphQLInt, resolve: (_event, _args, context) => context.loaders },
      actor: { type: GraphQLString, resolve: (_event, _args, context) => context.actor.name },
      broken: { type: GraphQLString, resolve: refuse(new Error(secret)) },
    },
  });
  const stream = (open: (context: TestContext) => unknown) => ({
    type: Event,
    resolve: (event: unknown) => event,
    subscribe: (_root: unknown, _args: unknown, context: TestContext) => open(context) as AsyncIterable<unknown>,
  });
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, TestContext>({
      name: 'Query',
      fields: {
        me: text((context) => context.actor.name),
        loaders: { type: GraphQLInt, resolve: (_root, _args, context) => context.loaders },
        broken: text(refuse(Object.assign(new Error(secret), { code: '42P01', query: secret }))),
        refused: text(refuse(new Refusal('CONFLICT', 'Somebody was faster.', { version: 7 }))),
        outage: text(() => Promise.reject(outage())),
        wrongType: { type: GraphQLInt, resolve: () => secret },
        echo: {
          type: GraphQLDateTime,
          args: { at: { type: GraphQLDateTime } },
          resolve: (_root, { at }: { at?: Date }) => at,
        },
        held: text(async (context) => {
          started(context);
          await held;
          return 'let go';
        }),
      },
    }),
    subscription: new GraphQLObjectType<unknown, TestContext>({
      name: 'Subscription',
      fields: {
        events: stream((context) => {
          started(context);
          return channel.stream();
        }),
        stuck: stream(async function* (context) {
          started(context);
          yield { n: 1 };
          await new Promise(() => undefined);
        }),
        failing: stream(async function* () {
          yield { n: 1 };
          throw new Error(secret);
        }),
        refusing: stream(refuse(new Refusal('NOT_FOUND', 'No such execution.'))),
        notAStream: stream(() => 42),
      },
    }),
  });
}

const people: Readonly<Record<string, string>> = { 'key-of-alice': 'alice', 'key-of-bob': 'bob' };
export const alice = { 'x-api-key': 'key-of-alice' };

export interface StartOptions {
  readonly held?: Promise<void>;
  readonly routes?: readonly FastifyPluginCallback[];
  readonly health?: Health;
  /** Same as SLIPWAY_TRUSTED_PROXIES. */
  readonly trustedProxies?: string;
  readonly graphql?: Partial<
    Pick<
      GraphqlServerOptions<TestContext>,
      'pingEveryMs' | 'pongWithinMs' | 'drainWithinMs' | 'connectionInitMs' | 'beatEveryMs'
    >
  >;
}

export async function startServer({
  held,
  routes = [],
  health = { check: async () => 1 },
  trustedProxies = '',
  graphql: more,
}: StartOptions = {}) {
  const { log, lines, text } = memoryLog();
  const channel = new Channel();
  const revoked = new Set<string>();
  const contexts: TestContext[] = [];
  const onStart: ((context: TestContext) => void)[] = [];
  const callers: string[] = [];
  const authenticate: Authenticate = async ({ key, address }) => {
    callers.push(address);
    if (key === 'key-of-outage') throw outage();
    if (key === 'key-of-defect') throw new Error(secret);
    const name = people[key];
    if (!name || revoked.has(key)) throw new Refusal('UNAUTHENTICATED', 'This API key is not valid.');
    return { kind: 'USER', id: name, name, administrator: false, access: systemAccess };
  };
  const graphql = createGraphqlServer<TestContext>({
    schema: testSchema(channel, (context) => onStart.shift()?.(context), held),
    log,
    authenticate,
    renew: async (actor) => {
      if (revoked.has(`key-of-${actor.name}`)) throw new Refusal('UNAUTHENTICATED', 'This API key is not valid.');
      return actor;
    },
    rightsKey: ({ id }) => id,
    createContext: (request, actor) => {
      const context = { actor, signal: request.signal, loaders: contexts.length };
      contexts.push(context);
      return context;
    },
    ...more,
  });
  const config = readServerConfig({ PORT: '0', SLIPWAY_TRUSTED_PROXIES: trustedProxies });
  const http = createHttpServer({ config, log, graphql, routes, health });
  const { url } = await http.listen();
  const clients: Client[] = [];
  return {
    url,
    http,
    graphql,
    lines,
    logText: text,
    logLines: lines,
    channel,
    revoked,
    contexts,
    /** Addresses that authenticated or tried to. */
    callers,
    /** Resolves when the next held query or stream has begun. */
    begun: () => new Promise<TestContext>((resolve) => onStart.push(resolve)),
    post: (
      query: string,
      { variables, headers = alice }: { variables?: object; headers?: Record<string, string> } = {},
    ) => postJson(`${url}/graphql`, { query, variables }, headers),
    /** A client as GraphiQL uses it. `closed` resolves with the close code of its socket. */
    connect(
      connectionParams: Record<string, unknown> | undefined = { apiKey: 'key-of-alice' },
      headers: Record<string, string> = {},
    ) {
      class Socket extends WebSocket {
        constructor(address: string, protocols: string | string[]) {
          super(address, protocols, { headers });
        }
      }
      let onClosed: (event: { code: number; reason: string }) => void = () => undefined;
      const closed = new Promise<{ code: number; reason: string }>((resolve) => {
        onClosed = resolve;
      });
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: Socket,
        retryAttempts: 0,
        ...(connectionParams && { connectionParams }),
        onNonLazyError: () => undefined,
        on: { closed: (event) => onClosed(event as { code: number; reason: string }) },
      });
      clients.push(client);
      return { client, closed };
    },
    async stop() {
      await Promise.all(clients.map((client) => client.dispose()));
      await http.drain(0);
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

export async function postJson(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: readonly unknown[]; extensions: Record<string, unknown> }[];
  readonly error?: Record<string, unknown>;
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 25_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`It never became true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
