import type { JobFacts } from '../contract/jobFacts';
import type { RunSlice } from './runSlice';

/** Writes the event about the images and the commit of a job that ends. */
export function recordFacts(
  run: RunSlice,
  {
    jobId,
    taskExecutionId,
    attempt,
  }: { readonly jobId: string; readonly taskExecutionId: string; readonly attempt: number },
  { container, checkout }: JobFacts,
): void {
  if (container === null && checkout === null) return;
  const task = run.task(taskExecutionId);
  run.event(task, 'JOB_FACTS', {
    ...{ jobId, taskExecutionId, name: task.name, attempt },
    image: container?.image ?? null,
    digest: container?.digest ?? null,
    repository: checkout?.url ?? null,
    ref: checkout?.ref ?? null,
    commit: checkout?.commit ?? null,
  });
}
