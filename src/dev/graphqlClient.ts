import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

/** Any client of the API does what this one does: queries and mutations with POST, subscriptions with graphql-ws. */
export class GraphqlClient {
  private readonly socket: Client;

  constructor(
    private readonly url: string,
    private readonly apiKey: string,
  ) {
    this.socket = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { apiKey },
    });
  }

  /** The data of an operation; an error answer is thrown with its codes and messages. */
  async ask<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': this.apiKey },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as Answer<Data>;
    if (answer.errors !== undefined || answer.data === undefined) throw new Error(errorText(answer));
    return answer.data;
  }

  /** The answers of a subscription, until it completes. */
  async *watch<Data extends object>(query: string, variables: Readonly<Record<string, unknown>>): AsyncGenerator<Data> {
    try {
      for await (const answer of this.socket.iterate({ query, variables })) {
        if (answer.errors !== undefined || !answer.data) throw new Error(errorText(answer as Answer<Data>));
        yield answer.data as Data;
      }
    } catch (error) {
      // A refused subscription is thrown as the list of its errors.
      throw Array.isArray(error) ? new Error(errorText({ errors: error })) : error;
    }
  }

  async close(): Promise<void> {
    await this.socket.dispose();
  }
}

interface Answer<Data> {
  readonly data?: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

function errorText({ errors }: Answer<unknown>): string {
  return (errors ?? [{ message: 'the server answered without data' }])
    .map(({ message, extensions }) => {
      const details = (extensions?.errors ?? []) as { path?: string; line?: number; message?: string }[];
      const lines = details.map(
        (detail) => `\n    ${detail.path ?? ''}${detail.line ? ` (line ${detail.line})` : ''} ${detail.message ?? ''}`,
      );
      return `${extensions?.code ?? 'ERROR'}: ${message}${lines.join('')}`;
    })
    .join('\n');
}
