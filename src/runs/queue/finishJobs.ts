import { constants } from 'node:os';
import type { JobFacts } from '../../contract/jobFacts';
import { systemActor } from '../../access/actor';
import { type Want, wantsOf } from '../../engine/facts';
import { endOf, type Heard, type KnownEnd } from '../../engine/jobEnd';
import { keepOutputs, type Output } from '../../engine/keepOutputs';
import { endJob } from '../../engine/moves';
import type { RunSlice } from '../../engine/runSlice';
import { settleTasks } from '../../engine/settleTasks';
import { recordFacts } from '../../engine/jobFacts';
import { afterSuccess, type TaskEnd } from '../../engine/taskEnd';
import { topic } from '../../kernel/database/wakeups';
import { Refusal, staleClaim } from '../../kernel/errors';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { moveRuns, runsOf } from '../faults';
import { emptyLogs, findLogEnds, type LogEnd } from '../logs/appendLogs.store';
import { executionsOf, wantsOfJobs } from './claimedFacts';
import { type Claim, type Claimed, findJobs, findLeases, type LeaseWithJob } from './jobs.store';

/** Result of a job, as its agent reports it. */
export interface JobResult extends Claim {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Reason why it did not end on its own. Null if it did. */
  readonly reason: string | null;
  readonly message: string | null;
  /** False if it is certain that the command did not begin. */
  readonly commandStarted: boolean;
  /** Length of the agent's log in bytes; null if the agent gave up delivering the rest. */
  readonly logBytes: number | null;
  /** SHA-256 of that log; null from older agents. */
  readonly logSha256: string | null;
  /** Size of all output, including what the agent could not deliver. */
  readonly logWritten: number | null;
  /** Values that the command has set for later tasks; they count if it succeeded. */
  readonly outputs: readonly Output[];
  /** Images that ran, and the commit that was checked out. */
  readonly facts?: JobFacts | null;
}

/** For each result, in order: null if it was accepted now or earlier; otherwise the reason why not. */
export type FinishAnswer = Refusal | null;

/**
 * Records that jobs have ended. Everything that follows, up to the next stage of a pipeline, is in the same
 * transaction. Results of many jobs are settled together, because a commit costs more than the work.
 */
export async function finishJobs(app: App, given: readonly JobResult[]): Promise<FinishAnswer[]> {
  // A repeat may arrive while the first one waits for its transaction. One claim has one result.
  const results = [...new Map(given.map((result) => [keyOf(result), result])).values()];
  const claimed = await app.knownJobs.claimed(app.database, results);
  const answers = new Map<string, FinishAnswer>();
  const { error } = await moveRuns(app, 'end of jobs', claimed, async (own) => {
    const ids = new Set(own.map(({ jobId }) => jobId));
    const settled = await finishClaimed(
      app,
      results.filter(({ jobId }) => ids.has(jobId)),
      own,
    );
    for (const [key, answer] of settled) answers.set(key, answer);
  });
  app.knownJobs.forget(results.filter((result) => error !== undefined || answers.get(keyOf(result)) === null));
  // The agents repeat all of them; results that were already accepted are recognized.
  if (error !== undefined) throw error;
  const all = answers.size === results.length ? answers : await withRepeats(app, results, answers);
  return given.map((result) => all.get(keyOf(result)) ?? null);
}

const keyOf = ({ jobId, tokenHash }: Claim): string => `${jobId} ${tokenHash}`;

async function finishClaimed(
  app: App,
  results: readonly JobResult[],
  claimed: readonly Claimed[],
): Promise<ReadonlyMap<string, FinishAnswer>> {
  let counts: readonly AgentCount[] = [];
  const answers = await inRuns(
    app,
    runsOf(claimed),
    systemActor,
    async (db) => {
      const jobIds = results.map((result) => result.jobId);
      const [leases, logs] = await Promise.all([
        findLeases(db, jobIds),
        findLogEnds(db, jobIds),
        db.load(wantsOfResults(claimed, results)),
      ]);
      const known: Known = {
        leases: new Map(leases.map((lease) => [lease.jobId, lease])),
        logs: new Map(logs.map((log) => [log.jobId, log])),
      };
      const { answered, standing } = await db.decide((run) => {
        const answered = settle(run, results, known);
        counts = countsOf(run, known);
        return { answered, standing: executionsOf(run, claimed) };
      });
      const damaged = results.filter((result) => answered.has(keyOf(result)) && isDamaged(result, known));
      emptyLogs(
        db,
        damaged.map(({ jobId }) => jobId),
      );
      app.knownJobs.note(standing);
      for (const result of results) if (answered.get(keyOf(result)) === null) db.wake(topic.log(result.jobId));
      return answered;
    },
    { keepsPlans: true },
  );
  for (const { agentId, lost } of counts) app.agentNotes.ended(agentId, lost ? { lost: 1 } : { done: 1 });
  return answers;
}

interface AgentCount {
  readonly agentId: string;
  readonly lost: boolean;
}

/** What the agents of these leases have ended. */
const countsOf = (run: RunSlice, { leases }: Known): AgentCount[] =>
  run.changes.ended.flatMap(({ jobId, status }) => {
    const agentId = leases.get(jobId)?.agentId;
    return agentId === undefined ? [] : [{ agentId, lost: status === 'LOST' }];
  });

interface Known {
  readonly leases: ReadonlyMap<string, LeaseWithJob>;
  readonly logs: ReadonlyMap<string, LogEnd>;
}

/** Facts for the ends of these jobs: dependents of their tasks and, if they may end a workflow, its pipeline. */
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
    const offset = isDamaged(result, { logs }) ? 0 : (logs.get(jobId)?.bytes ?? 0);
    if (result.logBytes !== null && result.logBytes > offset) {
      answers.set(keyOf(result), new Refusal('LOG_GAP', `The log ends at ${offset}.`, { offset }));
      continue;
    }
    const { taskExecutionId: taskId } = lease;
    const { facts = null } = result;
    const { task, ...read } = endOf(knownEnd(result, lease));
    const problem = read.status === 'SUCCESS' ? keepOutputs(run, taskId, result.outputs) : null;
    const refused =
      problem === null ? null : ({ ...problem, reason: afterSuccess(problem.reason), status: 'FAILED' } as const);
    const truncated = result.logBytes === null;
    const log = { sha256: result.logBytes === null ? null : result.logSha256, written: result.logWritten };
    endJob(run, 'RUNNING', {
      jobId,
      ...read,
      ...refused,
      signal: result.signal,
      truncated,
      log,
      claimHolds: true,
      facts,
    });
    if (facts !== null) recordFacts(run, lease, facts);
    ends.push({ taskId, ...task, ...refused });
    answers.set(keyOf(result), null);
  }
  settleTasks(run, ends);
  return answers;
}

/** True if the stored bytes are not those of the agent, as far as that can be told at the end of the job. */
function isDamaged({ jobId, logBytes, logSha256 }: JobResult, { logs }: Pick<Known, 'logs'>): boolean {
  const stored = logs.get(jobId);
  if (stored === undefined || stored.bytes === 0 || logBytes === null || logSha256 === null) return false;
  if (stored.bytes > logBytes) return true;
  return stored.bytes === logBytes && stored.sha256 !== null && stored.sha256 !== logSha256;
}

/** End of the job, as the agent reports it. */
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
 * Exit code as a shell reports a signal: a shell between the command and its job must make no difference, least of all
 * to `retry_on`.
 */
function codeOfSignal(signal: string | null): number | null {
  const number = constants.signals[signal as NodeJS.Signals];
  return number === undefined ? null : 128 + number;
}

/** Results without a lease: results that were accepted before get the same answer again, all others are stale. */
async function withRepeats(
  app: App,
  results: readonly JobResult[],
  answers: ReadonlyMap<string, FinishAnswer>,
): Promise<ReadonlyMap<string, FinishAnswer>> {
  const missing = results.filter((result) => !answers.has(keyOf(result)));
  const ids = missing.map(({ jobId }) => jobId);
  const jobs = new Map((await findJobs(app.database, ids)).map((job) => [job.id, job]));
  const answerOf = (result: JobResult): FinishAnswer => {
    const job = jobs.get(result.jobId);
    const taken = job !== undefined && job.endedAt !== null && job.claimHash === result.tokenHash;
    return taken ? null : staleClaim();
  };
  return new Map([...answers, ...missing.map((result) => [keyOf(result), answerOf(result)] as const)]);
}
