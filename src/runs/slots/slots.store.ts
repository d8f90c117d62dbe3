import type { SlotHolder, SlotState } from '../../engine/beginning';
import type { SlotChanges } from '../../engine/changes';
import type { Db } from '../../kernel/database/database';
import type { SlotRow } from './slots.table';

/**
 * Frees, takes and requests slots, in one statement. Fails with SQLSTATE SL001 if a slot is not free, or if others wait
 * for it.
 */
export async function moveSlots(db: Db, { freed, taken, waiting }: SlotChanges, now: Date): Promise<void> {
  await db.rows('SELECT move_slots($1::uuid[], $2::jsonb, $3::jsonb, $4)', [
    freed,
    JSON.stringify(
      taken.map((one) => ({
        ...holderRow(one),
        environment_id: one.environmentId,
        assumed: one.assumed,
        replaces: one.replaces,
        needs: one.needs,
      })),
    ),
    JSON.stringify(
      waiting.map(({ code, text, until, needs, blocker, ...holder }) => ({
        ...holderRow(holder),
        ...{ code, reason: text, until, needs },
        group_key: blocker?.key ?? null,
        blocked_by: blocker?.holder?.holderId ?? null,
        position: blocker?.position ?? null,
      })),
    ),
    now,
  ]);
}

const holderRow = ({ holderId, runId, executionId, stageExecutionId, operationId }: SlotHolder) => ({
  ...{ holder_id: holderId, run_id: runId, execution_id: executionId },
  ...{ stage_execution_id: stageExecutionId, operation_id: operationId },
});

const asHolder = (alias: string) =>
  `jsonb_build_object('holderId', ${alias}.holder_id, 'runId', ${alias}.run_id, 'executionId', ${alias}.execution_id,
     'stageExecutionId', ${alias}.stage_execution_id, 'operationId', ${alias}.operation_id`;

/** States of groups, each as one holder sees it. Keys are made by `slotFact`. */
export function findSlotStates(db: Db, keys: readonly string[]): Promise<(SlotState & { readonly key: string })[]> {
  return db.rows(
    `SELECT asked.key,
       (SELECT coalesce(jsonb_agg(${asHolder('slot')}, 'since', slot.since) ORDER BY slot.since, slot.number), '[]')
        FROM slot WHERE slot.group_key = asked.group_key AND slot.number <= asked.maximum) AS holders,
       waiting_ahead(asked.group_key, asked.holder_id)::int AS ahead,
       (SELECT ${asHolder('wait')}) FROM slot_request other
          JOIN (SELECT id AS holder_id, run_id, execution_id, stage_execution_id, NULL::uuid AS operation_id FROM begin_wait) wait
            USING (holder_id)
        WHERE other.group_key = asked.group_key AND other.holder_id <> asked.holder_id ORDER BY other.place LIMIT 1) AS first,
       (SELECT wait.execution_id FROM slot_request own
          JOIN slot_request newer ON newer.group_key = own.group_key AND newer.policy = 'LATEST' AND newer.number > own.number
          JOIN begin_wait wait ON wait.id = newer.holder_id
        WHERE own.group_key = asked.group_key AND own.holder_id = asked.holder_id AND own.policy = 'LATEST'
        ORDER BY newer.number DESC LIMIT 1) AS "supersededBy"
     FROM unnest($1::text[], $2::uuid[], $3::int[], $4::text[]) AS asked (key, holder_id, maximum, group_key)`,
    [
      keys,
      keys.map((key) => key.slice(0, 36)),
      keys.map((key) => Number(key.split(' ', 2)[1])),
      keys.map((key) => key.split(' ').slice(2).join(' ')),
    ],
  );
}

/** Reasons that elements and executions that wait to begin show, by their IDs. */
export async function findDelays(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const sql = 'SELECT id, reason FROM begin_wait WHERE id = ANY ($1::uuid[])';
  const rows = await db.rows<{ readonly id: string; readonly reason: string }>(sql, [ids]);
  return new Map(rows.map(({ id, reason }) => [id, reason]));
}

/** Something that waits to begin, and is asked again. */
export interface DueBeginning {
  readonly id: string;
  readonly runId: string;
  readonly executionId: string;
  readonly stageExecutionId: string | null;
}

/**
 * Waiting elements and runs that are asked again: all their slots are free, a newer one supersedes them, the end of
 * their wait has come, a freeze may have changed since they were asked, nobody is asked for their approval any more, or
 * their place or holder differs from what they show. In the order of the queue.
 */
export function findDueBeginnings(db: Db, now: Date, limit: number): Promise<DueBeginning[]> {
  return db.rows(
    `WITH queued AS (
       SELECT request.holder_id, request.group_key, request.place, run.pause IS NOT NULL AS paused, request.maximum,
         count(*) FILTER (WHERE run.pause IS NULL)
           OVER (PARTITION BY request.group_key ORDER BY request.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead,
         first_value(request.holder_id) OVER (PARTITION BY request.group_key ORDER BY request.place) AS first,
         request.policy = 'LATEST' AND request.number < max(CASE WHEN request.policy = 'LATEST' THEN request.number END)
           OVER (PARTITION BY request.group_key) AS superseded
       FROM slot_request request JOIN execution run ON run.id = request.run_id
     ), seen AS (
       SELECT queued.*, held.number AS held, held.oldest, held.has
       FROM queued CROSS JOIN LATERAL (
         SELECT count(*) AS number, (array_agg(slot.holder_id ORDER BY slot.since, slot.number))[1] AS oldest,
           coalesce(bool_or(slot.holder_id = queued.holder_id), false) AS has
         FROM slot WHERE slot.group_key = queued.group_key AND slot.number <= queued.maximum
       ) held
     ), due AS (
       SELECT wait.id, min(seen.place) AS place,
         bool_and(seen.has OR seen.held + seen.ahead < seen.maximum) AND NOT bool_or(seen.paused) AS free,
         bool_or(seen.superseded) AS superseded,
         bool_or(NOT seen.paused AND seen.group_key = wait.group_key AND (seen.ahead + 1 <> wait.position
           OR coalesce(seen.oldest, nullif(seen.first, wait.id)) IS DISTINCT FROM wait.blocked_by)) AS moved
       FROM begin_wait wait JOIN seen ON seen.holder_id = wait.id GROUP BY wait.id
     )
     SELECT wait.id, wait.run_id AS "runId", wait.execution_id AS "executionId",
       wait.stage_execution_id AS "stageExecutionId"
     FROM begin_wait wait LEFT JOIN due USING (id)
     CROSS JOIN LATERAL (SELECT pause IS NOT NULL AS is FROM execution WHERE execution.id = wait.run_id) paused
     CROSS JOIN LATERAL (
       SELECT wait.code = 'APPROVAL_CHANGED' AND NOT EXISTS (SELECT FROM approval
         WHERE approval.execution_id = wait.execution_id AND approval.status = 'WAITING' AND approval.renews_id IS NOT NULL) AS is
     ) approved
     CROSS JOIN LATERAL (
       SELECT wait.code = 'FROZEN' AND (wait.asked_at < $1::timestamptz - interval '1 minute'
         OR EXISTS (SELECT FROM deployment_freeze WHERE updated_at >= wait.asked_at - interval '5 seconds')) AS freezes
     ) changed
     WHERE NOT paused.is AND (wait.until <= $1 OR changed.freezes OR approved.is) OR due.free OR due.superseded OR due.moved
     ORDER BY (due.free OR due.superseded) DESC NULLS LAST, due.place NULLS FIRST, wait.since, wait.id LIMIT $2`,
    [now, limit],
  );
}

export type HeldSlot = Pick<SlotRow, 'groupKey' | 'maximum' | 'executionId' | 'stageExecutionId' | 'since'>;

/** Taken slots of these groups, oldest first. */
export function findHeldSlots(db: Db, keys: readonly string[]): Promise<HeldSlot[]> {
  return db.rows(
    `SELECT group_key AS "groupKey", maximum, execution_id AS "executionId", stage_execution_id AS "stageExecutionId", since
     FROM slot WHERE group_key = ANY ($1::text[]) ORDER BY group_key, since, number`,
    [keys],
  );
}

export interface WaitingInGroup {
  readonly groupKey: string;
  readonly maximum: number;
  readonly executionId: string;
  readonly stageExecutionId: string | null;
  readonly reason: string;
  readonly since: Date;
  /** From 1. */
  readonly position: number;
}

/** Queues of these groups, in order. */
export function findWaiting(db: Db, keys: readonly string[]): Promise<WaitingInGroup[]> {
  return db.rows(
    `SELECT request.group_key AS "groupKey", request.maximum, wait.execution_id AS "executionId",
       wait.stage_execution_id AS "stageExecutionId", wait.reason, wait.since,
       row_number() OVER (PARTITION BY request.group_key ORDER BY request.place)::int AS position
     FROM slot_request request JOIN begin_wait wait ON wait.id = request.holder_id
     WHERE request.group_key = ANY ($1::text[]) ORDER BY request.group_key, request.place`,
    [keys],
  );
}

/** Mean duration of the workflows that made the newest deployments to these environments, if they succeeded. */
export function findTypicalDurations(db: Db, environmentIds: readonly string[]): Promise<{ id: string; ms: number }[]> {
  if (environmentIds.length === 0) return Promise.resolve([]);
  return db.rows(
    `SELECT asked.id, avg(extract(epoch FROM took.time) * 1000)::float AS ms FROM unnest($1::uuid[]) AS asked (id)
     CROSS JOIN LATERAL (
       SELECT execution_id, number FROM deployment WHERE environment_id = asked.id ORDER BY number DESC LIMIT 20
     ) newest CROSS JOIN LATERAL (
       SELECT ended_at - attempt_started_at AS time FROM execution WHERE id = newest.execution_id AND status = 'SUCCESS'
     ) took GROUP BY asked.id`,
    [environmentIds],
  );
}

/** What waits for slots, of one execution. */
export function findWaitsOf(db: Db, executionId: string): Promise<(DueBeginning & { readonly queued: boolean })[]> {
  return db.rows(
    `SELECT id, run_id AS "runId", execution_id AS "executionId", stage_execution_id AS "stageExecutionId",
       EXISTS (SELECT FROM slot_request WHERE holder_id = id) AS queued
     FROM begin_wait WHERE execution_id = $1 ORDER BY id`,
    [executionId],
  );
}

/** Moves waiting elements in front of those of another execution, or of everything that waits for the same groups. */
export async function moveAhead(db: Db, ids: readonly string[], before: string | null): Promise<void> {
  await db.rows(
    `WITH others AS (
       SELECT place FROM slot_request WHERE holder_id <> ALL ($1::uuid[])
     ), target AS (
       SELECT min(place) AS place FROM slot_request request
       WHERE holder_id <> ALL ($1::uuid[]) AND CASE WHEN $2::uuid IS NULL
         THEN group_key IN (SELECT group_key FROM slot_request WHERE holder_id = ANY ($1::uuid[]))
         ELSE holder_id IN (SELECT id FROM begin_wait WHERE execution_id = $2) END
     ), gap AS (
       SELECT target.place AS above,
         coalesce((SELECT max(others.place) FROM others WHERE others.place < target.place), target.place - 1) AS below
       FROM target WHERE target.place IS NOT NULL
     ), moved AS (
       SELECT holder_id, row_number() OVER (ORDER BY min(place)) AS rank, count(*) OVER () AS total
       FROM slot_request WHERE holder_id = ANY ($1::uuid[]) GROUP BY holder_id
     )
     UPDATE slot_request SET place = gap.below + (gap.above - gap.below) * moved.rank / (moved.total + 1)
     FROM gap, moved WHERE slot_request.holder_id = moved.holder_id AND slot_request.place > gap.below`,
    [ids, before],
  );
}
