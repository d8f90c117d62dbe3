/** What a reader can do about a refusal of a plan, where its message doesn't say so. */
const steps: Readonly<Record<string, string>> = {
  FORBIDDEN: 'Ask an administrator for the permission, or somebody who has it to do this.',
  ENVIRONMENT_MOVED_ON: 'Look at what is deployed. To replace it, check “Replace newer deployments”.',
  ENVIRONMENT_FROZEN: 'Wait until the freeze ends, or check “Deploy in spite of the freeze” if you may override it.',
  ENVIRONMENT_CONFLICT: 'Look at the deployments below, then confirm that they may be replaced.',
  CONCURRENCY_LIMIT: 'Another run holds the environment. Try again when it has ended.',
  INCOMPATIBLE_DEFINITION: 'Resume with the definition that the run used so far, or check “Resume in spite of this”.',
  NOT_RESUMABLE: 'To run everything again, rerun it.',
  NO_RESTORE_POINT: 'Only a run that was extended can be restored. To go back to an earlier image, roll back.',
  RESTORE_POINT_CONSUMED: 'Each extension can be restored once.',
};

export const stepOf = (code: string): string | undefined => steps[code];
