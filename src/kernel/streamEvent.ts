import type { Database } from './database/database';

/** Properties of an event that its source may set for the stream. */
export interface StreamEvent {
  /** Position after this event. Sent as the id of server-sent events, and to readers that are too slow. */
  readonly cursor?: string;
  /**
   * Time of its read, as performance.now(): permissions checked after that are valid for it. Without it they are
   * checked again.
   */
  readonly readAt?: number;
  /** Resolves the event with a separate database handle, for events that describe one moment. */
  readonly within?: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
}
