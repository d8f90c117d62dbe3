import type { Actor } from '../access/actor';
import { findEnvironmentTargets, findExecutionTargets } from '../access/targets.store';
import type { Db } from '../database/database';
import type { Execution, StageExecution } from './execution';

/** To go on with a pipeline takes the right for the environment of every stage that will run; the stages that are kept count for nothing. */
export async function requireStages(
  db: Db,
  actor: Actor,
  execution: Execution,
  again: readonly Pick<StageExecution, 'environmentId'>[],
): Promise<void> {
  const targets = await findEnvironmentTargets(
    db,
    again.flatMap((stage) => stage.environmentId ?? []),
  );
  const environments = (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', { ...execution, environments }, targets);
}
