import { field, guarded, optional, orNull } from '../../kernel/fields';
import { deliveryFields } from '../../runs/eventSubscriptions/eventDeliveries';
import {
  newSubscription,
  subscriptionChanges,
  subscriptionFields,
  subscriptionFilterFields,
} from '../../runs/eventSubscriptions/eventSubscriptions';
import { filterById } from '../applications/partResolver';
import { inputType, mutationInput, mutationPayload, objectType } from '../graphql/described.types';
import { ConnectionType } from '../graphql/paging.types';

export const EventSubscription = objectType(
  'EventSubscription',
  'Subscription that delivers events of the log to a receiver over HTTP (a webhook): at least once, with one ID for each event, in order for each run.',
  subscriptionFields,
  { isNode: true },
);
export const EventSubscriptionConnection = ConnectionType(EventSubscription, 'EventSubscription');

export const EventSubscriptionFilters = objectType(
  'EventSubscriptionFilters',
  'Events that a subscription delivers. A null field is not restricted.',
  subscriptionFilterFields,
);

export const EventDelivery = objectType('EventDelivery', 'Delivery of one event to one subscription.', deliveryFields);
export const EventDeliveryConnection = ConnectionType(EventDelivery, 'EventDelivery');

const FilterInput = inputType(
  'EventSubscriptionFiltersInput',
  'Events that a subscription delivers: those that match all given fields.',
  subscriptionFilterFields,
);

export const EventSubscriptionFilter = inputType(
  'EventSubscriptionFilter',
  'Filter of a list of event subscriptions. All given fields must match.',
  {
    application: filterById('Filters by the ID of its application.'),
    subscription: filterById('Filters by the ID of the subscription.'),
    name: filterById('Filters by name. LIKE matches parts of names.'),
    enabled: optional(field.boolean('True for subscriptions that are turned on, false for the others.')),
  },
);

const filters = {
  filters: optional(field.object(() => FilterInput, 'Events that it delivers. Defaults to all.')),
};
const subscriptionId = field.uuid('Event subscription.');
const reason = optional(guarded({ maxLength: 2000 }, field.text('Reason, shown with the subscription.')));
const secretOnce = orNull(
  field.text('Secret that the server created. It can’t be read later. Null if the server created none.'),
);
const shown = field.object(() => EventSubscription, 'Subscription after the change.');

export const CreateEventSubscriptionInput = mutationInput(
  'CreateEventSubscriptionInput',
  'New subscription to events.',
  { ...newSubscription, ...filters },
);
export const UpdateEventSubscriptionInput = mutationInput(
  'UpdateEventSubscriptionInput',
  'Changes of an event subscription. Omitted fields keep their values. `filters` replaces the whole filter; null removes it.',
  {
    subscriptionId,
    ...subscriptionChanges,
    filters: optional(field.object(() => FilterInput, 'New filter. Omitted: it stays. Null: no restriction.')),
  },
);
export const EventSubscriptionInput = mutationInput('EventSubscriptionInput', 'Event subscription to delete or test.', {
  subscriptionId,
});
export const RotateEventSubscriptionSecretInput = mutationInput(
  'RotateEventSubscriptionSecretInput',
  'Input of `rotateEventSubscriptionSecret`.',
  {
    subscriptionId,
    secret: optional(
      guarded(
        'CHECKED',
        field.text('New secret: `whsec_` and 24 to 64 bytes in base64. If omitted, the server creates one.'),
      ),
    ),
    keepPreviousSeconds: optional(
      field.integer(
        'Seconds for which requests are also signed with the previous secret, at most 30 days. Defaults to a day.',
      ),
    ),
  },
);
export const EnableEventSubscriptionInput = mutationInput(
  'EnableEventSubscriptionInput',
  'Input of `enableEventSubscription`.',
  {
    subscriptionId,
    skipMissed: optional(
      field.boolean(
        'True to skip pending events and continue with new ones. Defaults to false: it continues after the last event that it read.',
      ),
    ),
  },
);
export const DisableEventSubscriptionInput = mutationInput(
  'DisableEventSubscriptionInput',
  'Input of `disableEventSubscription`.',
  { subscriptionId, reason },
);
export const ReplayEventsInput = mutationInput(
  'ReplayEventsInput',
  'Range of the log to deliver again. Give `after` or `from`.',
  {
    subscriptionId,
    after: optional(field.text('Cursor. Delivers the events after it.')),
    until: optional(field.text('Cursor of the last event. Defaults to the end of the log.')),
    from: optional(field.time('Time of the first event.')),
    to: optional(field.time('End of the range: delivers events before this time. Defaults to now.')),
    failedOnly: optional(field.boolean('True to omit events that were delivered. Defaults to false.')),
  },
);
export const RedeliverEventInput = mutationInput('RedeliverEventInput', 'Input of `redeliverEvent`.', {
  deliveryId: field.uuid('Delivery to repeat.'),
});

export const CreateEventSubscriptionPayload = mutationPayload(
  'CreateEventSubscriptionPayload',
  'Result of `createEventSubscription`.',
  { eventSubscription: field.object(() => EventSubscription, 'New subscription.'), secret: secretOnce },
);
export const EventSubscriptionPayload = mutationPayload(
  'EventSubscriptionPayload',
  'Result of a change of an event subscription.',
  { eventSubscription: shown },
);
export const RotateEventSubscriptionSecretPayload = mutationPayload(
  'RotateEventSubscriptionSecretPayload',
  'Result of `rotateEventSubscriptionSecret`.',
  { eventSubscription: shown, secret: secretOnce },
);
export const DeleteEventSubscriptionPayload = mutationPayload(
  'DeleteEventSubscriptionPayload',
  'Result of `deleteEventSubscription`.',
  {},
);
export const TestEventSubscriptionPayload = mutationPayload(
  'TestEventSubscriptionPayload',
  'Result of `testEventSubscription`: the response of the receiver.',
  {
    delivered: field.boolean('True if the receiver accepted it.'),
    responseStatus: orNull(field.integer('HTTP status of the response. Null if there was none.')),
    errorCode: orNull(field.text('Code of the failure, as of a delivery. Null if it was delivered.')),
    error: orNull(field.text('Explanation of `errorCode`.')),
    durationMs: field.integer('Duration in milliseconds.'),
  },
);
export const RedeliverEventPayload = mutationPayload('RedeliverEventPayload', 'Result of `redeliverEvent`.', {
  delivery: field.object(() => EventDelivery, 'Delivery, which is pending again.'),
});
