import { systemActor } from '../../access/actor';
import type { App } from '../app';
import { OFFLINE_AFTER_MS } from '../../contract/labels';
import { findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';
import type { RunTransaction } from '../execution/runTransaction';
import { newId } from '../../kernel/ids';
import { Refusal } from '../../kernel/errors';
import { beginStep, say } from './operationSteps';
import type { Operation } from './restore';
import { planRestore, requirePoint } from './restorePlan';
import {
  endOperation,
  findDueOperations,
  findOperations,
  type AgentTimes,
  findOperationTasks,
  findTasksWithoutAgent,
  type RanForOperation,
} from './restores.store';
import { finishRestore } from './finishRestore';
import { freePlace } from '../../engine/moves';
import { endRestoring } from '../../engine/restoreRun';
import { recordUnknown } from './recordUnknown';
import { stopRestore } from './stopRestore';

/** In parallel, each with a separate connection. */
const BATCH = 3;

/**
 * Advances restores that have nothing left to wait for: to the next step, the reversal of the records, or the failure.
 * Any server may do it, each step in a separate transaction, so that a server crash leaves nothing half done. Any error
 * ends the operation as FAILED, with the run in its state before the restore.
 */
export async function advanceRestores(app: App): Promise<void> {
  const now = app.clock.now();
  const due = await findDueOperations(app.database, now, agentTimes(app, now), BATCH);
  // An operation that can't even be failed, because the database is down, does not block the others.
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

/** Runs a step under the run's lock, if the operation is still running: another server may have been faster. */
function inRestore(app: App, { id, runId }: Operation, step: Step): Promise<void> {
  return inRuns(app, [runId], systemActor, async (db) => {
    const [operation] = await findOperations(db, [id]);
    if (operation?.status === 'RUNNING') await step(db, operation);
  });
}

function fault(app: App, error: unknown): { code: string; message: string } {
  const errorId = newId();
  app.log.error({ err: error, errorId }, 'a restore failed');
  return { code: 'INTERNAL', message: `Unexpected error in the server. Its log has details under the id ${errorId}.` };
}

/** Reason to give up a running restore: its deadline has passed, or no agent is available for its tasks. */
async function whyHopeless(
  db: RunTransaction,
  { id, deadlineAt }: Operation,
): Promise<{ readonly code: string; readonly message: string } | null> {
  if (deadlineAt < db.now) {
    return { code: 'TIMED_OUT', message: `The restore did not finish by ${deadlineAt.toISOString()}.` };
  }
  const [task] = await findTasksWithoutAgent(db, id, agentTimes(db.app, db.now));
  if (task === undefined) return null;
  const labels = task.labels.length === 0 ? 'is online' : `with ${task.labels.join(', ')} is online`;
  return { code: 'NO_AGENT', message: `No agent ${labels} for the restore task "${task.name}".` };
}

/**
 * Time since which an agent must have been seen to count as online, and since which a job must have waited without one.
 */
const agentTimes = ({ config }: App, now: Date): AgentTimes => ({
  onlineSince: new Date(now.getTime() - OFFLINE_AFTER_MS),
  queuedBefore: new Date(now.getTime() - config.SLIPWAY_RESTORE_AGENT_SECONDS * 1000),
});

async function advance(db: RunTransaction, operation: Operation): Promise<void> {
  const tasks = await findOperationTasks(db, [operation.id]);
  const open = tasks.filter((task) => task.endedAt === null);
  const hopeless = operation.errorCode === null ? await whyHopeless(db, operation) : null;
  if (hopeless !== null) return stopRestore(db, operation, hopeless);
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

/**
 * Brings back the previous status, and makes the restore point usable again. A canceled restore is not recorded as
 * failed.
 */
async function fail(db: RunTransaction, operation: Operation, code: string, message: string): Promise<void> {
  const { id, runId, before } = operation;
  const on = { runId, executionId: runId };
  await db.decide((slice) => {
    endRestoring(slice, runId, before);
    freePlace(slice, id);
  });
  await recordUnknown(db, operation);
  const status = code === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
  await endOperation(db, id, { status, attempt: null, error: { code, message } }, db.now);
  db.event(on, 'RESTORE_ENDED', { operationId: id, status, reasonCode: code, reason: message });
  const stays = `The run is ${before.status} again; its restore point was not used.`;
  await say(db, operation, [
    status === 'CANCELLED'
      ? ['INFO', `canceled: ${stays}`]
      : ['ERROR', `failed: ${code}: ${message.endsWith('.') ? message : `${message}.`} ${stays}`],
  ]);
}
