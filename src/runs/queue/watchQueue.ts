import { Source, type Steps } from '../../kernel/source';
import type { App } from '../app';
import type { WatchedQueue } from './queueFeed';

/** State of the queue, then a new state after each change. Changes that come faster than it is read are combined. */
export const watchQueue = (app: App, until: AbortSignal): Source<WatchedQueue> => new Source(steps(app), until);

function* steps(app: App): Steps<WatchedQueue> {
  const follower = app.feeds.queue.follow(null, 0);
  try {
    let seen = 0;
    for (;;) {
      const newest = follower.newest();
      if (newest !== undefined && newest.number > seen) {
        seen = newest.number;
        yield { item: newest };
      } else {
        yield follower;
      }
    }
  } finally {
    follower.close();
  }
}
