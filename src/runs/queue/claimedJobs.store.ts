import type { Db } from '../../kernel/database/database';
import type { TaskType } from '../../catalog/language/workflow';
import type { Execution } from '../../engine/execution';
import { newestVariablesOf } from '../execution/executionVariables.store';

/** A claimed job with everything that its agent needs, except the definition of its task. */
export interface ClaimedJobRow {
  readonly jobId: string;
  readonly attempt: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  readonly taskExecutionId: string;
  readonly task: string;
  readonly type: TaskType;
  readonly executionId: string;
  readonly runId: string;
  readonly revisionId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly images: Readonly<Record<string, string>>;
  /** Additional environment of a detached task. */
  readonly detachedEnv: Readonly<Record<string, string>> | null;
  readonly applicationId: string;
  readonly environmentId: string | null;
  readonly application: string;
  readonly workflow: string;
  readonly environment: {
    name: string;
    type: string;
    variables: Readonly<Record<string, string>>;
    /** Conditions on the agents that may get its jobs. */
    agents: readonly string[];
  } | null;
  /** State of its execution. */
  readonly standing: Pick<Execution, 'status' | 'openTasks'>;
  /** Service id → name. */
  readonly services: Readonly<Record<string, string>> | null;
  /** Values that tasks of its execution have set; null if there are none. */
  readonly set: Readonly<Record<string, string>> | null;
}

/**
 * The row with an id, always through its index: a plan that was made while the table was small would read all of it
 * when it has grown.
 */
const byKey = (table: string, id: string, name = table) =>
  `LATERAL (SELECT * FROM ${table} WHERE id = ${id} OFFSET 0) ${name}`;

/**
 * Jobs of a relation `given (job_id, n)`, as `claimed`, with more columns of it. Materialized: read once for everything
 * that follows.
 */
const claimedOf = (given: string, more = '') => `claimed AS MATERIALIZED (
    SELECT given.n, ${more} job.id, job.run_id, job.attempt, job.timeout_ms, job.grace_ms, job.task_execution_id, job.execution_id
    FROM ${given} CROSS JOIN ${byKey('job', 'given.job_id')}
  )`;

/**
 * What agents need for the jobs in `claimed`, in order. Values that tasks have set are read once for each execution: as
 * a subquery, they would be read again for each pair of a job and an execution.
 */
const describing = (more = '') => `, valued AS MATERIALIZED (
    SELECT asked.execution_id, (
      SELECT jsonb_object_agg(variable.name, variable.value)
      FROM ${newestVariablesOf('(SELECT asked.execution_id) asked')}
    ) AS set
    FROM (SELECT DISTINCT execution_id FROM claimed) asked
    WHERE EXISTS (SELECT FROM execution_variable any_value WHERE any_value.execution_id = asked.execution_id)
  )
  SELECT ${more} claimed.id AS "jobId", claimed.attempt, claimed.timeout_ms AS "timeoutMs", claimed.grace_ms AS "graceMs", task.id AS "taskExecutionId",
    task.name AS task, task.type, execution.status, execution.open_tasks AS "openTasks",
    execution.id AS "executionId", execution.run_id AS "runId", coalesce(detached.revision_id, execution.revision_id) AS "revisionId",
    coalesce(detached.variables, execution.variables) AS variables, shown.images, detached.env AS "detachedEnv", execution.application_id AS "applicationId",
    shown.environment_id AS "environmentId", application.name AS application, workflow.name AS workflow,
    CASE WHEN environment.id IS NOT NULL THEN
      jsonb_build_object('name', environment.name, 'type', environment.type, 'variables', environment.variables,
        'agents', environment.agents)
    END AS environment,
    CASE WHEN shown.images <> '{}' THEN
      (SELECT jsonb_object_agg(service.id, service.name) FROM service WHERE service.id IN (SELECT key::uuid FROM jsonb_each(shown.images)))
    END AS services,
    valued.set
  FROM claimed
  CROSS JOIN ${byKey('task_execution', 'claimed.task_execution_id', 'task')}
  CROSS JOIN ${byKey('execution', 'claimed.execution_id')}
  LEFT JOIN detached_task detached ON task.type <> 'normal' AND detached.task_id = task.id
  CROSS JOIN LATERAL (SELECT coalesce(detached.images, execution.images) AS images,
    CASE WHEN detached.task_id IS NULL THEN execution.environment_id ELSE detached.environment_id END AS environment_id) shown
  JOIN application ON application.id = execution.application_id
  JOIN workflow ON workflow.id = execution.entity_id
  LEFT JOIN environment ON environment.id = shown.environment_id
  LEFT JOIN valued ON valued.execution_id = execution.id
  ORDER BY claimed.n`;

type Flat = Omit<ClaimedJobRow, 'standing'> & ClaimedJobRow['standing'];
const withStanding = <Row extends Flat>({ status, openTasks, ...row }: Row) => ({
  ...row,
  standing: { status, openTasks },
});

/** One statement for all jobs, in the order of the ids. */
export async function findClaimedJobs(db: Db, jobIds: readonly string[]): Promise<ClaimedJobRow[]> {
  const rows = await db.rows<Flat>(byId, [jobIds]);
  return rows.map(withStanding);
}

const byId = `WITH ${claimedOf('unnest($1::uuid[]) WITH ORDINALITY AS given (job_id, n)')} ${describing()}`;

/** One free slot of one agent, with the token for its next job. */
export interface Slot {
  readonly agentId: string;
  readonly tokenHash: string;
}

/** What agents that claim together can run. */
export interface Ability {
  readonly labelSetId: number;
  /** Null: jobs of every application. */
  readonly applicationIds: readonly string[] | null;
}

/** Claims of all servers take turns, so that jobs leave the queue in its order. Sent with the claim, before it. */
export const takeTurn = (db: Db): Promise<unknown> => db.rows('SELECT FROM pg_advisory_xact_lock($1)', [CLAIMS]);

const CLAIMS = 7_206_211;

/**
 * Gives the first jobs of the queue that agents with these labels can run to the slots, in order, and reads what the
 * agents need. One statement takes a job from the queue and adds its lease, so that a job can be neither lost nor given
 * twice. Each class of requirements is read from the head of its index: jobs that this agent can't run cost nothing. A
 * slot whose agent was paused, drained, removed or relabeled meanwhile gets nothing.
 */
export async function claimReadyJobs(
  db: Db,
  { labelSetId, applicationIds }: Ability,
  slots: readonly Slot[],
  offerUntil: Date,
  now: Date,
): Promise<(ClaimedJobRow & Slot)[]> {
  const claims = [...new Map(slots.map((slot) => [slot.tokenHash, slot])).values()];
  const numbers = new Map(claims.map(({ tokenHash }, index) => [tokenHash, index + 1]));
  const rows = await db.rows<Flat & Slot>(applicationIds === null ? CLAIM : CLAIM_OF_APPLICATIONS, [
    labelSetId,
    claims.map(({ agentId }) => agentId),
    claims.map(({ tokenHash }) => tokenHash),
    slots.map(({ tokenHash }) => numbers.get(tokenHash)),
    offerUntil,
    now,
    ...(applicationIds === null ? [] : [applicationIds]),
  ]);
  return rows.map(withStanding);
}

/** Condition that a pause holds back jobs with these required labels. */
export const pauses = (pause: string, labels: string, now: string): string =>
  `${pause}.labels <@ ${labels} AND (${pause}.until IS NULL OR ${pause}.until > ${now}::timestamptz)`;

/**
 * `condition` limits the jobs of a class. Slots are numbers of claims in an array, and the queue's time moves once: as
 * joins, both would be read again for each job.
 */
const claiming = (condition: string) => `WITH claim AS MATERIALIZED (
    SELECT c.agent_id, c.token_hash, c.k
    FROM unnest($2::uuid[], $3::text[]) WITH ORDINALITY AS c (agent_id, token_hash, k)
    JOIN agent ON agent.id = c.agent_id
    WHERE agent.label_set_id = $1 AND agent.draining_at IS NULL AND agent.removed_at IS NULL
      AND (agent.paused_at IS NULL OR agent.paused_until <= $6)
  ), slot AS MATERIALIZED (
    SELECT array_agg(s.k ORDER BY s.n) AS claims FROM unnest($4::int[]) WITH ORDINALITY AS s (k, n)
    WHERE s.k IN (SELECT k FROM claim)
  ), picked AS (
    SELECT job_id, row_number() OVER (ORDER BY precedence, share, rank) AS n FROM (
      SELECT head.*
      FROM label_match fit JOIN requirement_class class ON class.id = fit.requirement_class_id
      CROSS JOIN LATERAL (
        SELECT job_id, precedence, share, rank FROM ready_job WHERE requirement_class_id = class.id${condition}
        ORDER BY precedence, share, rank LIMIT cardinality($4::int[]) FOR UPDATE SKIP LOCKED
      ) head
      WHERE fit.label_set_id = $1
        AND NOT EXISTS (SELECT FROM queue_pause pause WHERE ${pauses('pause', 'class.labels', '$6')})
      ORDER BY head.precedence, head.share, head.rank
      LIMIT cardinality($4::int[])
    ) heads
  ), taken AS (
    DELETE FROM ready_job USING picked, slot
    WHERE ready_job.job_id = picked.job_id AND picked.n <= cardinality(slot.claims)
    RETURNING ready_job.job_id, ready_job.precedence, ready_job.share, ready_job.rank, greatest(ready_job.share, ready_job.virtual_time) AS time, picked.n,
      slot.claims[picked.n] AS k
  ), given AS (
    SELECT taken.*, claim.agent_id, claim.token_hash FROM taken JOIN claim USING (k)
  ), ${claimedOf('given', 'given.agent_id, given.token_hash, given.precedence, given.share, given.rank,')}, moved AS MATERIALIZED (
    SELECT setval('queue_time', max(time)) FROM taken HAVING count(*) > 0
  ), offered AS (
    INSERT INTO job_lease (job_id, agent_id, run_id, token_hash, started, expires_at, precedence, share, rank)
    SELECT id, agent_id, run_id, token_hash, false, $5, precedence, share, rank FROM claimed, moved
  )
  ${describing('claimed.agent_id AS "agentId", claimed.token_hash AS "tokenHash",')}`;

const CLAIM = claiming('');
/** Reads past the jobs of other applications, so its cost grows with their number at the head of the queue. */
const CLAIM_OF_APPLICATIONS = claiming(` AND EXISTS (
          SELECT FROM execution WHERE execution.id = ready_job.run_id AND execution.application_id = ANY ($7::uuid[]))`);
