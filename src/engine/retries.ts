import type { RetryDelay, TaskDefinition } from '../catalog/language/workflow';
import type { TaskExecution } from './execution';
import type { TaskEnd } from './taskEnd';

/** Failures that another try can't change. */
const neverAgain: readonly (string | null)[] = [
  'INPUT_MISSING',
  'UNDEFINED_VARIABLE',
  'UNSAFE_VALUE',
  'WORKING_DIR_REFUSED',
  'NOT_STARTED',
  'SECRET_MISSING',
  'SECRET_UNREADABLE',
  'CONDITION_ERROR',
];

/** True if a command ended with an exit code that its task ignores. */
export const isIgnoredExit = (
  { ignoreExitCodes }: Pick<TaskDefinition, 'ignoreExitCodes'>,
  { reasonCode, exitCode }: Pick<TaskEnd, 'reasonCode' | 'exitCode'>,
): boolean =>
  ['EXIT_CODE', 'SIGNAL'].includes(reasonCode ?? '') && exitCode !== null && ignoreExitCodes.includes(exitCode);

/** True if a failed task is retried. */
export function isTriedAgain(
  definition: Pick<TaskDefinition, 'retries' | 'retryOn' | 'ignoreExitCodes'>,
  task: Pick<TaskExecution, 'failures'>,
  end: Pick<TaskEnd, 'reasonCode' | 'exitCode'>,
): boolean {
  if (task.failures >= definition.retries || neverAgain.includes(end.reasonCode)) return false;
  if (isIgnoredExit(definition, end)) return false;
  if (definition.retryOn === null) return true;
  return (
    ['EXIT_CODE', 'SIGNAL'].includes(end.reasonCode ?? '') &&
    end.exitCode !== null &&
    definition.retryOn.includes(end.exitCode)
  );
}

/** A job whose agent was lost twice may have crashed its agents, so a third agent does not get it. */
const MOST_LOSSES = 1;

/**
 * True if a task whose agent was lost gets another job. A command that may have begun runs again only if `on_lost` is
 * RETRY, regardless of `retries`.
 */
export const isRunAgain = (
  { onLost }: Pick<TaskDefinition, 'onLost'>,
  { losses }: Pick<TaskExecution, 'losses'>,
  { lost }: Pick<TaskEnd, 'lost'>,
): boolean => lost === 'NOT_BEGUN' || (onLost === 'RETRY' && losses < MOST_LOSSES);

/**
 * Milliseconds until the next try after `failures` failed ones. `random`, from 0 to 1, subtracts its share of the
 * jitter.
 */
export function retryDelayMs(delay: RetryDelay | null, failures: number, random: number): number {
  if (delay === null) return 0;
  const grown = delay.initialSeconds * delay.factor ** Math.max(0, failures - 1);
  return Math.round(Math.min(grown, delay.maxSeconds) * (1 - delay.jitter * random) * 1000);
}
