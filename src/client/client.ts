// Long because the documentation of each method is the manual of the package.
import { ApiError, type WireError } from './apiError';
import { readEventStream } from './eventStream';
import type { StartExecutionInput, TypedDocumentString } from './generated';
import { ANSWER_WITHIN_MS, isAway, lost, newIdempotencyKey, Pauses, pause } from './requestErrors';
import type { Given, KeyedVariables, RequestOptions, Requests, VariablesAndOptions } from './requests';
import { Socket } from './socket';
import { type NamedStart, startExecution } from './start';
import {
  type ApprovalsWatch,
  type EventsWatch,
  type ExecutionState,
  type ExecutionWatch,
  type QueueWatch,
  type WaitOptions,
  waitForExecution,
  watchApprovals,
  watchEvents,
  watchExecution,
  watchQueue,
} from './watch';

/** Response as it arrives: from GraphQL, or an `error` from before GraphQL. */
interface Wire {
  readonly data?: unknown;
  readonly errors?: readonly WireError[];
  readonly error?: { readonly message: string } & Readonly<Record<string, unknown>>;
}

export interface ClientOptions {
  /** Called with the problem when a stream or a repeated request is lost, and with null when it is restored. */
  readonly onOutage?: (problem: ApiError | null) => void;
  /** Time in which a query is repeated after a retryable error, in milliseconds. Defaults to 15 s; 0 means never. */
  readonly retryQueriesMs?: number;
  /** The same for mutations that have an idempotency key. Other mutations are never repeated. */
  readonly retryChangesMs?: number;
  /** Time without a server after which a stream gives up, in milliseconds. Defaults to 5 minutes. */
  readonly giveUpMs?: number;
  /** Transport of subscriptions. Defaults to server-sent events, which pass through every proxy. */
  readonly transport?: 'server-sent events' | 'websocket';
  /** WebSocket class for runtimes without a global one, such as Node 20: the package `ws`. */
  readonly webSocketImpl?: unknown;
  /** True to send the hashes of the ready-made operations instead of their texts. */
  readonly persisted?: boolean;
  /** Used instead of the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/** Document without the types of its data and variables. */
interface Text {
  toString(): string;
  readonly __meta__?: Readonly<Record<string, unknown>> | undefined;
}

/** Client for a server's GraphQL API: queries and mutations by POST, subscriptions as server-sent events or WebSocket. */
export class Client implements Requests {
  private readonly key: () => Promise<string>;
  private readonly fetch: typeof fetch;
  private readonly onOutage: (problem: ApiError | null) => void;
  private readonly socket: Socket | undefined;

  /** `key` is an API key, or a function that returns the current one. */
  constructor(
    readonly url: string,
    key: string | (() => string | Promise<string>),
    private readonly options: ClientOptions = {},
  ) {
    this.key = async () => (typeof key === 'string' ? key : key());
    this.fetch = options.fetch ?? ((...args) => fetch(...args));
    this.onOutage = options.onOutage ?? (() => undefined);
    if (options.transport === 'websocket') this.socket = new Socket(url, this.key, options.webSocketImpl);
  }

  /**
   * Returns the data of a query or mutation. Throws an `ApiError` for anything else. A query is repeated after a
   * retryable error.
   */
  async ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    ...[variables, { signal } = {}]: VariablesAndOptions<Variables>
  ): Promise<Given<Data>> {
    const { retryQueriesMs = 15_000 } = this.options;
    const repeatable = /^\s*(?:query\b|\{)/.test(document.toString());
    return this.repeat(repeatable ? retryQueriesMs : 0, signal, () => this.answer<Data>(document, variables, signal));
  }

  /**
   * Returns the data of a mutation that must take effect once. Sends an idempotency key, generated unless the input has
   * one, and repeats the request with that key after a retryable error. Without the key, the client couldn't know
   * whether a request without a response took effect.
   */
  async change<Data, Variables extends KeyedVariables>(
    document: TypedDocumentString<Data, Variables>,
    { input }: Variables,
    { signal }: RequestOptions = {},
  ): Promise<Given<Data>> {
    const { retryChangesMs = 15_000 } = this.options;
    const variables = { input: { ...input, idempotencyKey: input.idempotencyKey ?? newIdempotencyKey() } };
    return this.repeat(retryChangesMs, signal, () => this.answer<Data>(document, variables, signal));
  }

  /**
   * Results of a subscription until it completes, over any number of connections. Each connection calls `variables`,
   * which holds the cursor to continue from. Ends with an error that is not retryable, or after `giveUpMs` without a
   * server.
   */
  async *follow<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: () => Variables,
    signal?: AbortSignal,
  ): AsyncGenerator<Given<Data>> {
    const { giveUpMs = 5 * 60_000 } = this.options;
    let pauses: Pauses | undefined;
    let since = 0;
    for (;;) {
      try {
        yield* this.stream(document, variables(), signal, () => {
          if (pauses !== undefined) this.onOutage(null);
          pauses = undefined;
        });
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ApiError) || !error.retryable) throw error;
        if (pauses === undefined) since = performance.now();
        pauses ??= new Pauses(Number.POSITIVE_INFINITY);
        if (performance.now() - since > giveUpMs) throw error;
        this.onOutage(error);
        // A stream continues after every retryable error: it has a cursor.
        await pause(pauses.after(ApiError.unreachable(this.url, error.message)) ?? 0, signal);
      }
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
    const either = signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]);
    try {
      if (this.socket !== undefined) {
        for await (const message of this.socket.stream(this.bodyOf(document, variables), either, onOpen))
          yield dataOf<Data>(message, null);
        return;
      }
      const response = await this.post('/graphql/stream', this.bodyOf(document, variables), either);
      const requestId = requestIdOf(response);
      if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        throw ApiError.of((await this.readJson(response)).errors, requestId);
      onOpen();
      for await (const { event, data } of readEventStream(this.url, response.body, () => ended.abort())) {
        if (event === 'complete') return;
        if (event === 'next') yield dataOf<Data>(JSON.parse(data) as Wire, requestId);
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof ApiError ? error : lost(this.url, error);
    } finally {
      ended.abort();
    }
    throw ApiError.unreachable(this.url, 'connection closed');
  }

  /**
   * Events of one execution, each once and in order, until it is final. Continues from its cursor over lost connections
   * and restarts of the server. Without `after`, the first item is a snapshot. An item with a `gap` says that older
   * events are no longer stored; its snapshot replaces what was known.
   */
  watchExecution(id: string, options: ExecutionWatch = {}) {
    return watchExecution(this, id, options);
  }

  /** Events of all executions that match the filters, each once. Never completes: end it with `signal` or `break`. */
  watchEvents(options: EventsWatch = {}) {
    return watchEvents(this, options);
  }

  /** Approvals that the caller can decide, as they begin, change and end. Never completes. */
  watchApprovals(options: ApprovalsWatch = {}) {
    return watchApprovals(this, options);
  }

  /** Changes of the queue, each once, with its state. Requires MANAGE_DELEGATES. Never completes. */
  watchQueue(options: QueueWatch = {}) {
    return watchQueue(this, options);
  }

  /** Starts a pipeline or workflow, by names or by the input of the mutation. Returns the id of the execution. */
  start(input: NamedStart | StartExecutionInput, options: RequestOptions = {}): Promise<string> {
    return startExecution(this, input, options);
  }

  /** Waits until an execution is final, or, with `until: 'waiting'`, until it waits for a person. Returns its state. */
  wait(id: string, options: WaitOptions = {}): Promise<ExecutionState> {
    return waitForExecution(this, id, options);
  }

  /** Starts an execution and waits for its end. */
  async startAndWait(input: NamedStart | StartExecutionInput, options: WaitOptions = {}): Promise<ExecutionState> {
    return this.wait(await this.start(input, options), { after: '0', ...options });
  }

  /** Response of a download, whose body is read as it arrives. Throws an `ApiError` for a refusal. */
  async download(path: string, { signal }: RequestOptions = {}): Promise<Response> {
    const response = await this.send(path, { headers: { 'x-api-key': await this.key() } }, signal);
    if (response.ok) return response;
    const { error } = (await response.json().catch(() => ({}))) as { error?: { message: string } };
    const { message = `HTTP ${response.status}`, ...extensions } = error ?? {};
    throw ApiError.of([{ message, extensions }], requestIdOf(response));
  }

  /** Closes the WebSocket, if there is one. */
  close(): void {
    this.socket?.close();
  }

  private async repeat<T>(forMs: number, signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    const pauses = new Pauses(forMs);
    for (let away = false; ; ) {
      try {
        const data = await request();
        if (away) this.onOutage(null);
        return data;
      } catch (error) {
        signal?.throwIfAborted();
        const ms = forMs > 0 && error instanceof ApiError ? pauses.after(error) : undefined;
        if (ms === undefined) throw error;
        if (isAway(error as ApiError)) this.onOutage(error as ApiError);
        away ||= isAway(error as ApiError);
        await pause(ms, signal);
      }
    }
  }

  private async answer<Data>(
    document: Text,
    variables: unknown,
    signal: AbortSignal | undefined,
  ): Promise<Given<Data>> {
    const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const response = await this.post('/graphql', this.bodyOf(document, variables), either);
    return dataOf<Data>(await this.readJson(response), requestIdOf(response));
  }

  private bodyOf(document: Text, variables: unknown): object {
    const sha256Hash = document.__meta__?.hash;
    if (this.options.persisted !== true || typeof sha256Hash !== 'string')
      return { query: document.toString(), variables };
    return { variables, extensions: { persistedQuery: { version: 1, sha256Hash } } };
  }

  private async post(path: string, body: object, signal: AbortSignal): Promise<Response> {
    const accept = path.endsWith('/stream') ? 'text/event-stream' : 'application/json';
    const headers = { 'content-type': 'application/json', accept, 'x-api-key': await this.key() };
    return this.send(path, { method: 'POST', headers, body: JSON.stringify(body) }, signal);
  }

  private async send(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await this.fetch(`${this.url}${path}`, signal === undefined ? init : { ...init, signal });
    } catch (error) {
      throw lost(this.url, error);
    }
  }

  private async readJson(response: Response): Promise<Wire> {
    let wire: Wire;
    try {
      wire = (await response.json()) as Wire;
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      throw ApiError.unreachable(this.url, `HTTP ${response.status} from a server that is not Slipway`);
    }
    if (wire.error === undefined) return wire;
    const { message, ...extensions } = wire.error;
    return { errors: [{ message, extensions }] };
  }
}

function dataOf<Data>({ data, errors }: Wire, requestId: string | null): Given<Data> {
  if (errors !== undefined || data == null) throw ApiError.of(errors, requestId);
  return data as Given<Data>;
}

const requestIdOf = (response: Response): string | null => response.headers.get('x-request-id');
