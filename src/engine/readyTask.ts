import type { TaskExecution } from './execution';

/** A task that may get a job now, and the revision that says how it runs. */
export interface ReadyTask {
  readonly task: TaskExecution;
  readonly revisionId: string;
  /** Additional environment of the command of a detached task. */
  readonly env?: Readonly<Record<string, string>>;
}
