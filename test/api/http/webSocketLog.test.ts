import { once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { startServer, type TestServer, until } from '../../support/graphqlHarness';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const refusedQuery = async (query: string, parameters?: Record<string, unknown>) => {
  const next = server.connect(parameters).client.iterate({ query }).next();
  await expect(next).rejects.toBeDefined();
};

describe('the log of WebSockets', () => {
  const address = (path = '/graphql') => `${server.url.replace('http', 'ws')}${path}`;
  const refused = async (number = 1) => {
    const lines = () => server.logLines.filter(({ msg }) => msg === 'request refused');
    await until(() => lines().length >= number);
    return lines();
  };
  const opened = async () => {
    const socket = new WebSocket(address(), 'graphql-transport-ws');
    await once(socket, 'open');
    return socket;
  };
  const line = { level: 30, transport: 'websocket', requestId: expect.any(String), address: '127.0.0.1' };

  it.each([
    ['guess', 'UNAUTHENTICATED', 4403],
    ['key-of-outage', 'UNAVAILABLE', 1013],
  ])('has one line for a connection with the key %s', async (apiKey, code, status) => {
    await refusedQuery('{ me }', { apiKey });
    expect(await refused()).toMatchObject([{ ...line, code, status, route: '/graphql' }]);
    expect(JSON.stringify(await refused())).not.toContain(apiKey);
  });

  it.each([
    ['{"type":"subscribe","id":"1","payload":{"query":"{ me }"}}', 'UNAUTHENTICATED', 4401],
    ['{"type":"guess"}', 'INVALID_INPUT', 4400],
  ])('has one line for the first message %s', async (message, code, status) => {
    const socket = await opened();
    socket.send(message);
    await once(socket, 'close');
    expect(await refused()).toMatchObject([{ ...line, code, status }]);
  });

  it('has one line for a message that is too large, and one for a frame that breaks the protocol', async () => {
    const large = await opened();
    large.send('x'.repeat(1024 ** 2 + 1));
    await once(large, 'close');
    const broken = await opened();
    (Reflect.get(broken, '_socket') as Socket).write(Buffer.from([0xff, 0x80, 0, 0, 0, 0]));
    await once(broken, 'close');
    expect(await refused(2)).toMatchObject([
      { ...line, code: 'TOO_LARGE' },
      { ...line, code: 'INVALID_INPUT', reason: expect.stringMatching(/^WS_ERR_/) },
    ]);
  });

  it('has one line for a refused upgrade', async () => {
    await once(new WebSocket(address('/other'), 'graphql-transport-ws'), 'error');
    expect(await refused()).toMatchObject([{ ...line, code: 'NOT_FOUND', status: 404 }]);
  });

  it('has one line for an operation that never begins, with its caller', async () => {
    await refusedQuery('subscription { nothing }');
    expect(await refused()).toMatchObject([{ ...line, code: 'GRAPHQL_VALIDATION_FAILED', actor: 'alice' }]);
  });
});
