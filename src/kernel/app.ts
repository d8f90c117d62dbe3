import type { Clock } from './clock';
import type { ServerConfig } from './config';
import type { Database } from './database/database';
import type { Log } from './log';
import type { Outgoing } from './outgoing/outgoing';

/**
 * The part of the application that is independent of all resources. Each floor extends it with shared parts of that
 * floor; `createApp` creates it once per process.
 */
export interface App {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database;
  /** Requests to addresses that users choose. */
  readonly outgoing: Outgoing;
}
