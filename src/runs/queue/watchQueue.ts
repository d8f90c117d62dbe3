import type { App } from '../app';
import type { WatchedQueue } from './queueFeed';

/** State of the queue, then a new state after each change. Changes that come faster than it is read are combined. */
export async function* watchQueue(app: App, until: AbortSignal): AsyncGenerator<WatchedQueue> {
  const follower = app.feeds.queue.follow(null, 0);
  const stop = () => follower.close();
  until.addEventListener('abort', stop, { once: true });
  try {
    let seen = 0;
    while (!until.aborted) {
      const newest = follower.newest();
      if (newest !== undefined && newest.number > seen) {
        seen = newest.number;
        yield newest;
      } else {
        await follower.change();
      }
    }
  } finally {
    until.removeEventListener('abort', stop);
    follower.close();
  }
}
