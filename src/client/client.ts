import { randomUUID } from 'node:crypto';
import type { ReadableWritablePair } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiError, type WireError } from './apiError';
import type { TypedDocumentString } from './generated';

/** A nullable root field is null only together with an error, which is thrown. */
export type Given<Data> = { readonly [Field in keyof Data]: NonNullable<Data[Field]> };

/** Response as it arrives: from GraphQL, or an `error` from before GraphQL. */
interface Wire {
  readonly data?: unknown;
  readonly errors?: readonly WireError[];
  readonly error?: { readonly message: string } & Readonly<Record<string, unknown>>;
}

export interface ClientOptions {
  /** Called with the problem when a stream is lost, and with null when it is restored. */
  readonly onOutage?: (problem: ApiError | null) => void;
}

const ANSWER_WITHIN_MS = 60_000;
/** The server sends at least a comment every 12 s; a stream that is silent for longer is dead. */
const SILENT_MS = 30_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;
/** Time without a server after which a stream gives up. */
const AWAY_MS = 5 * 60_000;
/** Time without a server after which a change gives up. Short, because a person is waiting. */
const CHANGE_AWAY_MS = 15_000;

/** Variables of a mutation that the server runs once per key. */
interface KeyedVariables {
  readonly input: { readonly idempotencyKey?: string | null | undefined };
}

/**
 * Client for a server's GraphQL API: queries and mutations by POST, subscriptions as server-sent events, which pass
 * through every proxy.
 */
export class Client {
  private readonly onOutage: (problem: ApiError | null) => void;

  constructor(
    readonly url: string,
    private readonly key: string,
    { onOutage = () => undefined }: ClientOptions = {},
  ) {
    this.onOutage = onOutage;
  }

  /** Returns the data of a query or mutation. Throws an `ApiError` for anything else. */
  async ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    ...[variables]: Variables extends Record<string, never> ? [] : [Variables]
  ): Promise<Given<Data>> {
    const response = await this.post('/graphql', document, variables, AbortSignal.timeout(ANSWER_WITHIN_MS));
    return this.dataOf(await this.readJson(response), response);
  }

  /**
   * Returns the data of a mutation that must take effect once. Sends an idempotency key, generated unless the input has
   * one, and repeats the request with that key while the server is unreachable. Without the key, the client couldn't
   * know whether a request without a response took effect.
   */
  async change<Data, Variables extends KeyedVariables>(
    document: TypedDocumentString<Data, Variables>,
    { input }: Variables,
  ): Promise<Given<Data>> {
    const variables = { input: { ...input, idempotencyKey: input.idempotencyKey ?? randomUUID() } };
    const since = performance.now();
    for (let pauseMs = FIRST_PAUSE_MS, away = false; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        const response = await this.post('/graphql', document, variables, AbortSignal.timeout(ANSWER_WITHIN_MS));
        const data = this.dataOf<Data>(await this.readJson(response), response);
        if (away) this.onOutage(null);
        return data;
      } catch (error) {
        if (!(error instanceof ApiError) || !isAway(error) || performance.now() - since > CHANGE_AWAY_MS) throw error;
        this.onOutage(error);
        away = true;
      }
      await delay(pauseMs * (0.5 + Math.random() / 2));
    }
  }

  /**
   * Results of a subscription until it completes, over any number of connections. Each connection calls `variables`,
   * which holds the cursor to continue from. Ends with an error that is not retryable, or if the first connection finds
   * no server.
   */
  async *follow<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: () => Variables,
    signal: AbortSignal,
  ): AsyncGenerator<Given<Data>> {
    let lostAt: number | null = null;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      try {
        yield* this.stream(document, variables(), signal, () => {
          if (lostAt !== null) this.onOutage(null);
          lostAt = null;
          pauseMs = FIRST_PAUSE_MS;
        });
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ApiError) || !error.retryable) throw error;
        lostAt ??= performance.now();
        if (performance.now() - lostAt > AWAY_MS) throw error;
        this.onOutage(error);
      }
      await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted());
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }
  }

  /** Results of a subscription over one connection. Ends without an error only when the server completes it. */
  async *stream<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
    onOpen: () => void = () => undefined,
  ): AsyncGenerator<Given<Data>> {
    const ended = new AbortController();
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      ended.abort();
    }, SILENT_MS);
    try {
      const either = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
      const response = await this.post('/graphql/stream', document, variables, either);
      if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw ApiError.of((await this.readJson(response)).errors, requestIdOf(response));
      onOpen();
      const events = response.body
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
        .pipeThrough(new EventSourceParserStream({ onComment: () => timer.refresh() }));
      for await (const { event, data } of events) {
        timer.refresh();
        if (event === 'complete') return;
        if (event === 'next') yield this.dataOf<Data>(JSON.parse(data) as Wire, response);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiError) throw error;
      if (silent) throw ApiError.unreachable(this.url, `no data for ${SILENT_MS / 1000} s`);
      throw lost(this.url, error);
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
    throw ApiError.unreachable(this.url, 'connection closed');
  }

  private dataOf<Data>({ data, errors }: Wire, response: Response): Given<Data> {
    if (errors !== undefined || data == null) throw ApiError.of(errors, requestIdOf(response));
    return data as Given<Data>;
  }

  private async post(path: string, query: object, variables: unknown, signal: AbortSignal): Promise<Response> {
    const accept = path.endsWith('/stream') ? 'text/event-stream' : 'application/json';
    try {
      return await fetch(`${this.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, 'x-api-key': this.key },
        body: JSON.stringify({ query: query.toString(), variables }),
        signal,
      });
    } catch (error) {
      throw lost(this.url, error);
    }
  }

  /** Response of a download, whose body is read as it arrives. Throws an `ApiError` for a refusal. */
  async download(path: string): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, { headers: { 'x-api-key': this.key } }).catch(
      (error: unknown) => {
        throw lost(this.url, error);
      },
    );
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { error?: { message: string } };
    const { message = `HTTP ${response.status}`, ...extensions } = error ?? {};
    throw ApiError.of([{ message, extensions }], requestIdOf(response));
  }

  private async readJson(response: Response): Promise<Wire> {
    let wire: Wire;
    try {
      wire = (await response.json()) as Wire;
    } catch {
      throw ApiError.unreachable(this.url, `HTTP ${response.status} from a server that is not Slipway`);
    }
    if (wire.error === undefined) return wire;
    const { message, ...extensions } = wire.error;
    return { errors: [{ message, extensions }] };
  }
}

/** True if the server or its database is down. The request may still have taken effect. */
const isAway = ({ code }: ApiError): boolean => code === 'UNREACHABLE' || code === 'UNAVAILABLE';

const requestIdOf = (response: Response): string | null => response.headers.get('x-request-id');

/** Error of a request without a response. */
export function lost(url: string, error: unknown): ApiError {
  if (!isNativeError(error)) return ApiError.unreachable(url, String(error));
  if (error.name === 'TimeoutError')
    return ApiError.unreachable(url, `no response within ${ANSWER_WITHIN_MS / 1000} s`);
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return ApiError.unreachable(url, 'connection refused', ' (is the server running?)');
  return ApiError.unreachable(url, message || code || error.message);
}
