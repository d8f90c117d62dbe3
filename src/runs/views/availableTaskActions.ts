import type { Actor } from '../../access/actor';
import type { Execution, TaskExecution } from '../../engine/execution';
import { waitsForPerson } from '../../engine/interventions';
import { Refusal, refusalOf } from '../../kernel/errors';
import type { App } from '../app';
import { requireRight } from '../commands/interveneExecution';
import { refuseRetry } from '../commands/retryTask';
import { findUnsuccessfulTasks } from '../execution/tasks.store';
import type { AvailableAction } from './availableActions';

export type AvailableTaskAction = Omit<AvailableAction, 'action'> & { readonly action: 'retry' | 'intervene' };

/** Actions that the caller can take on a task now, by the same decisions as the commands: status first, then rights. */
export async function availableTaskActions(
  app: App,
  actor: Actor,
  task: TaskExecution,
  execution: Execution,
): Promise<AvailableTaskAction[]> {
  const waiting = waitsForPerson(task)
    ? null
    : new Refusal('NOT_WAITING', `It is ${task.status} and is not waiting for a decision about a failure.`);
  const [retry, intervene] = await Promise.all(
    [await refuse(app, execution, task), waiting].map(
      async (refusal) => refusal ?? refusalOf(() => requireRight(app, actor, execution, task)),
    ),
  );
  return [answer('retry', retry), answer('intervene', intervene)];
}

const answer = (action: AvailableTaskAction['action'], refusal: Refusal | null | undefined): AvailableTaskAction => {
  return { action, allowed: refusal == null, code: refusal?.code ?? null, message: refusal?.message ?? null };
};

/** Other failures and the definition are read only if the task itself can be retried. */
async function refuse(app: App, execution: Execution, task: TaskExecution): Promise<Refusal | null> {
  const now = app.clock.now();
  const own = refuseRetry(execution, task, { onTaskFailure: 'finish' }, [], now);
  if (own !== null) return own;
  const { definition } = await app.workflowRevisions.get(app.database, execution.revisionId);
  const others = (await findUnsuccessfulTasks(app.database, execution.id)).filter(({ id }) => id !== task.id);
  return refuseRetry(execution, task, definition, others, now);
}
