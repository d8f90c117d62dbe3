import { oneOf, references, tableOf } from '../../kernel/database/table';
import { field, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';

export const deliveryState = {
  name: 'EventDeliveryState',
  description: 'State of a delivery.',
  values: {
    PENDING: 'Waits for its first or next attempt, or for an earlier event of the same run.',
    DELIVERED: 'The receiver accepted it.',
    FAILED: 'The receiver did not accept it in time, or is gone.',
    SKIPPED: 'Not sent: the owner may no longer read it, or the format has nothing to send for it.',
  },
} as const;
export type DeliveryState = keyof (typeof deliveryState)['values'];

/** Delivery of one event to one subscription. A redelivery or replay uses the same row, and so the same ID. */
export const deliveryFields = {
  id: field.id('ID, sent as `webhook-id`: the same for each attempt, redelivery and replay of the event.'),
  subscriptionId: field.uuid(),
  runId: field.uuid('ID of the run that the event belongs to.'),
  sequence: field.integer('Sequence of the event in the log of the run.'),
  executionId: field.uuid('ID of the execution that changed.'),
  transactionId: field.bigint(),
  type: field.text('Type of the event, such as `EXECUTION_STATUS`.'),
  state: field.oneOf(deliveryState, 'State.'),
  dueAt: orNull(
    field.time('Time of the next attempt. Null if it is not PENDING, or waits for an earlier event of the same run.'),
  ),
  attempts: field.integer('Number of attempts since it was created, or last redelivered or replayed.'),
  createdAt: field.time('Time at which the event was read from the log.'),
  firstAttemptAt: orNull(field.time()),
  lastAttemptAt: orNull(field.time('Time of the last attempt.')),
  giveUpAt: field.time(
    'Time after which it is no longer retried. The events of a run share this period, even while they wait for each other. One that is first tried while the receiver is down is retried until the receiver has been down as long.',
  ),
  endedAt: orNull(field.time('Time at which it became final.')),
  responseStatus: orNull(field.integer('HTTP status of the last response. Null if there was none.')),
  errorCode: orNull(
    field.text(
      'Code of the last failure: `HTTP_STATUS`, `REDIRECT`, `TIMEOUT`, `CONNECTION_FAILED`, `TLS_FAILED`, `DNS_FAILED`, `ADDRESS_REFUSED`, `SECRET_MISSING`; of a skipped one `NOT_READABLE`, `NO_COMMIT` or `NOTHING_TO_SEND`.',
    ),
  ),
  error: orNull(field.text('Explanation of `errorCode`.')),
  durationMs: orNull(field.integer('Duration of the last attempt in milliseconds.')),
};
export type EventDelivery = ShapeOf<typeof deliveryFields>;

const due = 'due_at IS NOT NULL';

export const deliveryTable = tableOf('event_delivery', deliveryFields, {
  foreignKeys: [references('event_subscription', 'subscriptionId')],
  indices: [
    { name: 'event_delivery_event', columns: ['subscriptionId', 'runId', 'sequence'], unique: true },
    // The first entry of a run is the only one that may be due.
    {
      name: 'event_delivery_pending',
      columns: ['subscriptionId', 'runId', 'sequence'],
      where: `state = 'PENDING'`,
    },
    { name: 'event_delivery_due', columns: ['subscriptionId', 'dueAt'], where: due },
    { name: 'event_delivery_due_run', columns: ['subscriptionId', 'runId'], where: due },
    { name: 'event_delivery_newest', columns: ['subscriptionId', 'transactionId', 'runId', 'sequence'] },
    { name: 'event_delivery_ended', columns: ['endedAt'], where: 'ended_at IS NOT NULL' },
  ],
  checks: [
    { name: 'event_delivery_state', expression: oneOf('state', valuesOf(deliveryState)) },
    { name: 'event_delivery_due_pending', expression: `due_at IS NULL OR state = 'PENDING'` },
    { name: 'event_delivery_ended_final', expression: `(ended_at IS NULL) = (state = 'PENDING')` },
  ],
});
