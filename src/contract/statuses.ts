/** Statuses of executions, stages and tasks, with the subsets that server and clients distinguish. */
export const executionStatuses = [
  'QUEUED',
  'RUNNING',
  'WAITING',
  'PAUSED',
  'RESUMING',
  'RESTORING',
  'SUCCESS',
  'FAILED',
  'ERROR',
  'ABORTED',
  'EXPIRED',
  'REJECTED',
  'SKIPPED',
] as const;
export type ExecutionStatus = (typeof executionStatuses)[number];

const finalStatuses = ['SUCCESS', 'FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED', 'SKIPPED'] as const;
export type FinalStatus = (typeof finalStatuses)[number];

export const isFinal = (status: ExecutionStatus): status is FinalStatus =>
  (finalStatuses as readonly ExecutionStatus[]).includes(status);

/** SQL for statuses that are not final; the partial indexes use the same list. */
export const ACTIVE = `('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING')`;

export const isResumable = (status: ExecutionStatus): boolean =>
  ['FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'].includes(status);
