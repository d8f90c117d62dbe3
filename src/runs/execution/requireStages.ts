import type { Actor } from '../../access/actor';
import type { Target } from '../../access/subjects';
import { findEnvironmentTargets, findExecutionTargets } from '../../access/targets.store';
import type { Db } from '../../kernel/database/database';
import type { Execution, StageExecution } from '../../engine/execution';

/**
 * Continuing a pipeline needs the permission for the environment of every stage that will run; stages that are kept do
 * not count.
 */
export async function requireStages(
  db: Db,
  actor: Actor,
  execution: Execution,
  again: readonly Pick<StageExecution, 'environmentId'>[],
  /** Environments of the execution, if they are known. */
  known?: readonly Target[],
): Promise<void> {
  const environments = known ?? (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  const ids = again.flatMap((stage) => stage.environmentId ?? []);
  const targets = ids.every((id) => environments.some((one) => one.id === id))
    ? environments.filter(({ id }) => ids.includes(id))
    : await findEnvironmentTargets(db, ids);
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', { ...execution, environments }, targets);
}

/**
 * What can be asked before it is known what will run: the right for one of the run's environments at least. Who has it
 * for none of them hears of that, not of what else is wrong with the request.
 */
export async function requireAnyStage(db: Db, actor: Actor, execution: Execution): Promise<void> {
  const environments = (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  const row = { ...execution, environments };
  const may = (one: Target) => actor.access.explain('EXECUTE_PIPELINE', 'Execution', row, [one]).allowed;
  if (!environments.some(may)) actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', row, environments);
}
