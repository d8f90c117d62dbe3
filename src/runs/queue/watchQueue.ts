import type { App } from '../app';
import type { WatchedQueue } from './queueFeed';

/** The queue as it stands, then again after each change. What changes faster than it is read is one answer. */
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
