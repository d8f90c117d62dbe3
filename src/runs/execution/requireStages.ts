import type { Actor } from '../../access/actor';
import type { Target } from '../../access/subjects';
import { findEnvironmentTargets, findExecutionTargets } from '../../access/targets.store';
import type { Db } from '../../kernel/database/database';
import type { Execution, StageExecution } from '../../engine/execution';

/** Requires the permission for the environment of every stage that will run. Kept stages do not count. */
export async function requireStages(
  db: Db,
  actor: Actor,
  execution: Execution,
  again: readonly Pick<StageExecution, 'environmentId'>[],
  /** Environments of the execution, if already known. */
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
 * Check that is possible before it is known which stages will run: the right for at least one environment of the run. A
 * caller without it gets that error, not the other errors of the request.
 */
export async function requireAnyStage(db: Db, actor: Actor, execution: Execution): Promise<void> {
  const environments = (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  const row = { ...execution, environments };
  const may = (one: Target) => actor.access.explain('EXECUTE_PIPELINE', 'Execution', row, [one]).allowed;
  if (!environments.some(may)) actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', row, environments);
}
