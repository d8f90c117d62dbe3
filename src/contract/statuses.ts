/** Statuses of executions, stages and tasks, and what each of them allows. */
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

/** SQL for "not final yet"; the partial indexes say the same. */
export const ACTIVE = `('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING')`;

export const isResumable = (status: ExecutionStatus): boolean =>
  ['FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'].includes(status);
