import type { DelayedBeginning, JobPause, NearestAgent, WaitingJob, WaitingTask } from '../../engine/whyNotRunning';
import type { Db } from '../../kernel/database/database';
import { unmet } from '../../catalog/language/labelSelectors';
import { pauses } from '../queue/claimedJobs.store';
import { findLabelSets } from '../queue/labelMatches.store';

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
 * take. Paused and draining agents take none. Jobs of `bound` require these labels, whatever they require in the queue.
 */
export async function findWaitingJobs(
  db: Db,
  jobIds: readonly string[],
  bound: ReadonlyMap<string, readonly string[]>,
  onlineSince: Date,
  now: Date,
): Promise<(WaitingJob & { readonly jobId: string })[]> {
  type Pause = Omit<JobPause, 'at' | 'until'> & { readonly at: string; readonly until: string | null };
  const requirements = new Map([...bound.values()].map((labels) => [JSON.stringify(labels), labels]));
  const sets = new Map<string, readonly number[]>();
  for (const [key, labels] of requirements) sets.set(key, await findLabelSets(db, labels));
  const fitting = [...bound].map(([jobId, labels]) => ({
    job_id: jobId,
    sets: sets.get(JSON.stringify(labels)) ?? [],
  }));
  const [rows, agents] = await Promise.all([
    db.rows<
      Omit<WaitingJob, 'nearest' | 'pause'> & {
        readonly jobId: string;
        readonly applicationId: string;
        readonly pause: Pause | null;
      }
    >(
      `WITH known AS MATERIALIZED (
         SELECT id, label_set_id, application_ids FROM agent
         WHERE left_at IS NULL AND last_seen_at >= $2 AND draining_at IS NULL AND (paused_at IS NULL OR paused_until <= $3)
       ), fits AS MATERIALIZED (
         SELECT known.id, fit.requirement_class_id FROM known JOIN label_match fit USING (label_set_id)
       ), bound AS MATERIALIZED (
         SELECT job_id, sets FROM jsonb_to_recordset($4::jsonb) given (job_id uuid, sets int[])
       )
       SELECT ready.job_id AS "jobId", class.labels, job.queued_at AS "queuedAt", execution.application_id AS "applicationId",
         (SELECT count(*)::int FROM known WHERE known.id = ANY (own.agents)
            AND (known.application_ids IS NULL OR execution.application_id = ANY (known.application_ids))) AS agents,
         1 + (SELECT count(*)::int FROM (
           SELECT FROM ready_job ahead
           WHERE (ahead.precedence, ahead.share, ahead.rank) < (ready.precedence, ready.share, ready.rank) AND ahead.requirement_class_id IN (
             SELECT other.requirement_class_id FROM fits other WHERE other.id = ANY (own.agents))
           LIMIT ${PLACES}) before) AS position,
         busy.running, busy.seconds AS "runningSeconds",
         (SELECT jsonb_build_object('by', pause.by, 'at', pause.at, 'note', pause.note, 'until', pause.until)
          FROM queue_pause pause WHERE ${pauses('pause', 'class.labels', '$3')} ORDER BY pause.until DESC NULLS FIRST LIMIT 1) AS pause
       FROM ready_job ready JOIN requirement_class class ON class.id = ready.requirement_class_id
       JOIN job ON job.id = ready.job_id JOIN execution ON execution.id = job.execution_id
       LEFT JOIN bound ON bound.job_id = ready.job_id
       CROSS JOIN LATERAL (SELECT CASE
         WHEN bound.job_id IS NULL THEN ARRAY(SELECT id FROM fits WHERE fits.requirement_class_id = class.id)
         ELSE ARRAY(SELECT id FROM known WHERE label_set_id = ANY (bound.sets)) END AS agents) own
       CROSS JOIN LATERAL (
         SELECT count(*)::int AS running, extract(epoch FROM avg($3 - running.started_at))::float8 AS seconds
         FROM job_lease lease JOIN job running ON running.id = lease.job_id
         WHERE lease.started AND lease.agent_id = ANY (own.agents)
       ) busy
       WHERE ready.job_id = ANY ($1::uuid[])`,
      [jobIds, onlineSince, now, JSON.stringify(fitting)],
    ),
    findCandidates(db, onlineSince, now),
  ]);
  return rows.map(({ applicationId, pause, ...row }) => {
    const labels = bound.get(row.jobId) ?? row.labels;
    return {
      ...row,
      labels,
      pause: pause === null ? null : { ...pause, at: new Date(pause.at), until: dateOrNull(pause.until) },
      nearest: row.agents > 0 ? null : nearestOf(agents, labels, applicationId),
    };
  });
}

type Candidate = Omit<NearestAgent, 'lacks'> & {
  readonly labels: readonly string[];
  readonly applicationIds: readonly string[] | null;
};

/** Of the agents with the same labels and in the same state, the one that was heard from last. */
const findCandidates = (db: Db, onlineSince: Date, now: Date): Promise<Candidate[]> =>
  db.rows(
    `SELECT DISTINCT ON (label_set_id, application_ids, state) id, name, labels, application_ids AS "applicationIds",
       last_seen_at AS "lastSeenAt", state, CASE WHEN state = 'PAUSED' THEN pause_note END AS "pauseNote"
     FROM agent CROSS JOIN LATERAL (SELECT CASE WHEN last_seen_at < $1 THEN 'LOST' WHEN draining_at IS NOT NULL THEN 'DRAINING'
       WHEN paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > $2) THEN 'PAUSED' ELSE 'ONLINE' END AS state) standing
     WHERE left_at IS NULL ORDER BY label_set_id, application_ids, state, last_seen_at DESC`,
    [onlineSince, now],
  );

/** The agent that lacks the least. */
function nearestOf(
  agents: readonly Candidate[],
  selectors: readonly string[],
  applicationId: string,
): NearestAgent | null {
  const near = agents.map(({ labels, applicationIds, ...agent }) => {
    const isAllowed = applicationIds?.includes(applicationId) ?? true;
    return {
      ...agent,
      lacks: [...unmet(selectors, labels), ...(isAllowed ? [] : ['permission for this application'])],
    };
  });
  const states = ['ONLINE', 'PAUSED', 'DRAINING', 'LOST'];
  return (
    near.sort(
      (a, b) =>
        a.lacks.length - b.lacks.length ||
        states.indexOf(a.state) - states.indexOf(b.state) ||
        b.lastSeenAt.getTime() - a.lastSeenAt.getTime(),
    )[0] ?? null
  );
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
