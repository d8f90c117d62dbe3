import type { Actor } from '../../access/actor';
import type { App } from '../../runs/app';
import type { Loaders } from '../../kernel/loaders';

/** Where a request came from, and how to learn that nobody waits for its answer any more. */
export interface RequestInfo {
  /** Also in the answer's header `X-Request-Id` and in every log line about the request. */
  readonly id: string;
  /** The peer of the connection. Behind a proxy this is the proxy: forwarded headers can be forged and are not read. */
  readonly address: string;
  readonly transport: 'http' | 'websocket';
  /** Aborted when the client went away, or when it ended its subscription. */
  readonly signal: AbortSignal;
  /** The cursor of the last event that a client of server-sent events has seen: newer than the argument of an operation that is sent once more. */
  readonly resumeAfter?: string;
}

/** What every resolver is given as its context. */
export interface Context {
  readonly actor: Actor;
  readonly request: RequestInfo;
  readonly app: App;
  /** Live as long as one HTTP request, one WebSocket operation, or one delivered event: never longer, or they serve old rows. */
  readonly loaders: Loaders<App>;
}
