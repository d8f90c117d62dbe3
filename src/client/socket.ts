import { type ClientOptions, createClient, type Client as Protocol } from 'graphql-ws/client';
import { ApiError, type WireError } from './apiError';
import { lost } from './requestErrors';

/** Close codes with which a server refuses a key or a message. Trying again would not help. */
const REJECTED_KEY = 4403;
const BAD_MESSAGES = [4400, 4401, 4406, 4409, 4429];
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 5_000;

interface Message {
  readonly data?: unknown;
  readonly errors?: readonly WireError[];
}

type Outcome = { readonly message: Message } | { readonly error: unknown } | 'over';

/** One WebSocket for all subscriptions of a client. Opened by the first, and closed a second after the last. */
export class Socket {
  private readonly protocol: Protocol;

  constructor(
    private readonly url: string,
    key: () => Promise<string>,
    webSocketImpl: unknown,
  ) {
    let silent: ReturnType<typeof setTimeout> | undefined;
    const options: ClientOptions = {
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      connectionParams: async () => ({ apiKey: await key() }),
      // The client reconnects, because only it knows the cursor to continue from.
      retryAttempts: 0,
      lazyCloseTimeout: 1_000,
      onNonLazyError: () => undefined,
      keepAlive: PING_EVERY_MS,
      on: {
        ping: (received) => {
          if (!received) silent = setTimeout(() => this.protocol.terminate(), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(silent);
        },
        closed: () => clearTimeout(silent),
      },
    };
    this.protocol = createClient(webSocketImpl === undefined ? options : { ...options, webSocketImpl });
  }

  /** Messages of one subscription until the server completes it. Throws an `ApiError` for any other end. */
  async *stream(payload: object, signal: AbortSignal, onOpen: () => void): AsyncGenerator<Message> {
    const arrived: Outcome[] = [];
    let wake: () => void = () => undefined;
    const arrive = (outcome: Outcome) => {
      arrived.push(outcome);
      wake();
    };
    const onAbort = () => arrive({ error: signal.reason });
    if (signal.aborted) throw signal.reason;
    signal.addEventListener('abort', onAbort, { once: true });
    const end = this.protocol.subscribe(
      { query: '', ...payload },
      {
        next: (message) => arrive({ message: message as Message }),
        error: (error) => arrive({ error: this.errorOf(error) }),
        complete: () => arrive('over'),
      },
    );
    try {
      for (let opened = false; ; ) {
        for (const outcome of arrived.splice(0)) {
          if (outcome === 'over') return;
          if ('error' in outcome) throw outcome.error;
          if (!opened) onOpen();
          opened = true;
          yield outcome.message;
        }
        if (arrived.length > 0) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      end();
    }
  }

  close(): void {
    void this.protocol.dispose();
  }

  /** Errors of a subscription, or the end of the connection. */
  private errorOf(error: unknown): ApiError {
    if (Array.isArray(error)) return ApiError.of(error as WireError[], null);
    const { code, reason } = (error ?? {}) as { readonly code?: unknown; readonly reason?: unknown };
    if (typeof code !== 'number') return lost(this.url, error);
    if (code === REJECTED_KEY) return new ApiError('UNAUTHENTICATED', 'The server rejected the API key.', false);
    if (BAD_MESSAGES.includes(code)) return new ApiError('BAD_REQUEST', `${String(reason)} (${code})`, false);
    return ApiError.unreachable(this.url, `connection closed (${code}${reason ? ` ${String(reason)}` : ''})`);
  }
}
