import type { ExecutionStatus } from '../../contract/statuses';
import type { Execution, Pause, RuntimeAnswers, StageExecution } from '../../engine/execution';
import { isFinal } from '../../contract/statuses';
import { changeExecution } from './executions.store';
import type { RunTransaction } from './runTransaction';
import { changeStage } from './stages.store';

interface Reason {
  readonly code: string;
  readonly text: string;
}

/** Moves an execution to another status, with its event. The caller holds the run's lock, so the row can't have moved meanwhile. */
export async function moveExecution(
  db: RunTransaction,
  execution: Execution,
  to: ExecutionStatus,
  failure?: Reason | null,
  /** With the move to PAUSED: a person holds it. */
  pause: Pause | null = null,
): Promise<Execution> {
  const begins = to === 'RUNNING' || to === 'WAITING' || (to === 'PAUSED' && pause === null);
  const startedAt = execution.startedAt ?? (begins ? db.now : null);
  const endedAt = isFinal(to) ? db.now : null;
  const failureCode = failure === undefined ? execution.failureCode : (failure?.code ?? null);
  const failureDetails = failure === undefined ? execution.failureDetails : (failure?.text ?? null);
  const moved = await changeExecution(db, {
    id: execution.id,
    from: execution.status,
    to,
    failureCode,
    failureDetails,
    pause,
    ...(begins && { startedAt: db.now }),
    ...(endedAt && { endedAt }),
  });
  if (!moved) throw new Error(`execution ${execution.id} was not ${execution.status} under the lock of its run`);
  db.event({ runId: execution.runId, executionId: execution.id }, 'EXECUTION_STATUS', {
    from: execution.status,
    to,
    reasonCode: failureCode,
    reason: failureDetails,
    attempt: execution.attempt,
  });
  return {
    ...execution,
    status: to,
    version: execution.version + 1,
    startedAt,
    attemptStartedAt: execution.attemptStartedAt ?? (begins ? db.now : null),
    endedAt,
    failureCode,
    failureDetails,
    pause,
  };
}

/** The same for one element of a stage. */
export async function moveStage(
  db: RunTransaction,
  runId: string,
  stage: StageExecution,
  to: ExecutionStatus,
  options: {
    readonly reason?: Reason;
    readonly workflowExecutionId?: string;
    /** It waits for a person. */
    readonly waitsUntil?: Date;
    readonly answers?: RuntimeAnswers;
    /** Its workflow is to run anew. */
    readonly again?: boolean;
    /** It failed, and that does not count. */
    readonly ignored?: boolean;
  } = {},
): Promise<StageExecution> {
  const begins = to === 'RUNNING' || to === 'WAITING' || options.waitsUntil !== undefined;
  const startedAt = stage.startedAt ?? (begins ? db.now : null);
  const endedAt = isFinal(to) ? db.now : null;
  const moved = await changeStage(db, {
    id: stage.id,
    from: stage.status,
    to,
    ...(options.reason && { reasonCode: options.reason.code, reason: options.reason.text }),
    ...(options.workflowExecutionId && { workflowExecutionId: options.workflowExecutionId }),
    ...(options.waitsUntil && { waitsUntil: options.waitsUntil }),
    ...(options.answers && { answers: options.answers }),
    again: options.again ?? false,
    ignored: options.ignored ?? false,
    ...(startedAt && { startedAt }),
    ...(endedAt && { endedAt }),
  });
  if (!moved) throw new Error(`stage execution ${stage.id} was not ${stage.status} under the lock of its run`);
  const kept = to === 'SUCCESS' ? { reasonCode: null, reason: null } : stage;
  const reasonCode = options.reason?.code ?? kept.reasonCode;
  const reason = options.reason?.text ?? kept.reason;
  if (to !== stage.status) {
    db.event({ runId, executionId: stage.executionId }, 'STAGE_STATUS', {
      stageExecutionId: stage.id,
      elementId: stage.elementId,
      stageName: stage.stageName,
      stepName: stage.stepName,
      from: stage.status,
      to,
      reasonCode,
      reason,
    });
  }
  return {
    ...stage,
    status: to,
    startedAt,
    endedAt,
    reasonCode,
    reason,
    workflowExecutionId: options.workflowExecutionId ?? (options.again ? null : stage.workflowExecutionId),
    failures: stage.failures + (options.again ? 1 : 0),
    ignored: options.ignored ?? false,
    waitsUntil: options.waitsUntil ?? null,
    answers: options.answers ?? stage.answers,
    variables: { ...stage.variables, ...options.answers?.values },
  };
}
