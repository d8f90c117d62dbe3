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
import { isShown } from '../http/requestTrace';
import { createAnswerQuery } from './answerQuery';
import type { RequestInfo } from './context';
import { type Documents, maxTokens } from './documents';
import type { Execute } from './executor';
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
  readonly note: NoteOperation;
}

export interface HttpEndpoint {
  /** Answers a request whose caller is known and whose body is parsed. */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** GraphQL over HTTP POST, in one schema: a faster path for queries (answerQuery.ts), and Apollo Server. */
export function createHttpEndpoint<C extends object>(options: HttpEndpointOptions<C>): HttpEndpoint {
  const { schema, log, introspection, limits, documents, createContext, formatError, note } = options;
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
    async answer({ body, headers, info, actor }, reply) {
      const startedAt = performance.now();
      const ended = (outcome: Outcome) => {
        note({ ...outcome, milliseconds: performance.now() - startedAt, actor, request: info });
        const { trace } = info;
        if (trace && isShown(trace, outcome.kind)) reply.header('traceresponse', traceparentOf(trace));
      };
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
      ended(outcomes.get(httpGraphQLRequest) ?? notGraphql);
      if (response.body.kind !== 'complete') throw new Error('incremental delivery is not offered');
      for (const [name, value] of response.headers) reply.header(name, value);
      const chosen = response.headers.get('content-type');
      if (response.status === undefined && chosen !== undefined) contentTypes.set(accept, chosen);
      return reply
        .code(response.status ?? 200)
        .header('cache-control', 'no-store')
        .send(response.body.string);
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

/** The body is no request of GraphQL. */
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
