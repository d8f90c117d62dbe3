import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Actor } from '../../access/actor';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import { traceparentOf } from '../../contract/traceIds';
import { sendGraphqlRefusal } from '../http/httpErrors';
import { readSearch } from '../http/searchRequest';
import { isShown } from '../http/requestTrace';
import { createAnswerQuery } from './answerQuery';
import type { RequestInfo } from './context';
import { type Documents, maxTokens } from './documents';
import { toRefusal } from './errors';
import type { Execute } from './executor';
import type { KnownOperations } from './knownOperations';
import type { Limits, OperationCost } from './limits';
import type { NoteOperation, OperationEnd } from './operationEnds';

export interface HttpEndpointOptions<C extends object> {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly introspection: boolean;
  readonly limits: Limits;
  readonly documents: Documents;
  readonly execute: Execute;
  readonly formatError: (error: unknown) => GraphQLFormattedError;
  readonly createContext: (request: RequestInfo, actor: Actor) => C;
  readonly operations: KnownOperations;
  readonly note: NoteOperation;
}

export interface HttpEndpoint {
  /** Answers a POST whose caller is known and whose body is parsed, or a GET, which executes queries only. */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** GraphQL over HTTP, in one schema: a faster path for queries (answerQuery.ts), and Apollo Server. */
export function createHttpEndpoint<C extends object>(options: HttpEndpointOptions<C>): HttpEndpoint {
  const { schema, log, introspection, limits, documents, createContext, formatError, note, operations } = options;
  const answerQuery = createAnswerQuery(options);
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
    formatError: (_formatted, error) => formatError(error),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      limitOperations(limits),
      noteOutcomes(outcomes),
    ],
  });

  return {
    start: () => apollo.start(),
    stop: () => apollo.stop(),
    async answer(request, reply) {
      const { headers, info, actor } = request;
      const startedAt = performance.now();
      const ended = (outcome: Outcome) => {
        note({ ...outcome, milliseconds: performance.now() - startedAt, actor, request: info });
        const { trace } = info;
        if (trace && isShown(trace, outcome.kind)) reply.header('traceresponse', traceparentOf(trace));
      };
      let body: unknown;
      try {
        const asked = operations.resolve(request.method === 'GET' ? readSearch(request.query) : request.body);
        body = asked instanceof Promise ? await asked : asked;
      } catch (error) {
        return sendGraphqlRefusal(reply, toRefusal(error, log, { requestId: request.id }));
      }
      const { accept = '' } = headers;
      const contentType = contentTypes.get(accept);
      const answer = contentType && (await answerQuery(body, () => createContext(info, actor)));
      if (answer) {
        ended({ name: answer.name, kind: 'query', errors: answer.errors });
        return reply.header('content-type', contentType).send(answer.text);
      }
      const kind = kindOf(documents, body);
      if (kind === OperationTypeNode.SUBSCRIPTION) return sendGraphqlRefusal(reply, needsStream());
      if (kind === OperationTypeNode.MUTATION && request.method === 'GET') {
        return sendGraphqlRefusal(reply.header('allow', 'POST'), needsPost(), 405);
      }
      const httpGraphQLRequest = { method: 'POST', headers: relevantHeaders(request), search: '', body };
      const response = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest,
        context: async () => createContext(info, actor),
      });
      ended(outcomes.get(httpGraphQLRequest) ?? notGraphql);
      if (response.body.kind !== 'complete') throw new Error('incremental delivery is not offered');
      for (const [name, value] of response.headers) reply.header(name, value);
      const chosen = response.headers.get('content-type');
      if (response.status === undefined && chosen !== undefined) contentTypes.set(accept, chosen);
      return reply
        .code(isWellFormed(accept, response.body.string) ? 200 : (response.status ?? 200))
        .header('cache-control', 'no-store')
        .send(response.body.string);
    },
  };
}

/**
 * True if a client that asks for `application/json` alone gets 200 for its invalid operation, as GraphQL over HTTP
 * recommends: such clients take any other status for one of a proxy. Apollo Server answers 400.
 */
function isWellFormed(accept: string, answer: string): boolean {
  if (!/^application\/json\b[^,]*$/i.test(accept)) return false;
  const [, code = ''] = /^\{"errors":\[\{.*?"code":"(\w+)"/.exec(answer) ?? [];
  return ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'].includes(code);
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

/** The body is not a GraphQL request. */
const notGraphql: Outcome = { name: null, kind: null, errors: [{ message: '', extensions: { code: 'BAD_REQUEST' } }] };

/** Keeps the outcome of each operation by its request. The operation is missing if the document is not valid. */
function noteOutcomes<C extends object>(outcomes: WeakMap<object, Outcome>): ApolloServerPlugin<C> {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ request: { http }, operation, response: { body } }) => {
        if (http === undefined) return;
        const errors = body.kind === 'single' ? (body.singleResult.errors ?? []) : [];
        outcomes.set(http, { name: operation?.name?.value ?? null, kind: operation?.operation ?? null, errors });
      },
    }),
  };
}

/**
 * Apollo reads no other headers. Copying all of them would be most of the work of a small request. A GET has become a
 * body by now. Its key is a header, which no page of another site can send without a preflight request.
 */
function relevantHeaders({ method, headers: given }: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const name of ['content-type', 'accept'] as const) {
    const value = given[name];
    if (value !== undefined) headers.set(name, value);
  }
  if (method === 'GET') headers.set('content-type', 'application/json');
  return headers;
}

/**
 * Kind of the selected operation, if it could be other than a query. graphql-js would execute a subscription over HTTP
 * like a query, without its stream. Most texts hold neither word, and are not looked up.
 */
function kindOf(documents: Documents, body: unknown): OperationTypeNode | undefined {
  const { query, operationName } = (body ?? {}) as { query?: unknown; operationName?: unknown };
  if (typeof query !== 'string' || !/\b(?:subscription|mutation)\b/.test(query)) return undefined;
  const checked = documents(query);
  if ('errors' in checked) return undefined;
  return getOperationAST(checked.document, typeof operationName === 'string' ? operationName : null)?.operation;
}

function needsStream(): Refusal {
  const message =
    'A subscription needs a WebSocket with the subprotocol "graphql-transport-ws" on this path, or "/graphql/stream" for server-sent events.';
  return invalidInput([{ field: 'query', value: 'subscription', rule: 'TRANSPORT', message }]);
}

function needsPost(): Refusal {
  const message = 'Mutations must be sent with POST, because proxies and browsers may repeat a GET.';
  return invalidInput([{ field: 'method', value: 'GET', rule: 'TRANSPORT', message }]);
}
