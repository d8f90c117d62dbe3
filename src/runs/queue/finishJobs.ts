import { constants } from 'node:os';
import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import { findLogs } from '../logs/jobLogs.store';
import {
  type Claim,
  endJobs,
  findClaimedRuns,
  findJobs,
  findLeases,
  type JobEnd,
  type LeaseWithJob,
} from './jobs.store';
import { Refusal } from '../../kernel/errors';
import { keepOutputs, type Output, type OutputsOfJob } from '../execution/keepOutputs';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { settleTasks } from '../execution/settleTasks';
import type { TaskEnd } from '../../engine/taskEnd';

/** How an agent says that a job went. */
export interface JobResult extends Claim {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it did not end on its own. Null if it did. */
  readonly reason: string | null;
  readonly message: string | null;
  /** How long the agent's log is; null: the agent gave up delivering the rest. */
  readonly logBytes: number | null;
  /** What the command has set for later tasks; counts when it succeeded. */
  readonly outputs: readonly Output[];
}

/** For each result in order: null when it is taken, or was taken before; else why not. */
export type FinishAnswer = Refusal | null;

/**
 * Agents say that jobs have ended. Everything that follows, up to the next stage of a pipeline, is in the same transaction; results of many jobs are settled
 * together, because a commit costs more than the work.
 */
export async function finishJobs(app: App, results: readonly JobResult[]): Promise<FinishAnswer[]> {
  const runs = await findClaimedRuns(app.database, results);
  if (runs.length === 0) return repeats(app, results, new Map());
  const answers = await inRuns(
    app,
    runs.map((run) => run.runId),
    systemActor,
    (db) => settle(db, results),
  );
  return answers.size === results.length
    ? results.map((result) => answers.get(result.jobId) ?? null)
    : repeats(app, results, answers);
}

async function settle(db: RunTransaction, results: readonly JobResult[]): Promise<Map<string, FinishAnswer>> {
  const jobIds = results.map((result) => result.jobId);
  const leases = new Map((await findLeases(db, jobIds)).map((lease) => [lease.jobId, lease]));
  const logs = new Map((await findLogs(db, jobIds)).map((log) => [log.jobId, log.bytes]));
  const answers = new Map<string, FinishAnswer>();
  const jobEnds: JobEnd[] = [];
  const taskEnds: TaskEnd[] = [];
  const refused = await keepOutputs(db, successfulOutputs(results, leases, logs));
  for (const result of results) {
    const lease = leases.get(result.jobId);
    if (lease === undefined || lease.tokenHash !== result.tokenHash || !lease.started) continue;
    const offset = logs.get(result.jobId) ?? 0;
    if (result.logBytes !== null && result.logBytes > offset) {
      answers.set(result.jobId, new Refusal('LOG_GAP', `The log ends at ${offset}.`, { offset }));
      continue;
    }
    const problem = refused.get(result.jobId);
    const read = readResult(result, lease.cancelRequestedAt !== null);
    const end: End = problem === undefined ? read : { ...read, ...problem, status: 'FAILED' };
    jobEnds.push({ jobId: result.jobId, ...end, signal: result.signal, truncated: result.logBytes === null });
    taskEnds.push({ taskId: lease.taskExecutionId, ...end });
    answers.set(result.jobId, null);
    db.wake(topic.log(result.jobId));
  }
  await endJobs(db, jobEnds, db.now, { claimsHold: true });
  await settleTasks(db, taskEnds);
  return answers;
}

/** The outputs of the results that will be taken as successes. */
function successfulOutputs(
  results: readonly JobResult[],
  leases: ReadonlyMap<string, LeaseWithJob>,
  logs: ReadonlyMap<string, number>,
): OutputsOfJob[] {
  return results.flatMap((result) => {
    const lease = leases.get(result.jobId);
    const taken = lease?.started === true && lease.tokenHash === result.tokenHash;
    if (result.outputs.length === 0 || lease === undefined || !taken) return [];
    if ((result.logBytes ?? 0) > (logs.get(result.jobId) ?? 0)) return [];
    if (readResult(result, lease.cancelRequestedAt !== null).status !== 'SUCCESS') return [];
    const { jobId, outputs } = result;
    return [{ jobId, outputs, taskExecutionId: lease.taskExecutionId, executionId: lease.executionId }];
  });
}

type End = Pick<TaskEnd, 'reasonCode' | 'reason' | 'exitCode'> & { readonly status: 'SUCCESS' | 'FAILED' | 'ABORTED' };

/** What a result means for the task. */
export function readResult(result: Omit<JobResult, 'jobId' | 'tokenHash' | 'outputs'>, cancelled: boolean): End {
  const { exitCode, signal, reason, message } = result;
  if (reason === null && exitCode === 0) return { status: 'SUCCESS', reasonCode: null, reason: null, exitCode };
  if (cancelled || reason === 'CANCELLED') {
    return { status: 'ABORTED', reasonCode: 'CANCELLED', reason: message ?? 'cancelled while it ran', exitCode };
  }
  if (reason !== null) return { status: 'FAILED', reasonCode: reason, reason: message ?? reason, exitCode };
  if (signal !== null) {
    return { status: 'FAILED', reasonCode: 'SIGNAL', reason: `ended by ${signal}`, exitCode: codeOfSignal(signal) };
  }
  return { status: 'FAILED', reasonCode: 'EXIT_CODE', reason: `exit code ${exitCode}`, exitCode };
}

/** As a shell calls it: whether a shell stood between the command and its job must make no difference, to `retry_on` least of all. */
function codeOfSignal(signal: string | null): number | null {
  const number = constants.signals[signal as NodeJS.Signals];
  return number === undefined ? null : 128 + number;
}

/** Results without a lease: those that were taken before are answered as then, the others are over. */
async function repeats(
  app: App,
  results: readonly JobResult[],
  answers: ReadonlyMap<string, FinishAnswer>,
): Promise<FinishAnswer[]> {
  const missing = results.filter((result) => !answers.has(result.jobId)).map((result) => result.jobId);
  const jobs = new Map((await findJobs(app.database, missing)).map((job) => [job.id, job]));
  return results.map((result) => {
    const answer = answers.get(result.jobId);
    if (answer !== undefined) return answer;
    const job = jobs.get(result.jobId);
    const taken =
      job !== undefined && job.endedAt !== null && job.status !== 'LOST' && job.claimHash === result.tokenHash;
    return taken ? null : new Refusal('STALE_CLAIM', 'This claim of the job is over.');
  });
}
