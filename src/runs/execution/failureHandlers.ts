import { findErrorEnds } from '../logs/jobLogs.store';
import { baseName } from '../../catalog/language/matrix';
import type { Execution, TaskExecution } from '../../engine/execution';
import { type BesideGraph, runBesideGraph } from './runBesideGraph';
import type { RunTransaction } from './runTransaction';
import { findFirstFailed } from './tasks.store';

/** How much of standard error a handler is told. */
const ERROR_BYTES = 4096;
const REASON_LENGTH = 2000;

/**
 * Runs the handlers of tasks that have failed for good, or were cancelled while they ran; also where the failure is ignored, since somebody
 * wants to know of it. Tasks that never began have none.
 */
export async function handleTaskFailures(
  db: RunTransaction,
  ended: readonly TaskExecution[],
  executions: ReadonlyMap<string, Execution>,
): Promise<void> {
  const failures = [];
  for (const task of ended) {
    const execution = executions.get(task.executionId);
    if (task.type !== 'normal' || execution === undefined) continue;
    if (task.status !== 'FAILED' && task.status !== 'ABORTED') continue;
    const { definition } = await db.app.workflowRevisions.get(db, execution.revisionId);
    const handler = definition.tasks[baseName(task.name)]?.onFailure ?? null;
    if (handler !== null) failures.push({ handler, task, execution });
  }
  if (failures.length === 0) return;
  const errors = await findErrorEnds(
    db,
    failures.map(({ task }) => task.id),
    ERROR_BYTES,
  );
  await runBesideGraph(
    db,
    failures.map(({ handler, task, execution }) => ({
      ...handlerOf(handler, execution, task, task.reason, errors.get(task.id)),
      failedTaskId: task.id,
    })),
  );
}

/** Runs the handler of a workflow that has ended otherwise than by success; the first task that failed stands for all. */
export async function handleWorkflowFailure(db: RunTransaction, execution: Execution): Promise<void> {
  const { definition } = await db.app.workflowRevisions.get(db, execution.revisionId);
  if (definition.onFailure === null) return;
  const task = await findFirstFailed(db, execution.id);
  const errors = await findErrorEnds(db, task === undefined ? [] : [task.id], ERROR_BYTES);
  await runBesideGraph(db, [
    {
      ...handlerOf(definition.onFailure, execution, task, execution.failureDetails, errors.get(task?.id ?? '')),
      failedAttempt: execution.attempt,
    },
  ]);
}

function handlerOf(
  name: string,
  execution: Execution,
  task: TaskExecution | undefined,
  reason: string | null,
  error = '',
): BesideGraph {
  const { revisionId, variables, images } = execution;
  const message = [(reason ?? '').slice(0, REASON_LENGTH), error.trim()].filter((text) => text !== '').join('\n');
  return {
    type: 'forensic',
    name,
    execution,
    revisionId,
    variables,
    images,
    env: {
      failed_task: task?.name ?? '',
      // Neither an environment nor the database takes a NUL.
      error_message: message.replaceAll('\0', '\ufffd'),
      exit_code: task?.exitCode?.toString() ?? '',
    },
  };
}
