import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { FormattedExecutionResult } from 'graphql';
import { WebSocket } from 'ws';
import { type Channel, secret, startServer, type TestServer, until } from '../../support/graphqlHarness';

let server: TestServer;
const open: TestServer[] = [];

async function start(...options: Parameters<typeof startServer>): Promise<TestServer> {
  server = await startServer(...options);
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((started) => started.stop()));
});

type Connected = ReturnType<TestServer['connect']>;

const first = async ({ client }: Connected, query: string, variables?: Record<string, unknown>) => {
  for await (const result of client.iterate({ query, ...(variables && { variables }) })) return result;
  return undefined;
};
const next = async (stream: AsyncIterator<FormattedExecutionResult>) =>
  (await stream.next()).value as FormattedExecutionResult;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => error,
  );

/** Waits until the server reads from the channel: earlier pushes would be lost. */
const subscribed = (channel: Channel, readers = 1) => until(() => channel.readers >= readers);

describe('keys', () => {
  it.each([
    ['connectionParams.apiKey', { apiKey: 'key-of-alice' }, {}],
    ['connectionParams["x-api-key"]', { 'x-api-key': 'key-of-alice' }, {}],
    ['connectionParams.authorization', { authorization: 'Bearer key-of-alice' }, {}],
    ['connectionParams.Authorization', { Authorization: 'Bearer key-of-alice' }, {}],
    ['the header x-api-key', undefined, { 'x-api-key': 'key-of-alice' }],
    ['the header authorization', undefined, { authorization: 'Bearer key-of-alice' }],
    ['connectionParams before a header', { apiKey: 'key-of-alice' }, { 'x-api-key': 'key-of-bob' }],
  ])('are accepted by %s', async (_name, parameters, headers) => {
    await start();
    const connected = server.connect(parameters ?? {}, headers as Record<string, string>);
    expect(await first(connected, '{ me }')).toMatchObject({ data: { me: 'alice' } });
  });

  it.each([
    ['none', {}],
    ['a wrong one', { apiKey: 'guess' }],
    ['one that is no text', { apiKey: 42 }],
    ['one without "Bearer"', { authorization: 'key-of-alice' }],
  ])('close the socket with 4403: %s', async (_name, parameters) => {
    await start();
    const connected = server.connect(parameters);
    expect(await failure(first(connected, '{ me }'))).toMatchObject({ code: 4403, reason: 'Forbidden' });
    expect(server.contexts).toEqual([]);
  });

  it.each([
    ['key-of-outage', 1013, 'Try again later'],
    ['key-of-defect', 4500, 'Internal server error'],
  ])('close it with another code if they can’t be checked: %s', async (apiKey, code, reason) => {
    await start();
    expect(await failure(first(server.connect({ apiKey }), '{ me }'))).toMatchObject({ code, reason });
  });

  it('are checked for each operation', async () => {
    await start();
    const connected = server.connect();
    const stream = connected.client.iterate({ query: 'subscription { events { n } }' });
    const waiting = stream.next();
    await subscribed(server.channel);
    server.revoked.add('key-of-alice');
    expect(await failure(first(connected, '{ me }'))).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED', retryable: false } },
    ]);
    server.revoked.clear();
    server.channel.push({ n: 1 });
    await waiting;
  });

  it('are checked before each event of a stream, and end it once revoked', async () => {
    await start();
    const stream = server.connect().client.iterate({ query: 'subscription { events { n } }' });
    const one = stream.next();
    await subscribed(server.channel);
    server.channel.push({ n: 1 });
    expect((await one).value).toEqual({ data: { events: { n: 1 } } });
    server.revoked.add('key-of-alice');
    const two = failure(stream.next());
    server.channel.push({ n: 2 });
    expect(await two).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    await until(() => server.channel.returned === 1);
  });

  it('must arrive in time', async () => {
    await start({ graphql: { connectionInitMs: 20 } });
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const [code] = await once(socket, 'close');
    expect(code).toBe(4408);
  });

  it('must arrive before an operation', async () => {
    await start();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send('{"type":"subscribe","id":"1","payload":{"query":"{ me }"}}');
    const [code] = await once(socket, 'close');
    expect(code).toBe(4401);
    expect(server.contexts).toEqual([]);
  });
});

describe('streams', () => {
  it('execute each event with fresh loaders', async () => {
    await start();
    const stream = server.connect().client.iterate({ query: 'subscription { events { n a: loaders b: loaders } }' });
    const seen: unknown[] = [];
    for (const n of [1, 2, 3]) {
      const event = next(stream as AsyncIterator<FormattedExecutionResult>);
      await subscribed(server.channel);
      server.channel.push({ n });
      seen.push((await event).data?.events);
    }
    // Context 0 is the one that opened the stream.
    expect(seen).toEqual([
      { n: 1, a: 1, b: 1 },
      { n: 2, a: 2, b: 2 },
      { n: 3, a: 3, b: 3 },
    ]);
  });

  it('release their source and their signal when the client ends them', async () => {
    await start();
    const begun = server.begun();
    const { client } = server.connect();
    const stream = client.iterate({ query: 'subscription { events { n } }' });
    const one = stream.next();
    const { signal } = await begun;
    await subscribed(server.channel);
    server.channel.push({ n: 1 });
    await one;
    expect(signal.aborted).toBe(false);
    await stream.return?.();
    await until(() => signal.aborted && server.channel.returned === 1);
  });

  it('release them when the socket breaks', async () => {
    await start();
    const begun = server.begun();
    const { client } = server.connect();
    const waiting = failure(client.iterate({ query: 'subscription { events { n } }' }).next());
    const { signal } = await begun;
    await subscribed(server.channel);
    client.terminate();
    await waiting;
    await until(() => signal.aborted && server.channel.returned === 1);
  });

  it('end immediately even if their source hangs', async () => {
    await start();
    const begun = server.begun();
    const { client } = server.connect();
    const stream = client.iterate({ query: 'subscription { stuck { n } }' });
    expect(await next(stream as AsyncIterator<FormattedExecutionResult>)).toEqual({ data: { stuck: { n: 1 } } });
    const { signal } = await begun;
    await stream.return?.();
    await until(() => signal.aborted);
    // The operation has left nothing behind that a drain would wait for.
    await server.http.drain(30);
  });

  it('deliver under an id that their client has just used for another', async () => {
    await start();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { 'x-api-key': 'key-of-alice' },
    });
    await once(socket, 'open');
    const types: string[] = [];
    socket.on('message', (data) => types.push((JSON.parse(String(data)) as { type: string }).type));
    const subscribe = '{"type":"subscribe","id":"1","payload":{"query":"subscription { events { n } }"}}';
    socket.send('{"type":"connection_init"}');
    await until(() => types.length === 1);
    socket.send(subscribe);
    await subscribed(server.channel);
    // Sends both in one packet.
    const carrier = Reflect.get(socket, '_socket') as Socket;
    carrier.cork();
    socket.send('{"type":"complete","id":"1"}');
    socket.send(subscribe);
    carrier.uncork();
    await subscribed(server.channel, 2);
    server.channel.push({ n: 1 });
    await until(() => types.length > 1);
    expect(types.slice(1)).toEqual(['next']);
    socket.terminate();
  });

  it('mask errors in an event', async () => {
    await start();
    const stream = server.connect().client.iterate({ query: 'subscription { events { n broken } }' });
    const one = next(stream as AsyncIterator<FormattedExecutionResult>);
    await subscribed(server.channel);
    server.channel.push({ n: 1 });
    const { data, errors } = await one;
    expect(data).toEqual({ events: { n: 1, broken: null } });
    expect(errors).toMatchObject([
      { path: ['events', 'broken'], extensions: { code: 'INTERNAL', errorId: expect.any(String) } },
    ]);
    expect(JSON.stringify(errors)).not.toContain(secret);
    expect(server.logText()).toContain(secret);
  });

  it('mask an error of their source, and keep the socket for others', async () => {
    await start();
    const connected = server.connect();
    const other = connected.client.iterate({ query: 'subscription { events { n } }' });
    const one = other.next();
    await subscribed(server.channel);
    const stream = connected.client.iterate({ query: 'subscription { failing { n } }' });
    expect((await stream.next()).value).toEqual({ data: { failing: { n: 1 } } });
    const errors = await failure(stream.next());
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL', errorId: expect.any(String) } }]);
    expect(JSON.stringify(errors)).not.toContain(secret);
    server.channel.push({ n: 5 });
    expect((await one).value).toEqual({ data: { events: { n: 5 } } });
  });

  it.each([
    ['a refusal', 'subscription { refusing { n } }', 'NOT_FOUND'],
    ['a source that is none', 'subscription { notAStream { n } }', 'INTERNAL'],
  ])('return %s when they can’t be opened', async (_name, query, code) => {
    await start();
    expect(await first(server.connect(), query)).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  it.each([
    ['GRAPHQL_PARSE_FAILED', 'subscription { events', {}],
    ['GRAPHQL_VALIDATION_FAILED', 'subscription { nothing }', {}],
  ])('reject an invalid operation with %s', async (code, query) => {
    await start();
    const connected = server.connect();
    // Twice, because the second answer comes from the cache.
    for (let time = 0; time < 2; time += 1) {
      expect(await failure(first(connected, query))).toMatchObject([{ extensions: { code, retryable: false } }]);
    }
  });

  it('reject an invalid variable with BAD_USER_INPUT', async () => {
    await start();
    const result = await first(server.connect(), 'query ($at: DateTime) { echo(at: $at) }', { at: 'yesterday' });
    expect(result).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });
});

describe('sockets', () => {
  const address = (path = '/graphql') => `${server.url.replace('http', 'ws')}${path}`;

  it('are only opened at /graphql', async () => {
    await start();
    const [error] = await once(new WebSocket(address('/other'), 'graphql-transport-ws'), 'error');
    expect(String(error)).toContain('404');
  });

  it('accept no other protocol', async () => {
    await start();
    // Without a subprotocol the client accepts any response, so the server has to close.
    const [code] = await once(new WebSocket(address()), 'close');
    expect(code).toBe(4406);
    const [error] = await once(new WebSocket(address(), 'graphql-ws'), 'error');
    expect(String(error)).toContain('no subprotocol');
  });

  it('accept no message of more than 1 MiB', async () => {
    await start();
    const socket = new WebSocket(address(), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { apiKey: 'x'.repeat(1024 ** 2) } }));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1009);
  });

  it('are cut off when their peer is dead', async () => {
    await start({ graphql: { pingEveryMs: 20, pongWithinMs: 20 } });
    const socket = new WebSocket(address(), 'graphql-transport-ws', { autoPong: false });
    const [code] = await once(socket, 'close');
    expect(code).toBe(1006);
  });

  it('stay open as long as their peer responds', async () => {
    await start({ graphql: { pingEveryMs: 20, pongWithinMs: 15, connectionInitMs: 0 } });
    const socket = new WebSocket(address(), 'graphql-transport-ws');
    for (let pings = 0; pings < 5; pings += 1) await once(socket, 'ping');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

describe('drain', () => {
  it('closes an idle socket with 1001 immediately', async () => {
    await start();
    const { client, closed } = server.connect();
    const unsubscribe = client.subscribe(
      { query: 'subscription { events { n } }' },
      { next: () => undefined, error: () => undefined, complete: () => undefined },
    );
    await subscribed(server.channel);
    unsubscribe();
    await until(() => server.channel.returned === 1);
    const idle = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(idle, 'open');
    const [[code]] = await Promise.all([once(idle, 'close'), server.http.drain(30)]);
    expect(code).toBe(1001);
    await closed;
  });

  it('finishes an operation, accepts no new one, then closes with 1001', async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await start({ held });
    const connected = server.connect();
    const begun = server.begun();
    const result = first(connected, '{ held }');
    await begun;
    const drained = server.http.drain(30);
    expect(await failure(first(connected, '{ me }'))).toMatchObject([
      { extensions: { code: 'UNAVAILABLE', retryable: true } },
    ]);
    letGo();
    expect(await result).toMatchObject({ data: { held: 'let go' } });
    await drained;
  });

  it('closes a stream with 1001 when its time is up', async () => {
    await start();
    const { client } = server.connect();
    const waiting = failure(client.iterate({ query: 'subscription { events { n } }' }).next());
    await subscribed(server.channel);
    await server.http.drain(0.05);
    expect(await waiting).toMatchObject({ code: 1001 });
    expect(server.channel.returned).toBe(1);
  });
});
