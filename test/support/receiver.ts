import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { listen } from './ports';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Response to a request: a status, or also headers and a body. Undefined: the request stays open. */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: object }
  | undefined;

export interface Receiver {
  readonly url: string;
  /** Everything that was received, in order. */
  readonly requests: readonly Received[];
  /** Decides each response; the default accepts. */
  answer: (request: Received) => Answer;
  close(): Promise<void>;
}

/** A real HTTP server that keeps what it receives. */
export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  const receiver = { requests, answer: (): Answer => 204 };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
      requests.push(received);
      const answer = (receiver as unknown as Receiver).answer(received);
      if (answer === undefined) return;
      const { status, headers: more = {}, body } = typeof answer === 'number' ? { status: answer } : { ...answer };
      response.writeHead(status, more).end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  const listening = await listen(server);
  return Object.assign(receiver, {
    url: listening.url,
    close: async () => {
      server.closeAllConnections();
      await listening.close();
    },
  }) as Receiver;
}
