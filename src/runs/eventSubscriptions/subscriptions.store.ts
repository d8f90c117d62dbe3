import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Place } from '../events/eventLog';
import {
  type EventSubscription,
  type Replay,
  type SubscriptionState,
  subscriptionStateTable,
  subscriptions,
} from './eventSubscriptions';

const row = columnsOf(subscriptions.schema, 'row');
const state = columnsOf(subscriptionStateTable, 'state');

/** A subscription with its working state, under different names where both have a column. */
export interface LiveSubscription {
  readonly subscription: EventSubscription;
  readonly state: SubscriptionState;
}

async function findLive(db: Db, where: string, parameters: readonly unknown[]): Promise<LiveSubscription | undefined> {
  const [[subscription], [found]] = await Promise.all([
    db.rows<EventSubscription>(
      `SELECT ${row} FROM event_subscription AS row JOIN event_subscription_state AS state ON state.subscription_id = row.id WHERE ${where}`,
      parameters,
    ),
    db.rows<SubscriptionState>(
      `SELECT ${state} FROM event_subscription AS row JOIN event_subscription_state AS state ON state.subscription_id = row.id WHERE ${where}`,
      parameters,
    ),
  ]);
  return subscription === undefined || found === undefined ? undefined : { subscription, state: found };
}

/** A subscription that is enabled and leased by this server. */
export const findLeased = (db: Db, id: string, server: string): Promise<LiveSubscription | undefined> =>
  findLive(db, `row.id = $1 AND row.enabled AND row.deleted_at IS NULL AND state.leased_by = $2`, [id, server]);

export const findWithState = (db: Db, id: string): Promise<LiveSubscription | undefined> =>
  findLive(db, 'row.id = $1 AND row.deleted_at IS NULL', [id]);

export async function insertState(
  db: Db,
  one: Pick<SubscriptionState, 'subscriptionId' | 'keyId' | 'sealed' | 'sealedVersion'> & Place,
): Promise<void> {
  await db.write(
    `INSERT INTO event_subscription_state (subscription_id, key_id, sealed, sealed_version, transaction_id, run_id, sequence)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [one.subscriptionId, one.keyId, one.sealed, one.sealedVersion, one.transactionId, one.runId, one.sequence],
  );
}

/** Takes the lock of a subscription's deliveries. False if it does not exist, or if another server holds its lease. */
export async function lockState(db: Db, id: string, server?: string): Promise<boolean> {
  const rows = await db.rows(
    `SELECT FROM event_subscription_state WHERE subscription_id = $1 AND ($2::uuid IS NULL OR leased_by = $2) FOR NO KEY UPDATE`,
    [id, server ?? null],
  );
  return rows.length === 1;
}

/**
 * Takes the leases that are free, except of subscriptions that this server already works on: after a pause of the
 * process, its own leases are over. Servers that look at the same time get different ones. Returns the ids.
 */
export async function takeLeases(
  db: Db,
  server: string,
  except: readonly string[],
  now: Date,
  until: Date,
): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `UPDATE event_subscription_state SET leased_by = $1, leased_until = $3 WHERE subscription_id IN (
       SELECT state.subscription_id FROM event_subscription_state AS state
       JOIN event_subscription AS row ON row.id = state.subscription_id
       WHERE row.enabled AND row.deleted_at IS NULL AND (state.leased_until IS NULL OR state.leased_until < $2)
         AND NOT (state.leased_by IS NOT DISTINCT FROM $1 AND state.subscription_id = ANY ($4::uuid[]))
       FOR UPDATE OF state SKIP LOCKED)
     RETURNING subscription_id AS id`,
    [server, now, until, except],
  );
  return rows.map(({ id }) => id);
}

/** False if the lease has been lost. */
export async function renewLease(db: Db, id: string, server: string, until: Date): Promise<boolean> {
  return (
    (await db.write(
      'UPDATE event_subscription_state SET leased_until = $3 WHERE subscription_id = $1 AND leased_by = $2',
      [id, server, until],
    )) === 1
  );
}

export async function endLease(db: Db, id: string, server: string): Promise<void> {
  await db.write(
    'UPDATE event_subscription_state SET leased_by = NULL, leased_until = NULL WHERE subscription_id = $1 AND leased_by = $2',
    [id, server],
  );
}

export async function setPlace(db: Db, id: string, { transactionId, runId, sequence }: Place): Promise<void> {
  await db.write(
    'UPDATE event_subscription_state SET transaction_id = $2, run_id = $3, sequence = $4 WHERE subscription_id = $1',
    [id, transactionId, runId, sequence],
  );
}

export async function setReplay(db: Db, id: string, replay: Replay | null): Promise<void> {
  await db.write('UPDATE event_subscription_state SET replay = $2 WHERE subscription_id = $1', [
    id,
    replay === null ? null : JSON.stringify(replay),
  ]);
}

export async function setSealed(
  db: Db,
  id: string,
  { keyId, sealed, sealedVersion }: Pick<SubscriptionState, 'keyId' | 'sealed' | 'sealedVersion'>,
): Promise<void> {
  await db.write(
    'UPDATE event_subscription_state SET key_id = $2, sealed = $3, sealed_version = $4 WHERE subscription_id = $1',
    [id, keyId, sealed, sealedVersion],
  );
}

/** Notes if attempts succeed, and until when the receiver wants no requests. Null keeps `heldUntil`. */
export async function noteHealth(db: Db, id: string, failingSince: Date | null, heldUntil: Date | null): Promise<void> {
  await db.write(
    `UPDATE event_subscription_state SET failing_since = $2::timestamptz, held_until = coalesce($3::timestamptz, held_until)
     WHERE subscription_id = $1 AND (failing_since IS DISTINCT FROM $2::timestamptz OR $3::timestamptz IS NOT NULL)`,
    [id, failingSince, heldUntil],
  );
}

/** Locks the states that other keys than this one encrypt. */
export async function lockStatesOfOtherKeys(db: Db, keyId: string): Promise<LiveSubscription[]> {
  const ids = await db.rows<{ id: string }>(
    `SELECT subscription_id AS id FROM event_subscription_state WHERE key_id <> $1 ORDER BY subscription_id FOR UPDATE`,
    [keyId],
  );
  const found = await Promise.all(ids.map(({ id }) => findLive(db, 'row.id = $1', [id])));
  return found.filter((one) => one !== undefined);
}

/** Switches a subscription off. False if it was off already, or is deleted. */
export async function markOff(
  db: Db,
  id: string,
  { code, reason, now }: { readonly code: string; readonly reason: string; readonly now: Date },
): Promise<boolean> {
  const changed = await db.write(
    `UPDATE event_subscription SET enabled = false, off_code = $2, off_reason = $3, off_at = $4
     WHERE id = $1 AND enabled AND deleted_at IS NULL`,
    [id, code, reason, now],
  );
  return changed > 0;
}
