import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';

/** The server responded with an error that a repeat of the request would not change. */
export class ServerRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Offset to continue from after a LOG_GAP. */
    readonly offset: number | undefined,
  ) {
    super(message);
    this.name = 'ServerRefusal';
  }
}

/** No response, or one that asks to try later. Every call of the protocol may then be repeated. */
export class ServerUnavailable extends Error {
  override readonly name = 'ServerUnavailable';
}

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'PATCH' | 'POST' | 'PUT';
  readonly path: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: string | Readable;
  readonly signal?: AbortSignal;
  /** Limits the whole call; for streamed bytes, only a pause in the stream, not its duration. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Undefined for 204 and for HEAD. */
  readonly body: unknown;
  readonly headers: http.IncomingHttpHeaders;
}

/**
 * HTTP with kept connections. node:http instead of fetch: it reports if a connection was used before, which
 * distinguishes a connection that the server closed while idle from a server in trouble.
 */
export class HttpClient {
  private readonly base: URL;
  private readonly connections: http.Agent;
  private readonly send: typeof http.request;

  constructor(url: string) {
    this.base = new URL(url);
    const secure = this.base.protocol === 'https:';
    this.connections = new (secure ? https : http).Agent({ keepAlive: true });
    this.send = secure ? https.request : http.request;
  }

  /** Call with a JSON response. Throws for anything but 2xx. */
  async json(call: HttpCall): Promise<HttpAnswer> {
    let current: http.ClientRequest | undefined;
    const expire = () => current?.destroy(new Error(`no response within ${call.timeoutMs} ms`));
    const timer = typeof call.body === 'object' ? undefined : setTimeout(expire, call.timeoutMs);
    try {
      const response = await this.retryClosed(call, (request) => {
        current = request;
        if (timer === undefined) request.setTimeout(call.timeoutMs, expire);
      });
      return await answerOf(response, call.method === 'HEAD');
    } catch (error) {
      throw meaningOf(error, call.signal);
    } finally {
      clearTimeout(timer);
      // Rejected before everything was sent: sending the rest is useless.
      if (typeof call.body === 'object' && !call.body.readableEnded) current?.destroy();
    }
  }

  /** Call that returns bytes. */
  async bytes(call: HttpCall): Promise<IncomingMessage> {
    try {
      const response = await this.retryClosed(call, (request) => {
        request.setTimeout(call.timeoutMs, () => request.destroy(new Error(`silent for ${call.timeoutMs} ms`)));
      });
      if (response.statusCode !== 200 && response.statusCode !== 206) await answerOf(response, false);
      return response;
    } catch (error) {
      throw meaningOf(error, call.signal);
    }
  }

  close(): void {
    this.connections.destroy();
  }

  /** The server may close a kept connection just as it is used. This is not an outage and needs no pause. */
  private async retryClosed(call: HttpCall, prepare: (request: http.ClientRequest) => void): Promise<IncomingMessage> {
    try {
      return await this.request(call, prepare);
    } catch (error) {
      if (!(error instanceof ConnectionWasClosed) || typeof call.body === 'object') throw error;
      return this.request(call, prepare);
    }
  }

  private request(call: HttpCall, prepare: (request: http.ClientRequest) => void): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { body } = call;
      const headers: Record<string, string | number> = { authorization: `Bearer ${call.token}`, ...call.headers };
      if (typeof body === 'string') {
        headers['content-type'] = 'application/json';
        headers['content-length'] = Buffer.byteLength(body);
      }
      const request = this.send({
        protocol: this.base.protocol,
        hostname: this.base.hostname.replace(/^\[|\]$/g, ''),
        port: this.base.port,
        path: `${this.base.pathname.replace(/\/+$/, '')}/agent/v1${call.path}`,
        method: call.method,
        headers,
        agent: this.connections,
        signal: call.signal,
      });
      prepare(request);
      request.once('response', resolve);
      // An error after the response is reported to the reader of the response.
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (typeof body === 'object') body.destroy();
        const closed = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(closed ? new ConnectionWasClosed(error.message) : error);
      });
      if (typeof body === 'object') {
        body.once('error', (error) => request.destroy(new LocalFileError(error.message)));
        body.pipe(request);
      } else {
        request.end(body);
      }
    });
  }
}

class ConnectionWasClosed extends Error {}

/** The file to send can't be read: the server is not at fault, and a retry does not help. */
export class LocalFileError extends Error {
  override readonly name = 'LocalFileError';
}

function meaningOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof ServerRefusal || error instanceof ServerUnavailable || error instanceof LocalFileError)
    return error;
  return new ServerUnavailable(error instanceof Error ? error.message || String(error) : String(error), {
    cause: error,
  });
}

async function answerOf(response: IncomingMessage, isHead: boolean): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const { headers, statusCode: status = 0 } = response;
  if (status === 204 || (isHead && status === 200)) return { status, body: undefined, headers };
  const body = parse(text);
  if (status >= 200 && status < 300) {
    if (body === undefined) throw new ServerUnavailable(`the response ${status} is not JSON`);
    return { status, body, headers };
  }
  const { code = `HTTP_${status}`, message = `answered ${status}`, offset } = refusalIn(body);
  if (status >= 500 || status === 429 || status === 408) throw new ServerUnavailable(`${code}: ${message}`);
  throw new ServerRefusal(status, code, message, offset);
}

/** Undefined if it is not JSON, such as an error page of a proxy. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusalIn(body: unknown): { code?: string; message?: string; offset?: number } {
  if (typeof body !== 'object' || body === null || !('error' in body)) return {};
  const { error } = body;
  if (typeof error !== 'object' || error === null) return {};
  const fields: Record<string, unknown> = { ...error };
  return {
    code: typeof fields.code === 'string' ? fields.code : undefined,
    message: typeof fields.message === 'string' ? fields.message : undefined,
    offset: typeof fields.offset === 'number' ? fields.offset : undefined,
  };
}
