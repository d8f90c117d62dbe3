import { constants } from 'node:os';
import { systemActor } from '../../access/actor';
import { type Want, wantsOf } from '../../engine/facts';
import { endOf, type Heard, type KnownEnd } from '../../engine/jobEnd';
import { keepOutputs, type Output } from '../../engine/keepOutputs';
import { endJob } from '../../engine/moves';
import type { RunSlice } from '../../engine/runSlice';
import { settleTasks } from '../../engine/settleTasks';
import { afterSuccess, type TaskEnd } from '../../engine/taskEnd';
import { topic } from '../../kernel/database/wakeups';
import { Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { moveRuns, runsOf } from '../faults';
import { findLogs } from '../logs/jobLogs.store';
import { executionsOf, wantsOfJobs } from './claimedFacts';
import { type Claim, type Claimed, findJobs, findLeases, type LeaseWithJob } from './jobs.store';

/** How an agent says that a job went. */
export interface JobResult extends Claim {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it did not end on its own. Null if it did. */
  readonly reason: string | null;
  readonly message: string | null;
  /** False if it is certain that the command did not begin. */
  readonly commandStarted: boolean;
  /** How long the agent's log is; null: the agent gave up delivering the rest. */
  readonly logBytes: number | null;
  /** What the command has set for later tasks; counts when it succeeded. */
  readonly outputs: readonly Output[];
}

/** For each result in order: null when it is taken, or was taken before; else why not. */
export type FinishAnswer = Refusal | null;

/**
 * Agents say that jobs have ended. Everything that follows, up to the next stage of a pipeline, is in the same
 * transaction; results of many jobs are settled together, because a commit costs more than the work.
 */
export async function finishJobs(app: App, results: readonly JobResult[]): Promise<FinishAnswer[]> {
  const claimed = await app.knownJobs.claimed(app.database, results);
  const answers = new Map<string, FinishAnswer>();
  const { error } = await moveRuns(app, 'end of jobs', claimed, async (own) => {
    const ids = new Set(own.map(({ jobId }) => jobId));
    const settled = await finishClaimed(
      app,
      results.filter(({ jobId }) => ids.has(jobId)),
      own,
    );
    for (const [id, answer] of settled) answers.set(id, answer);
  });
  app.knownJobs.forget(results.filter(({ jobId }) => error !== undefined || answers.get(jobId) === null));
  // The agents repeat all of them; those that were taken are recognized.
  if (error !== undefined) throw error;
  return answers.size === results.length
    ? results.map((result) => answers.get(result.jobId) ?? null)
    : repeats(app, results, answers);
}

function finishClaimed(
  app: App,
  results: readonly JobResult[],
  claimed: readonly Claimed[],
): Promise<ReadonlyMap<string, FinishAnswer>> {
  return inRuns(
    app,
    runsOf(claimed),
    systemActor,
    async (db) => {
      const jobIds = results.map((result) => result.jobId);
      const [leases, logs] = await Promise.all([
        findLeases(db, jobIds),
        findLogs(db, jobIds),
        db.load(wantsOfResults(claimed, results)),
      ]);
      const known: Known = {
        leases: new Map(leases.map((lease) => [lease.jobId, lease])),
        logs: new Map(logs.map((log) => [log.jobId, log.bytes])),
      };
      const { answered, standing } = await db.decide((run) => {
        return { answered: settle(run, results, known), standing: executionsOf(run, claimed) };
      });
      app.knownJobs.note(standing);
      for (const [jobId, answer] of answered) if (answer === null) db.wake(topic.log(jobId));
      return answered;
    },
    { keepsPlans: true },
  );
}

interface Known {
  readonly leases: ReadonlyMap<string, LeaseWithJob>;
  readonly logs: ReadonlyMap<string, number>;
}

/** What the ends of these jobs need: what waits for their tasks, and, where they may end a workflow, its pipeline. */
function wantsOfResults(claimed: readonly Claimed[], results: readonly JobResult[]): Want[] {
  const byJob = new Map(results.map((result) => [result.jobId, result]));
  const ends = new Map<string, number>();
  for (const { executionId } of claimed) ends.set(executionId, (ends.get(executionId) ?? 0) + 1);
  const badly = ({ jobId }: Claimed) => byJob.get(jobId)?.exitCode !== 0;
  const mayEnd = (claim: Claimed) => badly(claim) || claim.openTasks <= (ends.get(claim.executionId) ?? 0);
  const reach = Math.max(16, 2 * claimed.length);
  return [
    ...wantsOfJobs(claimed, mayEnd),
    ...claimed
      .filter((claim) => claim.deploys.length > 0 && claim.type === 'normal' && mayEnd(claim))
      .flatMap(({ executionId }) => wantsOf(executionId, 'doubts')),
    ...claimed
      .filter(({ type }) => type === 'normal')
      .flatMap((claim) => [
        ...wantsOf(claim.taskExecutionId, ...(badly(claim) ? [] : ['dependents' as const])),
        { kind: 'frontier' as const, key: claim.executionId, reach },
        ...(byJob.get(claim.jobId)?.outputs.length ? wantsOf(claim.executionId, 'variables') : []),
      ]),
  ];
}

function settle(run: RunSlice, results: readonly JobResult[], { leases, logs }: Known): Map<string, FinishAnswer> {
  const answers = new Map<string, FinishAnswer>();
  const ends: TaskEnd[] = [];
  for (const result of results) {
    const { jobId } = result;
    const lease = leases.get(jobId);
    if (lease === undefined || lease.tokenHash !== result.tokenHash || !lease.started) continue;
    const offset = logs.get(jobId) ?? 0;
    if (result.logBytes !== null && result.logBytes > offset) {
      answers.set(jobId, new Refusal('LOG_GAP', `The log ends at ${offset}.`, { offset }));
      continue;
    }
    const { taskExecutionId: taskId } = lease;
    const { task, ...read } = endOf(knownEnd(result, lease));
    const problem = read.status === 'SUCCESS' ? keepOutputs(run, taskId, result.outputs) : null;
    const refused =
      problem === null ? null : ({ ...problem, reason: afterSuccess(problem.reason), status: 'FAILED' } as const);
    const truncated = result.logBytes === null;
    endJob(run, 'RUNNING', { jobId, ...read, ...refused, signal: result.signal, truncated, claimHolds: true });
    ends.push({ taskId, ...task, ...refused });
    answers.set(jobId, null);
  }
  settleTasks(run, ends);
  return answers;
}

/** How the agent says that the job ended. */
function knownEnd(result: JobResult, lease: LeaseWithJob): KnownEnd {
  const { signal, reason, message, commandStarted: began } = result;
  const exitCode = signal === null ? result.exitCode : codeOfSignal(signal);
  const asked = lease.cancelRequestedAt === null ? 'NOTHING' : 'CANCEL';
  return { asked, heard: heardOf(result), began, exitCode, signal, code: reason, message };
}

function heardOf({ reason, exitCode }: JobResult): Heard {
  if (reason === null) return exitCode === 0 ? 'SUCCESS' : 'FAILED';
  return reason === 'TIMED_OUT' || reason === 'CANCELLED' || reason === 'AGENT_STOPPED' ? reason : 'FAILED';
}

/**
 * As a shell calls it: whether a shell stood between the command and its job must make no difference, to `retry_on`
 * least of all.
 */
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
    const taken = job !== undefined && job.endedAt !== null && job.claimHash === result.tokenHash;
    return taken ? null : new Refusal('STALE_CLAIM', 'This claim of the job is over.');
  });
}
