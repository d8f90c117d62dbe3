import type { DelayedBeginning, JobPause, NearestAgent, WaitingJob, WaitingTask } from '../../engine/whyNotRunning';
import type { Db } from '../../kernel/database/database';
import { pauses } from '../queue/claimedJobs.store';

/** Kinds of waiting tasks of an execution that are read: one task stands for all that wait for the same reason. */
const KINDS = 20;
/** Places in the queue are counted up to here. */
export const PLACES = 1000;
const NAMED_DEPENDENCIES = 5;

export interface TaskKind {
  readonly executionId: string;
  readonly taskId: string;
  readonly alike: number;
}

/**
 * Tasks of these workflow executions that could start but have not, and failed ones that wait for a person. Of tasks
 * that wait for agents with the same labels, the first one is returned, with their number.
 */
export function findWaitingKinds(db: Db, executionIds: readonly string[]): Promise<TaskKind[]> {
  return db.rows(
    `SELECT asked.id AS "executionId", kind."taskId", kind.alike
     FROM unnest($1::uuid[]) AS asked (id) CROSS JOIN LATERAL (
       SELECT (array_agg(task.id ORDER BY task.ordinal))[1] AS "taskId", count(*)::int AS alike, min(task.ordinal) AS first
       FROM (
         SELECT * FROM task_execution WHERE execution_id = asked.id AND type = 'normal' AND ended_at IS NULL
         UNION ALL
         SELECT task.* FROM detached_task JOIN task_execution task ON task.id = detached_task.task_id
         WHERE detached_task.execution_id = asked.id AND task.ended_at IS NULL
       ) task LEFT JOIN ready_job ready ON ready.job_id = task.job_id
       WHERE task.status = 'WAITING' OR task.status = 'QUEUED' AND task.waiting_on = 0
       GROUP BY CASE WHEN task.status = 'WAITING' OR task.next_try_at IS NOT NULL THEN task.id END,
         task.job_id IS NULL, ready.requirement_class_id
       ORDER BY first LIMIT ${KINDS}
     ) kind`,
    [executionIds],
  );
}

/** These tasks, with what each waits for. */
export function findWaitingTasks(
  db: Db,
  taskIds: readonly string[],
): Promise<Omit<WaitingTask, 'alike' | 'job' | 'approval'>[]> {
  return db.rows(
    `SELECT task.id, task.execution_id AS "executionId", task.name, task.status, task.job_id AS "jobId",
       task.next_try_at AS "nextTryAt", task.waits_until AS "waitsUntil", task.waiting_on AS "waitingOn",
       task.created_at AS "createdAt",
       nullif(revision.definition #> ARRAY['tasks', split_part(task.name, '[', 1), 'matrixRules'], 'null') AS matrix,
       CASE WHEN task.waiting_on = 0 THEN '{}' ELSE ARRAY(
         SELECT needed.name FROM (
           SELECT depends_on_id AS id FROM task_dependency WHERE task_id = task.id
           UNION ALL
           -- All combinations of a matrix are one dependency.
           SELECT own.depends_on_id FROM task_dependency gate JOIN task_gate ON task_gate.id = gate.depends_on_id
             JOIN task_dependency own ON own.task_id = task_gate.id
           WHERE gate.task_id = task.id
         ) dependency JOIN task_execution needed ON needed.id = dependency.id
         WHERE NOT needed.passed ORDER BY needed.ordinal LIMIT ${NAMED_DEPENDENCIES}) END AS dependencies
     FROM task_execution task JOIN execution ON execution.id = task.execution_id
     LEFT JOIN workflow_revision revision ON revision.id = execution.revision_id
     WHERE task.id = ANY ($1::uuid[])`,
    [taskIds],
  );
}

/**
 * The jobs among these that are in the queue. A job waits behind every job before it that one of its agents can also
 * take.
 */
export async function findWaitingJobs(
  db: Db,
  jobIds: readonly string[],
  onlineSince: Date,
  now: Date,
): Promise<(WaitingJob & { readonly jobId: string })[]> {
  type Nearest = Omit<NearestAgent, 'lastSeenAt'> & { readonly lastSeenAt: string };
  type Pause = Omit<JobPause, 'at' | 'until'> & { readonly at: string; readonly until: string | null };
  const rows = await db.rows<
    Omit<WaitingJob, 'nearest' | 'pause'> & {
      readonly jobId: string;
      readonly nearest: Nearest | null;
      readonly pause: Pause | null;
    }
  >(
    `WITH known AS MATERIALIZED (
       SELECT id, name, labels, last_seen_at, last_seen_at >= $2 AS online FROM agent WHERE left_at IS NULL
     )
     SELECT ready.job_id AS "jobId", class.labels, job.queued_at AS "queuedAt",
       (SELECT count(*)::int FROM known WHERE online AND known.labels @> class.labels) AS agents,
       1 + (SELECT count(*)::int FROM (
         SELECT FROM ready_job ahead
         WHERE (ahead.precedence, ahead.share, ahead.rank) < (ready.precedence, ready.share, ready.rank) AND ahead.requirement_class_id IN (
           SELECT other.id FROM requirement_class other
           WHERE EXISTS (SELECT FROM known WHERE online AND known.labels @> class.labels AND known.labels @> other.labels))
         LIMIT ${PLACES}) before) AS position,
       busy.running, busy.seconds AS "runningSeconds",
       (SELECT jsonb_build_object('id', near.id, 'name', near.name, 'lacks', near.lacks, 'lastSeenAt', near.last_seen_at) FROM (
          SELECT known.*, ARRAY(SELECT unnest(class.labels) EXCEPT SELECT unnest(known.labels) ORDER BY 1) AS lacks FROM known
        ) near ORDER BY cardinality(near.lacks), near.last_seen_at DESC LIMIT 1) AS nearest,
       (SELECT jsonb_build_object('by', pause.by, 'at', pause.at, 'note', pause.note, 'until', pause.until)
        FROM queue_pause pause WHERE ${pauses('pause', 'class.labels', '$3')} ORDER BY pause.until DESC NULLS FIRST LIMIT 1) AS pause
     FROM ready_job ready JOIN requirement_class class ON class.id = ready.requirement_class_id
     JOIN job ON job.id = ready.job_id
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS running, extract(epoch FROM avg($3 - own.started_at))::float8 AS seconds
       FROM job_lease lease JOIN known ON known.id = lease.agent_id JOIN job own ON own.id = lease.job_id
       WHERE lease.started AND known.labels @> class.labels
     ) busy
     WHERE ready.job_id = ANY ($1::uuid[])`,
    [jobIds, onlineSince, now],
  );
  return rows.map(({ nearest, pause, ...row }) => ({
    ...row,
    pause: pause === null ? null : { ...pause, at: new Date(pause.at), until: dateOrNull(pause.until) },
    nearest: nearest === null ? null : { ...nearest, lastSeenAt: new Date(nearest.lastSeenAt) },
  }));
}

const dateOrNull = (text: string | null): Date | null => (text === null ? null : new Date(text));

/** What waits to begin, by the ID of the stage execution or execution. */
export function findDelayed(db: Db, ids: readonly string[]): Promise<(DelayedBeginning & { readonly id: string })[]> {
  return db.rows(
    `SELECT wait.id, wait.code, wait.reason, wait.until, wait.since, wait.position,
       (SELECT slot.execution_id FROM slot WHERE slot.group_key = wait.group_key AND slot.holder_id = wait.blocked_by) AS "holderExecutionId"
     FROM begin_wait wait WHERE wait.id = ANY ($1::uuid[])`,
    [ids],
  );
}
