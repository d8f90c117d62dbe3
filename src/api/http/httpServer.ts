import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerConfig } from '../../kernel/config';
import type { Log } from '../../kernel/log';
import { Refusal } from '../../kernel/errors';
import type { RequestInfo } from '../graphql/context';
import { createGraphiql, type Graphiql } from './graphiqlPage';
import type { GraphqlServer } from '../graphql/graphqlServer';
import { sendError, sendJson, sendRefusal } from './httpErrors';

/** What a route knows about a request beside the request itself. */
export interface Exchange {
  readonly request: RequestInfo;
  /** The path without the query, still percent-encoded. */
  readonly path: string;
  /** Aborted when the server begins to stop: what is parked (a long poll) should answer now. */
  readonly draining: AbortSignal;
}

/** A part of the server that speaks plain HTTP. What `handle` throws is answered: a refusal as it is, anything else as INTERNAL. */
export interface Route {
  match(method: string, path: string): boolean;
  handle(req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void>;
}

export interface Health {
  /** Resolves when the database answers. */
  check(): Promise<unknown>;
  readonly timeoutMs?: number;
}

export interface HttpServerOptions {
  readonly config: Pick<ServerConfig, 'HOST' | 'PORT'>;
  readonly log: Log;
  readonly graphql?: GraphqlServer;
  /** Asked in order; the first that matches gets the request. */
  readonly routes: readonly Route[];
  readonly health: Health;
}

export interface HttpServer {
  readonly server: http.Server;
  listen(): Promise<{ readonly url: string }>;
  /**
   * Stops without breaking what is under way: no new connections, no new operations, `/readyz` says 503; returns when everything has
   * ended, or cuts off what is left after `seconds`.
   */
  drain(seconds: number): Promise<void>;
}

/** All there is on the one port. Nothing happens before `listen`. */
export function createHttpServer({ config, log, graphql, routes, health }: HttpServerOptions): HttpServer {
  const draining = new AbortController();
  // Each parked request listens for the drain; Node would take eleven of them for a leak.
  setMaxListeners(0, draining.signal);
  const inFlight = new Set<ServerResponse>();
  const sockets = new Set<Socket>();
  const graphiql = graphql && createGraphiql();
  const ready = readiness(health, draining.signal);

  async function dispatch(req: IncomingMessage, res: ServerResponse, exchange: Exchange): Promise<void> {
    const method = req.method ?? 'GET';
    const { path, request } = exchange;
    if (path === '/healthz') return sendJson(res, 200, { status: 'ok' });
    if (path === '/readyz') return ready(res);
    if (graphql && path === '/graphql/stream') return graphql.eventStreams.handle(req, res, request);
    if (graphql && graphiql && (path === '/graphql' || path.startsWith('/graphql/'))) {
      if (path === '/graphql' && method === 'POST') return graphql.post(req, res, request);
      if (serveGraphiql(graphiql, req, res, path)) return;
      if (path === '/graphql') return methodNotAllowed(res, method);
    }
    for (const route of routes) if (route.match(method, path)) return route.handle(req, res, exchange);
    sendRefusal(res, new Refusal('NOT_FOUND', `There is nothing at ${method} ${path}.`, { method, path }));
  }

  const server = http.createServer({ connectionsCheckingInterval: 5_000 }, (req, res) => {
    const started = process.hrtime.bigint();
    const path = pathOf(req);
    const { id, address } = identity(req);
    const gone = new AbortController();
    const request: RequestInfo = { id, address, transport: 'http', signal: gone.signal };
    inFlight.add(res);
    res.once('close', () => {
      inFlight.delete(res);
      if (!res.writableFinished) gone.abort();
      if (draining.signal.aborted) closeIdle();
      if (log.isLevelEnabled('debug')) {
        const ms = Number(process.hrtime.bigint() - started) / 1e6;
        log.debug({ requestId: id, method: req.method, path, status: res.statusCode, ms }, 'request');
      }
    });
    res.setHeader('X-Request-Id', id);
    for (const [name, value] of securityHeaders) res.setHeader(name, value);
    if (draining.signal.aborted) res.setHeader('Connection', 'close');
    dispatch(req, res, { request, path, draining: draining.signal }).catch((error: unknown) =>
      sendError(res, error, log, { requestId: id, method: req.method, path }),
    );
  });

  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /**
   * Closes every connection on which no request is under way. Node's own `closeIdleConnections` spares those that never sent one, and
   * browsers open such connections in advance.
   */
  function closeIdle(): void {
    // The request's socket: an answer that waits for an earlier one on the same connection has none yet.
    const busy = new Set([...inFlight].map((res) => res.req.socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  }

  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on it is a WebSocket, which is closed in its own way.
    sockets.delete(socket);
    socket.on('error', () => socket.destroy());
    if (draining.signal.aborted) return refuseUpgrade(socket, 503, 'Service Unavailable');
    if (!graphql || pathOf(req) !== '/graphql') return refuseUpgrade(socket, 404, 'Not Found');
    graphql.sockets.upgrade(req, socket, head, identity(req));
  });

  // Longer than the idle timeout of common load balancers (60 s), so that they and not we close an idle connection: the other way
  // round they would now and then send a request into a closed one.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 15_000;
  // No limit for a whole request: uploads take as long as they take. Small bodies have their own (`readBody`).
  server.requestTimeout = 0;

  return {
    server,
    async listen() {
      await graphql?.start();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(config.PORT, config.HOST, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return { url: urlOf(server.address()) };
    },
    async drain(seconds) {
      if (draining.signal.aborted) return;
      draining.abort();
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const res of inFlight) if (!res.headersSent) res.setHeader('Connection', 'close');
      graphql?.eventStreams.drain();
      closeIdle();
      const quiet = Promise.all([closed, graphql?.sockets.drain()]);
      if (!(await within(quiet, seconds * 1_000))) {
        log.warn({ requests: inFlight.size, seconds }, 'the time to stop is over: cutting off what still runs');
        graphql?.sockets.closeAll();
        for (const socket of sockets) socket.destroy();
        await quiet;
      }
      await graphql?.stop();
    },
  };
}

/**
 * On every answer. What is shown to people (GraphiQL, downloads) replaces the policy by its own; everything else is data, which no browser should run, frame or
 * hand to other sites. Nothing here is needed against forged requests: there are no cookies, and keys don't travel by themselves.
 */
const securityHeaders = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
] as const;

/** `/readyz`. Anybody may ask, so however many ask at once, the database is asked once. */
function readiness(health: Health, draining: AbortSignal): (res: ServerResponse) => Promise<void> {
  const { timeoutMs = 2_000 } = health;
  let asking: Promise<boolean> | undefined;
  const answers = () => {
    asking ??= within(
      Promise.resolve().then(() => health.check()),
      timeoutMs,
    )
      .catch(() => false)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const unavailable = (message: string, reason: string) => new Refusal('UNAVAILABLE', message, { reason });
  return async (res) => {
    if (draining.aborted) return sendRefusal(res, unavailable('The server is stopping.', 'DRAINING'));
    if (await answers()) return sendJson(res, 200, { status: 'ok' });
    sendRefusal(res, unavailable('The database does not answer.', 'DATABASE'));
  };
}

function serveGraphiql(graphiql: Graphiql, req: IncomingMessage, res: ServerResponse, path: string): boolean {
  if (req.method !== 'GET' && req.method !== 'HEAD') return false;
  const wantsPage = path === '/graphql' && (req.headers.accept ?? '').includes('text/html');
  const file = wantsPage ? graphiql.page(req.headers.host) : graphiql.asset(path, req.url ?? path);
  if (!file) return false;
  res.writeHead(200, { ...file.headers, 'Content-Length': file.bytes.length });
  res.end(file.bytes);
  return true;
}

function methodNotAllowed(res: ServerResponse, method: string): void {
  const message = `GraphQL operations are sent with POST and "Content-Type: application/json", not with ${method}. A browser gets GraphiQL here.`;
  sendRefusal(res, new Refusal('INVALID_INPUT', message, { method }), { status: 405, headers: { Allow: 'POST' } });
}

function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function identity(req: IncomingMessage): Pick<RequestInfo, 'id' | 'address'> {
  const given = req.headers['x-request-id'];
  const id = typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
  return { id, address: req.socket.remoteAddress ?? '' };
}

function pathOf(req: IncomingMessage): string {
  const url = req.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  const everywhere = address.address === '0.0.0.0' || address.address === '::';
  const host = everywhere ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

/** Whether a promise is fulfilled within a time. Rejects as the promise does. */
async function within(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
