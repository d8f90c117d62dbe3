import {
  ApplicationIdDocument,
  CreateEventSubscriptionDocument,
  DeleteEventSubscriptionDocument,
  DisableEventSubscriptionDocument,
  EnableEventSubscriptionDocument,
  EventDeliveriesDocument,
  type EventDeliveryState,
  type EventSubscriptionFormat,
  EventSubscriptionsDocument,
  RedeliverEventDocument,
  ReplayEventsDocument,
  RotateEventSubscriptionSecretDocument,
  TestEventSubscriptionDocument,
} from '../client/generated';
import { allPages } from './deployed';
import type { Session } from './session';
import { exit, Failure } from './failure';
import { moment, refuseUnlessConfirmed } from './ui';

/** `slipway subscriptions`: lists the subscriptions that deliver events, with their state. */
export async function showSubscriptions({ api, ui }: Session): Promise<void> {
  const found = await allPages(
    async (after) => (await api.ask(EventSubscriptionsDocument, { after })).eventSubscriptions,
  );
  ui.answer(found);
  if (ui.json) return;
  if (found.length === 0) return ui.say('There are no event subscriptions.');
  ui.table(
    ['ID', 'NAME', 'FORMAT', 'URL', 'OF', 'STATE', 'PENDING'],
    found.map((one) => [
      one.id,
      one.name,
      one.format,
      one.url,
      one.application?.name ?? 'account',
      stateOf(ui, one),
      String(one.pending),
    ]),
  );
}

function stateOf(
  { paint }: Session['ui'],
  {
    enabled,
    offCode,
    failingSince,
    ownerExpiresAt,
  }: { enabled: boolean; offCode: string | null; failingSince: string | null; ownerExpiresAt: string | null },
): string {
  if (!enabled) return paint.red(`off (${offCode})`);
  if (failingSince === null && ownerExpiresAt !== null)
    return paint.green(`on until its key expires at ${moment(ownerExpiresAt)}`);
  return failingSince === null ? paint.green('on') : paint.yellow(`failing since ${moment(failingSince)}`);
}

export interface CreateOptions {
  readonly name?: string;
  readonly application?: string;
  readonly format?: string;
  readonly type?: readonly string[];
  readonly status?: readonly string[];
  readonly tokenSecret?: string;
  readonly repository?: string;
  readonly commit?: string;
}

/** `slipway subscriptions create`: the secret is shown once. */
export async function createSubscription(
  { api, ui }: Session,
  url: string | undefined,
  { application, format, type, status, ...rest }: CreateOptions,
): Promise<void> {
  const applicationId =
    application === undefined
      ? null
      : (await api.ask(ApplicationIdDocument, { name: application })).applicationByName.id;
  const input = {
    ...{ ...rest, url: url ?? null, applicationId },
    format: format === undefined ? null : (format.toUpperCase() as EventSubscriptionFormat),
    filters: { eventTypes: type ?? null, statuses: status ?? null },
  };
  const { createEventSubscription } = await api.ask(CreateEventSubscriptionDocument, { input });
  const { eventSubscription, secret } = createEventSubscription;
  ui.say(`Events are delivered to ${eventSubscription.url} (${eventSubscription.id}).`);
  if (secret !== null) ui.say(`Secret, shown only now: ${secret}`);
  ui.answer({ eventSubscription, secret });
}

export async function deleteSubscription(session: Session, id: string, options: { yes?: boolean }): Promise<void> {
  const { api, ui } = session;
  if (options.yes !== true) await refuseUnlessConfirmed(ui, `Delete the event subscription ${id}?`);
  await api.ask(DeleteEventSubscriptionDocument, { input: { subscriptionId: id } });
  ui.say('Deleted. Pending events are not delivered.');
  ui.answer({ id });
}

export async function switchSubscription(
  { api, ui }: Session,
  id: string,
  options: { readonly on: boolean; readonly skipMissed?: boolean; readonly reason?: string },
): Promise<void> {
  const { on, skipMissed = false, reason } = options;
  const { eventSubscription } = on
    ? (await api.ask(EnableEventSubscriptionDocument, { input: { subscriptionId: id, skipMissed } }))
        .enableEventSubscription
    : (await api.ask(DisableEventSubscriptionDocument, { input: { subscriptionId: id, reason: reason ?? null } }))
        .disableEventSubscription;
  ui.say(on ? 'Turned on.' : 'Turned off. Pending events are delivered after it is turned on.');
  ui.answer({ eventSubscription });
}

/** `slipway subscriptions test`: exit code 1 unless the receiver accepted it. */
export async function testSubscription({ api, ui }: Session, id: string): Promise<void> {
  const { testEventSubscription: outcome } = await api.ask(TestEventSubscriptionDocument, {
    input: { subscriptionId: id },
  });
  const { delivered, responseStatus, error, durationMs } = outcome;
  if (!delivered)
    throw new Failure(exit.failed, outcome.errorCode ?? 'FAILED', `The receiver did not accept the test: ${error}`);
  ui.say(`Accepted with HTTP ${responseStatus} in ${durationMs} ms.`);
  ui.answer(outcome);
}

export async function rotateSecret({ api, ui }: Session, id: string): Promise<void> {
  const { rotateEventSubscriptionSecret } = await api.ask(RotateEventSubscriptionSecretDocument, {
    input: { subscriptionId: id },
  });
  const { secret, eventSubscription } = rotateEventSubscriptionSecret;
  ui.say(`New secret, shown only now: ${secret}`, 'For a day, requests are also signed with the previous one.');
  ui.answer({ secret, eventSubscription });
}

export interface DeliveriesOptions {
  readonly state?: readonly string[];
  readonly limit?: number;
}

export async function showDeliveries({ api, ui }: Session, id: string, options: DeliveriesOptions): Promise<void> {
  const states = options.state?.map((one) => one.toUpperCase() as EventDeliveryState) ?? null;
  const { deliveries } = await api.ask(EventDeliveriesDocument, {
    ...{ subscriptionId: id, states, first: options.limit ?? 20 },
  });
  ui.answer(deliveries.nodes);
  if (ui.json) return;
  if (deliveries.nodes.length === 0) return ui.say('There are no deliveries.');
  ui.table(
    ['ID', 'EVENT', 'RUN', 'STATE', 'ATTEMPTS', 'LAST', 'NEXT', 'RESULT'],
    deliveries.nodes.map((one) => [
      one.id,
      one.type,
      one.runId,
      one.state,
      String(one.attempts),
      one.lastAttemptAt == null ? '' : moment(one.lastAttemptAt),
      one.dueAt == null ? '' : moment(one.dueAt),
      one.error ?? (one.responseStatus == null ? '' : `HTTP ${one.responseStatus}`),
    ]),
  );
}

/** `slipway subscriptions redeliver`: changes nothing while the delivery is pending. */
export async function redeliverEvent({ api, ui }: Session, deliveryId: string): Promise<void> {
  const { redeliverEvent: answer } = await api.ask(RedeliverEventDocument, { input: { deliveryId } });
  ui.say(`${answer.delivery.type} of the run ${answer.delivery.runId} is being delivered again.`);
  ui.answer(answer);
}

export interface ReplayOptions {
  readonly after?: string;
  readonly until?: string;
  readonly from?: string;
  readonly to?: string;
  readonly failedOnly?: boolean;
}

export async function replayEvents({ api, ui }: Session, id: string, range: ReplayOptions): Promise<void> {
  const { replayEvents: answer } = await api.ask(ReplayEventsDocument, { input: { subscriptionId: id, ...range } });
  ui.say(`The range is being delivered again. ${ui.paint.dim(`slipway subscriptions deliveries ${id}`)}`);
  ui.answer(answer);
}
