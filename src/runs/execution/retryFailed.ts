import { baseName } from '../../catalog/language/matrix';
import type { Execution } from '../../engine/execution';
import { addToCounts } from './executions.store';
import { type FailedTask, findFailedTasks, type NextTry, retryTasks } from './retries.store';
import { isTriedAgain, retryDelayMs } from '../../engine/retries';
import { besideType, queueBeside } from './runBesideGraph';
import type { RunTransaction } from './runTransaction';
import { type TaskEnd } from '../../engine/taskEnd';
import { waitTasks } from './tasks.store';

/**
 * What becomes of tasks whose job failed: those with tries left are put back, with the time of their next try in their row, so that a
 * delay outlives every server; those whose definition says so wait for a person; the ends of the others are answered, marked where their failure is ignored. Costs nothing where nothing
 * failed. `touched` gets the executions that changed.
 */
export async function retryFailed(
  db: RunTransaction,
  ends: readonly TaskEnd[],
  touched: Map<string, Execution>,
): Promise<readonly TaskEnd[]> {
  const failed = ends.filter((end) => end.status === 'FAILED' && !end.decided);
  if (failed.length === 0) return ends;
  const tasks = new Map(
    (
      await findFailedTasks(
        db,
        failed.map((end) => end.taskId),
      )
    ).map((task) => [task.id, task]),
  );
  const again: NextTry[] = [];
  const waits: TaskWait[] = [];
  const standing: TaskEnd[] = ends.filter((end) => end.status !== 'FAILED' || end.decided);
  for (const end of failed) {
    const task = tasks.get(end.taskId);
    const { definition } = task === undefined ? { definition: undefined } : await definitionOf(db, task);
    if (task === undefined || definition === undefined) standing.push(end);
    else if (mayGoOn(task) && isTriedAgain(definition, task, end)) {
      const delay = retryDelayMs(definition.retryDelay, task.failures + 1, Math.random());
      again.push({ ...end, nextTryAt: delay === 0 ? null : new Date(db.now.getTime() + delay) });
    } else if (definition.intervention !== null && task.failureCode === null && task.type === 'normal') {
      const waitsUntil = new Date(db.now.getTime() + definition.intervention.timeoutSeconds * 1000);
      waits.push({ ...end, waitsUntil });
    } else standing.push({ ...end, passes: definition.ignoreFailure });
  }
  await putBack(db, again, tasks, touched);
  await askPerson(db, waits, tasks, touched);
  return standing;
}

/** A failing workflow starts nothing more, except for the level of the failure in PARALLEL mode, and detached tasks. */
const mayGoOn = ({ failureCode, mode, type }: FailedTask): boolean =>
  failureCode === null || type !== 'normal' || (failureCode === 'TASK_FAILED' && mode === 'PARALLEL');

async function definitionOf(db: RunTransaction, task: FailedTask) {
  const { definition } = await db.app.workflowRevisions.get(db, task.revisionId);
  return { definition: definition.tasks[baseName(task.name)] };
}

async function putBack(
  db: RunTransaction,
  tries: readonly NextTry[],
  before: ReadonlyMap<string, FailedTask>,
  touched: Map<string, Execution>,
): Promise<void> {
  if (tries.length === 0) return;
  const counts = new Map<string, { open: number; busy: number }>();
  const beside: string[] = [];
  for (const task of await retryTasks(db, tries)) {
    if (task.type !== 'normal') beside.push(task.id);
    else counts.set(task.executionId, { open: 0, busy: (counts.get(task.executionId)?.busy ?? 0) - 1 });
    const when = task.nextTryAt === null ? 'at once' : `at ${task.nextTryAt.toISOString()}`;
    db.event({ runId: task.runId, executionId: task.executionId }, 'TASK_STATUS', {
      taskExecutionId: task.id,
      name: task.name,
      from: before.get(task.id)?.status ?? 'RUNNING',
      to: 'QUEUED',
      reasonCode: 'RETRY',
      reason: `${task.reason}; it is tried again ${when}`,
      jobId: null,
      exitCode: task.exitCode,
      try: task.tries,
      ...besideType(task),
    });
  }
  for (const execution of await addToCounts(db, counts)) touched.set(execution.id, execution);
  await queueBeside(db, beside);
}

type TaskWait = TaskEnd & { readonly waitsUntil: Date };

/** Tasks that have failed for good, unless a person decides otherwise. */
async function askPerson(
  db: RunTransaction,
  waits: readonly TaskWait[],
  before: ReadonlyMap<string, FailedTask>,
  touched: Map<string, Execution>,
): Promise<void> {
  if (waits.length === 0) return;
  const counts = new Map<string, { open: number; busy: number; waiting: number }>();
  for (const task of await waitTasks(db, waits)) {
    const run = { runId: task.runId, executionId: task.executionId };
    const old = before.get(task.id);
    const { busy, waiting } = counts.get(task.executionId) ?? { busy: 0, waiting: 0 };
    counts.set(task.executionId, { open: 0, busy: busy - (old?.jobId ? 1 : 0), waiting: waiting + 1 });
    const { id: taskExecutionId, name, reasonCode, reason, exitCode } = task;
    db.event(run, 'TASK_STATUS', {
      ...{ taskExecutionId, name, reasonCode, reason, exitCode },
      from: old?.status ?? 'RUNNING',
      to: 'WAITING',
      jobId: old?.jobId ?? null,
      try: task.tries,
    });
    const expiresAt = task.waitsUntil?.toISOString() ?? '';
    db.event(run, 'INTERVENTION_REQUESTED', {
      ...{ taskExecutionId, name, reason, expiresAt, stageExecutionId: null, elementId: null },
    });
  }
  for (const execution of await addToCounts(db, counts)) touched.set(execution.id, execution);
}
