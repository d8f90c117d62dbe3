import type { Actor } from '../../access/actor';
import type { App } from '../../runs/app';
import type { Loaders } from '../../kernel/loaders';
import type { RequestTrace } from '../http/requestTrace';

/** Origin of a request, and a signal for the end of its client. */
export interface RequestInfo {
  /** Also in the response header `X-Request-Id` and in every log line about the request. */
  readonly id: string;
  /** Peer of the connection. Behind a proxy this is the proxy: forwarded headers can be forged and are not read. */
  readonly address: string;
  readonly transport: 'http' | 'websocket';
  /** Undefined if tracing is off. */
  readonly trace?: RequestTrace | undefined;
  /** Aborted when the client has disconnected or ended its subscription. */
  readonly signal: AbortSignal;
  /**
   * Cursor of the last event that a client of server-sent events has received; overrides the argument of a repeated
   * operation.
   */
  readonly resumeAfter?: string;
}

/** Context of every resolver. */
export interface Context {
  readonly actor: Actor;
  readonly request: RequestInfo;
  readonly app: App;
  /**
   * Lives as long as one HTTP request, one WebSocket operation or one delivered event. Older loaders would serve stale
   * rows.
   */
  readonly loaders: Loaders<App>;
}
