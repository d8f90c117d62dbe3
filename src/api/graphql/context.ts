import type { Actor } from '../../access/actor';
import type { App } from '../../runs/app';
import type { Loaders } from '../../kernel/loaders';

/** Origin of a request, and a signal that nobody waits for its response any more. */
export interface RequestInfo {
  /** Also in the response header `X-Request-Id` and in every log line about the request. */
  readonly id: string;
  /** The peer of the connection. Behind a proxy this is the proxy: forwarded headers can be forged and are not read. */
  readonly address: string;
  readonly transport: 'http' | 'websocket';
  /** Aborted when the client went away, or ended its subscription. */
  readonly signal: AbortSignal;
  /**
   * Cursor of the last event that a client of server-sent events has seen: newer than the argument of an operation that
   * is sent again.
   */
  readonly resumeAfter?: string;
}

/** Context of every resolver. */
export interface Context {
  readonly actor: Actor;
  readonly request: RequestInfo;
  readonly app: App;
  /**
   * Live as long as one HTTP request, one WebSocket operation, or one delivered event; otherwise they would return old
   * rows.
   */
  readonly loaders: Loaders<App>;
}
