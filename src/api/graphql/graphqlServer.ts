import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import type { Log } from '../../kernel/log';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import type { RequestInfo } from './context';
import { type Authenticate, identify, keyFromHeaders } from '../http/credentials';
import { createDocuments, maxTokens } from './documents';
import { toGraphqlError, toRefusal } from './errors';
import { createEventStreams, type EventStreamOptions, type EventStreams } from '../http/eventStreams';
import { isJson, readJson, sendGraphqlRefusal, sendRefusal } from '../http/httpErrors';
import { createLimits, type LimitOptions, type Limits, type OperationCost } from './limits';
import { OpenStreams } from '../http/openStreams';
import { SharedAnswers, type SharedAnswersOptions } from '../http/sharedAnswers';
import { createWebSockets, type WebSocketOptions, type WebSockets } from '../http/webSockets';

export interface GraphqlServerOptions<C extends object>
  extends Pick<WebSocketOptions, 'pingEveryMs' | 'pongWithinMs' | 'drainWithinMs' | 'connectionInitMs'>,
    Pick<EventStreamOptions, 'beatEveryMs'>,
    Pick<SharedAnswersOptions, 'renew' | 'rightsKey'> {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  /** Whether clients may ask for the schema itself; they may by default. */
  readonly introspection?: boolean;
  readonly limits?: LimitOptions;
  /** How many streams a key may have open in this process. */
  readonly maxSubscriptions?: number;
  /**
   * Called for each HTTP request, each operation over another transport, and each delivered event; makes new loaders each time. Must be cheap.
   * `app` is given when an event brings a database of its own.
   */
  readonly createContext: (request: RequestInfo, actor: Actor, database?: Database) => C;
}

export interface GraphqlServer {
  readonly sockets: WebSockets;
  readonly eventStreams: EventStreams;
  start(): Promise<void>;
  /** Answers `POST /graphql`. Throws refusals about the request as such; whatever GraphQL has to say it answers itself. */
  post(req: IncomingMessage, res: ServerResponse, request: RequestInfo): Promise<void>;
  stop(): Promise<void>;
}

const largestBody = 1024 ** 2;

/**
 * Apollo Server for what comes by HTTP, graphql-ws for what comes by WebSocket, server-sent events for who can't have one; the same schema, gate,
 * contexts and errors for all of them.
 *
 * No plugin here may have `willResolveField`: Apollo then wraps the resolver of every field, which costs 1.7 times on lists. Its own
 * cache-control plugin has one, therefore it is off.
 */
export function createGraphqlServer<C extends object>(options: GraphqlServerOptions<C>): GraphqlServer {
  const { schema, log, authenticate, createContext, introspection = true } = options;
  const limits = createLimits(schema, options.limits);
  const openStreams = new OpenStreams(options.maxSubscriptions);
  const apollo = new ApolloServer<C>({
    schema,
    introspection,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    // Apollo's own indents: a third more bytes to make and to send.
    stringifyResult: (value) => JSON.stringify(value),
    parseOptions: { maxTokens },
    logger: log,
    formatError: (_formatted, error) => toGraphqlError(error, log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      limitOperations(limits),
    ],
  });
  const isSubscription = subscriptionDetector(schema);
  const answers = new SharedAnswers(options);

  return {
    sockets: createWebSockets({ ...options, answers, limits, openStreams }),
    eventStreams: createEventStreams({ ...options, answers, limits, openStreams }),
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    async post(req, res, request) {
      // The gate comes before the body: whoever has no key can't make us read a megabyte.
      let actor: Actor;
      try {
        actor = await identify(authenticate, keyFromHeaders(req.headers), request.address);
      } catch (error) {
        return sendGraphqlRefusal(res, toRefusal(error, log, { requestId: request.id }));
      }
      if (!isJson(req)) return sendRefusal(res, notJson(req), { status: 415 });
      const body = await readJson(req, largestBody);
      if (isSubscription(body)) return sendGraphqlRefusal(res, needsStream());
      const response = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers: relevantHeaders(req), search: '', body },
        context: async () => createContext(request, actor),
      });
      await write(res, response);
    },
  };
}

/** Checks each operation after its validation and before its execution, and tells in the answer what it cost. */
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

/** Apollo looks at no others; copying all of them would be most of the work of a small request. */
function relevantHeaders(req: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const name of ['content-type', 'accept'] as const) {
    const value = req.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  return headers;
}

async function write(res: ServerResponse, { status = 200, headers, body }: HTTPGraphQLResponse): Promise<void> {
  res.statusCode = status;
  res.setHeader('Cache-Control', 'no-store');
  for (const [name, value] of headers) res.setHeader(name, value);
  if (body.kind === 'complete') {
    res.setHeader('Content-Length', Buffer.byteLength(body.string));
    res.end(body.string);
    return;
  }
  for await (const chunk of body.asyncIterator) res.write(chunk);
  res.end();
}

/**
 * Over HTTP graphql-js would execute a subscription like a query, without its stream. A document may hold several operations, of
 * which only the chosen one counts, so a text that mentions the word has to be parsed; hardly any other does.
 */
function subscriptionDetector(schema: GraphQLSchema): (body: unknown) => boolean {
  const documents = createDocuments(schema);
  return (body) => {
    const { query, operationName } = (body ?? {}) as { query?: unknown; operationName?: unknown };
    if (typeof query !== 'string' || !/\bsubscription\b/.test(query)) return false;
    const checked = documents(query);
    if ('errors' in checked) return false;
    const operation = getOperationAST(checked.document, typeof operationName === 'string' ? operationName : null);
    return operation?.operation === OperationTypeNode.SUBSCRIPTION;
  };
}

function needsStream(): Refusal {
  const message =
    'A subscription needs a WebSocket with the subprotocol "graphql-transport-ws" on this path, or "/graphql/stream" for server-sent events.';
  return invalidInput([{ field: 'query', value: 'subscription', rule: 'TRANSPORT', message }]);
}

function notJson(req: IncomingMessage): Refusal {
  const value = req.headers['content-type'] ?? null;
  const message = `The Content-Type must be "application/json"; it is ${value === null ? 'missing' : `"${value}"`}.`;
  return invalidInput([{ field: 'Content-Type', value, rule: 'JSON', message }]);
}
