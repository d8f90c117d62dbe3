import { systemActor } from '../access/actor';
import { topic } from '../kernel/database/wakeups';
import type { App } from './app';
import { findDueWork } from './dueWork.store';
import { findExpiredApprovals } from './approvals/approvals.store';
import { expireApproval } from '../engine/expireApproval';
import { expireDetached } from '../engine/detachedTasks';
import { wantsOf } from '../engine/facts';
import { expireFinally } from '../engine/finallyTasks';
import { stopExecution } from '../engine/stopExecution';
import { clearStartBy, findDueDetached } from './execution/detachedTasks.store';
import { isFinal } from '../contract/statuses';
import { findExpiredExecutions } from './execution/executions.store';
import { endDueInterventions } from './commands/interveneExecution';
import { endDueRuntimeInputs } from './commands/answerRuntimeInputs';
import { inRuns } from './execution/inRuns';
import { moveRun, moveRuns, runsOf } from './faults';
import { settleDueLeases } from './queue/lostAgents';
import { startDueRetries } from './execution/startDueRetries';
import { noteUndecidable } from './approvals/undecidable';
import { remindApprovers } from './approvals/remindApprovers';
import { carryOutRollbacks } from './rollbacks/carryOutRollbacks';
import { moveObservations } from './observations/observe';
import { beginWaiting } from './slots/beginWaiting';
import { fireTriggers } from './triggers/fireTriggers';
import { WokenWork } from './wokenWork';

/** Short enough that an abort is final within a second after its grace period. */
const PERIOD_MS = 200;
const SLOW_EVERY = 5;
const BATCH = 50;

/**
 * Timers of the server. Every execution that is not final and does not wait for a person has a time at which it is
 * moved. The times are columns of the rows, so a restart loses none. Every server of a database may sweep: the run's
 * lock and a second check under it ensure that each timer fires once.
 */
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private turn = 0;
  private failing = false;
  private readonly restores: WokenWork;
  private readonly beginnings: WokenWork;
  private readonly rollbacks: WokenWork;
  private readonly observations: WokenWork;
  private readonly triggers: WokenWork;

  constructor(
    private readonly app: App,
    advanceRestores: (app: App) => Promise<void> = () => Promise.resolve(),
  ) {
    this.restores = new WokenWork(app, topic.restores, 'restores could not be advanced', advanceRestores);
    this.beginnings = new WokenWork(app, topic.slots, 'waiting elements could not be begun', beginWaiting);
    this.rollbacks = new WokenWork(app, topic.rollbacks, 'rollbacks could not be carried out', carryOutRollbacks);
    this.observations = new WokenWork(app, topic.observations, 'environments could not be observed', moveObservations);
    this.triggers = new WokenWork(app, topic.triggers, 'triggers could not fire', fireTriggers);
  }

  start(): void {
    this.restores.start();
    this.beginnings.start();
    this.rollbacks.start();
    this.observations.start();
    this.triggers.start();
    this.next();
  }

  private next(): void {
    this.timer = setTimeout(() => {
      this.running = this.sweep().finally(() => {
        if (!this.stopped) this.next();
      });
    }, PERIOD_MS);
  }

  /** Waits for the running turn. No turn begins until the returned function is called. */
  async pause(): Promise<() => void> {
    await this.halt();
    return () => this.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.halt();
  }

  private async halt(): Promise<void> {
    clearTimeout(this.timer);
    const woken = [this.restores, this.beginnings, this.rollbacks, this.observations, this.triggers];
    await Promise.all([this.running, ...woken.map((work) => work.halt())]);
    clearTimeout(this.timer);
    await Promise.all(woken.map((work) => work.halt()));
  }

  private async sweep(): Promise<void> {
    try {
      const { app } = this;
      const slow = this.turn++ % SLOW_EVERY === 0;
      const due = await findDueWork(app.database, app.clock.now(), slow);
      if (due.leases) while (!this.stopped && (await settleDueLeases(app)) > 0);
      if (due.retries) while (!this.stopped && (await startDueRetries(app)) > 0);
      // In parallel with the turns: restoring a large run takes seconds, and leases can't wait for it.
      if (due.restores) this.restores.move();
      if (due.beginnings) this.beginnings.move();
      if (due.rollbacks) this.rollbacks.move();
      if (due.observations) this.observations.move();
      if (due.triggers) this.triggers.move();
      if (due.approvals) {
        await expireApprovals(app);
        await noteUndecidable(app);
      }
      if (due.approvalSteps) await remindApprovers(app);
      if (due.stages) await endDueRuntimeInputs(app);
      if (due.stages || due.tasks) await endDueInterventions(app);
      if (due.executions) await expireExecutions(app);
      if (due.detached) await expireDetachedTasks(app);
      if (this.failing) this.app.log.info('the sweeper works again');
      this.failing = false;
    } catch (error) {
      // The database is probably down: the error is reported once, and the next turn retries.
      if (!this.failing && !this.stopped) this.app.log.error({ err: error }, 'the sweeper failed; retrying');
      this.failing = true;
    }
  }
}

export async function expireApprovals(app: App): Promise<void> {
  const due = await findExpiredApprovals(app.database, app.clock.now(), BATCH);
  for (const { executionId, id } of due) {
    await moveRun(app, 'approvals', executionId, async (db) => {
      await db.load(wantsOf(executionId, 'execution', 'elements', 'approvals'));
      await db.decide((run) => expireApproval(run, executionId, id));
    });
  }
}

export async function expireExecutions(app: App): Promise<void> {
  for (const { id, runId } of await findExpiredExecutions(app.database, app.clock.now(), BATCH)) {
    await moveRun(app, 'expiry', runId, async (db) => {
      await db.decide((run) => {
        const { status, expiresAt, finallyTasks } = run.execution(id);
        if (isFinal(status) || expiresAt >= run.now) return;
        if (finallyTasks !== null) expireFinally(run, id);
        else stopExecution(run, id, 'EXPIRED', `its time limit passed at ${expiresAt.toISOString()}`);
      });
    });
  }
}

export async function expireDetachedTasks(app: App): Promise<void> {
  const due = await findDueDetached(app.database, app.clock.now(), BATCH);
  await moveRuns(app, 'detached tasks', due, (own) =>
    inRuns(app, runsOf(own), systemActor, async (db) => {
      const taskIds = own.map((task) => task.taskId);
      const looked = await clearStartBy(db, taskIds, db.now);
      await db.load(looked.flatMap((id) => wantsOf(id, 'task')));
      await db.decide((run) => expireDetached(run, looked));
    }),
  );
}
