import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import fastify, {
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import type { Actor } from '../../access/actor';
import type { ServerConfig } from '../../kernel/config';
import { Refusal, type RefusalCode } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from '../graphql/context';
import type { GraphqlServer } from '../graphql/graphqlServer';
import { callerAddress } from './callerAddress';
import { consolePages } from './consolePages';
import { graphiql } from './graphiqlPage';
import { errorHandler, pathOf, sendRefusal } from './httpErrors';
import { documentRoutes } from './openapi';
import { RefusalLog } from './refusalLog';
import type { RequestTrace } from './requestTrace';
import { validateWithZod } from './requestBodies';

declare module 'fastify' {
  interface FastifyRequest {
    info: RequestInfo;
    /** Set by a response that is an error. */
    refusal: Refusal | undefined;
    /** Set by routes that require an API key. */
    actor: Actor;
  }
  interface FastifyContextConfig {
    /** True if the route logs its refusals itself. */
    logsRefusals?: boolean;
  }
  interface FastifyInstance {
    /** Aborted when the server begins to stop: parked requests (long polls) must respond now. */
    readonly draining: AbortSignal;
  }
}

export interface Health {
  /**
   * Resolves if the server can work. Rejects with the error that `/readyz` returns, or with any other error if the
   * database is down.
   */
  check(): Promise<unknown>;
  readonly timeoutMs?: number;
}

/** Response to a request that reaches no route. */
export interface FrontAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

export interface HttpServerOptions {
  readonly config: Pick<ServerConfig, 'HOST' | 'PORT' | 'SLIPWAY_TRUSTED_PROXIES'>;
  readonly log: Log;
  readonly graphql: GraphqlServer;
  readonly routes: readonly FastifyPluginCallback[];
  readonly health: Health;
  /** Answers requests before anything else sees them, with a body of known length that may stay unread. */
  readonly front?: (request: IncomingMessage, address: () => string) => FrontAnswer | undefined;
  /** Place of a request in a trace. Undefined if tracing is off. */
  readonly trace?: ((headers: IncomingHttpHeaders) => RequestTrace) | undefined;
}

export interface HttpServer {
  readonly fastify: FastifyInstance;
  listen(): Promise<{ readonly url: string }>;
  /**
   * Stops without breaking requests in progress: no new connections or operations, and `/readyz` returns 503. Resolves
   * when everything has ended; after `seconds`, cuts off the rest.
   */
  drain(seconds: number): Promise<void>;
}

/** Most requests end before anything asks for their signal, so it is made when it is asked for. */
class HttpRequestInfo implements RequestInfo {
  readonly transport = 'http';
  private aborted = false;
  private gone: AbortController | undefined;

  constructor(
    readonly id: string,
    readonly address: string,
    readonly trace: RequestTrace | undefined,
  ) {}

  get signal(): AbortSignal {
    if (this.gone === undefined) {
      this.gone = new AbortController();
      if (this.aborted) this.gone.abort();
    }
    return this.gone.signal;
  }

  abort(): void {
    this.aborted = true;
    this.gone?.abort();
  }
}

/** Creates everything that shares the port. Does nothing before `listen`. */
export function createHttpServer({
  config,
  log,
  graphql,
  routes,
  health,
  front,
  trace,
}: HttpServerOptions): HttpServer {
  const draining = new AbortController();
  const addressOf = (request: IncomingMessage) => callerAddress(request, config.SLIPWAY_TRUSTED_PROXIES);
  // Each parked request listens for the drain; Node would report more than ten as a leak.
  setMaxListeners(0, draining.signal);
  const inFlight = new Set<FastifyReply>();
  const sockets = new Set<Socket>();

  const server: FastifyInstance = fastify({
    http: { connectionsCheckingInterval: 5_000, headersTimeout: 15_000 },
    // Longer than the idle timeout of common load balancers (60 s), so that they close idle connections first.
    // Otherwise they would occasionally send a request into a connection that the server has just closed.
    keepAliveTimeout: 65_000,
    // No limit for whole requests, because uploads can be long. JSON bodies have their own limit.
    requestTimeout: 0,
    bodyLimit: 1024 ** 2,
    exposeHeadRoutes: false,
    // Requests on open connections still get a response during the drain: `/readyz` explains it.
    return503OnClosing: false,
    forceCloseConnections: false,
    routerOptions: { maxParamLength: 16_384 },
    genReqId: ({ headers }) => requestId(headers),
    // No hook has run for a path that can't be decoded.
    frameworkErrors: (error, request, reply) => errorHandler(log)(error, request, reply.headers(defaultHeaders)),
  });
  server.decorate('draining', draining.signal);
  server.decorateRequest('info');
  server.decorateRequest('actor');
  server.decorateRequest('refusal');
  const refusals = new RefusalLog(log);
  server.removeAllContentTypeParsers();
  validateWithZod(server);
  server.setErrorHandler(errorHandler(log));

  server.addHook('onRequest', (request, reply, done) => {
    const { raw: res } = reply;
    const started = performance.now();
    const info = new HttpRequestInfo(request.id, addressOf(request.raw), trace?.(request.headers));
    request.info = info;
    inFlight.add(reply);
    res.once('close', () => {
      inFlight.delete(reply);
      if (!res.writableFinished) info.abort();
      if (draining.signal.aborted) closeIdle();
      if (request.refusal !== undefined && !request.routeOptions.config.logsRefusals)
        noteRefusal(refusals, request, res.statusCode);
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
  // Before all routes, because it also answers where none is.
  consolePages(server);
  const openapi = documentRoutes(server);
  server.setNotFoundHandler(({ method, url }) => {
    const path = pathOf(url);
    throw new Refusal('NOT_FOUND', `There is nothing at ${method} ${path}.`, { method, path });
  });
  server.route({ method: ['GET', 'HEAD'], url: '/healthz', handler: async () => ({ status: 'ok' }) });
  server.route({ method: ['GET', 'HEAD'], url: '/readyz', handler: readiness(health, draining.signal) });
  const plugins = [openapi, graphiql(graphql.answerGet), graphql.routes, ...routes];
  for (const plugin of plugins) server.register(plugin);

  // A server of our own (`serverFactory`) would listen at one address only if the host has several.
  const routed = server.server.listeners('request');
  server.server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
    const answer = front?.(request, () => addressOf(request));
    if (answer === undefined) {
      for (const route of routed) route(request, response);
      return;
    }
    const id = { 'x-request-id': requestId(request.headers) };
    const connection = draining.signal.aborted ? { connection: 'close' } : {};
    response.writeHead(answer.status, { ...defaultHeaders, ...answer.headers, ...id, ...connection }).end(answer.body);
  });

  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  /**
   * Closes every connection without a request in progress. Node's `closeIdleConnections` skips connections that never
   * sent one, and browsers open such connections in advance.
   */
  function closeIdle(): void {
    // Uses the request's socket: a response queued behind another on its connection has none yet.
    const busy = new Set([...inFlight].map(({ request }) => request.raw.socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  }

  server.server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    // From here on the socket is a WebSocket, which has its own way of closing.
    sockets.delete(socket);
    socket.on('error', () => socket.destroy());
    const upgrade = { id: requestId(req.headers), address: addressOf(req) };
    const refuse = (code: RefusalCode, status: number, text: string) => {
      refusals.note({
        ...{ code, transport: 'websocket', route: null, status },
        ...{ requestId: upgrade.id, address: upgrade.address },
      });
      refuseUpgrade(socket, status, text);
    };
    if (draining.signal.aborted) return refuse('UNAVAILABLE', 503, 'Service Unavailable');
    if (pathOf(req.url) !== '/graphql') return refuse('NOT_FOUND', 404, 'Not Found');
    graphql.sockets.upgrade(req, socket, head, upgrade);
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

/** The pattern of the route, because a path may be a secret. */
function noteRefusal(refusals: RefusalLog, request: FastifyRequest, status: number): void {
  const { refusal, actor, id, method, info } = request;
  refusals.note({
    ...{ code: refusal?.code ?? 'INTERNAL', method, route: request.routeOptions.url ?? null, status },
    ...(actor !== undefined && { actor: actor.name, actorKind: actor.kind, actorId: actor.id }),
    ...{ requestId: id, address: info.address },
    ...(info.trace && { traceId: info.trace.traceId }),
  });
}

/**
 * Headers of every response. Responses for people (GraphiQL, downloads) replace the policy; all others are data that no
 * browser should run, frame or share across sites. CSRF is no threat: there are no cookies, and clients send keys
 * explicitly.
 */
const defaultHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const;

/** `/readyz` needs no key, so concurrent callers share one query to the database. */
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

/** The client's request id if it is harmless; otherwise a new one. */
function requestId({ 'x-request-id': given }: IncomingMessage['headers']): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** True if the promise is fulfilled in time. Rejects if the promise does. */
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
