import type { Actor } from '../../access/actor';
import { broken } from '../../access/permissionInput';
import { topic } from '../../kernel/database/wakeups';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { placeBefore } from '../events/eventLog';
import { findLogBounds, findPlacesOfTimes } from '../events/eventLog.store';
import { requirePlace } from './changeSubscriptions';
import { findDelivery, repeatDelivery } from './deliveries.store';
import type { EventDelivery } from './eventDeliveries';
import type { EventSubscription } from './eventSubscriptions';
import { retryPeriod } from './retryPeriod';
import { requireDelivery, requireSubscription } from './subscriptions.queries';
import { findWithState, lockState, setReplay } from './subscriptions.store';

export interface ReplayRange {
  readonly after?: string | null | undefined;
  readonly until?: string | null | undefined;
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
  readonly failedOnly?: boolean | null | undefined;
}

/**
 * Delivers the events of a range of the log again, with their IDs. The server that delivers does it page by page, and
 * any other continues after a crash.
 */
export async function replayEvents(
  app: App,
  actor: Actor,
  id: string,
  { after, until, from, to, failedOnly }: ReplayRange,
): Promise<EventSubscription> {
  const errors: InputError[] = [];
  if (after == null && from == null)
    errors.push(
      broken('after', null, 'REQUIRED', 'give the start of the range: a cursor as "after", or a time as "from".'),
    );
  if (from != null && to != null && from >= to)
    errors.push(broken('to', to, 'RANGE', 'the end of the range must be later than its start.'));
  if (errors.length > 0) throw invalidInput(errors);
  const { horizon } = await findLogBounds(app.database);
  const places = await findPlacesOfTimes(app.database, from ?? null, to ?? null, horizon);
  const replay = {
    after: after == null ? placeBefore(places.after) : await requirePlace(app, 'after', after),
    until: until == null ? placeBefore(places.until) : await requirePlace(app, 'until', until),
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    failedOnly: failedOnly ?? false,
  };
  return app.database.transaction(async (db) => {
    const subscription = await requireSubscription(db, actor, id);
    await lockState(db, id);
    const live = await findWithState(db, id);
    if (live === undefined) throw notFound('event subscription', id);
    if (live.state.replay !== null)
      throw new Refusal('CONFLICT', 'Another replay of this subscription has not ended yet. Try again later.', { id });
    await setReplay(db, id, replay);
    db.wake(topic.subscriptions);
    return subscription;
  });
}

/** Delivers one event again, with its ID. Changes nothing while it is pending. */
export async function redeliverEvent(app: App, actor: Actor, deliveryId: string): Promise<EventDelivery> {
  return app.database.transaction(async (db) => {
    const delivery = await requireDelivery(db, actor, deliveryId);
    await lockState(db, delivery.subscriptionId);
    await repeatDelivery(db, delivery, retryPeriod(app));
    db.wake(topic.subscriptions);
    return (await findDelivery(db, deliveryId)) ?? delivery;
  });
}
