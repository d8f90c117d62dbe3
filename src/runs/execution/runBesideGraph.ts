import { newId } from '../../kernel/ids';
import { endJobs } from '../queue/jobs.store';
import {
  addToBeside,
  findReadyBeside,
  insertBesideTasks,
  type NewBesideTask,
  setStartBy,
  takeDueBeside,
} from './besideTasks.store';
import type { BesideTask, Execution, TaskExecution } from '../../engine/execution';
import { withSecrets } from './missingSecrets';
import { queueJobs, taskDefinition } from '../queue/queueJobs';
import type { RunTransaction } from './runTransaction';
import { withoutUndefined } from './undefinedVariables';

/** So long a task waits for an agent at least, however short its own timeout is: all agents may be busy. */
const LEAST_WAIT_MS = 3_600_000;

/** A forensic or restore task that is to run: a task of the definition, for this execution of it, and what it runs with. */
export interface BesideGraph extends Pick<BesideTask, 'revisionId' | 'variables' | 'images' | 'env'> {
  readonly execution: Pick<Execution, 'id' | 'runId' | 'attempt'>;
  readonly type: 'forensic' | 'restore';
  readonly name: string;
  readonly failedTaskId?: string;
  readonly failedAttempt?: number;
}

/**
 * Runs tasks that are not nodes of the graph: each gets its row and its job at once, whatever the status, the mode and `maxParallel` of its execution are, and none of them
 * counts in its result. From there on they are tasks like others: they are claimed, retried, lost and settled on the same ways; but one that no agent has started within its own timeout, or an hour, fails.
 * Answers those that are new.
 */
export async function runBesideGraph(db: RunTransaction, tasks: readonly BesideGraph[]): Promise<TaskExecution[]> {
  if (tasks.length === 0) return [];
  const rows = tasks.map(
    ({ execution, failedTaskId = null, failedAttempt = null, ...task }): NewBesideTask => ({
      ...task,
      taskId: newId(),
      executionId: execution.id,
      runId: execution.runId,
      attempt: execution.attempt,
      failedTaskId,
      failedAttempt,
    }),
  );
  const made = await insertBesideTasks(db, rows, db.now);
  const failed = new Map(rows.map((row) => [row.taskId, row.failedTaskId]));
  for (const { id: taskExecutionId, type, name, executionId, runId } of made) {
    const failedTaskExecutionId = failed.get(taskExecutionId) ?? null;
    db.event({ runId, executionId }, 'BESIDE_TASK_CREATED', {
      taskExecutionId,
      name,
      taskType: type,
      failedTaskExecutionId,
    });
  }
  await count(db, made, 1);
  await queueBeside(
    db,
    made.map(({ id }) => id),
  );
  return made;
}

/** Gives waiting detached tasks a job: their first, or the next after a failure or a lost agent. */
export async function queueBeside(db: RunTransaction, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length === 0) return;
  const ready = await withSecrets(db, await withoutUndefined(db, await findReadyBeside(db, taskIds)));
  if (ready.length === 0) return;
  await queueJobs(db, ready);
  const times = [];
  for (const task of ready) {
    const { timeoutSeconds } = await taskDefinition(db, task);
    const waitMs = Math.max(timeoutSeconds * 1000, LEAST_WAIT_MS);
    times.push({ id: task.id, startBy: new Date(db.now.getTime() + waitMs) });
  }
  await setStartBy(db, times);
}

/** What the events of such a task say about it; nothing for tasks of the graph. */
export const besideType = ({ type }: Pick<TaskExecution, 'type'>) => (type === 'normal' ? {} : { taskType: type });

/** Ends detached tasks. */
export async function endBeside(db: RunTransaction, ended: readonly TaskExecution[]): Promise<void> {
  await count(db, ended, -1);
}

/** Fails those that no agent has started in time: nobody else would, since their execution may be final. */
export async function expireBeside(db: RunTransaction, taskIds: readonly string[]): Promise<void> {
  const waiting = (await takeDueBeside(db, taskIds, db.now)).filter(({ started }) => !started);
  const end = {
    status: 'FAILED',
    reasonCode: 'NOT_STARTED',
    reason: 'no agent started it in time',
  } as const;
  const jobIds = waiting.flatMap(({ jobId }) => jobId ?? []);
  await endJobs(
    db,
    jobIds.map((jobId) => ({ ...end, jobId, exitCode: null, signal: null, truncated: false })),
    db.now,
  );
  db.settleLater(waiting.map(({ taskId }) => ({ ...end, taskId, exitCode: null })));
}

async function count(db: RunTransaction, tasks: readonly TaskExecution[], step: 1 | -1): Promise<void> {
  if (tasks.length === 0) return;
  const changes = new Map<string, number>();
  for (const { executionId, runId } of tasks) {
    for (const id of new Set([executionId, runId])) changes.set(id, (changes.get(id) ?? 0) + step);
  }
  await addToBeside(db, changes);
}
