import type { Actor } from '../../access/actor';
import { notFound } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { App } from '../app';
import { sendTest } from './sendDelivery';
import { requireSubscription } from './subscriptions.queries';
import { findWithState } from './subscriptions.store';
import { openTarget } from './target';

/** Response of a receiver to a test. */
export interface TestOutcome {
  readonly delivered: boolean;
  readonly responseStatus: number | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly durationMs: number;
}

/** Sends one test to a receiver immediately. It is not part of the log or the deliveries. */
export async function testSubscription(app: App, actor: Actor, id: string): Promise<TestOutcome> {
  await requireSubscription(app.database, actor, id);
  const live = await findWithState(app.database, id);
  if (live === undefined) throw notFound('event subscription', id);
  const { subscription, state } = live;
  const target = await openTarget(app.secretKeys, subscription, state);
  const begun = performance.now();
  const result = await sendTest({ app, subscription, target }, newId());
  const durationMs = Math.round(performance.now() - begun);
  if (result.is === 'ACCEPTED')
    return { delivered: true, responseStatus: result.responseStatus, errorCode: null, error: null, durationMs };
  const { code: errorCode, message: error } = result;
  const responseStatus = result.is === 'REFUSED' ? result.responseStatus : null;
  return { delivered: false, responseStatus, errorCode, error, durationMs };
}
