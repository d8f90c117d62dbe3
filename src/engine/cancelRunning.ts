import type { TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

/**
 * Asks running tasks of these workflow executions to end: each is final once its agent reports it, at the latest after
 * its grace.
 */
export function cancelRunning(run: RunSlice, workflowIds: readonly string[]): TaskExecution[] {
  run.require(...workflowIds.map((key) => ({ kind: 'running' as const, key })));
  const running = workflowIds
    .flatMap((id) => run.fact('running', id))
    .map(({ id }) => run.task(id))
    .filter(({ status }) => status === 'RUNNING');
  run.changes.canceled.push(...running.flatMap(({ jobId }) => jobId ?? []));
  return running;
}
