import type { DetachedTaskRow, TaskExecution } from './execution';

/** A task that may get a job now, and the revision that says how it runs. */
export interface ReadyTask {
  readonly task: TaskExecution;
  readonly revisionId: string;
  /** Inputs of a detached task. */
  readonly detached?: DetachedTaskRow;
}
