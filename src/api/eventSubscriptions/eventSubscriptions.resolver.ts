import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import {
  createSubscription,
  deleteSubscription,
  disableSubscription,
  enableSubscription,
  rotateSecret,
  updateSubscription,
} from '../../runs/eventSubscriptions/changeSubscriptions';
import {
  type EventDelivery as DeliveryRow,
  type DeliveryState,
  deliveryState,
} from '../../runs/eventSubscriptions/eventDeliveries';
import type { EventSubscription as SubscriptionRow } from '../../runs/eventSubscriptions/eventSubscriptions';
import { redeliverEvent, replayEvents } from '../../runs/eventSubscriptions/replay';
import {
  expiryOfOwner,
  listDeliveries,
  listSubscriptions,
  pendingOfSubscription,
  requireSubscription,
  type SubscriptionListFilter,
  stateOfSubscription,
} from '../../runs/eventSubscriptions/subscriptions.queries';
import { testSubscription } from '../../runs/eventSubscriptions/testSubscription';
import { executionById } from '../../runs/execution/executions.loaders';
import { Application } from '../applications/application.types';
import { ExecutionInterface } from '../executions/executions.types';
import type { Context } from '../graphql/context';
import { enumOf, Input } from '../graphql/described.types';
import { echo } from '../graphql/mutations.types';
import { PageArguments } from '../graphql/paging.types';
import {
  CreateEventSubscriptionInput,
  CreateEventSubscriptionPayload,
  DeleteEventSubscriptionPayload,
  DisableEventSubscriptionInput,
  EnableEventSubscriptionInput,
  EventDelivery,
  EventDeliveryConnection,
  EventSubscription,
  EventSubscriptionConnection,
  EventSubscriptionFilter,
  EventSubscriptionFilters,
  EventSubscriptionInput,
  EventSubscriptionPayload,
  RedeliverEventInput,
  RedeliverEventPayload,
  ReplayEventsInput,
  RotateEventSubscriptionSecretInput,
  RotateEventSubscriptionSecretPayload,
  TestEventSubscriptionPayload,
  UpdateEventSubscriptionInput,
} from './eventSubscriptions.types';

const RIGHT =
  'Requires the account permission MANAGE_EVENT_SUBSCRIPTIONS, or UPDATE on the application for a subscription of an application.';
const States = enumOf(deliveryState);

@Resolver(() => EventSubscription)
export class EventSubscriptionsResolver {
  @Query(() => EventSubscription, {
    nullable: true,
    description: 'Event subscription by its ID, for callers who may manage it. Errors: NOT_FOUND.',
  })
  eventSubscription(
    @Arg('subscriptionId', () => ID, { description: 'ID of the event subscription.' }) id: string,
    @Ctx() { app, actor }: Context,
  ): Promise<object> {
    return requireSubscription(app.database, actor, id);
  }

  @Query(() => EventSubscriptionConnection, {
    description: 'Event subscriptions that the caller may manage, sorted by name. Errors: INVALID_INPUT.',
  })
  eventSubscriptions(
    @Arg('filters', () => [EventSubscriptionFilter], { nullable: true, description: 'Filters that must all match.' })
    filters: SubscriptionListFilter[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listSubscriptions(app, actor, filters ?? [], page);
  }

  @Query(() => EventDeliveryConnection, {
    nullable: true,
    description:
      'Deliveries of an event subscription in the reverse order of the log. Example: `{ deliveries(subscriptionId: "…", states: [PENDING, FAILED], first: 20) { nodes { id type state attempts nextAttemptAt: dueAt responseStatus error } } }`. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  deliveries(
    @Arg('subscriptionId', () => ID, { description: 'ID of the event subscription.' }) subscriptionId: string,
    @Arg('states', () => [States], { nullable: true, description: 'States of deliveries. Defaults to all.' })
    states: DeliveryState[] | null,
    @Arg('runId', () => ID, { nullable: true, description: 'ID of a run: only deliveries of its events.' })
    runId: string | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listDeliveries(app, actor, subscriptionId, { states: states ?? null, runId: runId ?? null }, page);
  }

  @Mutation(() => CreateEventSubscriptionPayload, {
    description: `Creates a subscription that delivers events of the log to a receiver over HTTP. It delivers only what the caller may read at the time of each delivery. ${RIGHT} GITHUB and GITLAB require UPDATE on the application. Example: \`createEventSubscription(input: {url: "https://ci.example.com/hooks", filters: {eventTypes: ["EXECUTION_STATUS"], statuses: ["FAILED"]}}) { secret eventSubscription { id } }\`. The key of a CI job is refused with the rule SHORT_LIVED_OWNER. Errors: NOT_FOUND (the application), FORBIDDEN, INVALID_INPUT, SECRETS_NOT_CONFIGURED.`,
  })
  async createEventSubscription(
    @Input(CreateEventSubscriptionInput) input: InstanceType<typeof CreateEventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { subscription, secret } = await createSubscription(app, actor, { ...input, filter: input.filters ?? null });
    return { ...echo(input), eventSubscription: subscription, secret };
  }

  @Mutation(() => EventSubscriptionPayload, {
    description: `Changes an event subscription. From then on, it acts for the caller. ${RIGHT} Errors: NOT_FOUND, FORBIDDEN, INVALID_INPUT.`,
  })
  async updateEventSubscription(
    @Input(UpdateEventSubscriptionInput) input: InstanceType<typeof UpdateEventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { filters, ...changes } = input;
    const given = { ...changes, ...(filters !== undefined && { filter: filters }) };
    return { ...echo(input), eventSubscription: await updateSubscription(app, actor, input.subscriptionId, given) };
  }

  @Mutation(() => DeleteEventSubscriptionPayload, {
    description: `Deletes an event subscription. Pending events are not delivered. ${RIGHT} Errors: NOT_FOUND.`,
  })
  async deleteEventSubscription(
    @Input(EventSubscriptionInput) input: InstanceType<typeof EventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    await deleteSubscription(app, actor, input.subscriptionId);
    return echo(input);
  }

  @Mutation(() => RotateEventSubscriptionSecretPayload, {
    description: `Replaces the secret that signs requests. For a time, requests are also signed with the previous one, so that receivers can change theirs without a gap. ${RIGHT} Errors: NOT_FOUND, INVALID_INPUT.`,
  })
  async rotateEventSubscriptionSecret(
    @Input(RotateEventSubscriptionSecretInput) input: InstanceType<typeof RotateEventSubscriptionSecretInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { subscriptionId, secret: given, keepPreviousSeconds: keepSeconds } = input;
    const { subscription, secret } = await rotateSecret(app, actor, subscriptionId, { secret: given, keepSeconds });
    return { ...echo(input), eventSubscription: subscription, secret };
  }

  @Mutation(() => EventSubscriptionPayload, {
    description: `Turns an event subscription on. From then on, it acts for the caller. ${RIGHT} Errors: NOT_FOUND, INVALID_INPUT (the key of a CI job).`,
  })
  async enableEventSubscription(
    @Input(EnableEventSubscriptionInput) input: InstanceType<typeof EnableEventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { subscriptionId, skipMissed } = input;
    const eventSubscription = await enableSubscription(app, actor, subscriptionId, skipMissed ?? false);
    return { ...echo(input), eventSubscription };
  }

  @Mutation(() => EventSubscriptionPayload, {
    description: `Turns an event subscription off. Pending events are delivered after it is turned on again. ${RIGHT} Errors: NOT_FOUND.`,
  })
  async disableEventSubscription(
    @Input(DisableEventSubscriptionInput) input: InstanceType<typeof DisableEventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    const { subscriptionId, reason } = input;
    return { ...echo(input), eventSubscription: await disableSubscription(app, actor, subscriptionId, reason ?? null) };
  }

  @Mutation(() => TestEventSubscriptionPayload, {
    description: `Sends one test to the receiver immediately, even if the subscription is turned off. For GITHUB and GITLAB, checks the token. The test is not part of the log or the deliveries. ${RIGHT} Errors: NOT_FOUND.`,
  })
  async testEventSubscription(
    @Input(EventSubscriptionInput) input: InstanceType<typeof EventSubscriptionInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), ...(await testSubscription(app, actor, input.subscriptionId)) };
  }

  @Mutation(() => EventSubscriptionPayload, {
    description: `Delivers the events of a range of the log again, with the same IDs, as far as the subscription’s filter selects them. Returns immediately; \`replaying\` is true until all of them are pending. ${RIGHT} Errors: NOT_FOUND, INVALID_INPUT, CONFLICT (another replay has not ended).`,
  })
  async replayEvents(
    @Input(ReplayEventsInput) input: InstanceType<typeof ReplayEventsInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), eventSubscription: await replayEvents(app, actor, input.subscriptionId, input) };
  }

  @Mutation(() => RedeliverEventPayload, {
    description: `Delivers one event again, with the same ID. Changes nothing while it is pending. ${RIGHT} Errors: NOT_FOUND.`,
  })
  async redeliverEvent(
    @Input(RedeliverEventInput) input: InstanceType<typeof RedeliverEventInput>,
    @Ctx() { app, actor }: Context,
  ) {
    return { ...echo(input), delivery: await redeliverEvent(app, actor, input.deliveryId) };
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'Application whose events it delivers. Null for a subscription of the account.',
  })
  async application(@Root() { applicationId }: SubscriptionRow, @Ctx() { loaders, actor }: Context) {
    if (applicationId === null) return null;
    return visible(actor.access, loaders, 'Application', await loaders.load(applications.byId, applicationId));
  }

  @FieldResolver(() => EventSubscriptionFilters, { description: 'Events that it delivers.' })
  filters(@Root() { filter }: SubscriptionRow): object {
    return filter;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Time at which the API key that owns it expires, which turns it off. Null if the owner does not expire. A caller that changes the subscription becomes its owner.',
  })
  async ownerExpiresAt(@Root() { ownerKind, ownerId }: SubscriptionRow, @Ctx() { loaders }: Context) {
    return ownerKind === 'API_KEY' ? ((await loaders.load(expiryOfOwner, ownerId)) ?? null) : null;
  }

  @FieldResolver(() => Int, { description: 'Number of deliveries that are PENDING.' })
  async pending(@Root() { id }: SubscriptionRow, @Ctx() { loaders }: Context): Promise<number> {
    return (await loaders.load(pendingOfSubscription, id)) ?? 0;
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description: 'Time of the first failure since the last success. Null if the last delivery succeeded.',
  })
  async failingSince(@Root() { id }: SubscriptionRow, @Ctx() { loaders }: Context): Promise<Date | null> {
    return (await loaders.load(stateOfSubscription, id))?.failingSince ?? null;
  }

  @FieldResolver(() => Boolean, { description: 'True while a range of the log is read for a replay.' })
  async replaying(@Root() { id }: SubscriptionRow, @Ctx() { loaders }: Context): Promise<boolean> {
    return (await loaders.load(stateOfSubscription, id))?.replaying ?? false;
  }
}

@Resolver(() => EventDelivery)
export class EventDeliveryResolver {
  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Execution that the event is about. Null if the caller may not see it.',
  })
  async execution(@Root() { executionId }: DeliveryRow, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionById, executionId));
  }
}
