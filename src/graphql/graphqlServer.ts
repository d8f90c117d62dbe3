import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { type GraphQLFormattedError, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql';
import type { Actor } from '../access/actor';
import type { Log } from '../log';
import { invalidInput, Refusal, refusalCodes } from '../refusal';
import type { RequestInfo } from './context';
import { type Authenticate, identify, keyFromHeaders } from './credentials';
import { createDocuments, maxTokens } from './documents';
import { refusalFields, toGraphqlError, toRefusal } from './errors';
import { isJson, readJson, sendJson, sendRefusal } from './httpErrors';
import { createWebSockets, type WebSocketOptions, type WebSockets } from './webSockets';

export interface GraphqlServerOptions<C extends object>
  extends Pick<WebSocketOptions, 'clock' | 'renew' | 'pingEveryMs' | 'pongWithinMs' | 'checkKeyEveryMs' | 'connectionInitMs'> {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  /** Called for each HTTP request, each WebSocket operation and each delivered event; makes new loaders each time. Must be cheap. */
  readonly createContext: (request: RequestInfo, actor: Actor) => C;
}

export interface GraphqlServer {
  readonly sockets: WebSockets;
  start(): Promise<void>;
  /** Answers `POST /graphql`. Throws refusals about the request as such; whatever GraphQL has to say it answers itself. */
  post(req: IncomingMessage, res: ServerResponse, request: RequestInfo): Promise<void>;
  stop(): Promise<void>;
}

const largestBody = 1024 ** 2;

/**
 * Apollo Server for what comes by HTTP, graphql-ws for what comes by WebSocket; the same schema, gate, contexts and errors for both.
 *
 * No plugin here may have `willResolveField`: Apollo then wraps the resolver of every field, which costs 1.7 times on lists. Its own
 * cache-control plugin has one, therefore it is off.
 */
export function createGraphqlServer<C extends object>(options: GraphqlServerOptions<C>): GraphqlServer {
  const { schema, log, authenticate, createContext } = options;
  const apollo = new ApolloServer<C>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    csrfPrevention: true,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    parseOptions: { maxTokens },
    logger: log,
    formatError: (_formatted, error) => toGraphqlError(error, log),
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled()],
  });
  const isSubscription = subscriptionDetector(schema);

  return {
    sockets: createWebSockets(options),
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
      if (isSubscription(body)) return sendGraphqlRefusal(res, needsWebSocket());
      const response = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method: 'POST', headers: relevantHeaders(req), search: '', body },
        context: async () => createContext(request, actor),
      });
      await write(res, response);
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

/** A refusal before GraphQL began, in the form that GraphQL clients read. */
function sendGraphqlRefusal(res: ServerResponse, refusal: Refusal): void {
  const error: GraphQLFormattedError = { message: refusal.message, extensions: refusalFields(refusal) };
  const { http } = refusalCodes[refusal.code];
  sendJson(res, http, { errors: [error] }, http === 401 ? { 'WWW-Authenticate': 'Bearer' } : {});
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

function needsWebSocket(): Refusal {
  const message = 'A subscription needs a WebSocket with the subprotocol "graphql-transport-ws" on this path.';
  return invalidInput([{ field: 'query', value: 'subscription', rule: 'TRANSPORT', message }]);
}

function notJson(req: IncomingMessage): Refusal {
  const value = req.headers['content-type'] ?? null;
  const message = `The Content-Type must be "application/json"; it is ${value === null ? 'missing' : `"${value}"`}.`;
  return invalidInput([{ field: 'Content-Type', value, rule: 'JSON', message }]);
}
