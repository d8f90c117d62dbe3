import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { topic } from '../../kernel/database/wakeups';
import type { TaskExecution } from '../../engine/execution';
import { findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { settleTasks } from '../execution/settleTasks';
import { newId } from '../../kernel/ids';
import { endJobs, requestCancel } from '../queue/jobs.store';
import { Refusal } from '../../kernel/errors';
import { beginStep, say } from './operationSteps';
import type { Operation } from './restore';
import { planRestore, requirePoint } from './restorePlan';
import {
  endOperation,
  endRestoring,
  findDueOperations,
  findOperations,
  findOperationTasks,
  type RanForOperation,
  setOperationError,
} from './restores.store';
import { finishRestore } from './finishRestore';

/** Side by side, each with a connection of its own. */
const BATCH = 3;
/** A cancelled job is final this long after its grace, as after an abort. */
const KILL_SLACK_MS = 500;

/**
 * Moves on the restores that wait for nothing any more: the next step, the reversal of the records, or the failure. Any server does it, each step in a transaction of its own, so that a server
 * that dies leaves nothing half done. Whatever goes wrong ends the operation as FAILED, with the run as it was.
 */
export async function advanceRestores(app: App): Promise<void> {
  const due = await findDueOperations(app.database, app.clock.now(), BATCH);
  // One that can't even be failed, since the database is away, does not keep the others from being tried.
  const moved = await Promise.allSettled(due.map((operation) => moveOn(app, operation)));
  for (const one of moved) if (one.status === 'rejected') throw one.reason;
}

async function moveOn(app: App, due: Operation): Promise<void> {
  try {
    await inRestore(app, due, advance);
  } catch (error) {
    const { code, message } = error instanceof Refusal ? error : fault(app, error);
    await inRestore(app, due, (db, operation) => fail(db, operation, code, message));
  }
}

type Step = (db: RunTransaction, operation: Operation) => Promise<void>;

/** Under the run's lock, if the operation still runs then: another server may have been faster. */
function inRestore(app: App, { id, runId }: Operation, step: Step): Promise<void> {
  return inRuns(app, [runId], systemActor, async (db) => {
    const [operation] = await findOperations(db, [id]);
    if (operation?.status === 'RUNNING') await step(db, operation);
  });
}

function fault(app: App, error: unknown): { code: string; message: string } {
  const errorId = newId();
  app.log.error({ err: error, errorId }, 'a restore failed');
  return { code: 'INTERNAL', message: `A fault of the server; its log has it as ${errorId}.` };
}

async function advance(db: RunTransaction, operation: Operation): Promise<void> {
  const tasks = await findOperationTasks(db, [operation.id]);
  const open = tasks.filter((task) => task.endedAt === null);
  if (operation.errorCode === null && operation.deadlineAt < db.now) return stop(db, operation, open);
  if (open.length > 0) return;
  const last = tasks.filter((task) => task.step === operation.step - 1);
  await say(
    db,
    operation,
    last.map((task) => [task.passed ? 'INFO' : 'ERROR', describeEnd(task)] as const),
  );
  if (operation.errorCode !== null) {
    return fail(db, operation, operation.errorCode, operation.errorMessage ?? operation.errorCode);
  }
  const failed = last.find((task) => !task.passed);
  if (failed !== undefined) {
    return fail(db, operation, 'TASK_FAILED', `Restore task ${describeEnd(failed)}`);
  }
  const run = await findExecution(db, operation.runId);
  if (run === undefined) throw new Error(`run ${operation.runId} does not exist`);
  const point = await requirePoint(db, run.id, operation.restorePointId);
  const plan = await planRestore(db.app, db, run, point);
  if (operation.step < plan.steps.length) return beginStep(db, operation, plan);
  await finishRestore(db, operation, plan);
}

const describeEnd = ({ name, environment, status, reason, jobId }: RanForOperation): string =>
  `"${name}"${environment === null ? '' : ` in ${environment}`} ended ${status}${reason === null ? '' : `: ${reason}`}${jobId === null ? '' : ` (job ${jobId})`}`;

/** Its time is over: what runs is asked to stop, what has not begun is taken back. It fails when the last of it is final. */
async function stop(db: RunTransaction, operation: Operation, open: readonly TaskExecution[]): Promise<void> {
  const message = `The restore was not done by ${operation.deadlineAt.toISOString()}.`;
  await setOperationError(db, operation.id, 'TIMED_OUT', message);
  await say(db, operation, [['ERROR', message]]);
  const jobs = (status: TaskExecution['status']) =>
    open.filter((task) => task.status === status).flatMap((task) => task.jobId ?? []);
  const holders = await requestCancel(db, jobs('RUNNING'), db.now, KILL_SLACK_MS);
  db.wake(...holders.map((holder) => topic.agent(holder.agentId)));
  const end = {
    reasonCode: 'NOT_STARTED',
    reason: 'not started, because the time of the restore was over',
    exitCode: null,
  };
  await endJobs(
    db,
    jobs('QUEUED').map((jobId) => ({ ...end, jobId, status: 'ABORTED' as const, signal: null, truncated: false })),
    db.now,
  );
  const queued = open.filter((task) => task.status === 'QUEUED');
  await settleTasks(
    db,
    queued.map((task) => ({ ...end, taskId: task.id, status: 'SKIPPED' as const })),
  );
}

/** The status of before comes back, and the point can be used again. */
async function fail(db: RunTransaction, operation: Operation, code: string, message: string): Promise<void> {
  const { id, runId, before } = operation;
  const on = { runId, executionId: runId };
  const run = await findExecution(db, runId);
  if (run !== undefined && (await endRestoring(db, runId, before))) {
    const { failureCode: reasonCode, failureDetails: reason, attempt } = run;
    db.event(on, 'EXECUTION_STATUS', { from: 'RESTORING', to: before.status, reasonCode, reason, attempt });
  }
  await endOperation(db, id, { status: 'FAILED', attempt: null, error: { code, message } }, db.now);
  db.event(on, 'RESTORE_ENDED', { operationId: id, status: 'FAILED', reasonCode: code, reason: message });
  const what = message.endsWith('.') ? message : `${message}.`;
  await say(db, operation, [
    ['ERROR', `failed: ${code}: ${what} The run is ${before.status} again; its restore point was not used.`],
  ]);
}
