import { Resolver, Root, Subscription } from 'type-graphql';
import type { Context } from '../graphql/context';
import type { QueueState } from '../../runs/queue/queue';
import { QueueStateType } from './queue.types';
import type { WatchedQueue } from '../../runs/queue/queueFeed';
import { watchQueue } from '../../runs/queue/watchQueue';

@Resolver()
export class QueueResolver {
  @Subscription(() => QueueStateType, {
    description:
      'State of the queue, then again after each change, at most twice a second. It has no cursor, because each ' +
      'message is complete. Requires the account permission MANAGE_DELEGATES. Never completes. Example: `subscription { ' +
      'queueUpdated { readyJobs runningJobs slots waiting { labels readyJobs agentsOnline } } }`. Errors: FORBIDDEN; ' +
      'SLOW_READER and UNAVAILABLE: subscribe again.',
    subscribe: ({ context }) => {
      const { app, actor, request } = context as Context;
      // Covers all applications, so it needs the permission to manage agents.
      actor.access.requireAccount('MANAGE_DELEGATES');
      return watchQueue(app, request.signal);
    },
  })
  queueUpdated(@Root() { state }: WatchedQueue): QueueState {
    return state;
  }
}
