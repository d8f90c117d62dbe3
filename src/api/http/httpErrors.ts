import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../kernel/log';
import { invalidInput, Refusal, refusalCodes } from '../../kernel/errors';
import { refusalFields, toRefusal } from '../graphql/errors';

/** Time during which the unread rest of a rejected body is discarded, so that the client can read the response. */
const DISCARD_MS = 5_000;

export interface HttpDetails {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
}

/**
 * Sends `{ "error": { code, message, retryable, … } }`, the body of every error outside GraphQL. The code determines
 * the status.
 */
export function sendRefusal(reply: FastifyReply, refusal: Refusal, details?: HttpDetails) {
  return sendRefusalAs(reply, refusal, { error: { message: refusal.message, ...refusalFields(refusal) } }, details);
}

/** Sends an error with another body. */
export function sendRefusalAs(reply: FastifyReply, refusal: Refusal, body: object, details?: HttpDetails) {
  discardRest(reply.request.raw);
  return send(reply, refusal, body, details);
}

/** Sends an error that occurs before an operation executes, in GraphQL's response format. */
export function sendGraphqlRefusal(reply: FastifyReply, refusal: Refusal, status?: number) {
  const body = { errors: [{ message: refusal.message, extensions: refusalFields(refusal) }] };
  return send(reply, refusal, body, status === undefined ? {} : { status });
}

function send(reply: FastifyReply, refusal: Refusal, body: object, { status, headers = {} }: HttpDetails = {}) {
  const { retryAfterSeconds } = refusal.details;
  reply.request.refusal = refusal;
  const code = status ?? refusalCodes[refusal.code].http;
  if (code === 401) reply.header('www-authenticate', 'Bearer');
  if (typeof retryAfterSeconds === 'number') reply.header('retry-after', retryAfterSeconds);
  return reply.code(code).headers(headers).send(body);
}

/** Responds to any error that a hook, parser or handler throws. */
export const errorHandler =
  (log: Log, sendAs = sendRefusal) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { raw: res } = reply;
    // The client hung up; this is not an error.
    if (res.destroyed || !res.socket || res.socket.destroyed) return;
    // A response that has begun can't become an error; the only honest end is to cut it off.
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const scope = { requestId: request.id, method: request.method, path: pathOf(request.url) };
    const { refusal, ...details } = requestError(error, request) ?? { refusal: toRefusal(error, log, scope) };
    return sendAs(reply, refusal, details);
  };

/** Error that fastify found in the request before its handler ran. */
function requestError(error: unknown, request: FastifyRequest): (HttpDetails & { refusal: Refusal }) | undefined {
  const { code = '', statusCode: status = 500, message } = error as Partial<FastifyError>;
  if (!code.startsWith('FST_ERR_') || status >= 500) return undefined;
  if (status === 413) {
    const limit = request.routeOptions.bodyLimit;
    return { refusal: new Refusal('TOO_LARGE', `The request body is larger than ${limit} bytes.`, { limit }) };
  }
  if (status !== 415) return { refusal: invalidRequest('request', null, `${message}`), status };
  const type = request.headers['content-type'] ?? null;
  const given = type === null ? 'missing' : `"${type}"`;
  return {
    refusal: invalidRequest('Content-Type', type, `Content-Type must be "application/json"; it is ${given}.`),
    status,
  };
}

export const invalidRequest = (field: string, value: unknown, message: string): Refusal =>
  invalidInput([{ field, value, rule: 'REQUEST', message }]);

/** Path without the query, still percent-encoded. */
/** Path for logs and errors. The address of a webhook is a secret. */
export const pathOf = (url = '/'): string => (url.split('?', 1)[0] ?? url).replace(/^\/hooks\/.*/, '/hooks/[hidden]');

function discardRest(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.destroy(), DISCARD_MS).unref();
  req.on('error', () => undefined).once('close', () => clearTimeout(timer));
  req.resume();
}
