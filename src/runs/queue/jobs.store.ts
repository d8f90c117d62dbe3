import type { Db } from '../../kernel/database/database';
import { columnsOf, oneOf } from '../../kernel/database/table';
import { machine, statusesAt } from '../../engine/machine';
import type { JobEnding } from '../../engine/changes';
import type { Execution, TaskExecution } from '../../engine/execution';
import { enqueue } from './enqueue.store';
import type { Job, JobLease } from './job';
import { jobLeaseTable, jobTable } from './jobs.table';

const [queued] = machine.job.begins;
const {
  from: startedFrom,
  to: [started],
} = statusesAt('job', 'start');

/** A job to create: one attempt of one task. */
export interface NewJob {
  readonly id: string;
  readonly taskExecutionId: string;
  readonly executionId: string;
  readonly runId: string;
  readonly attempt: number;
  readonly requirementClassId: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
  /** True if its run begins in this transaction. */
  readonly fresh: boolean;
}

/** Creates jobs and puts them into the queue, those of a run in the given order. */
export async function insertJobs(db: Db, jobs: readonly NewJob[], now: Date): Promise<void> {
  if (jobs.length === 0) return;
  await db.rows(INSERT, [
    jobs.map((job) => job.id),
    jobs.map((job) => job.taskExecutionId),
    jobs.map((job) => job.executionId),
    jobs.map((job) => job.runId),
    jobs.map((job) => job.attempt),
    jobs.map((job) => job.requirementClassId),
    jobs.map((job) => job.timeoutMs),
    jobs.map((job) => job.graceMs),
    jobs.map((job) => job.fresh),
    now,
  ]);
}

const INSERT = enqueue(`given AS MATERIALIZED (
    SELECT *, $10::timestamptz AS queued_at
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], $9::boolean[])
      WITH ORDINALITY AS j (job_id, task_id, execution_id, run_id, attempt, class_id, timeout_ms, grace_ms, fresh, n)
  ), made AS (
    INSERT INTO job (id, task_execution_id, execution_id, run_id, attempt, status, requirement_class_id, timeout_ms, grace_ms, queued_at)
    SELECT job_id, task_id, execution_id, run_id, attempt, '${queued}', class_id, timeout_ms, grace_ms, queued_at FROM given
  )`);

/** Claim that an agent presents. */
export interface Claim {
  readonly jobId: string;
  readonly tokenHash: string;
}

const claims = (list: readonly Claim[]) => [list.map((claim) => claim.jobId), list.map((claim) => claim.tokenHash)];

/** A claim with immutable data of its job, and the state of its execution before the run was locked. */
export interface Claimed extends Pick<Execution, 'revisionId' | 'status' | 'openTasks'> {
  readonly jobId: string;
  readonly runId: string;
  readonly executionId: string;
  readonly taskExecutionId: string;
  readonly type: TaskExecution['type'];
  /** True if the execution runs in a stage of its run. */
  readonly member: boolean;
  /** Ids of the services that the execution deploys to its environment. */
  readonly deploys: readonly string[];
}

/** Those of these claims that exist, even if they no longer hold. Read before the runs are locked. */
export function findClaims(db: Db, list: readonly Claim[]): Promise<Claimed[]> {
  return db.rows(
    `SELECT lease.job_id AS "jobId", lease.run_id AS "runId", job.execution_id AS "executionId",
       job.task_execution_id AS "taskExecutionId", task.type, execution.revision_id AS "revisionId", execution.status,
       execution.open_tasks AS "openTasks", execution.id <> execution.run_id AS member,
       CASE WHEN execution.environment_id IS NULL THEN '{}' ELSE ARRAY(SELECT jsonb_object_keys(execution.images)) END AS deploys
     FROM job_lease lease JOIN unnest($1::uuid[], $2::text[]) AS claim (job_id, token_hash) USING (job_id, token_hash)
     JOIN job ON job.id = lease.job_id JOIN task_execution task ON task.id = job.task_execution_id
     JOIN execution ON execution.id = job.execution_id`,
    claims(list),
  );
}

export interface StartedJob {
  readonly jobId: string;
  readonly taskExecutionId: string;
  readonly agentId: string;
  readonly attempt: number;
  readonly queuedAt: Date;
  /** False if the agent had already reported it: a repeat changes nothing. */
  readonly first: boolean;
}

/**
 * Turns offers into leases. Claims that have ended or are being canceled are missing from the result, and so are jobs
 * that ended while they moved between queue and agents.
 */
export async function startLeases(db: Db, list: readonly Claim[], leaseUntil: Date, now: Date): Promise<StartedJob[]> {
  return db.rows(
    `WITH claim AS MATERIALIZED (
       SELECT lease.job_id, lease.token_hash, lease.agent_id, lease.started, open.*
       FROM job_lease lease JOIN unnest($1::uuid[], $2::text[]) AS c (job_id, token_hash) USING (job_id, token_hash)
       CROSS JOIN LATERAL (
         SELECT task_execution_id, attempt, timeout_ms, grace_ms, queued_at FROM job
         WHERE id = lease.job_id AND ended_at IS NULL OFFSET 0
       ) open
       WHERE lease.cancel_requested_at IS NULL
     ), leased AS (
       UPDATE job_lease SET started = true, expires_at = $3,
         timeout_at = coalesce(timeout_at, $4::timestamptz + make_interval(secs => (claim.timeout_ms + claim.grace_ms) / 1000.0 + 2))
       FROM claim WHERE job_lease.job_id = claim.job_id
     ), started AS (
       UPDATE job SET status = '${started}', started_at = $4, agent_id = claim.agent_id, claim_hash = claim.token_hash
       FROM claim WHERE job.id = claim.job_id AND ${oneOf('job.status', startedFrom)}
     )
     SELECT job_id AS "jobId", task_execution_id AS "taskExecutionId", agent_id AS "agentId", attempt,
       queued_at AS "queuedAt", NOT started AS first
     FROM claim`,
    [...claims(list), leaseUntil, now],
  );
}

export interface RenewedJob {
  readonly jobId: string;
  readonly cancel: boolean;
  readonly graceMs: number;
}

/** Extends leases. Claims that have ended are missing from the result. */
export function renewLeases(db: Db, list: readonly Claim[], leaseUntil: Date): Promise<RenewedJob[]> {
  return db.rows(
    `WITH renewed AS (
       UPDATE job_lease SET expires_at = greatest(expires_at, $3)
       FROM unnest($1::uuid[], $2::text[]) AS claim (job_id, token_hash)
       WHERE job_lease.job_id = claim.job_id AND job_lease.token_hash = claim.token_hash AND job_lease.started
       RETURNING job_lease.job_id, job_lease.cancel_requested_at
     )
     SELECT job_id AS "jobId", cancel_requested_at IS NOT NULL AS cancel, job.grace_ms AS "graceMs"
     FROM renewed JOIN job ON job.id = renewed.job_id`,
    [...claims(list), leaseUntil],
  );
}

/** Logs up to this size stay as they are when their job ends: one row, which PostgreSQL compresses. */
const SMALL_LOG_BYTES = 8192;

/**
 * Ends jobs: writes their results once, and deletes their leases and places in the queue. The caller holds the locks of
 * their runs, so nothing else ends or starts them meanwhile. The claim is kept if the agent ended the job; if the
 * server did, the agent can no longer report on it.
 */
export async function endJobs(db: Db, ends: readonly JobEnding[], now: Date): Promise<void> {
  if (ends.length === 0) return;
  await db.rows(
    `WITH result AS (
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::boolean[], $9::boolean[],
           $10::text[], $11::bigint[], $12::jsonb[])
         AS r (job_id, status, exit_code, signal, reason_code, reason, truncated, claim_holds, sha256, written, facts)
     ), ended AS (
       UPDATE job SET status = result.status, exit_code = result.exit_code, signal = result.signal,
         reason_code = result.reason_code, reason = result.reason, ended_at = $8, facts = result.facts,
         claim_hash = CASE WHEN result.claim_holds THEN claim_hash END
       FROM result WHERE job.id = result.job_id AND job.ended_at IS NULL
       RETURNING job.id
     ), unqueued AS (
       DELETE FROM ready_job WHERE job_id = ANY ($1::uuid[])
     ), released AS (
       DELETE FROM job_lease WHERE job_id = ANY ($1::uuid[])
     )
     INSERT INTO job_log (job_id, bytes, lines, phase, loss, sha256, written, ended_at)
     SELECT id, 0, 0, 'SEALED', CASE WHEN result.truncated THEN CASE WHEN claim_holds THEN 'UNDELIVERED' ELSE 'AGENT_LOST' END END,
       result.sha256, result.written, $8
     FROM ended JOIN result ON result.job_id = ended.id
     WHERE result.truncated OR EXISTS (SELECT FROM job_log known WHERE known.job_id = ended.id)
     ON CONFLICT (job_id) DO UPDATE SET loss = coalesce(job_log.loss, excluded.loss), sha256 = excluded.sha256,
       written = excluded.written, ended_at = excluded.ended_at,
       phase = CASE WHEN job_log.bytes <= ${SMALL_LOG_BYTES} THEN 'SEALED' ELSE 'ENDED' END,
       stored_bytes = CASE WHEN job_log.bytes <= ${SMALL_LOG_BYTES} THEN job_log.bytes ELSE 0 END`,
    [
      ends.map((end) => end.jobId),
      ends.map((end) => end.status),
      ends.map((end) => end.exitCode),
      ends.map((end) => end.signal),
      ends.map((end) => end.reasonCode),
      ends.map((end) => end.reason),
      ends.map((end) => end.truncated),
      now,
      ends.map((end) => end.claimHolds),
      ends.map((end) => end.log?.sha256 ?? null),
      ends.map((end) => end.log?.written ?? null),
      ends.map((end) => (end.facts == null ? null : JSON.stringify(end.facts))),
    ],
  );
}

/** A lease, with the required data of its job. */
export type LeaseWithJob = JobLease & Pick<Job, 'taskExecutionId' | 'executionId' | 'attempt' | 'graceMs'>;

const leaseWithJob = `${columnsOf(jobLeaseTable, 'lease')}, job.task_execution_id AS "taskExecutionId",
  job.execution_id AS "executionId", job.attempt, job.grace_ms AS "graceMs"`;

/** Leases that are due: not renewed in time, canceled and past their grace period, or past the task's timeout. */
export function findDueLeases(db: Db, now: Date, limit: number): Promise<LeaseWithJob[]> {
  return db.rows(
    `SELECT ${leaseWithJob} FROM job_lease lease JOIN job ON job.id = lease.job_id
     WHERE lease.expires_at < $1 OR lease.kill_at < $1 OR lease.timeout_at < $1 LIMIT $2`,
    [now, limit],
  );
}

/** Leases of these jobs, read again once their runs are locked. */
export function findLeases(db: Db, jobIds: readonly string[]): Promise<LeaseWithJob[]> {
  return db.rows(
    `SELECT ${leaseWithJob} FROM job_lease lease JOIN job ON job.id = lease.job_id WHERE lease.job_id = ANY ($1::uuid[])`,
    [jobIds],
  );
}

/**
 * Removes jobs that no agent has started from the queue, or from the agents that they were offered to; returns those
 * that it found. It may miss a job that moves from one to the other meanwhile, so callers repeat it.
 */
async function withholdJobs(db: Db, jobIds: readonly string[]): Promise<string[]> {
  const queued = await db.rows<{ jobId: string }>(
    'DELETE FROM ready_job WHERE job_id = ANY ($1::uuid[]) RETURNING job_id AS "jobId"',
    [jobIds],
  );
  // A separate statement, so that it sees jobs that were offered while the previous one waited.
  const offered = await db.rows<{ jobId: string }>(
    'DELETE FROM job_lease WHERE job_id = ANY ($1::uuid[]) AND NOT started RETURNING job_id AS "jobId"',
    [jobIds],
  );
  return [...queued, ...offered].map((row) => row.jobId);
}

/**
 * Jobs move between the queue and offers, and are always in one of them: each turn finds most of the jobs that the
 * previous one missed.
 */
const TURNS = 20;

/** Removes all of these jobs from the queue and from offers. */
export async function withholdAll(db: Db, jobIds: readonly string[]): Promise<void> {
  let left = jobIds;
  for (let turn = 0; left.length > 0; turn++) {
    if (turn === TURNS) throw new Error(`jobs are neither queued nor offered: ${left.join(', ')}`);
    const withheld = new Set(await withholdJobs(db, left));
    left = left.filter((id) => !withheld.has(id));
  }
}

/** Offers that an agent holds and has not started. */
export async function findOffersOf(db: Db, agentId: string): Promise<string[]> {
  const rows = await db.rows<{ jobId: string }>(
    'SELECT job_id AS "jobId" FROM job_lease WHERE agent_id = $1 AND NOT started',
    [agentId],
  );
  return rows.map((row) => row.jobId);
}

/**
 * Expires all leases of an agent which reports that it runs nothing: jobs that it started and did not finish are lost
 * now.
 */
export const expireLeases = (db: Db, agentId: string, now: Date): Promise<number> =>
  db.write('UPDATE job_lease SET expires_at = $2 WHERE agent_id = $1 AND started AND expires_at > $2', [agentId, now]);

/** Ends the claims of a removed agent: its claim tokens are void, and the sweeper finds its jobs lost. */
export const voidLeases = (db: Db, agentId: string, now: Date): Promise<number> =>
  db.write(
    `UPDATE job_lease SET expires_at = least(expires_at, $2), token_hash = 'void ' || job_id WHERE agent_id = $1 AND started`,
    [agentId, now],
  );

/** Requests the end of started jobs; returns the agents to notify. */
export async function requestCancel(
  db: Db,
  jobIds: readonly string[],
  now: Date,
  slackMs: number,
): Promise<{ agentId: string }[]> {
  if (jobIds.length === 0) return [];
  return db.rows(
    `UPDATE job_lease lease SET cancel_requested_at = $2,
       kill_at = $2::timestamptz + make_interval(secs => (job.grace_ms + $3::int) / 1000.0)
     FROM job WHERE job.id = lease.job_id AND lease.job_id = ANY ($1::uuid[]) AND lease.cancel_requested_at IS NULL
     RETURNING lease.agent_id AS "agentId"`,
    [jobIds, now, slackMs],
  );
}

export function findJobs(db: Db, ids: readonly string[]): Promise<Job[]> {
  return db.rows(`SELECT ${columnsOf(jobTable, 'job')} FROM job WHERE id = ANY ($1::uuid[])`, [ids]);
}

export function findJobsOfTasks(db: Db, taskIds: readonly string[]): Promise<Job[]> {
  return db.rows(
    `SELECT ${columnsOf(jobTable, 'job')} FROM job WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY attempt`,
    [taskIds],
  );
}
