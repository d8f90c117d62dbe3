import { systemActor } from '../../access/actor';
import { queueDetached } from '../../engine/detachedTasks';
import { dispatchTasks } from '../../engine/dispatchTasks';
import type { TaskExecution } from '../../engine/execution';
import { endJob, moveTask } from '../../engine/moves';
import { wantsOf } from '../../engine/facts';
import type { RunSlice } from '../../engine/runSlice';
import { settleTasks } from '../../engine/settleTasks';
import type { TaskEnd } from '../../engine/taskEnd';
import { topic } from '../../kernel/database/wakeups';
import type { App } from '../app';
import { inRuns } from '../execution/inRuns';
import { findDueLeases, findLeases, type LeaseWithJob, withdrawOffers } from './jobs.store';

/** How often a task gets a new job because its agent was lost. */
const LOST_RETRIES = 1;
const BATCH = 200;

/**
 * Moves on what agents should have moved and did not: offers that were not started go back to the queue, jobs whose lease ran out are LOST, cancelled jobs whose grace
 * is over are final, jobs past their timeout have failed. Returns how many leases were due, so that the caller continues until there are none.
 */
export async function settleDueLeases(app: App): Promise<number> {
  const due = await findDueLeases(app.database, app.clock.now(), BATCH);
  if (due.length === 0) return 0;
  const runIds = due.map((lease) => lease.runId);
  await inRuns(app, runIds, systemActor, async (db) => {
    const jobIds = due.map((lease) => lease.jobId);
    // An agent may have renewed, or another server may have been faster, before the runs were locked.
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
    await db.decide((run) => settleStarted(run, started));
    db.wake(...leases.flatMap((lease) => [topic.agent(lease.agentId), topic.log(lease.jobId)]));
  });
  return due.length;
}

const isDue = (lease: LeaseWithJob, now: Date): boolean =>
  lease.expiresAt < now ||
  (lease.killAt !== null && lease.killAt < now) ||
  (lease.timeoutAt !== null && lease.timeoutAt < now);

function settleStarted(run: RunSlice, leases: readonly LeaseWithJob[]): void {
  const ends: TaskEnd[] = [];
  const retried: TaskExecution[] = [];
  for (const lease of leases) {
    const { jobId, taskExecutionId, attempt } = lease;
    const task = run.task(taskExecutionId);
    const failing = run.execution(task.executionId).failureCode !== null;
    const { status, code, text, retry } = judge(lease, task, run.now, failing);
    const end = { exitCode: null, reasonCode: code, reason: text };
    endJob(run, 'RUNNING', { jobId, status, ...end, signal: null, truncated: true, claimHolds: false });
    if (status === 'LOST') {
      run.event(task, 'JOB_LOST', { jobId, taskExecutionId, name: task.name, attempt, retried: retry });
    }
    if (retry) retried.push(task);
    else ends.push({ taskId: task.id, status: status === 'ABORTED' ? 'ABORTED' : 'FAILED', ...end });
  }
  requeue(run, retried);
  settleTasks(run, ends);
}

interface Verdict {
  readonly status: 'ABORTED' | 'FAILED' | 'LOST';
  readonly code: string;
  readonly text: string;
  readonly retry: boolean;
}

function judge(lease: LeaseWithJob, task: TaskExecution, now: Date, workflowIsFailing: boolean): Verdict {
  if (lease.cancelRequestedAt !== null) {
    return {
      status: 'ABORTED',
      code: 'CANCELLED',
      text: 'cancelled; its agent did not say in time that it ended',
      retry: false,
    };
  }
  if (lease.timeoutAt !== null && lease.timeoutAt < now) {
    return {
      status: 'FAILED',
      code: 'TIMED_OUT',
      text: 'ran longer than its timeout, and its agent did not end it',
      retry: false,
    };
  }
  const retry = task.losses < LOST_RETRIES && (!workflowIsFailing || task.type !== 'normal');
  const text = `its agent was not heard of in time${retry ? '' : `, on try ${lease.attempt}`}`;
  return { status: 'LOST', code: 'LOST', text, retry };
}

/** Gives tasks whose job was lost another one. */
function requeue(run: RunSlice, tasks: readonly TaskExecution[]): void {
  const executions = new Set<string>();
  const detached: string[] = [];
  for (const task of tasks.filter(({ endedAt }) => endedAt === null)) {
    const said = { reasonCode: 'LOST', reason: 'its agent was lost; it is tried again', exitCode: null };
    moveTask(run, task, { status: 'QUEUED', jobId: null, losses: task.losses + 1 }, said);
    if (task.type !== 'normal') detached.push(task.id);
    else {
      run.count(task.executionId, { busy: -1 });
      executions.add(task.executionId);
    }
  }
  dispatchTasks(run, [...executions]);
  queueDetached(run, detached);
}
