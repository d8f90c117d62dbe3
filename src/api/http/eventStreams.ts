import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
} from 'graphql';
import type { Actor } from '../../access/actor';
import type { Log } from '../../kernel/log';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import type { RequestInfo } from '../graphql/context';
import { type Authenticate, identify, keyFromHeaders } from './credentials';
import { createDocuments } from '../graphql/documents';
import { refusalFields, toGraphqlError, toRefusal } from '../graphql/errors';
import { isJson, readJson, sendGraphqlRefusal, sendRefusal } from './httpErrors';
import type { Limits, OperationCost } from '../graphql/limits';
import type { OpenStreams } from './openStreams';
import type { SharedAnswers } from './sharedAnswers';
import { slowReader } from './slowReader';
import { subscribeOperation } from './subscribeOperation';

export interface EventStreamOptions {
  readonly schema: GraphQLSchema;
  readonly log: Log;
  readonly authenticate: Authenticate;
  readonly createContext: (request: RequestInfo, actor: Actor) => object;
  readonly answers: SharedAnswers;
  readonly introspection?: boolean;
  readonly limits: Limits;
  readonly openStreams: OpenStreams;
  /** How long a reader may take to make room for the next message. */
  readonly drainWithinMs?: number;
  /** How often something is sent to keep proxies from closing a quiet stream. */
  readonly beatEveryMs?: number;
}

export interface EventStreams {
  /** Answers `/graphql/stream`. */
  handle(req: IncomingMessage, res: ServerResponse, request: RequestInfo): Promise<void>;
  /** Ends all streams without completing them, so that their clients connect again, to another server, and go on from their cursors. */
  drain(): void;
}

const largestBody = 1024 ** 2;
/** Where to go on: browsers send it by themselves when they connect again. */
const resumeHeader = 'last-event-id';

/**
 * GraphQL over Server-Sent Events, for clients that can't open a WebSocket: the graphql-sse protocol in its "distinct connections mode", one
 * request for each operation. What it adds is the cursor as the id of each event, so that `Last-Event-ID` resumes.
 *
 * The handler of the package `graphql-sse` is not used: it queues results in memory without looking at the socket, and sends no ids.
 * Its client is what the tests speak with.
 */
export function createEventStreams(options: EventStreamOptions): EventStreams {
  const { schema, log, authenticate, createContext, answers, limits, openStreams } = options;
  const { drainWithinMs = 10_000, beatEveryMs = 12_000 } = options;
  const documents = createDocuments(schema, options.introspection);
  const streams = new Set<ServerResponse>();
  let draining = false;

  async function handle(req: IncomingMessage, res: ServerResponse, request: RequestInfo): Promise<void> {
    let actor: Actor;
    try {
      if (draining) throw new Refusal('UNAVAILABLE', 'The server is stopping. Try again.');
      actor = await identify(authenticate, keyFromHeaders(req.headers), request.address);
    } catch (error) {
      return sendGraphqlRefusal(res, toRefusal(error, log, { requestId: request.id }));
    }
    const refused = refuseRequest(req);
    if (refused) return sendRefusal(res, refused.refusal, { status: refused.status });
    const asked = await readOperation(req);
    const checked = documents(asked.query);
    if ('errors' in checked) return answerOnce(res, { errors: checked.errors }, request);
    const kind = getOperationAST(checked.document, asked.operationName)?.operation;
    if (kind === 'mutation' && req.method === 'GET') {
      const message = 'A mutation is sent with POST: a GET may be repeated by anything on its way.';
      return sendRefusal(res, invalidRequest('query', 'mutation', message), { status: 405 });
    }
    const signal = closed(res);
    let cost: OperationCost | undefined;
    try {
      cost = limits.check(checked.document, asked.operationName, asked.variables);
      if (kind === 'subscription') openStreams.add(actor, signal);
    } catch (error) {
      return sendGraphqlRefusal(res, toRefusal(error, log, { requestId: request.id }));
    }
    await stream(res, checked.document, asked, actor, { ...request, signal, ...resumeOf(req) }, cost);
  }

  async function stream(
    res: ServerResponse,
    document: DocumentNode,
    { operationName, variables }: Asked,
    actor: Actor,
    request: RequestInfo,
    cost: OperationCost | undefined,
  ): Promise<void> {
    const args: ExecutionArgs = {
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: createContext(request, actor),
    };
    if (getOperationAST(document, operationName)?.operation !== 'subscription') {
      return answerOnce(res, { ...(await execute(args)), extensions: { cost } }, request);
    }
    const source = await subscribeOperation(args, {
      request,
      actor,
      answers,
      write: (text, cursor) => send(res, `${cursor === undefined ? '' : `id: ${cursor}\n`}${nextEvent(text)}`, cursor),
      onEnd: () => undefined,
    });
    if (!(Symbol.asyncIterator in source)) return answerOnce(res, source, request);
    open(res);
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
      const refusal = toRefusal(error, log, { requestId: request.id });
      const failed = { errors: [{ message: refusal.message, extensions: refusalFields(refusal) }] };
      if (!res.writableEnded) res.write(nextEvent(JSON.stringify(failed)));
      // A stream that is not completed is one that the client opens again.
      if (!res.writableEnded && !refusalCodes[refusal.code].retryable) res.write(complete);
    } finally {
      streams.delete(res);
      res.end();
    }
  }

  /** Answers a promise when the reader is behind: it resolves when there is room again. */
  function send(res: ServerResponse, text: string, cursor: string | undefined): Promise<void> | undefined {
    if (res.writableEnded || res.write(text) || res.destroyed) return undefined;
    return new Promise((resolve, reject) => {
      const settle = (outcome: () => void) => () => {
        clearTimeout(timer);
        res.off('drain', onRoom).off('close', onRoom);
        outcome();
      };
      const onRoom = settle(resolve);
      const timer = setTimeout(
        settle(() => {
          // What is queued may never leave; waiting for it would keep its memory.
          setTimeout(() => res.destroy(), drainWithinMs).unref();
          reject(slowReader(drainWithinMs, cursor));
        }),
        drainWithinMs,
      );
      res.once('drain', onRoom).once('close', onRoom);
    });
  }

  function answerOnce(res: ServerResponse, { data, errors, extensions }: ExecutionResult, request: RequestInfo): void {
    const shown = errors?.map((error: GraphQLError) => toGraphqlError(error, log, { requestId: request.id }));
    open(res);
    res.end(`${nextEvent(JSON.stringify({ ...(shown && { errors: shown }), data, extensions }))}${complete}`);
  }

  let beating: NodeJS.Timeout | undefined;

  /** One timer for all streams. A reader that is behind is sent nothing more. */
  function startBeating(): void {
    beating ??= setInterval(() => {
      if (streams.size === 0) {
        clearInterval(beating);
        beating = undefined;
      }
      for (const res of streams) if (!res.writableNeedDrain) res.write(':\n\n');
    }, beatEveryMs).unref();
  }

  return {
    handle,
    drain() {
      draining = true;
      for (const res of streams) res.end();
      streams.clear();
    },
  };
}

/** Aborted when the response is over, also when we ended it: its source must not go on. */
function closed(res: ServerResponse): AbortSignal {
  const ended = new AbortController();
  res.once('close', () => ended.abort());
  return ended.signal;
}

function open(res: ServerResponse): void {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    // nginx would collect the answer before it passes it on.
    'X-Accel-Buffering': 'no',
  });
  // A dead peer sends nothing, and here nothing can be asked of it: the system's own probes find it.
  res.socket?.setKeepAlive(true, 15_000);
  // Some clients take the connection for open only after the first bytes of the body.
  res.write('retry: 1000\n:\n\n');
}

const nextEvent = (text: string): string => `event: next\ndata: ${text}\n\n`;
/** The empty data field makes browsers' EventSource report the event. */
const complete = 'event: complete\ndata: \n\n';

interface Asked {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
}

function refuseRequest(req: IncomingMessage): { refusal: Refusal; status: number } | undefined {
  const { method = 'GET' } = req;
  if (method !== 'GET' && method !== 'POST') {
    const message = `Streams are asked for with GET or POST, one operation each; the "single connection mode" (${method}) is not offered.`;
    return { refusal: invalidRequest('method', method, message), status: 405 };
  }
  const accept = req.headers.accept ?? '*/*';
  if (!/text\/event-stream|text\/\*|\*\/\*/.test(accept)) {
    const message = `This path answers "text/event-stream", which the Accept header "${accept}" does not allow.`;
    return { refusal: invalidRequest('Accept', accept, message), status: 406 };
  }
  const type = req.headers['content-type'] ?? null;
  if (method === 'POST' && !isJson(req)) {
    const message = `The Content-Type must be "application/json"; it is ${type === null ? 'missing' : `"${type}"`}.`;
    return { refusal: invalidRequest('Content-Type', type, message), status: 415 };
  }
  return undefined;
}

async function readOperation(req: IncomingMessage): Promise<Asked> {
  const given = req.method === 'GET' ? fromUrl(req.url ?? '') : await readJson(req, largestBody);
  const { query, operationName, variables } = (given ?? {}) as Record<string, unknown>;
  if (typeof query !== 'string')
    throw invalidRequest('query', query ?? null, '"query" must be the text of an operation.');
  if (operationName != null && typeof operationName !== 'string') {
    throw invalidRequest('operationName', operationName, '"operationName" must be a text.');
  }
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) {
    throw invalidRequest('variables', variables, '"variables" must be a JSON object.');
  }
  return {
    query,
    operationName: operationName ?? null,
    variables: (variables as Readonly<Record<string, unknown>> | undefined) ?? null,
  };
}

function fromUrl(url: string): unknown {
  const parameters = new URL(url, 'http://localhost').searchParams;
  const text = parameters.get('variables');
  const query = parameters.get('query') ?? undefined;
  const operationName = parameters.get('operationName');
  try {
    return { query, operationName, variables: text === null ? null : JSON.parse(text) };
  } catch {
    throw invalidRequest('variables', text, '"variables" must be a JSON object.');
  }
}

function resumeOf(req: IncomingMessage): Pick<RequestInfo, 'resumeAfter'> {
  const given = req.headers[resumeHeader];
  return typeof given === 'string' && given !== '' ? { resumeAfter: given } : {};
}

function invalidRequest(field: string, value: unknown, message: string): Refusal {
  return invalidInput([{ field, value, rule: 'REQUEST', message }]);
}
