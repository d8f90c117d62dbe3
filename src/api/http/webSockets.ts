import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, type SubscribePayload, type Context as WsContext } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import { Refusal, type RefusalCode } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from '../graphql/context';
import type { Documents } from '../graphql/documents';
import { toGraphqlError, toRefusal } from '../graphql/errors';
import type { Execute } from '../graphql/executor';
import type { KnownOperations } from '../graphql/knownOperations';
import type { Limits, OperationCost } from '../graphql/limits';
import { type NoteOperation, operationOf } from '../graphql/operationEnds';
import { type Authenticate, identify, keyFromConnectionParams, keyFromHeaders } from './credentials';
import { type OpenStreams, tooManySubscriptions } from './openStreams';
import { PeerSocket } from './peerSocket';
import { RefusalLog } from './refusalLog';
import type { Answer, SharedAnswers } from './sharedAnswers';
import { type StreamOptions, subscribeOperation } from './subscribeOperation';

export interface WebSocketOptions {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly createContext: (request: RequestInfo, actor: Actor, database?: Database) => object;
  /** Database that streams read; see `createGraphqlServer`. */
  readonly streamDatabase?: Database;
  readonly answers: SharedAnswers;
  readonly documents: Documents;
  readonly operations: KnownOperations;
  readonly execute: Execute;
  readonly limits: Limits;
  readonly openStreams: OpenStreams;
  readonly note: NoteOperation;
  /** Interval between pings, and the time in which a peer must respond before it counts as dead. */
  readonly pingEveryMs?: number;
  readonly pongWithinMs?: number;
  /** Time for a reader to make room for the next message of its streams. */
  readonly drainWithinMs?: number;
  readonly connectionInitMs?: number;
}

export interface WebSockets {
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, request: Omit<RequestInfo, 'signal' | 'transport'>): void;
  /**
   * Accepts no new operations, and closes each socket with 1001 as soon as its last query or mutation has ended.
   * Streams don't count: they never end on their own, and their clients resume elsewhere from their cursors. Resolves
   * when all sockets are closed.
   */
  drain(): Promise<void>;
  /** Closes the remaining sockets with 1001 without waiting for operations, and cuts off peers that don't respond. */
  closeAll(): void;
}

type Upgrade = Pick<RequestInfo, 'id' | 'address'>;

interface Operation {
  readonly ended: AbortController;
  readonly isStream: boolean;
}

interface Connection {
  readonly id: string;
  readonly address: string;
  readonly peer: PeerSocket;
  readonly headerKey: string | undefined;
  /**
   * Operations by message, from their request on: a client may reuse an id before the server sees its first use end.
   */
  readonly operations: Map<SubscribePayload, Operation>;
  key: string | undefined;
  actor: Actor | undefined;
}

interface Begun {
  readonly at: number;
  readonly actor: Actor;
  readonly request: RequestInfo;
}

type Context = WsContext<Record<string, unknown>, Connection>;

const largestMessage = 1024 ** 2;
/** Limit on operations per connection, streams included. */
const mostOperations = 100;
/** RFC 6455: endpoint going away, try again later. graphql-ws clients reconnect after both. */
const goingAway = 1001;
const tryAgainLater = 1013;
/** Codes of refusals with which graphql-ws closes a socket. A rejected key has been noted by then. */
const closingRefusals: Readonly<Record<number, RefusalCode>> = {
  [CloseCode.BadRequest]: 'INVALID_INPUT',
  [CloseCode.Unauthorized]: 'UNAUTHENTICATED',
  [CloseCode.SubprotocolNotAcceptable]: 'INVALID_INPUT',
  [CloseCode.ConnectionInitialisationTimeout]: 'UNAUTHENTICATED',
  [CloseCode.SubscriberAlreadyExists]: 'INVALID_INPUT',
  [CloseCode.TooManyInitialisationRequests]: 'INVALID_INPUT',
};
const closingBrace = Buffer.from('}');
/** Time for a peer to complete the closing handshake before it is cut off. */
const closeMs = 1_000;

/**
 * GraphQL over WebSockets (the graphql-transport-ws protocol). graphql-ws handles the protocol. Its binding to `ws`
 * isn't used: it writes to the console, shows messages of unexpected errors to clients, and can't drain. Stream
 * messages also bypass graphql-ws, which would serialize each one for each subscriber.
 */
export function createWebSockets(options: WebSocketOptions): WebSockets {
  const {
    schema,
    log,
    authenticate,
    createContext,
    streamDatabase,
    answers,
    documents,
    execute,
    limits,
    openStreams,
    note,
    operations,
  } = options;
  const { pingEveryMs = 15_000, pongWithinMs = 10_000, drainWithinMs = 10_000, connectionInitMs = 5_000 } = options;
  const connections = new Set<Connection>();
  const refusals = new RefusalLog(log);
  const streams = new WeakMap<ExecutionArgs, StreamOptions>();
  const costs = new WeakMap<ExecutionArgs, OperationCost>();
  const begun = new WeakMap<ExecutionArgs, Begun>();
  let draining: (() => void) | undefined;

  const server = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    clientTracking: false,
    // Handles one message per event loop turn. A client may end an operation and reuse its id immediately; graphql-ws
    // would otherwise attribute the end of the first operation to the second.
    allowSynchronousEvents: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  });

  const protocol = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: connectionInitMs,
    onConnect,
    onSubscribe,
    execute: async (args) => {
      const result = await execute(args);
      return { ...result, extensions: { ...result.extensions, cost: costs.get(args) } };
    },
    subscribe: (args) => subscribeOperation(args, mustFind(streams, args)),
    onNext: (ctx, _id, _payload, args, result) => {
      const errors = result.errors && format(ctx, result.errors);
      noteEnd(args, errors);
      return errors ? { ...result, errors } : undefined;
    },
    onError: (ctx, id, payload, errors) => {
      finish(ctx.extra, payload);
      const shown = format(ctx, errors);
      noteRefusal(String(shown[0]?.extensions?.code ?? 'INTERNAL'), { ...ctx.extra, id: `${ctx.extra.id}/${id}` });
      return shown;
    },
    onComplete: (ctx, _id, payload) => finish(ctx.extra, payload),
  });

  /** Resolving to false makes graphql-ws close with 4403, the protocol's code for a rejected key. */
  async function onConnect(ctx: Context): Promise<boolean> {
    const connection = ctx.extra;
    connection.key = keyFromConnectionParams(ctx.connectionParams) ?? connection.headerKey;
    try {
      connection.actor = await identify(authenticate, connection.key, connection.address);
      return true;
    } catch (error) {
      const refusal = toRefusal(error, log, { requestId: connection.id });
      const [status, reason] = closeOf(refusal);
      noteRefusal(refusal.code, connection, { status });
      // The first close wins; the one from graphql-ws that follows has no effect.
      if (status !== CloseCode.Forbidden) connection.peer.close(status, reason);
      return false;
    }
  }

  /** Checks the key again for each operation: it may have been revoked since the socket was opened. */
  async function onSubscribe(ctx: Context, id: string, payload: SubscribePayload) {
    const connection = ctx.extra;
    if (draining) return [wrap(new Refusal('UNAVAILABLE', 'The server is stopping. Try again.'))];
    let asked: { readonly query?: string | null | undefined };
    try {
      const found = operations.resolve(payload);
      asked = found instanceof Promise ? await found : found;
    } catch (error) {
      return [wrap(error)];
    }
    const checked = documents(asked.query ?? '');
    if ('errors' in checked) return checked.errors;
    const { document } = checked;
    const operationName = payload.operationName ?? null;
    const isStream = getOperationAST(document, operationName)?.operation === 'subscription';
    const ended = new AbortController();
    connection.operations.set(payload, { ended, isStream });
    const request: RequestInfo = {
      id: `${connection.id}/${id}`,
      address: connection.address,
      transport: 'websocket',
      signal: ended.signal,
    };
    try {
      if (connection.operations.size > mostOperations) throw tooManySubscriptions('This connection', mostOperations);
      const actor = await identify(authenticate, connection.key, connection.address);
      const variableValues = payload.variables ?? null;
      const cost = limits.check(document, operationName, variableValues);
      if (isStream) openStreams.add(actor, ended.signal, 'websocket');
      const contextValue = createContext(request, actor, isStream ? streamDatabase : undefined);
      const args: ExecutionArgs = { schema, document, operationName, variableValues, contextValue };
      begun.set(args, { at: performance.now(), actor, request });
      if (cost !== undefined) costs.set(args, cost);
      if (isStream) {
        const head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);
        const { peer } = connection;
        const write = ({ bytes }: Answer, cursor: string | undefined) =>
          peer.sendInStream([head, bytes, closingBrace], cursor);
        noteEnd(args);
        streams.set(args, { request, actor, answers, write, onEnd: () => ended.abort() });
      }
      return args;
    } catch (error) {
      finish(connection, payload);
      return [wrap(error)];
    }
  }

  /** Logs the refusal of a connection, or of an operation that never began. */
  function noteRefusal(
    code: string,
    { id, address, actor }: Upgrade & { readonly actor?: Actor | undefined },
    fields: { readonly status?: number; readonly reason?: string } = {},
  ): void {
    refusals.note({
      ...{ code, transport: 'websocket', route: '/graphql', ...fields },
      ...(actor && { actor: actor.name, actorKind: actor.kind, actorId: actor.id }),
      ...{ requestId: id, address },
    });
  }

  function noteEnd(args: ExecutionArgs, errors: readonly GraphQLFormattedError[] = []): void {
    const { at, actor, request } = mustFind(begun, args);
    const operation = operationOf(args.document, args.operationName);
    note({ ...operation, milliseconds: performance.now() - at, errors, actor, request });
  }

  function format(ctx: Context, errors: readonly GraphQLError[]) {
    return errors.map((error) => toGraphqlError(error, log, { requestId: ctx.extra.id }));
  }

  function finish(connection: Connection, payload: SubscribePayload): void {
    connection.operations.get(payload)?.ended.abort();
    connection.operations.delete(payload);
    // Runs after the messages that graphql-ws sends when this callback returns.
    if (draining) setImmediate(closeIfIdle, connection);
  }

  function closeIfIdle(connection: Connection): void {
    for (const { isStream } of connection.operations.values()) if (!isStream) return;
    connection.peer.close(goingAway, 'Going away');
  }

  function open(peer: PeerSocket, headerKey: string | undefined, { id, address }: Upgrade): void {
    const connection: Connection = {
      id,
      address,
      peer,
      headerKey,
      operations: new Map(),
      key: undefined,
      actor: undefined,
    };
    connections.add(connection);
    startPinging();
    const closed = protocol.opened(
      {
        protocol: peer.protocol,
        send: (text) => peer.send(text),
        close: (code = 1000, reason = '') => {
          const refused = closingRefusals[code];
          if (refused && peer.isOpen) noteRefusal(refused, connection, { status: code, reason: CloseCode[code] ?? '' });
          peer.close(code, reason);
        },
        onMessage: (handle) =>
          peer.onMessage((text) => {
            handle(text).catch((error: unknown) => {
              if (!peer.isOpen) return;
              toRefusal(error, log, { requestId: id });
              peer.close(CloseCode.InternalServerError, 'Internal server error');
            });
          }),
      },
      connection,
    );
    peer.onClose((code, reason) => {
      connections.delete(connection);
      for (const { ended } of connection.operations.values()) ended.abort();
      closed(code, reason).catch((error: unknown) => toRefusal(error, log, { requestId: id }));
      if (connections.size === 0) draining?.();
    });
  }

  /** Of errors of a socket, those that `ws` finds in its frames are refusals. The others are broken connections. */
  function noteFault(error: NodeJS.ErrnoException, request: Upgrade): void {
    const { code = '' } = error;
    log.debug({ requestId: request.id, reason: error.message }, 'WebSocket error');
    if (!code.startsWith('WS_ERR_')) return;
    noteRefusal(code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'TOO_LARGE' : 'INVALID_INPUT', request, {
      reason: code,
    });
  }

  let pinging: NodeJS.Timeout | undefined;

  /** One timer for all sockets. Detects a dead peer within `pingEveryMs + pongWithinMs`. */
  function startPinging(): void {
    pinging ??= setInterval(() => {
      if (connections.size === 0) {
        clearInterval(pinging);
        pinging = undefined;
        return;
      }
      const pinged = [...connections];
      for (const { peer } of pinged) peer.ping();
      setTimeout(() => {
        for (const { peer } of pinged) peer.terminateIfDead();
      }, pongWithinMs).unref();
    }, pingEveryMs).unref();
  }

  return {
    upgrade(req, socket, head, request) {
      let accepted = false;
      server.handleUpgrade(req, socket, head, (webSocket) => {
        accepted = true;
        const peer = new PeerSocket(webSocket, socket, drainWithinMs, (error) => noteFault(error, request));
        open(peer, keyFromHeaders(req.headers), request);
      });
      // `ws` calls back at once, unless it has refused the handshake.
      if (!accepted) noteRefusal('INVALID_INPUT', request, { reason: 'Handshake' });
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
      for (const { peer } of rest) peer.close(goingAway, 'Going away');
      setTimeout(() => {
        for (const { peer } of rest) peer.terminate();
      }, closeMs).unref();
    },
  };
}

/** Code and reason with which a socket closes whose caller was refused. */
function closeOf({ code }: Refusal): [status: number, reason: string] {
  if (code === 'UNAVAILABLE' || code === 'RATE_LIMITED') return [tryAgainLater, 'Try again later'];
  if (code === 'INTERNAL') return [CloseCode.InternalServerError, 'Internal server error'];
  return [CloseCode.Forbidden, 'Forbidden'];
}

function wrap(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError });
}

function mustFind<K extends object, V>(map: WeakMap<K, V>, key: K): V {
  const value = map.get(key);
  if (!value) throw new Error('graphql-ws executes an operation that was never prepared.');
  return value;
}
