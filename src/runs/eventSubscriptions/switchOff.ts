import { systemActor } from '../../access/actor';
import { audit } from '../../access/audit/audited';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import type { EventDelivery } from './eventDeliveries';
import type { EventSubscription, OffCode } from './eventSubscriptions';
import { markOff } from './subscriptions.store';

/**
 * Turns off a subscription that can't deliver. The event is in the log of the run whose delivery decided it, so that
 * streams and other subscriptions report it; the audit trail has the change.
 */
export async function switchOff(
  app: App,
  { id, name, applicationId }: EventSubscription,
  code: Exclude<OffCode, 'REQUESTED'>,
  reason: string,
  delivery: EventDelivery | null,
): Promise<void> {
  await inRuns(app, delivery === null ? [] : [delivery.runId], systemActor, async (db) => {
    const now = app.clock.now();
    const off = { enabled: false, offCode: code, offReason: reason, offAt: now };
    if (!(await markOff(db, id, { code, reason, now }))) return;
    const attempt = {
      actor: systemActor,
      address: null,
      requestId: null,
      action: 'eventSubscription.disable',
      input: { id },
    };
    await audit(app, db, attempt, {
      kind: 'eventSubscription',
      id,
      name,
      applicationId,
      after: { ...off, failureCode: code, reason },
    });
    if (delivery !== null) {
      const { runId } = delivery;
      const data = { subscriptionId: id, name, reasonCode: code, reason };
      db.event({ runId, executionId: runId }, 'SUBSCRIPTION_SWITCHED_OFF', data);
    }
    db.wake(topic.subscriptions);
  });
  app.log.warn({ subscription: id, code }, 'event subscription turned off');
}
