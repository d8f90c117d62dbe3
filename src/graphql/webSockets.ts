import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, execute, GraphQLError, type GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload, type Context as WsContext } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Actor } from '../access/actor';
import { type Clock, systemClock } from '../clock';
import type { Log } from '../log';
import { Refusal } from '../refusal';
import type { RequestInfo } from './context';
import { type Authenticate, identify, keyFromConnectionParams, keyFromHeaders } from './credentials';
import { createDocuments } from './documents';
import { toGraphqlError, toRefusal } from './errors';
import { type EventStreamOptions, subscribeOperation } from './subscribeOperation';

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly createContext: (request: RequestInfo, actor: Actor) => object;
  /** The caller as it is now, asked before each delivered event: cheap while nothing changed. Throws when its key does not count any more. */
  readonly renew?: (actor: Actor) => Promise<Actor>;
  readonly clock?: Clock;
  /** How often each peer is pinged, and how long it may take to answer before it counts as dead. */
  readonly pingEveryMs?: number;
  readonly pongWithinMs?: number;
  /** How long an open stream may go on with a key that was valid when it was last looked at. */
  readonly checkKeyEveryMs?: number;
  readonly connectionInitMs?: number;
}

export interface WebSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, request: Omit<RequestInfo, 'signal' | 'transport'>): void;
  /** Takes no new operations, and closes each socket with 1001 as soon as its last operation ended. Resolves when all are closed. */
  drain(): Promise<void>;
  /** Closes what is left with 1001, without waiting for operations, and cuts off who does not answer. */
  closeAll(): void;
}

interface Connection {
  readonly id: string;
  readonly address: string;
  readonly socket: WebSocket;
  readonly headerKey: string | undefined;
  /** What runs, from the moment it was asked for. Keyed by the message, as a client may use an id again before we saw its first use end. */
  readonly operations: Map<SubscribePayload, AbortController>;
  key: string | undefined;
  alive: boolean;
}

type Context = WsContext<Record<string, unknown>, Connection>;

const largestMessage = 1024 ** 2;
/** RFC 6455: the endpoint goes away; try again later. Clients of graphql-ws connect again after both. */
const goingAway = 1001;
const tryAgainLater = 1013;
/** A peer that does not answer a closing handshake within this time is cut off. */
const closeMs = 1_000;

/**
 * GraphQL over WebSockets (the graphql-transport-ws protocol). The protocol itself is graphql-ws's; its ready-made binding to `ws`
 * is not used, because it writes to the console, shows messages of unexpected errors to clients, and can't be drained.
 */
export function createWebSockets(options: WebSocketOptions): WebSockets {
  const { schema, log, authenticate, createContext, clock = systemClock } = options;
  const { pingEveryMs = 15_000, pongWithinMs = 10_000, checkKeyEveryMs = 5_000, connectionInitMs = 5_000 } = options;
  const documents = createDocuments(schema);
  const connections = new Set<Connection>();
  const streams = new WeakMap<ExecutionArgs, EventStreamOptions>();
  let draining: (() => void) | undefined;

  const server = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: connectionInitMs,
    onConnect,
    onSubscribe,
    execute,
    subscribe: (args) => subscribeOperation(args, mustFind(streams, args)),
    onNext: (ctx, _id, _payload, _args, result) =>
      result.errors ? { ...result, errors: format(ctx, result.errors) } : undefined,
    onError: (ctx, _id, payload, errors) => {
      finish(ctx.extra, payload);
      return format(ctx, errors);
    },
    onComplete: (ctx, _id, payload) => finish(ctx.extra, payload),
  });

  /** Resolving to false makes graphql-ws close with 4403, which is what the protocol wants for a refused key. */
  async function onConnect(ctx: Context): Promise<boolean> {
    const connection = ctx.extra;
    connection.key = keyFromConnectionParams(ctx.connectionParams) ?? connection.headerKey;
    try {
      await identify(authenticate, connection.key, connection.address);
      return true;
    } catch (error) {
      const refusal = toRefusal(error, log, { requestId: connection.id });
      // The first close counts: what graphql-ws does after this has no effect.
      if (refusal.code === 'UNAVAILABLE') connection.socket.close(tryAgainLater, 'Try again later');
      else if (refusal.code === 'INTERNAL')
        connection.socket.close(CloseCode.InternalServerError, 'Internal server error');
      return false;
    }
  }

  /** The key is looked at again for each operation: it may have been revoked since the socket was opened. */
  async function onSubscribe(ctx: Context, id: string, payload: SubscribePayload) {
    const connection = ctx.extra;
    if (draining) return [wrap(new Refusal('UNAVAILABLE', 'The server is stopping. Try again.'))];
    const checked = documents(payload.query);
    if ('errors' in checked) return checked.errors;
    const ended = new AbortController();
    connection.operations.set(payload, ended);
    const request: RequestInfo = {
      id: `${connection.id}/${id}`,
      address: connection.address,
      transport: 'websocket',
      signal: ended.signal,
    };
    try {
      const actor = await identify(authenticate, connection.key, connection.address);
      const args: ExecutionArgs = {
        schema,
        document: checked.document,
        operationName: payload.operationName ?? null,
        variableValues: payload.variables ?? null,
        contextValue: createContext(request, actor),
      };
      streams.set(args, { contextForEvent: eventContexts(connection, request, actor), onEnd: () => ended.abort() });
      return args;
    } catch (error) {
      finish(connection, payload);
      return [wrap(error)];
    }
  }

  function eventContexts(connection: Connection, request: RequestInfo, first: Actor): () => Promise<object> {
    let actor = first;
    let checkedAt = clock.now().getTime();
    return async () => {
      if (options.renew !== undefined) {
        actor = await options.renew(actor);
        return createContext(request, actor);
      }
      const now = clock.now().getTime();
      if (now - checkedAt >= checkKeyEveryMs) {
        actor = await identify(authenticate, connection.key, connection.address);
        checkedAt = now;
      }
      return createContext(request, actor);
    };
  }

  function format(ctx: Context, errors: readonly GraphQLError[]) {
    return errors.map((error) => toGraphqlError(error, log, { requestId: ctx.extra.id }));
  }

  function finish(connection: Connection, payload: SubscribePayload): void {
    connection.operations.get(payload)?.abort();
    connection.operations.delete(payload);
    // After the messages that graphql-ws sends when this callback returns.
    if (draining) setImmediate(closeIfIdle, connection);
  }

  function closeIfIdle(connection: Connection): void {
    if (connection.operations.size === 0) connection.socket.close(goingAway, 'Going away');
  }

  function open(socket: WebSocket, req: IncomingMessage, { id, address }: Pick<RequestInfo, 'id' | 'address'>): void {
    const connection: Connection = {
      id,
      address,
      socket,
      headerKey: keyFromHeaders(req.headers),
      operations: new Map(),
      key: undefined,
      alive: true,
    };
    connections.add(connection);
    startPinging();
    // A frame that breaks the protocol or is too large: `ws` closes the socket by itself with the right code.
    socket.on('error', (error) => log.debug({ requestId: id, reason: error.message }, 'WebSocket error'));
    socket.on('pong', () => {
      connection.alive = true;
    });
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) =>
          socket.on('message', (data) => {
            handle(String(data)).catch((error: unknown) => {
              if (socket.readyState !== socket.OPEN) return;
              toRefusal(error, log, { requestId: id });
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      connection,
    );
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      for (const ended of connection.operations.values()) ended.abort();
      closed(code, String(reason)).catch((error: unknown) => toRefusal(error, log, { requestId: id }));
      if (connections.size === 0) draining?.();
    });
  }

  let pinging: NodeJS.Timeout | undefined;

  /** One timer for all sockets. A dead peer is found after `pingEveryMs + pongWithinMs` at the latest. */
  function startPinging(): void {
    pinging ??= setInterval(() => {
      if (connections.size === 0) {
        clearInterval(pinging);
        pinging = undefined;
        return;
      }
      const pinged = [...connections];
      for (const connection of pinged) {
        connection.alive = false;
        connection.socket.ping();
      }
      setTimeout(() => {
        for (const { alive, socket } of pinged) if (!alive) socket.terminate();
      }, pongWithinMs).unref();
    }, pingEveryMs).unref();
  }

  return {
    upgrade(req, socket, head, request) {
      server.handleUpgrade(req, socket, head, (webSocket) => open(webSocket, req, request));
    },
    drain() {
      return new Promise((resolve) => {
        draining = resolve;
        if (connections.size === 0) resolve();
        for (const connection of connections) closeIfIdle(connection);
      });
    },
    closeAll() {
      const rest = [...connections];
      for (const { socket } of rest) socket.close(goingAway, 'Going away');
      setTimeout(() => {
        for (const { socket } of rest) socket.terminate();
      }, closeMs).unref();
    },
  };
}

/** Resolves when the bytes were handed to the system, so that a slow reader slows its own streams down instead of filling our memory. */
function send(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(text, (error) => (error ? reject(error) : resolve()));
  });
}

function wrap(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

function mustFind<K extends object, V>(map: WeakMap<K, V>, key: K): V {
  const value = map.get(key);
  if (!value) throw new Error('graphql-ws executes something that was never prepared.');
  return value;
}
