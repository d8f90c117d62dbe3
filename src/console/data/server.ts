import { ApiError } from '../../client/apiError';
import { Client } from '../../client/client';
import { ConsoleViewerDocument } from '../session/generated';
import { endSession, keyOfSession } from '../session/session';
import { createStore } from './store';

/** Address of the server with any prefix of a proxy, without a slash at its end. The page's `<base>` names it. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Path of the console in front of its pages' paths. Empty without a proxy's prefix. */
export const basePath = new URL(serverUrl).pathname.replace(/\/$/, '');

/** `lost` while the server doesn't respond; `back` for some seconds after it does again. */
export type Connection = { readonly state: 'fine' | 'back' } | { readonly state: 'lost'; readonly problem: ApiError };

export const connection = createStore<Connection>({ state: 'fine' });

const SHOWN_MS = 4_000;

function onOutage(problem: ApiError | null): void {
  if (problem !== null) {
    connection.set({ state: 'lost', problem });
    return;
  }
  const back: Connection = { state: 'back' };
  connection.set(back);
  setTimeout(() => connection.get() === back && connection.set({ state: 'fine' }), SHOWN_MS);
}

/** The typed client, with the key of the session. */
export const server = new Client(serverUrl, keyOfSession, { onOutage });

/** True once a subscription over a WebSocket has delivered something. */
let socketsPass = false;
export const noteSocketsPass = (): void => {
  socketsPass = true;
};

/**
 * Clients for subscriptions, in the order in which they are tried. A browser opens six connections to a server over
 * HTTP/1.1, so that event streams of six tabs would block it; a WebSocket does not count, but some proxies stop it.
 */
export const streams: readonly Client[] = [
  new Client(serverUrl, keyOfSession, {
    transport: 'websocket',
    onOutage,
    get giveUpMs() {
      return socketsPass ? Number.POSITIVE_INFINITY : 15_000;
    },
  }),
  new Client(serverUrl, keyOfSession, { giveUpMs: Number.POSITIVE_INFINITY, onOutage }),
];

/** Ends the report of an outage if the server responds: a stream that opens at its first try does not. */
export function checkConnection(): void {
  server.ask(ConsoleViewerDocument).then(
    () => onOutage(null),
    () => undefined,
  );
}

/** Every error as one of the API. An error that means that the key no longer works ends the session. */
export function asApiError(error: unknown): ApiError {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError('INTERNAL', error instanceof Error ? error.message : String(error), false);
  if (known.code === 'UNAUTHENTICATED') endSession(known.message);
  return known;
}
