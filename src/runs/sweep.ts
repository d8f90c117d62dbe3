import { systemActor } from '../access/actor';
import { type Listener, topic } from '../kernel/database/wakeups';
import type { App } from './app';
import { findDueWork } from './dueWork.store';
import { findExpiredApprovals } from './approvals/approvals.store';
import { advancePipeline, closeWaiting } from '../engine/advancePipeline';
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

/** Short enough that an abort is final within a second after its grace period. */
const PERIOD_MS = 200;
const SLOW_EVERY = 5;
const WAKE_POLL_MS = 10_000;
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
  private othersFailing = false;
  private moving: Promise<void> | undefined;
  private moveAgain = false;
  private woken: Listener | undefined;

  constructor(
    private readonly app: App,
    /** Functions that move restores and carry out rollbacks; each sweep calls them while there are any. */
    private readonly others: readonly ((app: App) => Promise<void>)[] = [],
  ) {}

  start(): void {
    void this.followWakeups();
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
    this.woken?.close();
    this.woken = undefined;
    clearTimeout(this.timer);
    await this.running;
    await this.moving;
    clearTimeout(this.timer);
  }

  /**
   * A restore takes its next step when the last task of the previous step ends. The turns find it if a wake-up is lost.
   */
  private async followWakeups(): Promise<void> {
    const listener = this.app.database.wakeups.listen([topic.restores]);
    this.woken = listener;
    for (;;) {
      await listener.wait(WAKE_POLL_MS);
      if (this.woken !== listener) return;
      this.moveOthers();
    }
  }

  private async sweep(): Promise<void> {
    try {
      const { app } = this;
      const slow = this.turn++ % SLOW_EVERY === 0;
      const due = await findDueWork(app.database, app.clock.now(), slow);
      if (due.leases) while (!this.stopped && (await settleDueLeases(app)) > 0);
      if (due.retries) while (!this.stopped && (await startDueRetries(app)) > 0);
      if (due.restores) this.moveOthers();
      if (due.approvals) {
        await expireApprovals(app);
        await noteUndecidable(app);
      }
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

  /**
   * Runs in parallel with the turns, at each unless the previous one still runs: restoring a large run takes seconds,
   * and leases can't wait for it.
   */
  private moveOthers(): void {
    this.moveAgain = true;
    this.moving ??= (async () => {
      while (this.moveAgain && !this.stopped) {
        this.moveAgain = false;
        for (const moveOn of this.others) await moveOn(this.app);
      }
      this.othersFailing = false;
    })()
      .catch((error: unknown) => {
        if (!this.othersFailing && !this.stopped)
          this.app.log.error({ err: error }, 'restores could not be advanced; retrying');
        this.othersFailing = true;
      })
      .finally(() => {
        this.moving = undefined;
      });
  }
}

export async function expireApprovals(app: App): Promise<void> {
  const due = await findExpiredApprovals(app.database, app.clock.now(), BATCH);
  for (const { executionId, stageExecutionId, expiresAt } of due) {
    await moveRun(app, 'approvals', executionId, async (db) => {
      await db.load(wantsOf(executionId, 'execution', 'elements', 'approvals'));
      await db.decide((run) => {
        const execution = run.execution(executionId);
        if (isFinal(execution.status)) return;
        const reason = { code: 'EXPIRED', text: `nobody decided before ${expiresAt.toISOString()}` };
        const stage = run.element(executionId, stageExecutionId);
        closeWaiting(run, execution, [stage], 'EXPIRED', 'EXPIRED', reason);
        advancePipeline(run, executionId);
      });
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
