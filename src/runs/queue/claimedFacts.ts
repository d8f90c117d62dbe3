import type { Execution } from '../../engine/execution';
import { type Want, wantsOf } from '../../engine/facts';
import type { RunSlice } from '../../engine/runSlice';
import type { Claimed } from './jobs.store';

/**
 * Facts that a decision about claimed jobs needs in the usual case. `moves`: whether it may move the execution to
 * another status, and with it its stage and its pipeline. It was read before the lock, so it is a guess about what to
 * load.
 */
export function wantsOfJobs(claimed: readonly Claimed[], moves: (claim: Claimed) => boolean): Want[] {
  return claimed.flatMap((claim) => {
    const { taskExecutionId, executionId, runId, revisionId, type } = claim;
    const pipeline = claim.member && moves(claim) ? wantsOf(runId, 'elements') : [];
    const deployed =
      claim.deploys.length === 0 || type !== 'normal'
        ? []
        : [...wantsOf(executionId, 'deployments'), ...claim.deploys.flatMap((id) => wantsOf(id, 'serviceName'))];
    const detached = type === 'normal' ? [] : wantsOf(taskExecutionId, 'detached');
    return [
      ...wantsOf(taskExecutionId, 'task'),
      ...wantsOf(executionId, 'execution'),
      ...wantsOf(runId, 'execution'),
      ...wantsOf(revisionId, 'workflow'),
      ...pipeline,
      ...deployed,
      ...detached,
    ];
  });
}

/** The executions of claimed jobs, as a decision leaves them. */
export const executionsOf = (run: RunSlice, claimed: readonly Claimed[]): Execution[] =>
  [...new Set(claimed.map(({ executionId }) => executionId))].map((id) => run.execution(id));
