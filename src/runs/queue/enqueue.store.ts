import type { Db } from '../../kernel/database/database';
import { LARGEST_WEIGHT } from './priorities';

/** Virtual time that a job takes if its application has the weight 1. */
const COST = 100 * LARGEST_WEIGHT;

/** Of a `run`, with the settings of its `entity` and its `application`: what is nearest to the run decides. */
export const PRECEDENCE = '-coalesce(run.priority, entity.priority, application.priority, 0)';

/** Row of the table through its index, whatever the planner believes about the size of the table. */
const executionOf = (id: string, name: string) =>
  `CROSS JOIN LATERAL (SELECT * FROM execution WHERE id = ${id} OFFSET 0) ${name}`;

/** The newest claim counts if it was just before the head; it may be one of another class, which has its own time. */
const timeOf = (classId: string, precedence: string) =>
  `SELECT CASE WHEN taken.last_value BETWEEN virtual_time AND share + ${COST}
     THEN least(taken.last_value, greatest(share, virtual_time)) ELSE virtual_time END AS now
   FROM ready_job, queue_time taken WHERE requirement_class_id = ${classId} AND precedence = ${precedence}
   ORDER BY share, rank LIMIT 1`;

/**
 * Puts the jobs of a relation `given (job_id, run_id, class_id, fresh, queued_at, n)` into the queue, by start-time fair
 * queueing over runs, in each class of requirements and priority:
 *
 * - A job of a run that has others waiting follows the last of them. Its distance is the cost of a job divided by the
 *   weight of the application.
 * - The first job of a run (`fresh`) is due now. Later jobs of a run that has none waiting are due one job later, as if
 *   they followed the job that ran before, so that a chain of tasks gets the share of one run and no more.
 * - The virtual time is the share of the job that was taken before the head of the class. In an empty class it is that of
 *   the classes that the same agents serve at least, and in an empty queue that of the newest claim. A class that no
 *   agent can run therefore holds up only itself.
 * - Each first job moves the time on by a part of its cost: an endless row of new runs can't keep back an older one.
 */
export const enqueue = (given: string, precedence = PRECEDENCE, returning = 'job_id'): string => `
  WITH ${given}, setting AS MATERIALIZED (
    SELECT run.id AS run_id, ${precedence} AS precedence,
      ${COST} / coalesce(application.weight, 1) AS cost
    FROM (SELECT DISTINCT run_id FROM given) asked ${executionOf('asked.run_id', 'run')}
    LEFT JOIN queue_setting entity ON entity.id = run.entity_id
    LEFT JOIN queue_setting application ON application.id = run.application_id
  ), flow AS MATERIALIZED (
    SELECT asked.run_id, asked.class_id, setting.precedence, setting.cost, asked.fresh AND own.finish IS NULL AS first,
      coalesce(own.finish, time.now + CASE WHEN asked.fresh THEN 0 ELSE setting.cost END) AS due
    FROM (SELECT run_id, class_id, bool_or(fresh) AS fresh FROM given GROUP BY run_id, class_id) asked
    JOIN setting USING (run_id)
    LEFT JOIN LATERAL (
      SELECT finish FROM ready_job
      WHERE run_id = asked.run_id AND requirement_class_id = asked.class_id AND precedence = setting.precedence
        AND finish IS NOT NULL
      ORDER BY finish DESC LIMIT 1
    ) own ON true
    CROSS JOIN LATERAL (
      SELECT coalesce((${timeOf('asked.class_id', 'setting.precedence')}), (
        SELECT min(head.now) FROM requirement_class narrower
        JOIN requirement_class wider ON wider.labels <@ narrower.labels
        CROSS JOIN LATERAL (${timeOf('wider.id', 'setting.precedence')}) head
        WHERE narrower.id = asked.class_id
      ), (SELECT last_value FROM queue_time)) AS now
    ) time
  )
  INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, virtual_time, finish, queued_at)
  SELECT job_id, run_id, class_id, precedence, due + k * cost,
    due + CASE WHEN first AND k = 0 THEN cost / 8 ELSE (k - 1) * cost END, due + (k + 1) * cost, queued_at
  FROM (SELECT *, row_number() OVER (PARTITION BY run_id, class_id ORDER BY n) - 1 AS k FROM given) job
  JOIN flow USING (run_id, class_id)
  ORDER BY n
  RETURNING ${returning}`;

/** Returns offers that were not started to their places in the queue. */
export async function withdrawOffers(db: Db, jobIds: readonly string[]): Promise<void> {
  await db.rows(
    `WITH withdrawn AS (
       DELETE FROM job_lease WHERE job_id = ANY ($1::uuid[]) AND NOT started RETURNING job_id, precedence, share, rank
     )
     INSERT INTO ready_job (job_id, run_id, requirement_class_id, precedence, share, rank, virtual_time, queued_at)
     SELECT job.id, job.run_id, job.requirement_class_id, precedence, share, rank, share, job.queued_at
     FROM withdrawn JOIN job ON job.id = withdrawn.job_id AND job.ended_at IS NULL`,
    [jobIds],
  );
}

/** Puts withheld jobs back into the queue, in the order in which they were created, with the priorities that they had. */
export async function requeueJobs(db: Db, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  const own = `own AS (SELECT id, priority FROM job WHERE id = ANY ($1::uuid[]) AND priority IS NOT NULL)`;
  await Promise.all([db.rows(REQUEUE, [jobIds]), db.rows(takeOwnPlaces(own), [jobIds])]);
}

/** Gives the next jobs of tasks the priority that people gave to the jobs before them. They are in the queue already. */
export async function inheritPriorities(db: Db, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  const own = `own AS (
    UPDATE job SET priority = earlier.priority FROM job earlier
    WHERE job.id = ANY ($1::uuid[]) AND earlier.task_execution_id = job.task_execution_id
      AND earlier.attempt = job.attempt - 1 AND earlier.priority IS NOT NULL
    RETURNING job.id, job.priority
  )`;
  await db.rows(takeOwnPlaces(own), [jobIds]);
}

/** Jobs of a relation `own (id, priority)`, which this transaction has queued, get the place of a job that was moved. */
const takeOwnPlaces = (own: string): string =>
  `WITH ${own} UPDATE ready_job SET precedence = -own.priority, virtual_time = share, finish = NULL
   FROM own WHERE ready_job.job_id = own.id`;

const REQUEUE = enqueue(`given AS (
    SELECT id AS job_id, run_id, requirement_class_id AS class_id, false AS fresh, queued_at,
      row_number() OVER (ORDER BY queued_at, id) AS n
    FROM job WHERE id = ANY ($1::uuid[]) AND status = 'QUEUED'
  )`);
