import type { Actor } from '../../access/actor';
import type { App } from '../app';
import { isId } from '../../kernel/ids';
import { notFound, Refusal } from '../../kernel/errors';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { dispatchTasks } from '../../engine/dispatchTasks';
import { moveTask } from '../../engine/moves';
import { queuedAgain } from '../../engine/retryFailed';
import type { RunSlice } from '../../engine/runSlice';
import { isFinal } from '../../contract/statuses';
import { type Execution, type TaskExecution } from '../../engine/execution';
import { requireRight } from './interveneExecution';
import { onRun, type RunCommand, type RunCommandInput } from './onRun';
import { requireNotMovedOn } from '../deployments/movedOn';
import { deployingOf, requireNotFrozenIn } from '../freezes/frozen';
import { type MayOverrideFreeze, overrideErrors } from '../freezes/overrideFreeze';
import { findLastIntervention } from '../execution/interventions.store';
import { findSkippedTasks, findTasks, findUnsuccessfulTasks } from '../execution/tasks.store';

export interface RetryTask extends RunCommandInput, MayOverrideFreeze {
  readonly applicationId: string;
  readonly taskExecutionId: string;
  /** True to allow replacing images that runs which started later have deployed since. */
  readonly overrule?: boolean | null;
}

/**
 * Gives a failed task another try while its workflow still runs. It takes the failure back, together with all skips
 * that it caused. Allowed only for the single failure of a workflow: with another failure, or with canceled tasks, the
 * workflow would fail anyway.
 */
export async function retryTask(app: App, actor: Actor, input: RetryTask): Promise<TaskExecution> {
  const id = input.taskExecutionId;
  const [seen] = isId(id) ? await findTasks(app.database, [id]) : [];
  const named = { kind: 'task execution', id };
  const command: RunCommand = {
    ...{ verb: 'retryTask', input, id: seen?.executionId, named, errors: overrideErrors(input) },
    right: async (_access, _subject, execution) => seen && requireRight(app, actor, execution, seen),
  };
  await onRun(app, actor, command, async (db, execution) => {
    const [task] = await findTasks(db, [id]);
    if (task === undefined) throw notFound('task execution', id);
    const { definition } = await app.workflowRevisions.get(db, execution.revisionId);
    const others = (await findUnsuccessfulTasks(db, execution.id)).filter((one) => one.id !== id);
    const refusal = refuseRetry(execution, task, definition, others, db.now);
    if (refusal !== null) {
      const last = isFinal(task.status)
        ? undefined
        : await findLastIntervention(db, execution.runId, id, 'TASK_RETRIED');
      if (last === undefined || task.waitsUntil !== null) throw refusal;
      const { status } = task;
      throw new Refusal('CONFLICT', `${last.actor.name} acted first: the task is ${status}.`, { status });
    }
    const tasks = async () => [task, ...(await findSkippedTasks(db, [execution.id]))].map(({ name }) => name);
    await requireNotMovedOn(app, db, execution, [{ ...execution, tasks }], input.overrule);
    await requireNotFrozenIn(app, db, actor, execution, [deployingOf(execution)], input);
    const reason = input.reason?.trim() || null;
    await db.decide((run) => takeBack(run, task, `${task.reason}; tried again by ${actor.name}`, reason));
    const before = { status: task.status, name: task.name };
    return { audit: { before, after: { status: 'QUEUED', reason } } };
  });
  const [task] = await findTasks(app.database, [id]);
  if (task === undefined) throw notFound('task execution', id);
  return task;
}

/** Reason why a task can't get another try; null if it can. */
export function refuseRetry(
  execution: Execution,
  task: TaskExecution,
  definition: Pick<WorkflowDefinition, 'onTaskFailure'>,
  /** Other tasks of the workflow that failed or were canceled. */
  others: readonly Pick<TaskExecution, 'name'>[],
  now: Date,
): Refusal | null {
  const { status } = task;
  const refused = (why: string) => new Refusal('NOT_RETRYABLE', why, { status, executionStatus: execution.status });
  if (isFinal(execution.status)) {
    const instead = execution.status === 'SUCCESS' ? 'use rerunExecution to run it again' : 'a resume continues it';
    return refused(`The workflow is already ${execution.status}; ${instead}.`);
  }
  if (status === 'WAITING') return refused('It waits for a decision; use interveneExecution.');
  if (status !== 'FAILED' || task.passed || task.attempt !== execution.attempt || task.type !== 'normal') {
    return refused(`The task is ${task.passed ? `${status}, and its dependents proceed` : status}.`);
  }
  if (execution.openTasks === 0) {
    return refused('All other tasks have ended, and those of "finally" follow; a resume continues the workflow.');
  }
  if (execution.failureCode !== 'TASK_FAILED' || execution.expiresAt <= now)
    return refused('The workflow is being ended.');
  if (execution.mode === 'WORK_STEALING' && definition.onTaskFailure === 'cancel') {
    return refused(
      'Tasks that ran in parallel with it were canceled because of its failure; a resume runs all of them.',
    );
  }
  if (others.length === 0) return null;
  return refused(`It is not the only failure: ${others.map((one) => one.name).join(', ')}.`);
}

/** Takes the failure back, together with all skips that it caused. */
function takeBack(run: RunSlice, failed: TaskExecution, text: string, reason: string | null): void {
  const { id, executionId, runId, name, reasonCode, exitCode } = failed;
  const skipped = run.fact('skipped', executionId).map((task) => run.task(task.id));
  run.setExecution({ ...run.execution(executionId), failureCode: null, failureDetails: null });
  run.count(executionId, { open: 1 + skipped.length });
  run.event({ runId, executionId }, 'TASK_RETRIED', { taskExecutionId: id, name, reason, restored: skipped.length });
  const again = { reasonCode: 'RETRY', jobId: null };
  moveTask(run, run.task(id), queuedAgain(failed, { reasonCode, reason: text, exitCode }), again);
  const blank = { jobId: null, reasonCode: null, reason: null, endedAt: null };
  for (const task of skipped) moveTask(run, task, { status: 'QUEUED', ...blank }, again);
  dispatchTasks(run, [executionId]);
}
