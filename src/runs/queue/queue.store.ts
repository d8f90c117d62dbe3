import type { Db } from '../../kernel/database/database';
import type { QueueState, WaitingJobs } from './queue';

/**
 * The queue in numbers, from one statement over tables that hold only ready jobs, leases and agents: the cost is low
 * even if a hundred thousand jobs wait.
 */
export async function findQueueState(db: Db, onlineSince: Date): Promise<QueueState> {
  const [row] = await db.rows<
    Omit<QueueState, 'waiting'> & { waiting: (Omit<WaitingJobs, 'oldestQueuedAt'> & { oldestQueuedAt: string })[] }
  >(
    `WITH online AS (
       SELECT label_set_id, slots FROM agent WHERE left_at IS NULL AND last_seen_at >= $1
     ), waiting AS (
       SELECT class.labels, ready.jobs, ready.queued_at, (
         SELECT count(*) FROM online JOIN label_match fit USING (label_set_id) WHERE fit.requirement_class_id = class.id) AS agents
       FROM (
         SELECT requirement_class_id, count(*) AS jobs, min(queued_at) AS queued_at FROM ready_job GROUP BY requirement_class_id
       ) ready
       JOIN requirement_class class ON class.id = ready.requirement_class_id
     )
     SELECT (SELECT coalesce(sum(jobs), 0) FROM waiting)::int AS "readyJobs",
       (SELECT count(*) FROM job_lease WHERE NOT started)::int AS "offeredJobs",
       (SELECT count(*) FROM job_lease WHERE started)::int AS "runningJobs",
       (SELECT count(*) FROM online)::int AS "agentsOnline",
       (SELECT coalesce(sum(slots), 0) FROM online)::int AS slots,
       (SELECT coalesce(json_agg(json_build_object(
          'labels', labels, 'readyJobs', jobs, 'agentsOnline', agents, 'oldestQueuedAt', queued_at) ORDER BY queued_at), '[]')
        FROM waiting) AS waiting`,
    [onlineSince],
  );
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return { ...row, waiting: row.waiting.map((one) => ({ ...one, oldestQueuedAt: new Date(one.oldestQueuedAt) })) };
}
