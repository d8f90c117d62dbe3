import { type Client as WebSocketClient, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { ApiError } from '../../src/client/apiError';
import { Client } from '../../src/client/client';
import type { Given } from '../../src/client/requests';
import { TypedDocumentString } from '../../src/client/generated';

type Variables = Readonly<Record<string, unknown>>;

/** The programs' client, for operations written in tests. Messages of its errors begin with the code. */
export class TestClient {
  private readonly client: Client;

  constructor(
    readonly url: string,
    readonly apiKey: string,
  ) {
    this.client = new Client(url, apiKey, { retryQueriesMs: 0, retryChangesMs: 0 });
  }

  /** Returns the data of an operation, or throws its error. */
  ask<Data, Of>(operation: TypedDocumentString<Data, Of>, variables: Of): Promise<Given<Data>>;
  ask<Data>(operation: string, variables?: Variables): Promise<Data>;
  async ask(operation: string | TypedDocumentString<object, unknown>, variables: unknown = {}): Promise<object> {
    const document = new TypedDocumentString<object, unknown>(operation.toString());
    return this.client.ask(document, variables).catch((error: unknown) => {
      throw withCode(error);
    });
  }

  /** Error of an operation that must fail. */
  async errorOf(operation: string, variables: Variables = {}): Promise<ApiError> {
    try {
      await this.client.ask(new TypedDocumentString<object, Variables>(operation), variables);
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    throw new Error(`the server accepted ${operation}`);
  }

  /** Results of a subscription, over server-sent events. */
  async *watch<Data extends object>(operation: string, variables: Variables = {}): AsyncGenerator<Data> {
    const document = new TypedDocumentString<Data, Variables>(operation);
    try {
      for await (const result of this.client.stream(document, variables)) yield result as Data;
    } catch (error) {
      throw withCode(error);
    }
  }
}

/** Adds the code and each broken rule, so that a failed assertion shows them. */
function withCode(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { code, message, retryable, requestId, details } = error;
  const rules = ((details.errors ?? []) as { path?: string; line?: number; message?: string }[]).map(
    ({ path = '', line, message: rule = '' }) => `\n    ${path}${line === undefined ? '' : ` (line ${line})`} ${rule}`,
  );
  return new ApiError(code, `${code}: ${message}${rules.join('')}`, retryable, requestId, details);
}

/** Code of the error that the work fails with; OK if it succeeds. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error instanceof ApiError ? error.code : String(error)),
  );

/** A WebSocket client that never reconnects. */
export const webSocketClient = (url: string, apiKey: string): WebSocketClient =>
  createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey },
    retryAttempts: 0,
    onNonLazyError: () => undefined,
  });
