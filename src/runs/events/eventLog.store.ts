import type { Db } from '../../kernel/database/database';
import type { Execution } from '../../engine/execution';
import type { LogEvent, Place } from './eventLog';

/** Log of a run, or the part that one member execution wrote. Each has its own sequence column and index. */
const columns = ({ id, runId }: Pick<Execution, 'id' | 'runId'>) =>
  id === runId
    ? { owner: 'event.run_id = $1', sequence: 'event.sequence' }
    : { owner: 'event.execution_id = $1 AND event.run_id <> event.execution_id', sequence: 'event.execution_sequence' };

const event = (
  sequence: string,
) => `event.run_id AS "runId", event.execution_id AS "executionId", ${sequence} AS sequence,
  event.type, event.at, event.actor, event.data`;

/** Events after a position in the log of an execution, in order. */
export function findEvents(
  db: Db,
  log: Pick<Execution, 'id' | 'runId'>,
  after: number,
  limit: number,
): Promise<LogEvent[]> {
  const { owner, sequence } = columns(log);
  return db.rows(
    `SELECT ${event(sequence)} FROM execution_event event
     WHERE ${owner} AND ${sequence} > $2 ORDER BY ${sequence} LIMIT $3`,
    [log.id, after, limit],
  );
}

/** Oldest sequence that is still stored; undefined if none is. */
export async function findFirstSequence(db: Db, log: Pick<Execution, 'id' | 'runId'>): Promise<number | undefined> {
  const { owner, sequence } = columns(log);
  const [row] = await db.rows<{ first: number | null }>(
    `SELECT min(${sequence}) AS first FROM execution_event event WHERE ${owner}`,
    [log.id],
  );
  return row?.first ?? undefined;
}

/** Executions whose logs have grown past the known positions. */
export async function findGrown(db: Db, known: ReadonlyMap<string, number>): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `SELECT id FROM unnest($1::uuid[], $2::int[]) AS known (id, sequence) JOIN execution USING (id)
     WHERE CASE WHEN id = run_id THEN last_sequence ELSE last_execution_sequence END > sequence`,
    [[...known.keys()], [...known.values()]],
  );
  return rows.map(({ id }) => id);
}

// Events of all runs

/**
 * All transactions of this database below this id have ended, so no event will be added below it. The databases of a
 * PostgreSQL server share transaction ids: a transaction in progress counts unless its session belongs to another
 * database.
 */
const HORIZON = `(SELECT coalesce(min(number::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
  FROM pg_snapshot_xip(pg_current_snapshot()) AS number WHERE NOT EXISTS (
    SELECT FROM pg_stat_get_activity(NULL) AS session WHERE session.backend_xid = number::xid
      AND session.datid <> (SELECT oid FROM pg_database WHERE datname = current_database())))`;

export interface CommittedEvent extends LogEvent {
  readonly transactionId: number;
  /** Sequence in the run's log, even if `sequence` counts a member's events. */
  readonly runSequence: number;
}

export interface Committed {
  readonly events: readonly CommittedEvent[];
  /** All events of earlier transactions have been read. */
  readonly horizon: number;
  /** Newer events exist but can't be delivered yet, because an older transaction is still in progress. */
  readonly waiting: boolean;
}

/**
 * Events of all runs after a position, in their common order. `where` refers to the event as `event` and to its
 * execution as `e`. A single statement reads the horizon and the events from one snapshot.
 */
export async function findCommitted(
  db: Db,
  after: Place,
  where: (parameters: unknown[]) => string,
  limit: number,
): Promise<Committed> {
  const parameters: unknown[] = [after.transactionId, after.runId, after.sequence, limit];
  const own = 'CASE WHEN event.run_id = event.execution_id THEN event.sequence ELSE event.execution_sequence END';
  const rows = await db.rows<CommittedEvent & { horizon: number; waiting: boolean }>(
    `WITH ended AS MATERIALIZED (SELECT ${HORIZON} AS horizon),
       log AS (SELECT horizon, EXISTS (SELECT FROM execution_event WHERE transaction_id >= horizon) AS waiting FROM ended)
     SELECT log.horizon, log.waiting, found.* FROM log LEFT JOIN LATERAL (
       SELECT event.transaction_id AS "transactionId", event.sequence AS "runSequence", ${event(own)}
       FROM execution_event event JOIN execution e ON e.id = event.execution_id
       WHERE (event.transaction_id, event.run_id, event.sequence) > ($1::bigint, $2::uuid, $3::int)
         AND event.transaction_id < log.horizon AND (${where(parameters)})
       ORDER BY event.transaction_id, event.run_id, event.sequence LIMIT $4
     ) found ON true
     ORDER BY "transactionId", "runId", "runSequence"`,
    parameters,
  );
  const [first] = rows;
  if (first === undefined) throw new Error('a statement that always returns a row returned none');
  return { horizon: first.horizon, waiting: first.waiting, events: rows.filter(({ runId }) => runId !== null) };
}

/** Times in the log can be out of order by this much, because clocks of servers differ and transactions take time. */
const DISORDER_MS = 3_600_000;

/**
 * Positions between which all events of a range of times are: a binary search over transactions, so its cost does not
 * depend on the length of the log. Events outside of the range can be between them, too.
 */
export async function findPlacesOfTimes(
  db: Db,
  from: Date | null,
  to: Date | null,
  horizon: number,
): Promise<{ readonly after: number; readonly until: number }> {
  const { after } = from === null ? { after: 0 } : await searchTime(db, from.getTime() - DISORDER_MS, horizon);
  const { until } = to === null ? { until: horizon } : await searchTime(db, to.getTime() + DISORDER_MS, horizon);
  return { after, until };
}

/** The event of a transaction `after` is older than the time; those of `until` are not, or do not exist. */
async function searchTime(
  db: Db,
  time: number,
  horizon: number,
): Promise<{ readonly after: number; readonly until: number }> {
  // Transaction 0 has restored events, which are in no order among themselves.
  let after = 0;
  let next = 1;
  let until = horizon;
  while (next < until) {
    const middle = next + Math.floor((until - next) / 2);
    const [found] = await db.rows<{ id: number; at: Date }>(
      `SELECT transaction_id AS id, at FROM execution_event WHERE transaction_id >= $1 AND transaction_id < $2
       ORDER BY transaction_id, run_id, sequence LIMIT 1`,
      [middle, until],
    );
    if (found === undefined || found.at.getTime() >= time) until = middle;
    else {
      after = found.id;
      next = found.id + 1;
    }
  }
  return { after, until };
}

export interface LogBounds {
  /** Events up to this transaction may have been deleted. */
  readonly pruned: number;
  /** New transactions get this id or a larger one. */
  readonly next: number;
  /** Same as `Committed.horizon`. */
  readonly horizon: number;
}

export async function findLogBounds(db: Db): Promise<LogBounds> {
  const [row] = await db.rows<LogBounds>(
    `SELECT coalesce((SELECT transaction_id FROM event_horizon), 0) AS pruned,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next, ${HORIZON} AS horizon`,
  );
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}

/** Distinguishes this database from any other that uses the same transaction ids. */
export async function findDatabaseIdentity(db: Db): Promise<string> {
  const [may] = await db.rows<{ ask: boolean }>(
    `SELECT has_function_privilege('pg_control_system()', 'EXECUTE') AS ask`,
  );
  if (!may?.ask) return '';
  const [row] = await db.rows<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
  return row?.id ?? '';
}

/** True for the id of a transaction of another database that this one has not reached yet. */
export const isForeign = (id: string): string => `${id} >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint`;

/**
 * Events restored from a dump carry transaction ids of another database that this one has not reached yet. Up to
 * `place` they become older than everything else, and later ones get the id of this transaction. Otherwise they, and
 * all later events of their runs, would stay invisible to readers of all runs.
 */
export async function adoptRestoredEvents(db: Db, place: Place | undefined): Promise<number> {
  await db.write(`UPDATE event_horizon SET transaction_id = 0 WHERE ${isForeign('transaction_id')}`);
  const { transactionId = null, runId = null, sequence = null } = place ?? {};
  return db.write(
    `UPDATE execution_event SET transaction_id = CASE WHEN (transaction_id, run_id, sequence) > ($1::bigint, $2::uuid, $3::int)
       THEN pg_current_xact_id()::text::bigint ELSE 0 END WHERE ${isForeign('transaction_id')}`,
    [transactionId, runId, sequence],
  );
}

// Retention

export interface OldEvent extends Place {
  readonly at: Date;
}

/** Ages of events after a position, up to the limit. */
export function findAges(db: Db, after: Place, limit: number): Promise<OldEvent[]> {
  return db.rows(
    `SELECT transaction_id AS "transactionId", run_id AS "runId", sequence, at FROM execution_event
     WHERE (transaction_id, run_id, sequence) > ($1, $2, $3) ORDER BY transaction_id, run_id, sequence LIMIT $4`,
    [after.transactionId, after.runId, after.sequence, limit],
  );
}

/** Locks a run. Returns true if it is final and all of its events are older than `before`. */
export async function lockIfOld(db: Db, runId: string, before: Date): Promise<boolean> {
  const rows = await db.rows(
    `SELECT FROM execution run WHERE id = $1 AND ended_at < $2 AND NOT EXISTS (
       SELECT FROM execution_event WHERE run_id = run.id AND sequence = run.last_sequence AND at >= $2
     ) FOR NO KEY UPDATE`,
    [runId, before],
  );
  return rows.length === 1;
}

/**
 * Deletes the oldest events of a run and records up to where the log of all runs is now incomplete. Returns the number
 * of deleted events.
 */
export async function deleteOldest(db: Db, runId: string, limit: number): Promise<number> {
  const [row] = await db.rows<{ n: number }>(
    `WITH gone AS (
       DELETE FROM execution_event WHERE run_id = $1
         AND sequence <= (SELECT max(sequence) FROM (
           SELECT sequence FROM execution_event WHERE run_id = $1 ORDER BY sequence LIMIT $2) oldest)
       RETURNING transaction_id
     ), noted AS (
       INSERT INTO event_horizon (id, transaction_id) SELECT 1, max(transaction_id) FROM gone HAVING count(*) > 0
       ON CONFLICT (id) DO UPDATE SET transaction_id = greatest(event_horizon.transaction_id, excluded.transaction_id)
     )
     SELECT count(*) AS n FROM gone`,
    [runId, limit],
  );
  return row?.n ?? 0;
}
