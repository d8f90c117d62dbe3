import { systemActor } from '../../access/actor';
import { endJob } from '../../engine/moves';
import { wantsOf } from '../../engine/facts';
import { endOf, type KnownEnd } from '../../engine/jobEnd';
import type { RunSlice } from '../../engine/runSlice';
import { settleTasks } from '../../engine/settleTasks';
import type { TaskEnd } from '../../engine/taskEnd';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { moveRuns, runsOf } from '../faults';
import { withdrawOffers } from './enqueue.store';
import { findDueLeases, findLeases, type LeaseWithJob } from './jobs.store';

const BATCH = 200;

/**
 * Settles leases that agents did not move in time: offers that were not started return to the queue, and started jobs
 * end as `engine/jobEnd.ts` decides. Returns the number of settled leases; the caller repeats until it is 0.
 */
export async function settleDueLeases(app: App): Promise<number> {
  const due = await findDueLeases(app.database, app.clock.now(), BATCH);
  const { moved } = await moveRuns(app, 'leases', due, (own) => settleLeases(app, own));
  return moved;
}

async function settleLeases(app: App, due: readonly LeaseWithJob[]): Promise<void> {
  let lost: readonly LeaseWithJob[] = [];
  await inRuns(app, runsOf(due), systemActor, async (db) => {
    const jobIds = due.map((lease) => lease.jobId);
    // Before the runs were locked, the agent may have renewed the lease, or another server may have settled it.
    const [found] = await Promise.all([
      findLeases(db, jobIds),
      db.load(
        due.flatMap(({ taskExecutionId, executionId, runId }) => [
          ...wantsOf(taskExecutionId, 'task'),
          ...wantsOf(executionId, 'execution'),
          ...wantsOf(runId, 'execution'),
        ]),
      ),
    ]);
    const leases = found.filter((lease) => isDue(lease, db.now));
    const offers = leases.filter((lease) => !lease.started).map((lease) => lease.jobId);
    if (offers.length > 0) {
      db.sent([withdrawOffers(db, offers)]);
      db.wake(topic.queue);
    }
    const started = leases.filter((lease) => lease.started);
    await db.decide((run) => {
      settleStarted(run, started);
      const ids = new Set(run.changes.ended.flatMap(({ jobId, status }) => (status === 'LOST' ? [jobId] : [])));
      lost = started.filter(({ jobId }) => ids.has(jobId));
    });
    db.wake(...leases.flatMap((lease) => [topic.agent(lease.agentId), topic.log(lease.jobId)]));
  });
  for (const { agentId } of lost) app.agentNotes.ended(agentId, { lost: 1 });
}

const isDue = (lease: LeaseWithJob, now: Date): boolean =>
  lease.expiresAt < now ||
  (lease.killAt !== null && lease.killAt < now) ||
  (lease.timeoutAt !== null && lease.timeoutAt < now);

function settleStarted(run: RunSlice, leases: readonly LeaseWithJob[]): void {
  const ends = leases.map((lease): TaskEnd => {
    const { jobId, taskExecutionId: taskId } = lease;
    const { task, ...end } = endOf(silentEnd(lease, run.now));
    endJob(run, 'RUNNING', { jobId, ...end, signal: null, truncated: true, claimHolds: false });
    return { taskId, ...task };
  });
  settleTasks(run, ends);
}

/** End of a started job whose agent has not reported one. It is unknown whether the command began. */
function silentEnd({ cancelRequestedAt, timeoutAt, killAt }: LeaseWithJob, now: Date): KnownEnd {
  const isOver = (time: Date | null) => time !== null && time < now;
  const heard = isOver(killAt) ? 'KILL_OVER' : isOver(timeoutAt) ? 'TIME_OVER' : 'LEASE_OVER';
  const asked = cancelRequestedAt === null ? 'NOTHING' : 'CANCEL';
  return { asked, heard, began: true, exitCode: null, signal: null, code: null, message: null };
}
