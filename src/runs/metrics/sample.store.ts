import type { Db } from '../../kernel/database/database';

interface Count {
  readonly label: string;
  readonly count: number;
}

/** The state of the installation in numbers. */
export interface Sample {
  readonly queues: readonly {
    readonly labels: readonly string[];
    readonly jobs: number;
    readonly seconds: number;
    readonly agents: number;
  }[];
  readonly offered: number;
  readonly running: number;
  readonly agents: readonly Count[];
  readonly agentSlots: number;
  readonly slotsHeld: number;
  readonly waits: readonly (Count & { readonly seconds: number })[];
  readonly executions: readonly (Count & { readonly kind: string })[];
  readonly approvals: { readonly count: number; readonly seconds: number };
  readonly horizonSeconds: number;
  readonly firings: { readonly count: number; readonly seconds: number; readonly late: number };
  readonly deliveries: { readonly count: number; readonly seconds: number };
  readonly subscriptions: readonly Count[];
}

const age = (time: string): string => `greatest(0, extract(epoch FROM $1::timestamptz - min(${time})))::float8`;

export async function findSample(db: Db, now: Date, onlineSince: Date): Promise<Sample> {
  const [row] = await db.rows<Sample>(SAMPLE, [now, onlineSince]);
  if (row === undefined) throw new Error('a statement that always returns a row returned none');
  return row;
}

/**
 * One statement over tables and partial indices that hold only what is open: its cost does not grow with history.
 * `$2`: agents heard from since then are online.
 */
export const SAMPLE = `WITH present AS MATERIALIZED (
       SELECT id, label_set_id, slots, last_seen_at >= $2 AS online, draining_at IS NOT NULL AS draining,
         paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > $1) AS paused
       FROM agent WHERE left_at IS NULL
     ), queue AS (
       SELECT class.labels, ready.jobs, ready.seconds, (
         SELECT count(*)::int FROM present JOIN label_match fit USING (label_set_id)
         WHERE present.online AND fit.requirement_class_id = class.id) AS agents
       FROM (
         SELECT requirement_class_id, count(*)::int AS jobs, ${age('queued_at')} AS seconds FROM ready_job GROUP BY 1
       ) ready JOIN requirement_class class ON class.id = ready.requirement_class_id
     )
     SELECT (SELECT coalesce(jsonb_agg(queue ORDER BY seconds DESC), '[]') FROM queue) AS queues,
       (SELECT count(*) FROM job_lease WHERE NOT started)::int AS offered,
       (SELECT count(*) FROM job_lease WHERE started)::int AS running,
       (SELECT coalesce(jsonb_agg(found), '[]') FROM (
          SELECT CASE WHEN NOT online THEN 'LOST' WHEN draining THEN 'DRAINING' WHEN paused THEN 'PAUSED'
            WHEN EXISTS (SELECT FROM job_lease WHERE agent_id = present.id) THEN 'BUSY' ELSE 'ONLINE' END AS label,
            count(*)::int AS count
          FROM present GROUP BY 1) found) AS agents,
       (SELECT coalesce(sum(slots), 0) FROM present WHERE online)::int AS "agentSlots",
       (SELECT count(*) FROM slot)::int AS "slotsHeld",
       (SELECT coalesce(jsonb_agg(found), '[]') FROM (
          SELECT code AS label, count(*)::int AS count, ${age('since')} AS seconds FROM begin_wait GROUP BY code
        ) found) AS waits,
       (SELECT coalesce(jsonb_agg(found), '[]') FROM (
          SELECT kind, status AS label, count(*)::int AS count FROM execution
          WHERE ended_at IS NULL AND parent_stage_execution_id IS NULL GROUP BY kind, status) found) AS executions,
       (SELECT jsonb_build_object('count', count(*), 'seconds', coalesce(${age('requested_at')}, 0))
        FROM approval WHERE status = 'WAITING') AS approvals,
       (SELECT jsonb_build_object('count', count(*), 'seconds', coalesce(${age('created_at')}, 0),
          'late', coalesce(${age('next_at')}, 0)) FROM trigger_firing WHERE next_at IS NOT NULL) AS firings,
       (SELECT jsonb_build_object('count', count(*), 'seconds', coalesce(${age('created_at')}, 0))
        FROM event_delivery WHERE state = 'PENDING'
          AND subscription_id IN (SELECT id FROM event_subscription WHERE enabled AND deleted_at IS NULL)) AS deliveries,
       (SELECT coalesce(jsonb_agg(found), '[]') FROM (
          SELECT coalesce(off_code, 'ENABLED') AS label, count(*)::int AS count FROM event_subscription
          WHERE deleted_at IS NULL GROUP BY 1) found) AS subscriptions,
       coalesce((SELECT greatest(0, extract(epoch FROM now() - min(xact_start)))::float8 FROM pg_stat_activity
         WHERE datname = current_database() AND backend_xid IS NOT NULL), 0) AS "horizonSeconds"`;
