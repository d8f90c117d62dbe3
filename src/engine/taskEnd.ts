import { type TaskExecution, waitsForApproval } from './execution';

/** End of a task, as an agent reports it or the server decides it. */
export interface TaskEnd {
  readonly taskId: string;
  readonly status: 'SUCCESS' | 'FAILED' | 'ABORTED' | 'SKIPPED';
  readonly reasonCode: string | null;
  readonly reason: string | null;
  readonly exitCode: number | null;
  /**
   * Set if the agent was lost. BEGUN: the command may have begun, so its outcome is unknown. NOT_BEGUN: nothing has
   * happened, and the task returns to the queue.
   */
  readonly lost?: 'BEGUN' | 'NOT_BEGUN' | undefined;
  /** True if dependents run although it did not succeed. */
  readonly passes?: boolean;
  /** True if a person has decided: the task is not retried, and no decision is requested. */
  readonly decided?: boolean;
}

/** End of a task that no agent has and that must not begin anymore. The result of an earlier failed try stays. */
export function endUnstarted(task: TaskExecution, reason: string): TaskEnd {
  const { id: taskId, status, failures, losses, reasonCode, exitCode } = task;
  if (waitsForApproval(task)) {
    const text = `its approval was withdrawn: ${reason}`;
    return { taskId, status: 'SKIPPED', reasonCode: 'NOT_STARTED', reason: text, exitCode: null };
  }
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
 * True if a task has failed although its command has not: tasks that need its results don't run, but its work is done.
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
  'BAD_MATRIX',
  'REFERENCE_UNFILLED',
  'BAD_VALUE',
  'EMPTY_MATRIX',
  'INPUT_MISSING',
  'SHELL_NOT_FOUND',
  'SECRET_MISSING',
  'SECRET_UNREADABLE',
  'UNDEFINED_VARIABLE',
];

/** Exit codes of commands that SIGHUP, SIGINT, SIGKILL or SIGTERM ended in the middle. */
const killed: readonly (number | null)[] = [129, 130, 137, 143];

/**
 * Outcome of a task for everything that its command changes. It is SUCCEEDED or FAILED only if the command ended on its
 * own, and its task failed with it. It is UNKNOWN if the command was killed, lost or timed out, or if its failure is
 * ignored. A command that succeeded has done its work, even if its outputs could not be taken.
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
