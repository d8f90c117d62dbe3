import type { Database } from './database/database';

/** What a source of a stream may say about an event, beside the event itself. */
export interface StreamEvent {
  /** Where a client goes on after this event. Sent as the id of server-sent events, and told to readers that are too slow. */
  readonly cursor?: string;
  /** When it was read, of performance.now(): rights that were looked at after that count for it. Without it they are looked at anew. */
  readonly readAt?: number;
  /** Executes the event on a database of its own, for events that tell of one moment. */
  readonly within?: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
}
