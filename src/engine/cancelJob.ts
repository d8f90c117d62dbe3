import { endJob } from './moves';
import type { RunSlice } from './runSlice';
import type { TaskEnd } from './taskEnd';

export interface JobCanceled {
  readonly outcome: 'WITHDRAWN' | 'REQUESTED' | 'ENDED';
  /** End of its task, if no agent has started the job. */
  readonly end: TaskEnd | null;
}

/**
 * Cancels one job. If no agent has started it, its task fails at once and isn't tried again. Otherwise its agent is
 * asked to end it, and the task ends with the report.
 */
export function cancelJob(
  run: RunSlice,
  { jobId, taskExecutionId }: { readonly jobId: string; readonly taskExecutionId: string },
  text: string,
): JobCanceled {
  const task = run.task(taskExecutionId);
  if (task.jobId !== jobId || task.endedAt !== null) return { outcome: 'ENDED', end: null };
  if (task.status === 'RUNNING') {
    run.changes.canceled.push(jobId);
    return { outcome: 'REQUESTED', end: null };
  }
  const job = { jobId, status: 'ABORTED', reasonCode: 'CANCELLED', reason: text } as const;
  endJob(run, 'QUEUED', { ...job, exitCode: null, signal: null, truncated: false, claimHolds: false });
  const reason = `not started: ${text}`;
  const end = { taskId: task.id, status: 'FAILED', reasonCode: 'NOT_STARTED', reason, exitCode: null } as const;
  return { outcome: 'WITHDRAWN', end: { ...end, decided: true } };
}
