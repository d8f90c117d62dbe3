import { type ActorRef, actorRef } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { plainArray, textArray } from '../../kernel/database/table';
import type { PlacedEvents } from '../../engine/placeEvents';

/** An event that is written at the end of its transaction. */
export interface PendingEvent {
  readonly runId: string;
  readonly executionId: string;
  readonly type: string;
  readonly data: unknown;
}

/** Runs are locked in the order of their ids, so that two batches can't wait for each other. */
export async function lockRuns(db: Db, runIds: readonly string[]): Promise<void> {
  await db.rows('SELECT FROM execution WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
    [...new Set(runIds)],
  ]);
}

/**
 * `transaction_id` orders an event among those of all runs (events/README.md). Within a run it never decreases: a
 * transaction that began earlier may get the lock later.
 */
export async function writeEvents(db: Db, events: readonly PendingEvent[], actor: ActorRef, now: Date): Promise<void> {
  if (events.length === 0) return;
  const [runs, executions] = [new Map<string, number>(), new Map<string, number>()];
  const places = events.map(({ runId, executionId }) => ({
    run: step(runs, runId),
    own: step(executions, executionId),
  }));
  const ids = [...new Set([...runs.keys(), ...executions.keys()])];
  await db.rows(
    `WITH log AS MATERIALIZED (
       SELECT own.id, own.run_id, run.last_sequence, own.last_execution_sequence,
         greatest(pg_current_xact_id()::text::bigint, newest.transaction_id) AS transaction_id
       FROM execution own JOIN execution run ON run.id = own.run_id
       LEFT JOIN execution_event newest ON newest.run_id = run.id AND newest.sequence = run.last_sequence
       WHERE own.id = ANY ($1::uuid[])
     ), written AS (
       INSERT INTO execution_event
         (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
       SELECT log.run_id, log.last_sequence + e.run_step, log.id, log.last_execution_sequence + e.own_step,
         log.transaction_id, e.type, $9, $10, e.data
       FROM unnest($4::uuid[], $5::int[], $6::int[], $7::text[], $8::jsonb[])
         AS e (execution_id, run_step, own_step, type, data) JOIN log ON log.id = e.execution_id
     )
     UPDATE execution SET last_sequence = last_sequence + steps.run_steps,
       last_execution_sequence = last_execution_sequence + steps.own_steps
     FROM unnest($1::uuid[], $2::int[], $3::int[]) AS steps (id, run_steps, own_steps) WHERE execution.id = steps.id`,
    [
      ids,
      ids.map((id) => runs.get(id) ?? 0),
      ids.map((id) => executions.get(id) ?? 0),
      events.map((event) => event.executionId),
      places.map(({ run }) => run),
      places.map(({ own }) => own),
      events.map((event) => event.type),
      textArray(events.map((event) => JSON.stringify(event.data))),
      now,
      JSON.stringify(actorRef(actor)),
    ],
  );
}

/**
 * The same for events whose places are known from the locked rows, which the transaction writes itself: events are only
 * inserted here.
 */
export async function writePlacedEvents(
  db: Db,
  { events, ends }: PlacedEvents,
  actor: ActorRef,
  now: Date,
): Promise<void> {
  if (events.length === 0) return;
  const numbers = new Map([...ends.keys()].map((runId, index) => [runId, index + 1]));
  await db.rows(
    `WITH log AS MATERIALIZED (
       SELECT array_agg(run.id ORDER BY run.n) AS runs,
         array_agg(greatest(pg_current_xact_id()::text::bigint, newest.transaction_id) ORDER BY run.n) AS transactions
       FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS run (id, last, n)
       LEFT JOIN execution_event newest ON newest.run_id = run.id AND newest.sequence = run.last
     )
     INSERT INTO execution_event
       (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
     SELECT log.runs[e.run], e.sequence, e.execution_id, e.own, log.transactions[e.run], e.type, $8, $9, e.data
     FROM log, unnest($3::int[], $4::int[], $5::uuid[], $6::int[], $7::text[], $10::jsonb[])
       AS e (run, sequence, execution_id, own, type, data)`,
    [
      [...ends.keys()],
      [...ends.values()],
      plainArray(events.map(({ runId }) => numbers.get(runId))),
      plainArray(events.map(({ sequence }) => sequence)),
      plainArray(events.map(({ executionId }) => executionId)),
      plainArray(events.map(({ executionSequence }) => executionSequence)),
      plainArray(events.map(({ type }) => type)),
      now,
      JSON.stringify(actorRef(actor)),
      textArray(events.map(({ data }) => JSON.stringify(data))),
    ],
  );
}

/** Position of the next event of a log among those of its transaction. */
function step(counts: Map<string, number>, id: string): number {
  const next = (counts.get(id) ?? 0) + 1;
  counts.set(id, next);
  return next;
}
