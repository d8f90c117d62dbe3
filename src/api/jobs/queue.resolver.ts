import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import { rightsKey } from '../../access/rightsKey';
import { requireReadable } from '../../access/visible';
import { executionById } from '../../runs/execution/executions.loaders';
import type { QueueState } from '../../runs/queue/queue';
import { findPauses } from '../../runs/queue/queuePauses.store';
import { watchQueue } from '../../runs/queue/watchQueue';
import { type QueueUpdate, watchQueueChanges } from '../../runs/queue/watchQueueChanges';
import { EventGap } from '../events/eventStreams.types';
import type { Context } from '../graphql/context';
import { QueuePauseType } from '../queue/queuedJobs.types';
import { QueueChangeType, QueueStateType } from './queue.types';

type Shown = QueueState & Partial<Pick<QueueUpdate, 'cursor' | 'change' | 'gap'>>;

@Resolver(() => QueueStateType)
export class QueueResolver {
  @Subscription(() => QueueStateType, {
    description:
      'State of the queue, then again after each change, at most twice a second. With `changes: true`, each job that ' +
      'arrives, moves, starts or leaves is a message of its own, with the state at that time: first a message without a ' +
      'change, whose `cursor` is from before `queue` is read; then each change once, in order. With `after`, exactly what ' +
      'follows that cursor, across lost connections and server restarts. Changes are those that the caller may see. ' +
      'Requires the account permission MANAGE_DELEGATES. Never completes. Example: `subscription { queueUpdated { ' +
      'readyJobs runningJobs slots waiting { labels readyJobs agentsOnline } } }`, or `subscription { ' +
      'queueUpdated(changes: true) { cursor change { kind jobId } readyJobs } }`. Errors: FORBIDDEN, INVALID_INPUT; ' +
      'NOT_FOUND if the caller loses the permission to see something; SLOW_READER and UNAVAILABLE: subscribe again with ' +
      'the last cursor.',
    subscribe: ({ args, context }) => {
      const { app, actor, request } = context as Context;
      // Covers all applications, so it needs the permission to manage agents.
      actor.access.requireAccount('MANAGE_DELEGATES');
      const { changes, after: given } = args as { changes?: boolean | null; after?: string | null };
      const after = request.resumeAfter ?? given ?? null;
      return changes || after !== null
        ? watchQueueChanges(app, actor, after, request.signal)
        : watchQueue(app, request.signal);
    },
  })
  async queueUpdated(
    @Arg('changes', () => Boolean, {
      nullable: true,
      description: 'True to get each change as a message. Defaults to false, or to true with `after`.',
    })
    _changes: boolean | null,
    @Arg('after', () => ID, { nullable: true, description: 'Cursor of the last message. Sends what follows it.' })
    _after: string | null,
    @Root() item: { readonly state: QueueState } & Partial<QueueUpdate>,
    @Ctx() { app, actor, loaders }: Context,
  ): Promise<Shown> {
    const { state, cursor, change = null, gap = null, rights } = item;
    // It was found with the reader's permissions. They are checked again only if they have changed since.
    if (change !== null && rights !== rightsKey(actor)) {
      const execution = await loaders.load(executionById, change.executionId);
      if (execution) await requireReadable(app, actor.access, 'Execution', execution);
    }
    return { ...state, ...(cursor !== undefined && { cursor }), change, gap };
  }

  @FieldResolver(() => [QueuePauseType], { description: 'Active pauses of the queue.' })
  pauses(@Ctx() { app }: Context) {
    return findPauses(app.database, app.clock.now());
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Cursor of this message, for `after`. Null without `changes`.',
  })
  cursor(@Root() { cursor }: Shown): string | null {
    return cursor ?? null;
  }

  @FieldResolver(() => QueueChangeType, {
    nullable: true,
    description: 'Change that this message is about. Null for a state.',
  })
  change(@Root() { change }: Shown): object | null {
    return change ?? null;
  }

  @FieldResolver(() => EventGap, {
    nullable: true,
    description: 'Set if changes after the given cursor are no longer stored: read `queue` again.',
  })
  gap(@Root() { gap }: Shown): object | null {
    return gap ?? null;
  }
}
