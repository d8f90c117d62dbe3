import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { FastifyPluginCallback, RouteHandlerMethod } from 'fastify';
import { createHttpServer } from '../../../src/api/http/httpServer';
import { parseJson } from '../../../src/api/http/requestBodies';
import { Refusal } from '../../../src/kernel/errors';
import { memoryLog, postJson, secret, startServer, type TestServer, until } from '../../support/graphqlHarness';

let server: TestServer;

const route =
  (url: string, handler: RouteHandlerMethod): FastifyPluginCallback =>
  (instance, _options, done) => {
    parseJson(instance, '*');
    instance.route({ method: ['GET', 'POST'], url, bodyLimit: 100, handler });
    done();
  };

describe('routes', () => {
  const events: string[] = [];
  beforeAll(async () => {
    server = await startServer({
      routes: [
        route('/a', async ({ url, info }) => ({ url, address: info.address })),
        route('/refused', async () => {
          throw new Refusal('STALE_CLAIM', 'The claim is over.', { jobId: 'j' });
        }),
        route('/broken', async () => {
          throw new Error(secret);
        }),
        route('/read', async ({ body }) => {
          throw new Refusal('NOT_FOUND', `Nothing like ${JSON.stringify(body)}.`);
        }),
        route('/cut', async (_request, reply) => {
          reply.raw.write('half');
          throw new Error(secret);
        }),
        route('/slow', async ({ info }) => {
          events.push('begun');
          await once(info.signal, 'abort');
          events.push('gone');
        }),
      ],
    });
  });
  afterAll(() => server.stop());

  it('get the request and its caller', async () => {
    const response = await fetch(`${server.url}/a?x=1`);
    expect(await response.json()).toEqual({ url: '/a?x=1', address: '127.0.0.1' });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('see the caller’s address behind trusted proxies only, on every transport', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.7, 198.51.100.2:4711, 10.0.0.9' };
    const addressAt = async ({ url }: TestServer, headers: Record<string, string>) =>
      ((await (await fetch(`${url}/a`, { headers })).json()) as { address: string }).address;
    expect(await addressAt(server, forwarded)).toBe('127.0.0.1');
    const behind = await startServer({
      trustedProxies: 'loopback, 10.0.0.0/8',
      routes: [route('/a', async ({ info }) => ({ address: info.address }))],
    });
    expect(await addressAt(behind, forwarded)).toBe('198.51.100.2');
    expect(await addressAt(behind, { 'x-forwarded-for': '[2001:db8::1]:80' })).toBe('2001:db8::1');
    expect(await addressAt(behind, { 'x-forwarded-for': 'nonsense' })).toBe('127.0.0.1');
    expect(await addressAt(behind, {})).toBe('127.0.0.1');
    const { client, closed } = behind.connect({ apiKey: 'unknown' }, forwarded);
    client.subscribe({ query: '{ me }' }, { next: () => undefined, error: () => undefined, complete: () => undefined });
    await closed;
    expect(behind.callers).toContain('198.51.100.2');
    await behind.stop();
  });

  it('include a page for browsers', async () => {
    const response = await fetch(`${server.url}/`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const html = await response.text();
    for (const [, link] of html.matchAll(/href="([^:"]+)"/g)) {
      const { status } = await fetch(`${server.url}/${link}`, { headers: { accept: 'text/html' } });
      expect([link, status]).toEqual([link, link?.startsWith('schemas') ? 404 : 200]);
    }
    expect((await fetch(`${server.url}/`, { method: 'HEAD' })).status).toBe(200);
  });

  it('return the errors that they throw', async () => {
    const response = await fetch(`${server.url}/refused`);
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      error: { code: 'STALE_CLAIM', message: 'The claim is over.', retryable: false, jobId: 'j' },
    });
  });

  it('return an ID for anything else that is thrown', async () => {
    const response = await fetch(`${server.url}/broken`);
    const body = (await response.json()) as { error: Record<string, unknown> };
    expect(response.status).toBe(500);
    expect(body.error).toMatchObject({ code: 'INTERNAL', retryable: true, errorId: expect.any(String) });
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(server.lines.find(({ errorId }) => errorId === body.error.errorId)).toMatchObject({
      path: '/broken',
      requestId: response.headers.get('x-request-id'),
    });
  });

  it('return an error that is thrown after the body was read', async () => {
    const { status, body } = await postJson(`${server.url}/read`, { some: 'body' });
    expect([status, body.error?.code]).toEqual([404, 'NOT_FOUND']);
    const broken = await fetch(`${server.url}/read`, { method: 'POST', body: '{' });
    expect([broken.status, await broken.json()]).toMatchObject([
      400,
      { error: { code: 'INVALID_INPUT', errors: [{ field: 'body', rule: 'JSON' }] } },
    ]);
    const large = await fetch(`${server.url}/read`, { method: 'POST', body: 'x'.repeat(101) });
    expect([large.status, await large.json()]).toMatchObject([413, { error: { code: 'TOO_LARGE', limit: 100 } }]);
  });

  it('cut off a response that has begun', async () => {
    await expect(fetch(`${server.url}/cut`).then((response) => response.text())).rejects.toThrow();
  });

  it('notice that the client disconnected', async () => {
    const aborter = new AbortController();
    const asked = fetch(`${server.url}/slow`, { signal: aborter.signal });
    await until(() => events.includes('begun'));
    aborter.abort();
    await expect(asked).rejects.toThrow();
    await until(() => events.includes('gone'));
  });
});

describe('health', () => {
  it('is alive and ready while the database responds', async () => {
    server = await startServer();
    for (const path of ['healthz', 'readyz']) {
      const response = await fetch(`${server.url}/${path}`);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    }
    await server.stop();
  });

  it.each([
    ['refuses', async () => Promise.reject(new Error(secret))],
    ['hangs', () => new Promise(() => undefined)],
  ])('is alive but not ready while the database %s', async (_name, check) => {
    server = await startServer({ health: { check, timeoutMs: 20 } });
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const response = await fetch(`${server.url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: { code: 'UNAVAILABLE', message: 'The database is not responding.', retryable: true, reason: 'DATABASE' },
    });
    await server.stop();
  });

  it('is not ready while a disk is full, and says which', async () => {
    const full = new Refusal('STORAGE_FULL', 'The disk is full.', { reason: 'STORAGE' });
    server = await startServer({ health: { check: () => Promise.reject(full) } });
    const response = await fetch(`${server.url}/readyz`);
    expect([response.status, await response.json()]).toMatchObject([
      503,
      { error: { code: 'STORAGE_FULL', reason: 'STORAGE', retryable: true } },
    ]);
    await server.stop();
  });

  it('queries the database once for concurrent requests, and again for later ones', async () => {
    let asked = 0;
    let answer: () => void = () => undefined;
    server = await startServer({
      health: {
        check: () => {
          asked += 1;
          return new Promise<void>((resolve) => {
            answer = resolve;
          });
        },
      },
    });
    let arrived = 0;
    server.http.fastify.server.on('request', () => {
      arrived += 1;
    });
    const many = Array.from({ length: 5 }, () => fetch(`${server.url}/readyz`));
    await until(() => arrived === 5);
    expect(asked).toBe(1);
    answer();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const first = asked;
    const later = fetch(`${server.url}/readyz`);
    await until(() => asked > first);
    answer();
    expect((await later).status).toBe(200);
    await server.stop();
  });
});

describe('drain', () => {
  const keepAlive = () => new http.Agent({ keepAlive: true });
  const get = (agent: http.Agent, url: string) =>
    new Promise<{ status: number | undefined; headers: http.IncomingHttpHeaders; text: string }>((resolve, reject) => {
      http
        .get(url, { agent }, (response) => {
          let text = '';
          response.on('data', (chunk) => {
            text += chunk;
          });
          response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
        })
        .on('error', reject);
    });

  it('finishes active requests, rejects new ones, and ends parked ones', async () => {
    let parked = 0;
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    server = await startServer({
      routes: [
        route('/parked', async (request) => {
          parked += 1;
          await once(request.server.draining, 'abort');
          return { jobs: [] };
        }),
        route('/work', async () => {
          parked += 1;
          await finished;
          return { done: true };
        }),
      ],
    });
    const agent = keepAlive();
    const answers = [get(agent, `${server.url}/parked`), get(agent, `${server.url}/work`)];
    const idle = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(idle, 'connect');
    await until(() => parked === 2);
    const drained = server.http.drain(30);
    const [first] = await Promise.all([answers[0], once(idle.resume(), 'close')]);
    expect(first).toMatchObject({ status: 200, text: '{"jobs":[]}' });
    expect(first?.headers.connection).toBe('close');
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    finish();
    expect(await answers[1]).toMatchObject({ status: 200, text: '{"done":true}' });
    await drained;
    expect(server.lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
    agent.destroy();
  });

  it('reports DRAINING at /readyz on open connections', async () => {
    let finish: () => void = () => undefined;
    server = await startServer({
      routes: [
        route('/streaming', async (_request, reply) => {
          const { raw: res } = reply.hijack();
          res.writeHead(200, { 'Content-Length': 4 }).write('ab');
          finish = () => res.end('cd');
        }),
      ],
    });
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.write('GET /streaming HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => text.endsWith('ab'));
    const drained = server.http.drain(30);
    const asked = once(server.http.fastify.server, 'request');
    socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n');
    await asked;
    finish();
    await once(socket, 'close');
    await drained;
    expect(text).toMatch(/abcdHTTP\/1.1 503 .*connection: close.*"reason":"DRAINING"/s);
  });

  it('cuts off requests that don’t end in time', async () => {
    let working = false;
    server = await startServer({
      routes: [
        route('/for-ever', () => {
          working = true;
          return new Promise(() => undefined);
        }),
      ],
    });
    const asked = fetch(`${server.url}/for-ever`).catch((error: unknown) => error);
    await until(() => working);
    await server.http.drain(0.05);
    expect(await asked).toMatchObject({ message: 'fetch failed' });
    expect(server.logText()).toContain('cutting off');
  });
});

it('listen fails with the system’s reason when the port is taken', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const { graphql, stop } = await startServer();
  const other = createHttpServer({
    config: { HOST: '127.0.0.1', PORT: port },
    log: memoryLog().log,
    graphql: { ...graphql, start: async () => undefined },
    routes: [],
    health: { check: async () => 1 },
  });
  await expect(other.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await stop();
  taken.close();
});
