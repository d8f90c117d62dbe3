import { newId } from '../../kernel/ids';
import { endJobs } from '../queue/jobs.store';
import { settleStage } from './advancePipeline';
import { cancelRunning } from './cancelRunning';
import { moveExecution } from './changeStatus';
import { recordDeployments } from '../deployments/deployments.store';
import { dispatchTasks } from './dispatchTasks';
import { type FinalStatus, isFinal } from '../../contract/statuses';
import { type Execution } from '../../engine/execution';
import { addToCounts, type Failing, findExecutions, markFailing } from './executions.store';
import { handleTaskFailures, handleWorkflowFailure } from './failureHandlers';
import { retryFailed } from './retryFailed';
import { besideType, endBeside } from './runBesideGraph';
import type { RunTransaction } from './runTransaction';
import { showWaiting } from './showWaiting';
import { type TaskEnd } from '../../engine/taskEnd';
import { endTasks, findUnstartedTasks, releaseDependents } from './tasks.store';

/**
 * Tasks ended: what follows from it, up to the next stage of the pipeline. Reads and writes only the tasks that ended, those that depend on them and the rows of
 * their executions, whatever the size of the graph; many tasks of many executions are settled together.
 */
export async function settleTasks(db: RunTransaction, ends: readonly TaskEnd[]): Promise<void> {
  const touched = new Map<string, Execution>();
  const failing = await applyEnds(db, await retryFailed(db, ends, touched), touched);
  if (failing.size > 0) {
    const reason = 'not started, because another task of the workflow failed';
    const skipped = await skipUnstarted(db, [...failing.keys()], reason, finishedLevels(touched, failing));
    await applyEnds(db, skipped, touched);
    await cancelRunning(db, await thatCancel(db, touched, failing));
  }
  const open: string[] = [];
  for (const execution of touched.values()) {
    if (execution.openTasks === 0) await finishWorkflow(db, execution);
    else open.push(execution.id);
  }
  await dispatchTasks(db, open);
  await showWaiting(
    db,
    open.filter((id) => (touched.get(id)?.waitingTasks ?? 0) > 0),
  );
}

/** Writes the ends with their events, counts and released dependants; answers the executions that began to fail, each with the level of the failure. */
async function applyEnds(
  db: RunTransaction,
  ends: readonly TaskEnd[],
  touched: Map<string, Execution>,
): Promise<ReadonlyMap<string, number>> {
  if (ends.length === 0) return new Map();
  const ended = await endTasks(db, ends, db.now);
  const counts = new Map<string, { open: number; busy: number; waiting: number }>();
  const failures = [];
  const levels = new Map<string, number>();
  for (const task of ended) {
    const counted = task.type === 'normal';
    const count = counts.get(task.executionId) ?? { open: 0, busy: 0, waiting: 0 };
    if (counted) {
      const busy = count.busy - (task.jobId === null ? 0 : 1);
      const waiting = count.waiting - (task.before === 'WAITING' ? 1 : 0);
      counts.set(task.executionId, { open: count.open - 1, busy, waiting });
    }
    if (counted && task.status === 'FAILED' && !task.passed) {
      const details = `Task "${task.name}" failed: ${task.reason}`;
      failures.push({ executionId: task.executionId, code: 'TASK_FAILED', details });
      levels.set(task.executionId, Math.max(task.level, levels.get(task.executionId) ?? 0));
    }
    db.event({ runId: task.runId, executionId: task.executionId }, 'TASK_STATUS', {
      taskExecutionId: task.id,
      name: task.name,
      from: task.before,
      to: task.status,
      reasonCode: task.reasonCode,
      reason: task.reason,
      jobId: task.jobId,
      exitCode: task.exitCode,
      try: task.tries,
      ...besideType(task),
    });
  }
  await endBeside(
    db,
    ended.filter((task) => task.type !== 'normal'),
  );
  const failing = failures.length === 0 ? [] : await markFailing(db, failures);
  noteFailing(db, failing);
  await releaseDependents(
    db,
    ended.filter((task) => task.passed).map((task) => task.id),
  );
  for (const execution of await addToCounts(db, counts)) touched.set(execution.id, execution);
  await handleTaskFailures(db, ended, touched);
  return new Map(failing.map(({ executionId }) => [executionId, levels.get(executionId) ?? 0]));
}

/** In the mode PARALLEL a level in which a task failed is finished: up to it nothing is taken back. */
function finishedLevels(
  executions: ReadonlyMap<string, Execution>,
  failing: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  return new Map([...failing].filter(([id]) => executions.get(id)?.mode === 'PARALLEL'));
}

/** Those of the executions that began to fail whose definition wants an end of what still runs. */
async function thatCancel(
  db: RunTransaction,
  executions: ReadonlyMap<string, Execution>,
  failing: ReadonlyMap<string, number>,
): Promise<string[]> {
  const cancelling: string[] = [];
  for (const id of failing.keys()) {
    const execution = executions.get(id);
    if (execution?.mode !== 'WORK_STEALING') continue;
    const { definition } = await db.app.workflowRevisions.get(db, execution.revisionId);
    if (definition.onTaskFailure === 'cancel') cancelling.push(id);
  }
  return cancelling;
}

/** Executions whose failure shows from now on, though their status does not say so yet. */
export function noteFailing(db: RunTransaction, executions: readonly Failing[]): void {
  for (const { reasonCode, reason, ...run } of executions) {
    db.event(run, 'EXECUTION_FAILING', { reasonCode, reason });
  }
}

/** Takes back what has not begun in these workflow executions; answers how those tasks end. */
export async function skipUnstarted(
  db: RunTransaction,
  executionIds: readonly string[],
  reason: string,
  /** Levels up to which what has not begun may still begin. */
  levels: ReadonlyMap<string, number> = new Map(),
): Promise<TaskEnd[]> {
  const unstarted = await findUnstartedTasks(db, executionIds);
  const tasks = unstarted.filter(
    (task) => task.status === 'WAITING' || task.level > (levels.get(task.executionId) ?? -1),
  );
  const queued = tasks.flatMap((task) => (task.jobId === null ? [] : [task.jobId]));
  await endJobs(
    db,
    queued.map((jobId) => ({
      jobId,
      status: 'ABORTED',
      exitCode: null,
      signal: null,
      reasonCode: 'NOT_STARTED',
      reason,
      truncated: false,
    })),
    db.now,
  );
  return tasks.map((task) => {
    if (task.status !== 'WAITING' && task.failures === 0) {
      return { taskId: task.id, status: 'SKIPPED', reasonCode: 'NOT_STARTED', reason, exitCode: null };
    }
    const { id: taskId, reasonCode, exitCode } = task;
    return {
      taskId,
      status: 'FAILED',
      reasonCode,
      reason: `${task.reason}; ${task.status === 'WAITING' ? 'not decided' : 'not tried again'}: ${reason}`,
      exitCode,
    };
  });
}

/** The status that a workflow execution ends with, from why it failed. */
const endStatus = (failureCode: string | null): FinalStatus => {
  if (failureCode === null) return 'SUCCESS';
  return failureCode === 'ABORTED' || failureCode === 'EXPIRED' ? failureCode : 'FAILED';
};

/** All tasks of a workflow execution are final. */
export async function finishWorkflow(db: RunTransaction, workflow: Execution): Promise<void> {
  // Settling one workflow can end its siblings; the row that was read before may be old.
  const [execution] = await findExecutions(db, [workflow.id]);
  if (execution === undefined || isFinal(execution.status)) return;
  const status = endStatus(execution.failureCode);
  if (status !== 'SUCCESS') await handleWorkflowFailure(db, execution);
  await moveExecution(db, execution, status);
  if (status === 'SUCCESS') await recordImages(db, execution);
  if (execution.parentStageExecutionId !== null) {
    const reason =
      execution.failureCode === null
        ? undefined
        : { code: execution.failureCode, text: execution.failureDetails ?? execution.failureCode };
    await settleStage(db, execution.parentStageExecutionId, status, reason);
  }
}

async function recordImages(db: RunTransaction, execution: Execution): Promise<void> {
  const { environmentId, runId } = execution;
  const images = Object.entries(execution.images);
  if (environmentId === null || images.length === 0) return;
  const { id: executionId } = execution;
  const deployments = images.map(([serviceId, image]) => ({
    id: newId(),
    environmentId,
    serviceId,
    image,
    executionId,
    status: 'SUCCEEDED' as const,
  }));
  await recordDeployments(db, deployments, runId, db.now);
  for (const { serviceId, image } of deployments) {
    db.event({ runId, executionId }, 'DEPLOYED', { environmentId, serviceId, image });
  }
}
