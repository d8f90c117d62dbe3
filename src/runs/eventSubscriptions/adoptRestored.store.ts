import type { Db } from '../../kernel/database/database';
import { type Place, placeBefore } from '../events/eventLog';
import { isForeign } from '../events/eventLog.store';

/** Position of the subscription that has read least of the log. Undefined if there is none. */
export async function findOldestPosition(db: Db): Promise<Place | undefined> {
  const [place] = await db.rows<Place>(
    `SELECT transaction_id AS "transactionId", run_id AS "runId", sequence FROM event_subscription_state
     ORDER BY transaction_id, run_id, sequence LIMIT 1`,
  );
  return place;
}

/**
 * Positions in another database come just before this transaction, whose id the events that nobody has read get. Those
 * that one subscription has read and another has not are no new deliveries of the first: it has a row for each.
 */
export async function adoptPositions(db: Db): Promise<void> {
  const [current] = await db.rows<{ id: number }>('SELECT pg_current_xact_id()::text::bigint AS id');
  if (current === undefined) throw new Error('a statement that always returns a row returned none');
  const before = placeBefore(current.id);
  await db.write(
    `UPDATE event_subscription_state SET transaction_id = $1, run_id = $2, sequence = $3 WHERE ${isForeign('transaction_id')}`,
    [before.transactionId, before.runId, before.sequence],
  );
  // A replay looks for its events again, all of which are now before its end.
  const positionOf = (name: string) => `(replay->'${name}'->>'transactionId')::bigint`;
  await db.write(
    `UPDATE event_subscription_state SET replay = replay || jsonb_build_object('until', $1::jsonb,
       'after', CASE WHEN ${isForeign(positionOf('after'))} THEN $2::jsonb ELSE replay->'after' END)
     WHERE ${isForeign(positionOf('until'))}`,
    [JSON.stringify(before), JSON.stringify(placeBefore(0))],
  );
}

/** Lists show the newest deliveries first: those of another database come last, by run, which is by age. */
export async function adoptDeliveries(db: Db): Promise<void> {
  await db.write(`UPDATE event_delivery SET transaction_id = 0 WHERE ${isForeign('transaction_id')}`);
}
