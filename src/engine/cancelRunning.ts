import type { TaskExecution } from './execution';
import type { RunSlice } from './runSlice';

/**
 * Asks what runs in these workflow executions to end: each is final when its agent says so, at the latest after its
 * grace.
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
