import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Log } from '../../kernel/log';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import { refusalFields, toRefusal } from '../graphql/errors';

/** Thrown when the other side hung up before its request was complete. Nobody is left to answer, and nothing is wrong. */
export class ClientGone extends Error {
  constructor() {
    super('The client closed the connection.');
    this.name = 'ClientGone';
  }
}

/** How long the rest of a refused body is read and thrown away, so that the client gets to read the answer. */
const discardMs = 5_000;
/** How long a small body may take to arrive. The server has no limit for whole requests: an artifact may take hours. */
const bodyMs = 30_000;

export function sendJson(res: ServerResponse, status: number, body: unknown, headers: OutgoingHttpHeaders = {}): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  res.end(text);
}

/** The body of every error outside GraphQL: `{ "error": { code, message, retryable, … } }`. The status follows from the code. */
export function sendRefusal(
  res: ServerResponse,
  refusal: Refusal,
  { status = refusalCodes[refusal.code].http as number, headers = {} as OutgoingHttpHeaders } = {},
): void {
  sendJson(
    res,
    status,
    { error: { message: refusal.message, ...refusalFields(refusal) } },
    { ...refusalHeaders(refusal, status), ...headers },
  );
  discardRest(res.req);
}

/** A refusal before GraphQL began, in the form that GraphQL clients read. */
export function sendGraphqlRefusal(res: ServerResponse, refusal: Refusal): void {
  const error = { message: refusal.message, extensions: refusalFields(refusal) };
  const { http } = refusalCodes[refusal.code];
  sendJson(res, http, { errors: [error] }, refusalHeaders(refusal, http));
}

/** What a refusal says in HTTP's own words, beside its body. */
function refusalHeaders({ details }: Refusal, status: number): OutgoingHttpHeaders {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer' };
  return typeof details.retryAfterSeconds === 'number' ? { 'Retry-After': String(details.retryAfterSeconds) } : {};
}

/** Answers whatever a handler threw. */
export function sendError(
  res: ServerResponse,
  error: unknown,
  log: Log,
  scope: Readonly<Record<string, unknown>> = {},
): void {
  // Not `req.destroyed`: Node destroys a request as soon as its body has been read.
  if (error instanceof ClientGone || res.destroyed || !res.socket || res.socket.destroyed) return;
  const refusal = toRefusal(error, log, scope);
  // An answer that has begun can't become another one; cutting it off is the only honest end.
  if (res.headersSent) res.destroy();
  else sendRefusal(res, refusal);
}

/** Reads a body of at most `limit` bytes; more is refused with TOO_LARGE. Rejects with ClientGone when the client hangs up. */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new Refusal('TOO_LARGE', `The request's body is larger than ${limit} bytes.`, { limit });
  if (Number(req.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => req.destroy(), bodyMs);
    const settle = (outcome: () => void) => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      outcome();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) settle(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = () => settle(() => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    const onGone = () => settle(() => reject(new ClientGone()));
    req.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}

/** Reads a JSON body. What isn't declared as JSON is refused with 415, what can't be parsed with 400. */
export async function readJson(req: IncomingMessage, limit: number): Promise<unknown> {
  const text = (await readBody(req, limit)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidInput([
      {
        field: 'body',
        value: text.slice(0, 100),
        rule: 'JSON',
        message: `The request's body is not valid JSON: ${reason}.`,
      },
    ]);
  }
}

export function isJson(req: IncomingMessage): boolean {
  return /^application\/(graphql\+)?json *(;|$)/i.test(req.headers['content-type'] ?? '');
}

/** Lets the unread rest of a body run dry for a while: closing at once could make the client miss the answer. */
function discardRest(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.destroy(), discardMs);
  timer.unref();
  req
    .on('error', () => undefined)
    .once('close', () => clearTimeout(timer))
    .once('end', () => clearTimeout(timer));
  req.resume();
}
