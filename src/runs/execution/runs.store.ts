import { type ActorRef, actorRef } from '../../access/actor';
import type { Db } from '../../kernel/database/database';

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
 * `transaction_id` is the place of an event among those of all runs (events/README.md). Within a run it never goes
 * down: a transaction that began earlier may get the lock later.
 */
export async function writeEvents(db: Db, events: readonly PendingEvent[], actor: ActorRef, now: Date): Promise<void> {
  if (events.length === 0) return;
  await db.rows(
    `WITH pending AS (
       SELECT *, row_number() OVER (PARTITION BY run_id ORDER BY n) AS run_step,
         row_number() OVER (PARTITION BY execution_id ORDER BY n) AS own_step
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) WITH ORDINALITY AS e (run_id, execution_id, type, data, n)
     ), written AS (
       INSERT INTO execution_event
         (run_id, sequence, execution_id, execution_sequence, transaction_id, type, at, actor, data)
       SELECT pending.run_id, run.last_sequence + run_step, pending.execution_id, own.last_execution_sequence + own_step,
         greatest(pg_current_xact_id()::text::bigint, newest.transaction_id), pending.type, $5, $6, pending.data
       FROM pending JOIN execution run ON run.id = pending.run_id JOIN execution own ON own.id = pending.execution_id
       LEFT JOIN execution_event newest ON newest.run_id = run.id AND newest.sequence = run.last_sequence
     ), steps AS (
       SELECT id, sum(run_steps) AS run_steps, sum(own_steps) AS own_steps FROM (
         SELECT run_id AS id, count(*) AS run_steps, 0 AS own_steps FROM pending GROUP BY run_id
         UNION ALL
         SELECT execution_id, 0, count(*) FROM pending GROUP BY execution_id
       ) counted GROUP BY id
     )
     UPDATE execution SET last_sequence = last_sequence + steps.run_steps,
       last_execution_sequence = last_execution_sequence + steps.own_steps
     FROM steps WHERE execution.id = steps.id`,
    [
      events.map((event) => event.runId),
      events.map((event) => event.executionId),
      events.map((event) => event.type),
      events.map((event) => JSON.stringify(event.data)),
      now,
      JSON.stringify(actorRef(actor)),
    ],
  );
}
