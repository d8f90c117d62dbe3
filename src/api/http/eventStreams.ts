import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import { z } from 'zod';
import type { Actor } from '../../access/actor';
import type { Database } from '../../kernel/database/database';
import { Refusal, refusalCodes } from '../../kernel/errors';
import type { Log } from '../../kernel/log';
import type { RequestInfo } from '../graphql/context';
import type { Documents } from '../graphql/documents';
import { refusalFields, toGraphqlError, toRefusal } from '../graphql/errors';
import type { Execute } from '../graphql/executor';
import type { KnownOperations } from '../graphql/knownOperations';
import { type NoteOperation, operationOf } from '../graphql/operationEnds';
import type { Limits } from '../graphql/limits';
import { invalidRequest, sendGraphqlRefusal, sendRefusal } from './httpErrors';
import type { OpenStreams } from './openStreams';
import type { ZodTypes } from './requestBodies';
import type { SharedAnswers } from './sharedAnswers';
import { type Stream, slowReader, subscribeOperation } from './subscribeOperation';

export interface EventStreamOptions {
  readonly schema: GraphQLSchema;
  readonly log: Log;
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
  /** Time for a reader to make room for the next message. */
  readonly drainWithinMs?: number;
  /** Interval between comments that keep proxies from closing a quiet stream. */
  readonly beatEveryMs?: number;
}

type Ended = (errors: readonly GraphQLFormattedError[]) => void;

export interface EventStreams {
  routes(server: FastifyInstance): void;
  drain(): void;
}

const operation = z.object({
  query: z.string().optional(),
  documentId: z.string().optional(),
  extensions: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});
type Operation = z.output<typeof operation>;

const jsonInUrl = z.string().transform((text, context) => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JSON object' });
    return z.NEVER;
  }
});

const operationInUrl = operation.extend({
  variables: jsonInUrl.pipe(operation.shape.variables).optional(),
  extensions: jsonInUrl.pipe(operation.shape.extensions).optional(),
});

/**
 * GraphQL over Server-Sent Events for clients that can't open a WebSocket: the graphql-sse protocol in "distinct
 * connections mode", one request per operation. Each event has its cursor as id, so `Last-Event-ID` resumes.
 *
 * The handler of the `graphql-sse` package isn't used: it queues results in memory regardless of the socket, and sends
 * no ids.
 */
export function createEventStreams(options: EventStreamOptions): EventStreams {
  const { schema, log, createContext, streamDatabase, answers, documents, execute, limits, openStreams, operations } =
    options;
  const { note } = options;
  const { drainWithinMs = 10_000, beatEveryMs = 12_000 } = options;
  const streams = new Set<ServerResponse>();
  let draining = false;

  async function run(asked: Operation, request: FastifyRequest, reply: FastifyReply) {
    const { operationName = null, variables: variableValues = null } = asked;
    const { actor } = request;
    let query = '';
    try {
      ({ query = '' } = await operations.resolve(asked));
    } catch (error) {
      return sendGraphqlRefusal(reply, toRefusal(error, log, { requestId: request.id }));
    }
    const startedAt = performance.now();
    const checked = documents(query);
    const ended: Ended = (errors) => {
      const operation = operationOf('errors' in checked ? undefined : checked.document, operationName);
      note({ ...operation, milliseconds: performance.now() - startedAt, errors, actor, request: request.info });
    };
    if ('errors' in checked) return answerOnce(reply, { errors: checked.errors }, ended);
    const { document } = checked;
    const kind = getOperationAST(document, operationName)?.operation;
    if (kind === 'mutation' && request.method === 'GET') {
      const message = 'Mutations are sent with POST: anything on the way may repeat a GET.';
      return sendRefusal(reply, invalidRequest('query', 'mutation', message), { status: 405 });
    }
    const signal = closed(reply.raw);
    let extensions: { readonly cost: unknown };
    try {
      extensions = { cost: limits.check(document, operationName, variableValues) };
      if (kind === 'subscription') openStreams.add(actor, signal, 'sse');
    } catch (error) {
      const refusal = toRefusal(error, log, { requestId: request.id });
      return sendGraphqlRefusal(reply, refusal);
    }
    const lastEventId = request.headers['last-event-id'];
    const info = { ...request.info, signal, ...(lastEventId && { resumeAfter: String(lastEventId) }) };
    const contextValue = createContext(info, actor, kind === 'subscription' ? streamDatabase : undefined);
    const args: ExecutionArgs = { schema, document, operationName, variableValues, contextValue };
    if (kind !== 'subscription') return answerOnce(reply, { ...(await execute(args)), extensions }, ended);
    const res = reply.raw;
    const source = await subscribeOperation(args, {
      request: info,
      actor,
      answers,
      write: ({ text }, cursor) =>
        send(res, `${cursor === undefined ? '' : `id: ${cursor}\n`}${nextEvent(text)}`, cursor),
      onEnd: () => undefined,
    });
    if (!(Symbol.asyncIterator in source)) return answerOnce(reply, source, ended);
    ended([]);
    reply.hijack();
    res.writeHead(200, reply.headers(streamHeaders).getHeaders() as OutgoingHttpHeaders);
    res.write(opening);
    // A dead peer sends nothing, and SSE has no ping; TCP keep-alive probes detect it.
    res.socket?.setKeepAlive(true, 15_000);
    await deliver(source, res, request.id);
  }

  async function deliver(source: Stream, res: ServerResponse, requestId: string): Promise<void> {
    streams.add(res);
    startBeating();
    res.once('close', () => {
      streams.delete(res);
      source.return(undefined).catch(() => undefined);
    });
    try {
      await source.next();
      if (!res.writableEnded) res.write(complete);
    } catch (error) {
      const refusal = toRefusal(error, log, { requestId });
      const failed = { errors: [{ message: refusal.message, extensions: refusalFields(refusal) }] };
      // The client reopens a stream that ends without "complete".
      const end = refusalCodes[refusal.code].retryable ? '' : complete;
      if (!res.writableEnded) res.write(nextEvent(JSON.stringify(failed)) + end);
    } finally {
      streams.delete(res);
      res.end();
    }
  }

  /** Returns a promise if the reader is behind; it resolves when there is room again. */
  function send(res: ServerResponse, text: string, cursor: string | undefined): Promise<void> | undefined {
    if (res.writableEnded || res.write(text) || res.destroyed) return undefined;
    return new Promise((resolve, reject) => {
      const onRoom = () => {
        clearTimeout(timer);
        res.off('drain', onRoom).off('close', onRoom);
        resolve();
      };
      const timer = setTimeout(() => {
        // Queued data may never leave; waiting for it would hold its memory.
        setTimeout(() => res.destroy(), drainWithinMs).unref();
        reject(slowReader(drainWithinMs, cursor));
      }, drainWithinMs);
      res.once('drain', onRoom).once('close', onRoom);
    });
  }

  function answerOnce(reply: FastifyReply, { data, errors, extensions }: ExecutionResult, ended: Ended): FastifyReply {
    const shown = errors?.map((error) => toGraphqlError(error, log, { requestId: reply.request.id }));
    ended(shown ?? []);
    const text = JSON.stringify({ ...(shown && { errors: shown }), data, extensions });
    return reply.headers(streamHeaders).send(opening + nextEvent(text) + complete);
  }

  let beating: NodeJS.Timeout | undefined;

  /** One timer for all streams. Skips readers that are behind. */
  function startBeating(): void {
    beating ??= setInterval(() => {
      if (streams.size === 0) {
        clearInterval(beating);
        beating = undefined;
      }
      for (const res of streams) if (!res.writableNeedDrain) res.write(':\n\n');
    }, beatEveryMs).unref();
  }

  const url = '/graphql/stream';
  return {
    routes(server) {
      const onRequest = checkRequest(() => draining);
      const typed = server.withTypeProvider<ZodTypes>();
      typed.post(url, { onRequest, schema: { body: operation } }, (request, reply) =>
        run(request.body, request, reply),
      );
      typed.get(url, { onRequest, schema: { querystring: operationInUrl } }, (request, reply) =>
        run(request.query, request, reply),
      );
      server.route({ method: ['PUT', 'PATCH', 'DELETE'], url, onRequest, handler: async () => undefined });
    },
    drain() {
      draining = true;
      for (const res of streams) res.end();
      streams.clear();
    },
  };
}

/** Rejects requests outside the protocol before reading a body. */
const checkRequest = (isDraining: () => boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
  const { method, headers } = request;
  if (isDraining()) {
    return sendGraphqlRefusal(reply, new Refusal('UNAVAILABLE', 'The server is stopping. Try again.'));
  }
  if (method !== 'GET' && method !== 'POST') {
    const message = `Streams are requested with GET or POST, one operation each; the "single connection mode" (${method}) is not offered.`;
    return sendRefusal(reply, invalidRequest('method', method, message), { status: 405 });
  }
  const { accept = '*/*' } = headers;
  if (!/text\/event-stream|text\/\*|\*\/\*/.test(accept)) {
    const message = `This path answers "text/event-stream", which the Accept header "${accept}" does not allow.`;
    return sendRefusal(reply, invalidRequest('Accept', accept, message), { status: 406 });
  }
};

/** Aborts when the response is over, even if the server ended it: the source must stop. */
function closed(res: ServerResponse): AbortSignal {
  const ended = new AbortController();
  res.once('close', () => ended.abort());
  return ended.signal;
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Otherwise nginx buffers the response.
  'x-accel-buffering': 'no',
};
/** Some clients consider the connection open only after the first bytes of the body. */
const opening = 'retry: 1000\n:\n\n';
const nextEvent = (text: string): string => `event: next\ndata: ${text}\n\n`;
/** The empty data field makes the browser's EventSource report the event. */
const complete = 'event: complete\ndata: \n\n';
