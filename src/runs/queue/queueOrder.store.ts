import type { Db } from '../../kernel/database/database';
import { takeTurn } from './claimedJobs.store';
import { enqueue, PRECEDENCE } from './enqueue.store';
import type { Place } from './job';
import { RANK_GAP, type Spot } from './places';

/** A job with what decides about a change of its place. */
export interface PlacedJob {
  readonly jobId: string;
  readonly runId: string;
  readonly executionId: string;
  readonly taskExecutionId: string;
  readonly name: string;
  readonly attempt: number;
  /** ENDED: no agent can have it anymore. HELD: it waits, but not in the queue, because its run is paused. */
  readonly state: 'WAITING' | 'OFFERED' | 'RUNNING' | 'HELD' | 'ENDED';
  /** Its place in the queue, or the one that it was claimed from. */
  readonly place: Place | null;
}

const place = (row: string) =>
  `jsonb_build_object('precedence', ${row}.precedence, 'share', ${row}.share, 'rank', ${row}.rank)`;

export function findPlacedJobs(db: Db, jobIds: readonly string[]): Promise<PlacedJob[]> {
  return db.rows(
    `SELECT job.id AS "jobId", job.run_id AS "runId", job.execution_id AS "executionId",
       job.task_execution_id AS "taskExecutionId", task.name, job.attempt,
       CASE WHEN ready.job_id IS NOT NULL THEN 'WAITING' WHEN lease.started THEN 'RUNNING' WHEN lease.job_id IS NOT NULL THEN 'OFFERED'
         WHEN job.ended_at IS NULL THEN 'HELD' ELSE 'ENDED' END AS state,
       CASE WHEN ready.job_id IS NOT NULL THEN ${place('ready')} WHEN lease.job_id IS NOT NULL THEN ${place('lease')} END AS place
     FROM job JOIN task_execution task ON task.id = job.task_execution_id
     LEFT JOIN ready_job ready ON ready.job_id = job.id LEFT JOIN job_lease lease ON lease.job_id = job.id
     WHERE job.id = ANY ($1::uuid[])`,
    [jobIds],
  );
}

export interface WaitingPlace extends Place {
  readonly jobId: string;
}

/**
 * The job directly in front of a place or behind it, over all classes of requirements; the head or the tail of the
 * queue for no place. Some jobs don't count.
 */
export async function findNeighbor(
  db: Db,
  direction: 'FORWARD' | 'BACK',
  from: Place | null,
  without: readonly string[],
): Promise<WaitingPlace | null> {
  const [compare, order] = direction === 'FORWARD' ? ['>', 'ASC'] : ['<', 'DESC'];
  const ordered = ['precedence', 'share', 'rank'].map((column) => `${column} ${order}`).join(', ');
  const after = from === null ? 'TRUE' : `(precedence, share, rank) ${compare} ($2::int, $3::bigint, $4::bigint)`;
  const [row] = await db.rows<WaitingPlace>(
    `SELECT head.* FROM requirement_class class CROSS JOIN LATERAL (
       SELECT job_id AS "jobId", precedence, share, rank FROM ready_job
       WHERE requirement_class_id = class.id AND ${after} AND job_id <> ALL ($1::uuid[]) ORDER BY ${ordered} LIMIT 1
     ) head ORDER BY ${ordered} LIMIT 1`,
    from === null ? [without] : [without, from.precedence, from.share, from.rank],
  );
  return row ?? null;
}

/**
 * Gives waiting jobs other places; returns those that still waited. A job is removed and added, not updated: a claim
 * that began before sees either no such job or its new place.
 */
export async function replaceJobs(db: Db, moves: readonly (Place & { readonly jobId: string })[]): Promise<string[]> {
  const rows = await db.rows<{ jobId: string }>(
    `WITH gone AS (
       DELETE FROM ready_job USING unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) AS m (id, new_precedence, new_share, new_rank)
       WHERE job_id = m.id RETURNING ready_job.*, m.*
     )
     INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, rank, virtual_time, queued_at)
     SELECT job_id, run_id, requirement_class_id, new_precedence, new_share, new_rank, new_share, queued_at FROM gone
     WHERE EXISTS (SELECT FROM job WHERE job.id = gone.job_id AND ended_at IS NULL)
     RETURNING job_id AS "jobId"`,
    [
      moves.map(({ jobId }) => jobId),
      moves.map(({ precedence }) => precedence),
      moves.map(({ share }) => share),
      moves.map(({ rank }) => rank),
    ],
  );
  return rows.map(({ jobId }) => jobId);
}

/** Spreads the ranks of jobs with the priority and share of this one. Claims wait for it, so none sees half of it. */
export async function spreadRanks(db: Db, { anchor: { precedence, share } }: Spot): Promise<void> {
  await Promise.all([
    takeTurn(db),
    db.rows(
      `UPDATE ready_job SET rank = spread.rank FROM (
         SELECT tied.job_id, row_number() OVER (ORDER BY tied.rank, tied.job_id) * ${RANK_GAP} AS rank
         FROM requirement_class class CROSS JOIN LATERAL (
           SELECT job_id, rank FROM ready_job WHERE requirement_class_id = class.id AND precedence = $1 AND share = $2
         ) tied
       ) spread WHERE ready_job.job_id = spread.job_id`,
      [precedence, share],
    ),
  ]);
}

/** Whose waiting jobs get another priority. */
export type PriorityScope = 'RUN' | 'ENTITY' | 'APPLICATION';

export interface MovedJob {
  readonly runId: string;
  readonly precedence: number;
}

/**
 * Moves waiting jobs to the priority that their runs have now, unless they have their own; returns those that moved.
 * Claims wait for it.
 */
export async function applyPriorities(db: Db, scope: PriorityScope, id: string): Promise<MovedJob[]> {
  const [, moved] = await Promise.all([takeTurn(db), db.rows<MovedJob>(REORDER[scope], [id])]);
  return moved;
}

/** Runs with waiting jobs, to lock before their jobs move. */
export async function findWaitingRuns(db: Db, scope: PriorityScope, id: string): Promise<string[]> {
  const rows = await db.rows<{ id: string }>(
    `SELECT id FROM execution run WHERE ${RUNS_OF[scope]} AND id IN (SELECT run_id FROM ready_job)`,
    [id],
  );
  return rows.map((run) => run.id);
}

const RUNS_OF: Readonly<Record<PriorityScope, string>> = {
  RUN: 'run.id = $1',
  ENTITY: 'run.entity_id = $1',
  APPLICATION: 'run.application_id = $1',
};

const reorder = (runs: string): string =>
  enqueue(
    `gone AS (
    DELETE FROM ready_job USING execution run
    LEFT JOIN queue_setting entity ON entity.id = run.entity_id
    LEFT JOIN queue_setting application ON application.id = run.application_id
    WHERE run.id = ready_job.run_id AND ${runs} AND precedence <> ${PRECEDENCE}
      AND NOT EXISTS (SELECT FROM job WHERE job.id = ready_job.job_id AND job.priority IS NOT NULL)
    RETURNING ready_job.*
  ), given AS MATERIALIZED (${GONE})`,
    PRECEDENCE,
    'run_id AS "runId", precedence',
  );

const GONE = `SELECT job_id, run_id, requirement_class_id AS class_id, false AS fresh, queued_at,
  row_number() OVER (ORDER BY precedence, share, rank) AS n FROM gone
  WHERE EXISTS (SELECT FROM job WHERE job.id = gone.job_id AND ended_at IS NULL)`;

const REORDER: Readonly<Record<PriorityScope, string>> = {
  RUN: reorder(RUNS_OF.RUN),
  ENTITY: reorder(RUNS_OF.ENTITY),
  APPLICATION: reorder(RUNS_OF.APPLICATION),
};

/** Moves one waiting job to another priority; returns false if it is there, or no longer waits. */
export async function prioritizeJob(db: Db, jobId: string, priority: number): Promise<boolean> {
  return (await db.rows(PRIORITIZE, [jobId, -priority])).length > 0;
}

/** Keeps the priority that a person gave to a job, for later jobs of its task and for pauses. Null: that of the run. */
export const keepPriorities = (
  db: Db,
  jobs: readonly { readonly jobId: string; readonly priority: number | null }[],
): Promise<number> =>
  db.write(
    `UPDATE job SET priority = given.priority FROM unnest($1::uuid[], $2::int[]) AS given (id, priority)
     WHERE job.id = given.id AND job.ended_at IS NULL`,
    [jobs.map(({ jobId }) => jobId), jobs.map(({ priority }) => priority)],
  );

const PRIORITIZE = enqueue(
  `gone AS (DELETE FROM ready_job WHERE job_id = $1 AND precedence <> $2::int RETURNING *), given AS MATERIALIZED (${GONE})`,
  '$2::int',
);
