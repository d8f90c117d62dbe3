import type { ActorRef } from '../../access/actor';
import type { FiringInputs } from '../../engine/firing';
import { oneOf, references, tableOf } from '../../kernel/database/table';
import { field, listOf, orNull, type ShapeOf, valuesOf } from '../../kernel/fields';

export const firingKind = {
  name: 'TriggerFiringKind',
  description: 'Cause of a firing.',
  values: {
    WEBHOOK: 'A webhook.',
    IMAGE: 'A registry announced an image.',
    SCHEDULE: 'A scheduled time was reached.',
    EXECUTION: 'The end of another execution.',
    MANUAL: '`fireTrigger`.',
  },
} as const;

export const firingStatus = {
  name: 'TriggerFiringStatus',
  description: 'Outcome of a firing.',
  values: {
    PENDING: 'Not decided yet, or waiting for another try at `nextTryAt`.',
    STARTED: 'It started `execution`.',
    FILTERED: 'The trigger does not react to the event; `reasonCode` and `reason` explain why.',
    REFUSED: 'The start was refused; `reasonCode` is the code of its error.',
    SKIPPED: 'Nothing was tried; `reasonCode` and `reason` explain why.',
    FAILED: 'An expression has no value, or the server failed.',
  },
} as const;

/** Facts that a firing needs until it is decided. */
export interface FiringFacts {
  /** Execution that ended. */
  readonly executionId?: string;
  readonly attempt?: number;
  readonly status?: string;
  /** Time of the schedule. */
  readonly tick?: string;
  /** Address at which Docker Hub expects the result. */
  readonly callback?: string;
}

/** One event at a trigger, and its outcome. */
export const firingFields = {
  id: field.id('ID, which a webhook’s response contains.'),
  triggerId: field.uuid(),
  applicationId: field.uuid(),
  version: field.integer('Version of the trigger that it used.'),
  kind: field.oneOf(firingKind, 'Cause.'),
  event: orNull(field.text('Name of the webhook’s event, such as `push`. Null if it has none.')),
  delivery: orNull(
    field.text('ID of the delivery, the time of the schedule, or the execution that ended. Each fires a trigger once.'),
  ),
  /** Unique for a trigger: one event fires it once, however many servers see it. */
  dedupeKey: field.text(),
  /** For senders whose signature does not cover the ID of the delivery: a signed body counts once. */
  bodyHash: orNull(field.text()),
  status: field.oneOf(firingStatus, 'Outcome.'),
  reasonCode: orNull(
    field.text(
      'Code of the error that refused the start, or CONDITION_FALSE, EVENT_NOT_WANTED, CONDITION_ERROR, MISSED_TICK, TRIGGER_CYCLE, SWITCHED_OFF, AUTHOR_GONE. Of the last try, if it is PENDING.',
    ),
  ),
  reason: orNull(field.text('Explanation for people.')),
  payload: orNull(
    field.json<unknown>('Payload, with secrets masked, and shortened to 16 KiB. Null if the event has none.'),
  ),
  inputs: orNull(field.json<FiringInputs>()),
  facts: orNull(field.json<FiringFacts>()),
  entityId: field.uuid(),
  author: field.json<ActorRef>(),
  /** Triggers that led to the event, the first one first. */
  chain: listOf(field.uuid()),
  executionId: orNull(field.uuid()),
  tries: field.integer('Number of tries to start the execution.'),
  createdAt: field.time('Time of the event.'),
  nextAt: orNull(field.time()),
  endedAt: orNull(field.time('Time of the outcome. Null while it is PENDING.')),
};
export type Firing = ShapeOf<typeof firingFields>;

export const firingTable = tableOf('trigger_firing', firingFields, {
  foreignKeys: [references('start_trigger', 'triggerId')],
  uniques: [{ name: 'trigger_firing_once', columns: ['triggerId', 'dedupeKey'] }],
  indices: [
    { name: 'trigger_firing_body', columns: ['triggerId', 'bodyHash'], unique: true, where: 'body_hash IS NOT NULL' },
    { name: 'trigger_firing_next', columns: ['nextAt'], where: 'next_at IS NOT NULL' },
    { name: 'trigger_firing_newest', columns: ['triggerId', 'createdAt', 'id'] },
    { name: 'trigger_firing_ended', columns: ['endedAt'], where: 'ended_at IS NOT NULL' },
    { name: 'trigger_firing_execution', columns: ['executionId'], where: 'execution_id IS NOT NULL' },
  ],
  checks: [
    { name: 'trigger_firing_kind', expression: oneOf('kind', valuesOf(firingKind)) },
    { name: 'trigger_firing_status', expression: oneOf('status', valuesOf(firingStatus)) },
    { name: 'trigger_firing_timer', expression: `(next_at IS NOT NULL) = (status = 'PENDING')` },
    { name: 'trigger_firing_end', expression: `(ended_at IS NULL) = (status = 'PENDING')` },
    { name: 'trigger_firing_started', expression: `(execution_id IS NOT NULL) = (status = 'STARTED')` },
  ],
});
