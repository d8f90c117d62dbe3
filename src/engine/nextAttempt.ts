import type { Execution } from './execution';
import type { AttemptStart } from './changes';
import { reopenExecution } from './moves';
import type { RunSlice } from './runSlice';

/** Actor that began an attempt, its kind, and its reason. */
export type AttemptCause = Pick<AttemptStart, 'kind' | 'cause' | 'reason' | 'fromStage'> &
  Partial<Pick<Execution, 'freezeOverride'>>;

/** Inputs of the next attempt of an execution. */
export interface NextAttempt
  extends AttemptCause,
    Partial<Pick<AttemptStart, 'dropped'>>,
    Pick<Execution, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel' | 'openTasks'> {
  readonly timeoutSeconds: number;
}

/** Begins the next attempt of a final execution: RESUMING, with its failure cleared. */
export function beginAttempt(run: RunSlice, before: Execution, next: NextAttempt): Execution {
  const { kind, cause, reason, fromStage, dropped = null, freezeOverride = null, timeoutSeconds, ...inputs } = next;
  const { id: executionId, attempt: base } = before;
  run.changes.attempts.push({ executionId, kind, cause, reason, fromStage, base, dropped, createdAt: run.now });
  const fresh = { freezeOverride, failureCode: null, failureDetails: null, busyTasks: 0, finallyTasks: null };
  const expiresAt = new Date(run.now.getTime() + timeoutSeconds * 1000);
  return reopenExecution(run, before, 'RESUMING', { ...inputs, ...fresh, expiresAt }, { kind, fromStage, reason });
}

/** Moves a workflow execution, which continues with its next attempt, to the stage's new row. */
export function adoptMember(run: RunSlice, memberId: string, executionId: string, stageExecutionId: string): void {
  const member = run.execution(memberId);
  run.setExecution({ ...member, parentStageExecutionId: stageExecutionId });
  const stage = run.element(executionId, stageExecutionId);
  run.setStage(stage, { ...stage, workflowExecutionId: memberId, workflowAttempt: member.attempt + 1 });
}
