import { OFFLINE_AFTER_MS } from '../../contract/labels';
import type { Clock } from '../../kernel/clock';
import type { Database } from '../../kernel/database/database';
import { Feeds } from '../../kernel/database/feed';
import { topic } from '../../kernel/database/wakeups';
import type { StreamEvent } from '../../kernel/streamEvent';
import type { Log } from '../../kernel/log';
import type { QueueState } from './queue';
import { findQueueState } from './queue.store';

/** The queue changes with each claim; this limits how often clients get a new state. */
const REST_MS = 500;

export interface WatchedQueue extends StreamEvent {
  readonly state: QueueState;
  /** Number of the state among those read in this process. */
  readonly number: number;
}

export type QueueFeed = Feeds<null, WatchedQueue, number>;

/** One reader of the queue for all clients of this process. Sends only changes from the previous state. */
export function createQueueFeed(database: Database, pollMs: number, clock: Clock, log: Log): QueueFeed {
  let last = '';
  return new Feeds<null, WatchedQueue, number>(
    {
      key: () => 'queue',
      topics: () => [topic.queue, topic.events],
      compare: (a, b) => a - b,
      keep: 0,
      restMs: REST_MS,
      positionOf: ({ number }) => number,
      async read(_queue, after) {
        const state = await findQueueState(database, new Date(clock.now().getTime() - OFFLINE_AFTER_MS));
        const text = JSON.stringify(state);
        if (text === last && after > 0) return { items: [], position: after };
        last = text;
        return { items: [{ state, number: after + 1 }], position: after + 1 };
      },
    },
    { wakeups: database.wakeups, pollMs, log },
  );
}
