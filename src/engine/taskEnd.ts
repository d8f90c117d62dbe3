import type { TaskExecution } from './execution';

/** End of a task, as an agent reports it or the server decides it. */
export interface TaskEnd {
  readonly taskId: string;
  readonly status: 'SUCCESS' | 'FAILED' | 'ABORTED' | 'SKIPPED';
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  /**
   * The outcome of the command is unknown, because its agent was lost after the command may have begun. If the agent
   * was lost before that, nothing has happened, and the task goes back to the queue.
   */
  readonly lost?: 'BEGUN' | 'NOT_BEGUN' | undefined;
  /** Dependents run although it did not succeed. */
  readonly passes?: boolean;
  /** A person has decided: the task is not retried, and no decision is requested. */
  readonly decided?: boolean;
}

/** End of a task that no agent has and that is not to begin any more. The result of an earlier failed try stays. */
export function endUnstarted(task: TaskExecution, reason: string): TaskEnd {
  const { id: taskId, status, failures, losses, reasonCode, exitCode } = task;
  if (status !== 'WAITING' && failures === 0 && losses === 0) {
    return { taskId, status: 'SKIPPED', reasonCode: 'NOT_STARTED', reason, exitCode: null };
  }
  const not = status === 'WAITING' ? 'not decided' : 'not tried again';
  return { taskId, status: 'FAILED', reasonCode, reason: `${task.reason}; ${not}: ${reason}`, exitCode };
}

/** Reasons that concern the outputs of a command that itself succeeded. */
const leftBehind: readonly (string | null)[] = [
  'BAD_OUTPUT',
  'VARIABLE_CONFLICT',
  'SECRET_IN_OUTPUT',
  'OUTPUT_MISSING',
  'UPLOAD_FAILED',
];

/**
 * True if a task has failed although its command has not: nothing that needs its results runs, and what it did is done.
 */
export const isAfterSuccess = ({ reasonCode, exitCode }: Pick<TaskEnd, 'reasonCode' | 'exitCode'>): boolean =>
  exitCode === 0 && leftBehind.includes(reasonCode);

export const afterSuccess = (why: string): string => `the command succeeded, but ${why}`;

/** Effect of a task that ended. NOTHING: its command never ran. */
export type TaskOutcome = 'SUCCEEDED' | 'FAILED' | 'UNKNOWN' | 'NOTHING';

/** Reasons to end a task whose command did not run in that try. */
const withoutCommand: readonly (string | null)[] = [
  'NOT_STARTED',
  'CONDITION_ERROR',
  'INPUT_MISSING',
  'SHELL_NOT_FOUND',
  'SECRET_MISSING',
  'SECRET_UNREADABLE',
  'UNDEFINED_VARIABLE',
];

/** Exit codes of commands that SIGHUP, SIGINT, SIGKILL or SIGTERM ended in the middle. */
const killed: readonly (number | null)[] = [129, 130, 137, 143];

/**
 * What the end of a task means for the things that its command changes: SUCCEEDED and FAILED only if the command ended
 * on its own, and its task failed with it. What was killed, lost or timed out, or whose failure is ignored, has an
 * UNKNOWN outcome. A command that succeeded has done its work, even if its outputs could not be taken.
 */
export function taskOutcome(
  task: Pick<TaskExecution, 'status' | 'reasonCode' | 'exitCode' | 'passed' | 'failures' | 'losses'>,
): TaskOutcome {
  const { status, reasonCode, exitCode, passed, failures, losses } = task;
  if (status === 'SUCCESS' || isAfterSuccess(task)) return 'SUCCEEDED';
  const earlier = losses > 0 ? 'UNKNOWN' : failures > 0 ? 'FAILED' : 'NOTHING';
  if (status === 'SKIPPED' || withoutCommand.includes(reasonCode)) return earlier;
  const own = ['EXIT_CODE', 'SIGNAL'].includes(reasonCode ?? '') && !killed.includes(exitCode);
  return status === 'FAILED' && own && !passed ? 'FAILED' : 'UNKNOWN';
}
