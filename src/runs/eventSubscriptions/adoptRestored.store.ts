import type { Db } from '../../kernel/database/database';
import type { Place } from '../events/eventLog';
import { FOREIGN } from '../events/eventLog.store';

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
  const before = `pg_current_xact_id()::text::bigint - 1`;
  await db.write(
    `UPDATE event_subscription_state SET transaction_id = ${before}, run_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff', sequence = 2147483647
     WHERE ${FOREIGN}`,
  );
  // A replay looks for its events again, all of which are now before its end.
  await db.write(
    `UPDATE event_subscription_state SET replay = replay || jsonb_build_object(
       'after', CASE WHEN (replay->'after'->>'transactionId')::bigint < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
         THEN replay->'after' ELSE jsonb_build_object('transactionId', 0, 'runId', '00000000-0000-0000-0000-000000000000', 'sequence', 0) END,
       'until', jsonb_build_object('transactionId', ${before}, 'runId', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'sequence', 2147483647))
     WHERE (replay->'until'->>'transactionId')::bigint >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`,
  );
}

/** Lists show the newest deliveries first: those of another database come last, by run, which is by age. */
export async function adoptDeliveries(db: Db): Promise<void> {
  await db.write(`UPDATE event_delivery SET transaction_id = 0 WHERE ${FOREIGN}`);
}
