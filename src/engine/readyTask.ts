import type { TaskExecution } from './execution';

/** A task that may get a job now, and the revision that says how it runs. */
export interface ReadyTask {
  readonly task: TaskExecution;
  readonly revisionId: string;
  /** What its command is told besides, of a detached task. */
  readonly env?: Readonly<Record<string, string>>;
}
