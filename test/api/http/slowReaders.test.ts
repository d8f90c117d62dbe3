import { once } from 'node:events';
import http from 'node:http';
import { WebSocket } from 'ws';
import { alice, startServer, type TestServer, until } from '../../support/graphqlHarness';

let server: TestServer;
const open: TestServer[] = [];

async function start(drainWithinMs: number): Promise<void> {
  server = await startServer({ graphql: { drainWithinMs, beatEveryMs: 20 } });
  open.push(server);
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((started) => started.stop()));
});

/** More than any operating system buffers for a reader that reads nothing. */
const COUNT = 400;
const TEXT = 'x'.repeat(200_000);
const fill = () => {
  for (let n = 1; n <= COUNT; n++) server.channel.push({ n, text: TEXT, cursor: String(n) });
};

interface Message {
  readonly type: string;
  readonly payload: { data?: { events: { n: number } } } & readonly { extensions: { code: string; cursor: string } }[];
}

/** A client that subscribes and then reads nothing. */
async function pausedSocket(): Promise<{ socket: WebSocket; messages: Message[] }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers: alice,
  });
  await once(socket, 'open');
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  socket.send('{"type":"connection_init"}');
  await until(() => messages.length === 1);
  socket.send('{"type":"subscribe","id":"1","payload":{"query":"subscription { events { n text } }"}}');
  await until(() => server.channel.readers === 1);
  socket.pause();
  return { socket, messages };
}

const numbers = (messages: readonly Message[]) => messages.flatMap(({ payload }) => payload?.data?.events.n ?? []);
const upTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1);

describe('a reader over a WebSocket', () => {
  it('that reads nothing gets its cursor and is closed with 1013', async () => {
    await start(300);
    const { socket, messages } = await pausedSocket();
    fill();
    await until(() => server.channel.returned === 1);
    // The requested messages are in the system's buffers, and a few in the server's.
    expect(server.channel.queued).toBeGreaterThan(COUNT / 4);
    socket.resume();
    const [code] = await once(socket, 'close');
    expect(code).toBe(1013);
    const got = numbers(messages);
    expect(got).toEqual(upTo(got.length));
    const error = messages.at(-1);
    expect(error).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'SLOW_READER', retryable: true } }] });
    expect(error?.payload[0]?.extensions.cursor).toBe(String(got.length));
    expect(COUNT - server.channel.queued).toBe(got.length);
  });

  it('that is slow gets everything at its own speed', async () => {
    await start(20_000);
    const { socket, messages } = await pausedSocket();
    fill();
    // Stops reading after each message.
    socket.on('message', () => {
      if (messages.length % 20 !== 0) return;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.resume();
    await until(() => numbers(messages).length === COUNT);
    expect(numbers(messages)).toEqual(upTo(COUNT));
    socket.close();
  });

  it('does not slow down others', async () => {
    await start(20_000);
    const { socket } = await pausedSocket();
    fill();
    const left = () => server.channel.queued;
    await until(() => left() < COUNT);
    const others = await server.post('{ me }');
    expect(others.body.data).toEqual({ me: 'alice' });
    socket.terminate();
    await until(() => server.channel.returned === 1);
  });
});

describe('a reader of server-sent events', () => {
  async function paused(): Promise<http.IncomingMessage> {
    const request = http.request(`${server.url}/graphql/stream`, {
      method: 'POST',
      headers: { ...alice, 'content-type': 'application/json' },
    });
    request.end(JSON.stringify({ query: 'subscription { events { n text } }' }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => undefined);
    await until(() => server.channel.readers === 1);
    return response;
  }

  it('that reads nothing causes no reads, and is cut off', async () => {
    await start(300);
    const response = await paused();
    fill();
    await until(() => server.channel.returned === 1);
    expect(server.channel.queued).toBeGreaterThan(COUNT / 4);
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
    });
    await once(response, 'close');
    expect(text).not.toContain('event: complete');
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(upTo(ids.length));
  });

  it('that is slow gets everything', async () => {
    await start(20_000);
    const response = await paused();
    fill();
    let ids = 0;
    let rest = '';
    response.on('data', (chunk) => {
      rest += chunk;
      ids += rest.split('id: ').length - 1;
      rest = rest.slice(-10).replaceAll('id: ', '');
      response.pause();
      setImmediate(() => response.resume());
    });
    await until(() => ids === COUNT);
    response.destroy();
    await until(() => server.channel.returned === 1);
  });
});
