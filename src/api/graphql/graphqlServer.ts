import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import type { Log } from '../../kernel/log';
import { type Authenticate, identify, keyFromHeaders } from '../http/credentials';
import { createEventStreams, type EventStreamOptions } from '../http/eventStreams';
import { sendGraphqlRefusal } from '../http/httpErrors';
import { OpenStreams } from '../http/openStreams';
import { parseJson } from '../http/requestBodies';
import { SharedAnswers, type SharedAnswersOptions } from '../http/sharedAnswers';
import { createWebSockets, type WebSocketOptions, type WebSockets } from '../http/webSockets';
import type { RequestInfo } from './context';
import { createDialectEndpoint, type Dialect } from './dialectEndpoint';
import { createDocuments } from './documents';
import { toGraphqlError, toRefusal } from './errors';
import { createExecutor } from './executor';
import { createHttpEndpoint } from './httpEndpoint';
import { KnownOperations } from './knownOperations';
import type { NoteOperation } from './operationEnds';
import { createLimits, type LimitOptions } from './limits';

export interface GraphqlServerOptions<C extends object>
  extends Pick<WebSocketOptions, 'pingEveryMs' | 'pongWithinMs' | 'drainWithinMs' | 'connectionInitMs'>,
    Pick<EventStreamOptions, 'beatEveryMs'>,
    Pick<SharedAnswersOptions, 'renew' | 'rightsKey'> {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  /** True if clients may query the schema itself. Defaults to true. */
  readonly introspection?: boolean;
  readonly limits?: LimitOptions;
  readonly note?: NoteOperation;
  /** Maximum number of open streams per key in this process. */
  readonly maxSubscriptions?: number;
  /**
   * Called for each HTTP request, each operation over another transport, and each delivered event. Creates new loaders
   * each time, so it must be cheap. `database` is given if an event brings a separate database handle.
   */
  readonly createContext: (request: RequestInfo, actor: Actor, database?: Database) => C;
  /**
   * Database of streams. It fails early if the database does not respond, so that a stream ends instead of falling
   * silent.
   */
  readonly streamDatabase?: Database;
  /** Persisted operations. Without them, only texts that a client has sent before can be named by their hash. */
  readonly operations?: KnownOperations;
  /** The same API in another dialect, at paths of its own. */
  readonly dialect?: Dialect;
}

export interface GraphqlServer {
  /** `POST /graphql`, `/graphql/stream`, and the paths of the dialect. */
  readonly routes: FastifyPluginCallback;
  /** Handles `GET /graphql`, which has the same URL as GraphiQL. */
  answerGet(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  readonly sockets: WebSockets;
  /** Number of open streams, by transport. */
  readonly openStreams: Readonly<Record<string, number>>;
  start(): Promise<void>;
  /**
   * Ends all event streams without completing them, so that their clients reconnect to another server and continue from
   * their cursors.
   */
  drainEventStreams(): void;
  stop(): Promise<void>;
}

const noOperations = { texts: new Map<string, string>(), find: async () => undefined, registeredOnly: false };

/**
 * Apollo Server and a faster path for queries (answerQuery.ts) over HTTP, graphql-ws for WebSockets, and server-sent
 * events for clients without WebSockets. All share schema, authentication, contexts and errors. No plugin may have
 * `willResolveField`: Apollo would wrap every resolver, which makes lists 1.7 times as slow. Apollo's cache-control
 * plugin has one, so it is off.
 */
export function createGraphqlServer<C extends object>(options: GraphqlServerOptions<C>): GraphqlServer {
  const { schema, log, authenticate, createContext, introspection = true, note = () => undefined } = options;
  const { operations = new KnownOperations(noOperations) } = options;
  const limits = createLimits(schema, options.limits);
  const documents = createDocuments(schema, introspection);
  const execute = createExecutor(schema);
  const formatError = (error: unknown) => toGraphqlError(error, log);
  const main = createHttpEndpoint({
    ...{ schema, log, introspection, limits, documents, execute, formatError, createContext, note, operations },
  });
  const dialect =
    options.dialect && createDialectEndpoint(options.dialect, { ...options, introspection, note, operations });
  const openStreams = new OpenStreams(options.maxSubscriptions);
  const shared = {
    ...{ ...options, note, limits, documents, execute, openStreams, operations },
    answers: new SharedAnswers({
      ...options,
      createContext: (request, actor, database = options.streamDatabase) => createContext(request, actor, database),
    }),
  };
  const eventStreams = createEventStreams(shared);

  /** Runs before the body is read: a caller without a key can't make the server read a megabyte. */
  async function identifyCaller(request: FastifyRequest, reply: FastifyReply) {
    try {
      request.actor = await identify(authenticate, keyFromHeaders(request.headers), request.info.address);
    } catch (error) {
      return sendGraphqlRefusal(reply, toRefusal(error, log, { requestId: request.id }));
    }
  }

  return {
    sockets: createWebSockets(shared),
    openStreams: openStreams.counts,
    start: () => main.start(),
    stop: async () => {
      await main.stop();
      await dialect?.stop();
    },
    drainEventStreams: () => eventStreams.drain(),
    async answerGet(request, reply) {
      await identifyCaller(request, reply);
      return reply.sent ? reply : main.answer(request, reply);
    },
    routes(server, _options, done) {
      parseJson(server);
      server.addHook('onRequest', identifyCaller);
      eventStreams.routes(server);
      server.post('/graphql', (request, reply) => main.answer(request, reply));
      dialect?.routes(server);
      done();
    },
  };
}
