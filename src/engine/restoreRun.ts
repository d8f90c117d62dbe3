import type { ActorRef } from '../access/actor';
import type { Execution, ExecutionAttempt, StageExecution } from './execution';
import { closeExecution, reopenExecution } from './moves';
import type { RunSlice } from './runSlice';

/** State of a run before its restore; a failure brings it back. Times are in ISO 8601. */
export interface StatusBefore {
  readonly status: Execution['status'];
  readonly endedAt: string | null;
  readonly attemptStartedAt: string | null;
  readonly earlierMs: number;
}

export const beginRestoring = (run: RunSlice, id: string): Execution =>
  reopenExecution(run, run.execution(id), 'RESTORING', {}, null);

/** Ends a restore without success: the run returns to its previous state. */
export function endRestoring(run: RunSlice, id: string, { status, earlierMs, ...times }: StatusBefore): void {
  const before = run.execution(id);
  if (before.status !== 'RESTORING') return;
  const date = (time: string | null) => (time === null ? null : new Date(time));
  const change = { earlierMs, endedAt: date(times.endedAt), attemptStartedAt: date(times.attemptStartedAt) };
  closeExecution(run, before, status, change, null);
}

/** An execution that shows an earlier attempt again. */
export interface RestoredAttempt {
  readonly base: ExecutionAttempt;
  /** Element to which its workflow belonged. */
  readonly parentStageExecutionId: string | null;
  readonly startedAt: Date;
}

/**
 * Adds the next attempt of a run and of its workflow executions, each with everything that its base shows. The attempt
 * of the run lasts as long as the restore; those of its workflows take no time.
 */
export function restoreAttempts(
  run: RunSlice,
  attempts: readonly RestoredAttempt[],
  cause: ActorRef,
  /** Elements that the run shows again. */
  stages: readonly StageExecution[],
): void {
  for (const { base, parentStageExecutionId, startedAt } of attempts) {
    const { executionId, status } = base;
    if (status === null) throw new Error(`attempt ${base.attempt} of execution ${executionId} has not ended`);
    const begun = { kind: 'RESTORE' as const, fromStage: null, reason: null };
    run.changes.attempts.push({
      ...{ ...begun, executionId, cause, base: base.attempt },
      ...{ dropped: null, createdAt: startedAt },
    });
    const { failureCode, failureDetails, revisionId, environmentId, variables, images, mode, maxParallel } = base;
    const inputs = { revisionId, environmentId, variables, images, mode, maxParallel };
    const counts = { openTasks: 0, busyTasks: 0, waitingTasks: 0 };
    const standing = {
      ...{ failureCode, failureDetails, parentStageExecutionId, attemptStartedAt: startedAt },
      ...{ pause: null, freezeOverride: null },
    };
    const after = closeExecution(run, run.execution(executionId), status, { ...inputs, ...counts, ...standing }, begun);
    if (after.kind === 'PIPELINE') run.setPlan(executionId, stages, []);
  }
}
