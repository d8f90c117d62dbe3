import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import { derivedId } from '../../kernel/ids';
import type { LogEvent } from '../events/eventLog';
import type { CommittedEvent } from '../events/eventLog.store';
import { type DeliveryState, deliveryTable, type EventDelivery } from './eventDeliveries';

const columns = columnsOf(deliveryTable, 'one');

/** The same for an event of a subscription at every time: a replay has it, too, after the first delivery was deleted. */
const idOf = (subscriptionId: string, { runId, runSequence }: CommittedEvent): string =>
  derivedId(subscriptionId, runId, String(runSequence));

/** How events become deliveries: once, or again although they were delivered. */
type Again = 'NEVER' | 'FAILED' | 'ALL';

const reset = `UPDATE SET state = 'PENDING', attempts = 0, give_up_at = excluded.give_up_at, ended_at = NULL`;
const again: Readonly<Record<Again, string>> = {
  NEVER: 'NOTHING',
  FAILED: `${reset} WHERE event_delivery.state IN ('FAILED', 'SKIPPED')`,
  ALL: `${reset} WHERE event_delivery.state <> 'PENDING'`,
};

/** When deliveries become pending, and until when they are retried. */
export interface Period {
  readonly now: Date;
  readonly giveUpAt: Date;
}

/** Adds deliveries of events. The caller holds the lock of the subscription. */
export async function addDeliveries(
  db: Db,
  subscriptionId: string,
  events: readonly CommittedEvent[],
  { now, giveUpAt }: Period,
  mode: Again = 'NEVER',
): Promise<void> {
  if (events.length === 0) return;
  await db.write(
    `INSERT INTO event_delivery (id, subscription_id, run_id, sequence, execution_id, transaction_id, type, state, attempts, created_at, give_up_at)
     SELECT given.id, $1, given.run_id, given.sequence, given.execution_id, given.transaction_id, given.type, 'PENDING', 0, $8, $9
     FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::uuid[], $6::bigint[], $7::text[])
       AS given (id, run_id, sequence, execution_id, transaction_id, type)
     ON CONFLICT (subscription_id, run_id, sequence) DO ${again[mode]}`,
    [
      subscriptionId,
      events.map((event) => idOf(subscriptionId, event)),
      events.map(({ runId }) => runId),
      events.map(({ runSequence }) => runSequence),
      events.map(({ executionId }) => executionId),
      events.map(({ transactionId }) => transactionId),
      events.map(({ type }) => type),
      now,
      giveUpAt,
    ],
  );
  await settleHeads(
    db,
    subscriptionId,
    events.map(({ runId }) => runId),
    now,
  );
}

/**
 * Makes the first pending delivery of each run the one that is due, and no other: so events of a run arrive in order.
 * The caller holds the lock of the subscription, and calls this after every change of the runs' deliveries.
 */
export async function settleHeads(db: Db, subscriptionId: string, runIds: readonly string[], now: Date): Promise<void> {
  await db.write(
    `WITH head AS (
       SELECT first.id FROM unnest($2::uuid[]) AS run (id) CROSS JOIN LATERAL (
         SELECT id FROM event_delivery WHERE subscription_id = $1 AND run_id = run.id AND state = 'PENDING'
         ORDER BY sequence LIMIT 1
       ) first
     )
     UPDATE event_delivery AS one SET due_at = CASE WHEN EXISTS (SELECT FROM head WHERE head.id = one.id) THEN coalesce(one.due_at, $3) END
     WHERE one.id IN (SELECT id FROM head UNION SELECT id FROM event_delivery
       WHERE subscription_id = $1 AND run_id = ANY ($2::uuid[]) AND due_at IS NOT NULL)`,
    [subscriptionId, [...new Set(runIds)], now],
  );
}

/** Deliveries with a time, earliest first, due or not: the first that is not due tells when to look again. */
export function findDue(
  db: Db,
  subscriptionId: string,
  except: readonly string[],
  limit: number,
): Promise<EventDelivery[]> {
  return db.rows(
    `SELECT ${columns} FROM event_delivery AS one WHERE subscription_id = $1 AND due_at IS NOT NULL AND NOT id = ANY ($2::uuid[])
     ORDER BY due_at, id LIMIT $3`,
    [subscriptionId, except, limit],
  );
}

/** Result of an attempt, as it is stored. */
export interface Attempted {
  readonly delivery: EventDelivery;
  readonly state: DeliveryState;
  /** For PENDING: time of the next attempt. */
  readonly dueAt: Date | null;
  readonly at: Date;
  readonly responseStatus: number | null;
  readonly errorCode: string | null;
  readonly error: string | null;
  readonly durationMs: number | null;
}

/** The caller holds the lock of the subscription. */
export async function recordAttempts(
  db: Db,
  subscriptionId: string,
  attempts: readonly Attempted[],
  now: Date,
): Promise<void> {
  if (attempts.length === 0) return;
  await db.write(
    `UPDATE event_delivery AS one SET state = given.state, due_at = given.due_at, attempts = one.attempts + 1,
       first_attempt_at = CASE WHEN one.attempts = 0 THEN given.at ELSE one.first_attempt_at END,
       last_attempt_at = given.at, ended_at = CASE WHEN given.state <> 'PENDING' THEN $10::timestamptz END,
       response_status = given.response_status, error_code = given.error_code, error = given.error, duration_ms = given.duration_ms
     FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::int[])
       AS given (id, state, due_at, at, response_status, error_code, error, duration_ms)
     WHERE one.subscription_id = $1 AND one.id = given.id AND one.state = 'PENDING'`,
    [
      subscriptionId,
      attempts.map(({ delivery }) => delivery.id),
      attempts.map((one) => one.state),
      attempts.map((one) => one.dueAt),
      attempts.map((one) => one.at),
      attempts.map((one) => one.responseStatus),
      attempts.map((one) => one.errorCode),
      attempts.map((one) => one.error),
      attempts.map((one) => one.durationMs),
      now,
    ],
  );
  await settleHeads(
    db,
    subscriptionId,
    attempts.map(({ delivery }) => delivery.runId),
    now,
  );
}

export async function findDelivery(db: Db, id: string): Promise<EventDelivery | undefined> {
  return (await db.rows<EventDelivery>(`SELECT ${columns} FROM event_delivery AS one WHERE id = $1`, [id]))[0];
}

/** Makes a final delivery pending again. */
export async function repeatDelivery(
  db: Db,
  { id, subscriptionId, runId }: EventDelivery,
  { now, giveUpAt }: Period,
): Promise<void> {
  await db.write(
    `UPDATE event_delivery SET state = 'PENDING', attempts = 0, give_up_at = $2, ended_at = NULL
     WHERE id = $1 AND state <> 'PENDING'`,
    [id, giveUpAt],
  );
  await settleHeads(db, subscriptionId, [runId], now);
}

/** After a pause, each pending delivery has the whole time again, and those that wait for an attempt get it now. */
export async function refreshPending(db: Db, subscriptionId: string, { now, giveUpAt }: Period): Promise<void> {
  await db.write(
    `UPDATE event_delivery SET give_up_at = $3, due_at = CASE WHEN due_at IS NOT NULL THEN $2::timestamptz END
     WHERE subscription_id = $1 AND state = 'PENDING'`,
    [subscriptionId, now, giveUpAt],
  );
}

/** Gives up what is pending. */
export async function skipPending(db: Db, subscriptionId: string, error: string, now: Date): Promise<void> {
  await db.write(
    `UPDATE event_delivery SET state = 'SKIPPED', due_at = NULL, ended_at = $2, error_code = 'NOTHING_TO_SEND', error = $3
     WHERE subscription_id = $1 AND state = 'PENDING'`,
    [subscriptionId, now, error],
  );
}

/** Deletes final deliveries that ended before a time. Returns their number. */
export function deleteEnded(db: Db, before: Date, limit: number): Promise<number> {
  return db.write(
    `DELETE FROM event_delivery WHERE id IN (SELECT id FROM event_delivery WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)`,
    [before, limit],
  );
}

/** Numbers of pending deliveries by subscription. */
export async function countPending(db: Db, subscriptionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.rows<{ id: string; count: number }>(
    `SELECT subscription_id AS id, count(*)::int AS count FROM event_delivery
     WHERE subscription_id = ANY ($1::uuid[]) AND state = 'PENDING' GROUP BY subscription_id`,
    [subscriptionIds],
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** Events of deliveries by the delivery's id. Missing: the event was deleted by the retention. */
export async function findDeliveredEvents(
  db: Db,
  deliveries: readonly EventDelivery[],
): Promise<ReadonlyMap<string, LogEvent>> {
  const rows = await db.rows<LogEvent & { deliveryId: string }>(
    `SELECT given.id AS "deliveryId", event.run_id AS "runId", event.execution_id AS "executionId", event.sequence,
       event.type, event.at, event.actor, event.data
     FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS given (id, run_id, sequence)
     JOIN execution_event AS event ON event.run_id = given.run_id AND event.sequence = given.sequence`,
    [deliveries.map(({ id }) => id), deliveries.map(({ runId }) => runId), deliveries.map(({ sequence }) => sequence)],
  );
  return new Map(rows.map(({ deliveryId, ...event }) => [deliveryId, event]));
}
