import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, { type FastifyInstance, type FastifyPluginCallback, type FastifyReply } from 'fastify';
import type { Actor } from '../../access/actor';
import type { ServerConfig } from '../../kernel/config';
import { Refusal } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from '../graphql/context';
import type { GraphqlServer } from '../graphql/graphqlServer';
import { callerAddress } from './callerAddress';
import { graphiql } from './graphiqlPage';
import { errorHandler, pathOf, sendRefusal } from './httpErrors';
import { validateWithZod } from './requestBodies';
import { startPage } from './startPage';

declare module 'fastify' {
  interface FastifyRequest {
    info: RequestInfo;
    /** Set by the routes that ask for an API key. */
    actor: Actor;
  }
  interface FastifyInstance {
    /** Aborted when the server begins to stop: parked requests (long polls) must answer now. */
    readonly draining: AbortSignal;
  }
}

export interface Health {
  /**
   * Resolves when the server can work. Rejects with the error that `/readyz` answers, or with any other: no database.
   */
  check(): Promise<unknown>;
  readonly timeoutMs?: number;
}

export interface HttpServerOptions {
  readonly config: Pick<ServerConfig, 'HOST' | 'PORT' | 'SLIPWAY_TRUSTED_PROXIES'>;
  readonly log: Log;
  readonly graphql: GraphqlServer;
  readonly routes: readonly FastifyPluginCallback[];
  readonly health: Health;
}

export interface HttpServer {
  readonly fastify: FastifyInstance;
  listen(): Promise<{ readonly url: string }>;
  /**
   * Stops without breaking anything in progress: no new connections, no new operations, `/readyz` answers 503. Returns
   * when everything has ended, or cuts off the rest after `seconds`.
   */
  drain(seconds: number): Promise<void>;
}

/** Everything on the one port. Nothing happens before `listen`. */
export function createHttpServer({ config, log, graphql, routes, health }: HttpServerOptions): HttpServer {
  const draining = new AbortController();
  const addressOf = (request: IncomingMessage) => callerAddress(request, config.SLIPWAY_TRUSTED_PROXIES);
  // Each parked request listens for the drain; Node would take eleven of them for a leak.
  setMaxListeners(0, draining.signal);
  const inFlight = new Set<FastifyReply>();
  const sockets = new Set<Socket>();

  const server: FastifyInstance = fastify({
    http: { connectionsCheckingInterval: 5_000, headersTimeout: 15_000 },
    // Longer than the idle timeout of common load balancers (60 s), so that they close idle connections, not the
    // server: the other way round they would now and then send a request into a closed one.
    keepAliveTimeout: 65_000,
    // No limit for a whole request: uploads take as long as they take. JSON bodies have their own.
    requestTimeout: 0,
    bodyLimit: 1024 ** 2,
    exposeHeadRoutes: false,
    // What arrives on an open connection during the drain is answered: `/readyz` says why.
    return503OnClosing: false,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 16_384 },
    genReqId: ({ headers }) => requestId(headers),
    // A path that can't be decoded: no hook has run.
    frameworkErrors: (error, request, reply) => errorHandler(log)(error, request, reply.headers(defaultHeaders)),
  });
  server.decorate('draining', draining.signal);
  server.decorateRequest('info');
  server.decorateRequest('actor');
  server.removeAllContentTypeParsers();
  validateWithZod(server);
  server.setErrorHandler(errorHandler(log));

  server.addHook('onRequest', (request, reply, done) => {
    const { raw: res } = reply;
    const started = performance.now();
    const gone = new AbortController();
    request.info = { id: request.id, address: addressOf(request.raw), transport: 'http', signal: gone.signal };
    inFlight.add(reply);
    res.once('close', () => {
      inFlight.delete(reply);
      if (!res.writableFinished) gone.abort();
      if (draining.signal.aborted) closeIdle();
      if (log.isLevelEnabled('debug')) {
        const ms = performance.now() - started;
        const path = pathOf(request.url);
        log.debug({ requestId: request.id, method: request.method, path, status: res.statusCode, ms }, 'request');
      }
    });
    reply.headers(defaultHeaders).header('x-request-id', request.id);
    if (draining.signal.aborted) reply.header('connection', 'close');
    done();
  });
  server.setNotFoundHandler(({ method, url }) => {
    const path = pathOf(url);
    throw new Refusal('NOT_FOUND', `There is nothing at ${method} ${path}.`, { method, path });
  });
  server.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: async () => ({ status: 'ok' }) });
  server.route({ method: ['GET', 'HEAD'], url: '/readyz', handler: readiness(health, draining.signal) });
  for (const plugin of [startPage, graphiql, graphql.routes, ...routes]) server.register(plugin);

  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /**
   * Closes every connection without a request in progress. Node's own `closeIdleConnections` spares those that never
   * sent one, and browsers open such connections in advance.
   */
  function closeIdle(): void {
    // The request's socket: a response that waits for an earlier one on the same connection has none yet.
    const busy = new Set([...inFlight].map(({ request }) => request.raw.socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  }

  server.server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on it is a WebSocket, which is closed in its own way.
    sockets.delete(socket);
    socket.on('error', () => socket.destroy());
    if (draining.signal.aborted) return refuseUpgrade(socket, 503, 'Service Unavailable');
    if (pathOf(req.url) !== '/graphql') return refuseUpgrade(socket, 404, 'Not Found');
    graphql.sockets.upgrade(req, socket, head, { id: requestId(req.headers), address: addressOf(req) });
  });

  return {
    fastify: server,
    async listen() {
      await graphql.start();
      await server.listen({ port: config.PORT, host: config.HOST });
      return { url: server.listeningOrigin.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost') };
    },
    async drain(seconds) {
      if (draining.signal.aborted) return;
      draining.abort();
      const closed = server.close();
      for (const { raw: res } of inFlight) if (!res.headersSent) res.setHeader('Connection', 'close');
      graphql.drainEventStreams();
      closeIdle();
      const quiet = Promise.all([closed, graphql.sockets.drain()]);
      if (!(await within(quiet, seconds * 1_000))) {
        log.warn({ requests: inFlight.size, seconds }, 'the shutdown deadline passed: cutting off what still runs');
        graphql.sockets.closeAll();
        for (const socket of sockets) socket.destroy();
        await quiet;
      }
      await graphql.stop();
    },
  };
}

/**
 * On every response. Responses for people (GraphiQL, downloads) replace the policy; everything else is data that no
 * browser should run, frame or hand to other sites. Forged requests are no threat: there are no cookies, and clients
 * add keys explicitly.
 */
const defaultHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const;

/** `/readyz`. Anybody may ask, so any number of callers at the same time cost one question to the database. */
function readiness({ check, timeoutMs = 2_000 }: Health, draining: AbortSignal) {
  const silent = unavailable('The database is not responding.', 'DATABASE');
  const problemOf = async (): Promise<Refusal | null> => {
    try {
      return (await within(Promise.resolve().then(check), timeoutMs)) ? null : silent;
    } catch (error) {
      return error instanceof Refusal ? error : silent;
    }
  };
  let asking: Promise<Refusal | null> | undefined;
  return async (_request: unknown, reply: FastifyReply) => {
    if (draining.aborted) return sendRefusal(reply, unavailable('The server is stopping.', 'DRAINING'));
    asking ??= problemOf().finally(() => {
      asking = undefined;
    });
    const problem = await asking;
    return problem === null ? { status: 'ok' } : sendRefusal(reply, problem);
  };
}

const unavailable = (message: string, reason: string) => new Refusal('UNAVAILABLE', message, { reason });

function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** The client's own id of a request if it is harmless, else a new one. */
function requestId({ 'x-request-id': given }: IncomingMessage['headers']): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** True if a promise is fulfilled within a time. Rejects as the promise does. */
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
