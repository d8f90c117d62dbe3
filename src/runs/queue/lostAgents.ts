import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import { endJobs, findDueLeases, findLeases, type JobEnd, type LeaseWithJob, withdrawOffers } from './jobs.store';
import { dispatchTasks } from '../execution/dispatchTasks';
import type { TaskExecution } from '../../engine/execution';
import { addToCounts, findExecutions } from '../execution/executions.store';
import { besideType, queueBeside } from '../execution/runBesideGraph';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { settleTasks } from '../execution/settleTasks';
import { type TaskEnd } from '../../engine/taskEnd';
import { findTasks, requeueTasks } from '../execution/tasks.store';

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
  await inRuns(
    app,
    due.map((lease) => lease.runId),
    systemActor,
    async (db) => {
      // An agent may have renewed, or another server may have been faster, before the runs were locked.
      const leases = (
        await findLeases(
          db,
          due.map((lease) => lease.jobId),
        )
      ).filter((lease) => isDue(lease, db.now));
      const offers = leases.filter((lease) => !lease.started);
      if (offers.length > 0) {
        await withdrawOffers(
          db,
          offers.map((lease) => lease.jobId),
        );
        db.wake(topic.queue);
      }
      await settleStarted(
        db,
        leases.filter((lease) => lease.started),
      );
      db.wake(...leases.flatMap((lease) => [topic.agent(lease.agentId), topic.log(lease.jobId)]));
    },
  );
  return due.length;
}

const isDue = (lease: LeaseWithJob, now: Date): boolean =>
  lease.expiresAt < now ||
  (lease.killAt !== null && lease.killAt < now) ||
  (lease.timeoutAt !== null && lease.timeoutAt < now);

async function settleStarted(db: RunTransaction, leases: readonly LeaseWithJob[]): Promise<void> {
  if (leases.length === 0) return;
  const tasks = new Map(
    (
      await findTasks(
        db,
        leases.map((lease) => lease.taskExecutionId),
      )
    ).map((task) => [task.id, task]),
  );
  const executions = await findExecutions(db, [...new Set(leases.map((lease) => lease.executionId))]);
  const failing = new Set(executions.filter((one) => one.failureCode !== null).map((one) => one.id));
  const jobEnds: JobEnd[] = [];
  const taskEnds: TaskEnd[] = [];
  const retried: TaskExecution[] = [];
  for (const lease of leases) {
    const task = tasks.get(lease.taskExecutionId);
    if (task === undefined) throw new Error(`job ${lease.jobId} has no task`);
    const verdict = judge(lease, task, db.now, failing.has(lease.executionId));
    const { status, code, text, retry } = verdict;
    jobEnds.push({
      jobId: lease.jobId,
      status,
      exitCode: null,
      signal: null,
      reasonCode: code,
      reason: text,
      truncated: true,
    });
    if (status === 'LOST') {
      db.event({ runId: lease.runId, executionId: lease.executionId }, 'JOB_LOST', {
        jobId: lease.jobId,
        taskExecutionId: task.id,
        name: task.name,
        attempt: lease.attempt,
        retried: retry,
      });
    }
    if (retry) retried.push(task);
    else {
      const taskStatus = status === 'ABORTED' ? 'ABORTED' : 'FAILED';
      taskEnds.push({ taskId: task.id, status: taskStatus, reasonCode: code, reason: text, exitCode: null });
    }
  }
  await endJobs(db, jobEnds, db.now);
  await requeue(db, retried);
  await settleTasks(db, taskEnds);
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
async function requeue(db: RunTransaction, tasks: readonly TaskExecution[]): Promise<void> {
  if (tasks.length === 0) return;
  const counts = new Map<string, { open: number; busy: number }>();
  const beside: string[] = [];
  for (const task of await requeueTasks(
    db,
    tasks.map((one) => one.id),
  )) {
    if (task.type !== 'normal') beside.push(task.id);
    else counts.set(task.executionId, { open: 0, busy: (counts.get(task.executionId)?.busy ?? 0) - 1 });
    db.event({ runId: task.runId, executionId: task.executionId }, 'TASK_STATUS', {
      taskExecutionId: task.id,
      name: task.name,
      from: 'RUNNING',
      to: 'QUEUED',
      reasonCode: 'LOST',
      reason: 'its agent was lost; it is tried again',
      jobId: null,
      exitCode: null,
      try: task.tries,
      ...besideType(task),
    });
  }
  await addToCounts(db, counts);
  await dispatchTasks(db, [...counts.keys()]);
  await queueBeside(db, beside);
}
