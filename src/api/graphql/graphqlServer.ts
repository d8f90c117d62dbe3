import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import { type Authenticate, identify, keyFromHeaders } from '../http/credentials';
import { createEventStreams, type EventStreamOptions } from '../http/eventStreams';
import { sendGraphqlRefusal } from '../http/httpErrors';
import { OpenStreams } from '../http/openStreams';
import { parseJson } from '../http/requestBodies';
import { SharedAnswers, type SharedAnswersOptions } from '../http/sharedAnswers';
import { createWebSockets, type WebSocketOptions, type WebSockets } from '../http/webSockets';
import { createAnswerQuery } from './answerQuery';
import type { RequestInfo } from './context';
import { createDocuments, type Documents, maxTokens } from './documents';
import { toGraphqlError, toRefusal } from './errors';
import { createExecutor } from './executor';
import { type NoteOperation, type OperationEnd } from './operationEnds';
import { createLimits, type LimitOptions, type Limits, type OperationCost } from './limits';

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
}

export interface GraphqlServer {
  /** `POST /graphql` and `/graphql/stream`. */
  readonly routes: FastifyPluginCallback;
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

/**
 * Apollo Server and a faster path for queries (answerQuery.ts) over HTTP, graphql-ws for WebSockets, and server-sent
 * events for clients without WebSockets. All share schema, authentication, contexts and errors. No plugin may have
 * `willResolveField`: Apollo would wrap every resolver, which makes lists 1.7 times as slow. Apollo's cache-control
 * plugin has one, so it is off.
 */
export function createGraphqlServer<C extends object>(options: GraphqlServerOptions<C>): GraphqlServer {
  const { schema, log, authenticate, createContext, introspection = true, note = () => undefined } = options;
  const limits = createLimits(schema, options.limits);
  const documents = createDocuments(schema, introspection);
  const execute = createExecutor(schema);
  const answerQuery = createAnswerQuery({ schema, documents, limits, execute, log });
  const outcomes = new WeakMap<object, Outcome>();
  /** Content type that Apollo Server chose for an Accept header. Until it has chosen one, it also handles queries. */
  const contentTypes = new LRUCache<string, string>({ max: 100 });
  const apollo = new ApolloServer<C>({
    schema,
    introspection,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    // Apollo's serialization indents: a third more bytes to build and send.
    stringifyResult: (value) => JSON.stringify(value),
    parseOptions: { maxTokens },
    logger: log,
    formatError: (_formatted, error) => toGraphqlError(error, log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      limitOperations(limits),
      noteOutcomes(outcomes),
    ],
  });
  const openStreams = new OpenStreams(options.maxSubscriptions);
  const shared = {
    ...{ ...options, note, limits, documents, execute, openStreams },
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
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    drainEventStreams: () => eventStreams.drain(),
    routes(server, _options, done) {
      parseJson(server);
      server.addHook('onRequest', identifyCaller);
      eventStreams.routes(server);
      server.post('/graphql', async ({ body, headers, info, actor }, reply) => {
        const startedAt = performance.now();
        const ended = (operation: Outcome) =>
          note({ ...operation, milliseconds: performance.now() - startedAt, actor, request: info });
        const { accept = '' } = headers;
        const contentType = contentTypes.get(accept);
        const answer = contentType && (await answerQuery(body, () => createContext(info, actor)));
        if (answer) {
          ended({ name: answer.name, kind: 'query', errors: answer.errors });
          return reply.header('content-type', contentType).send(answer.text);
        }
        if (isSubscription(documents, body)) return sendGraphqlRefusal(reply, needsStream());
        const httpGraphQLRequest = { method: 'POST', headers: relevantHeaders(headers), search: '', body };
        const response = await apollo.executeHTTPGraphQLRequest({
          httpGraphQLRequest,
          context: async () => createContext(info, actor),
        });
        ended(
          outcomes.get(httpGraphQLRequest) ?? {
            name: null,
            kind: null,
            errors: [{ message: '', extensions: { code: 'BAD_REQUEST' } }],
          },
        );
        if (response.body.kind !== 'complete') throw new Error('incremental delivery is not offered');
        for (const [name, value] of response.headers) reply.header(name, value);
        const chosen = response.headers.get('content-type');
        if (response.status === undefined && chosen !== undefined) contentTypes.set(accept, chosen);
        return reply
          .code(response.status ?? 200)
          .header('cache-control', 'no-store')
          .send(response.body.string);
      });
      done();
    },
  };
}

/** Checks each operation after its validation and before its execution, and adds its cost to the response. */
function limitOperations<C extends object>(limits: Limits): ApolloServerPlugin<C> {
  return {
    requestDidStart: async () => {
      let cost: OperationCost | undefined;
      return {
        didResolveOperation: async ({ document, request: { operationName, variables } }) => {
          try {
            cost = limits.check(document, operationName, variables);
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            const http = { status: refusalCodes[error.code].http };
            throw new GraphQLError(error.message, { originalError: error, extensions: { http } });
          }
        },
        willSendResponse: async ({ response: { body } }) => {
          if (cost !== undefined && body.kind === 'single') {
            body.singleResult.extensions = { ...body.singleResult.extensions, cost };
          }
        },
      };
    },
  };
}

type Outcome = Pick<OperationEnd, 'name' | 'kind' | 'errors'>;

/** Keeps the outcome of each operation by its request. */
function noteOutcomes<C extends object>(outcomes: WeakMap<object, Outcome>): ApolloServerPlugin<C> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ request: { http }, operation, response: { body } }) => {
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        // Without an operation if the document is not valid.
        if (http !== undefined)
          outcomes.set(http, {
            name: operation?.name?.value ?? null,
            kind: operation?.operation ?? null,
            errors,
          });
      },
    }),
  };
}

/** Apollo reads no other headers. Copying all of them would be most of the work of a small request. */
function relevantHeaders(given: FastifyRequest['headers']): HeaderMap {
  const headers = new HeaderMap();
  for (const name of ['content-type', 'accept'] as const) {
    const value = given[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

/**
 * graphql-js would execute a subscription over HTTP like a query, without its stream. A document may contain several
 * operations, of which only the selected one counts, so a text that contains the word must be parsed; few others do.
 */
function isSubscription(documents: Documents, body: unknown): boolean {
  const { query, operationName } = (body ?? {}) as { query?: unknown; operationName?: unknown };
  if (typeof query !== 'string' || !/\bsubscription\b/.test(query)) return false;
  const checked = documents(query);
  if ('errors' in checked) return false;
  const operation = getOperationAST(checked.document, typeof operationName === 'string' ? operationName : null);
  return operation?.operation === OperationTypeNode.SUBSCRIPTION;
}

function needsStream(): Refusal {
  const message =
    'A subscription needs a WebSocket with the subprotocol "graphql-transport-ws" on this path, or "/graphql/stream" for server-sent events.';
  return invalidInput([{ field: 'query', value: 'subscription', rule: 'TRANSPORT', message }]);
}
