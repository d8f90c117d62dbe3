import { systemActor } from '../../access/actor';
import { isFinal } from '../../contract/statuses';
import { showRunning } from '../../engine/showRunning';
import { moveTask } from '../../engine/moves';
import type { RunSlice } from '../../engine/runSlice';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { moveRuns, runsOf } from '../faults';
import { executionsOf, wantsOfJobs } from './claimedFacts';
import { type Claim, type Claimed, startLeases, type StartedJob } from './jobs.store';

/**
 * Records that the commands of these jobs are about to run, all in one transaction. Returns the ids of those that may.
 * A job whose claim has ended, or that is being canceled, is missing, and must not run.
 */
export async function startJobs(app: App, claims: readonly Claim[]): Promise<Set<string>> {
  const claimed = await app.knownJobs.claimed(app.database, claims);
  const started = new Set<string>();
  const { error } = await moveRuns(app, 'start of jobs', claimed, async (own) => {
    const ids = new Set(own.map(({ jobId }) => jobId));
    for (const id of await startClaimed(
      app,
      claims.filter(({ jobId }) => ids.has(jobId)),
      own,
    ))
      started.add(id);
  });
  // The agents repeat all of them; those that have already begun change nothing.
  if (error !== undefined) {
    app.knownJobs.forget(claims);
    throw error;
  }
  return started;
}

async function startClaimed(app: App, claims: readonly Claim[], claimed: readonly Claimed[]): Promise<string[]> {
  let waits: number[] = [];
  const started = await inRuns(
    app,
    runsOf(claimed),
    systemActor,
    async (db) => {
      waits = [];
      const now = app.clock.now();
      const leaseUntil = new Date(now.getTime() + app.config.SLIPWAY_LEASE_SECONDS * 1000);
      const [jobs] = await Promise.all([
        startLeases(db, claims, leaseUntil, now),
        db.load(wantsOfJobs(claimed, ({ status }) => status !== 'RUNNING' && !isFinal(status))),
      ]);
      const standing = await db.decide((run) => {
        beginTasks(run, jobs);
        return executionsOf(run, claimed);
      });
      app.knownJobs.note(standing);
      for (const { first, queuedAt } of jobs) if (first) waits.push(now.getTime() - queuedAt.getTime());
      return jobs.map((job) => job.jobId);
    },
    { keepsPlans: true },
  );
  for (const observer of app.observers) for (const wait of waits) observer.waited(wait);
  return started;
}

/** Marks the tasks of these jobs as running, and with them their workflows, stages and pipelines. */
function beginTasks(run: RunSlice, jobs: readonly StartedJob[]): void {
  const begun = jobs.flatMap(({ taskExecutionId, ...job }) => {
    const task = run.task(taskExecutionId);
    return job.first && task.status === 'QUEUED' ? [{ ...job, taskExecutionId, task }] : [];
  });
  // The events of the elements come first.
  const counted = begun.filter(({ task: { type } }) => type === 'normal' || type === 'finally');
  showRunning(run, [...new Set(counted.map(({ task }) => task.executionId))]);
  for (const { jobId, taskExecutionId, attempt, agentId, task } of begun) {
    run.event(task, 'JOB_STARTED', { jobId, taskExecutionId, name: task.name, attempt, agentId });
    const said = { jobId, reasonCode: null, reason: null };
    moveTask(run, task, { status: 'RUNNING', startedAt: task.startedAt ?? run.now }, { ...said, exitCode: null });
  }
}
