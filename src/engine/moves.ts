import { type ExecutionStatus, isFinal } from '../contract/statuses';
import { type Approval, placeOf } from './approval';
import { listInputs } from './approvalInputs';
import type { ApprovalDecided, AttemptStart, JobEnding } from './changes';
import { deployWithTask, deployWithWorkflow } from './deployments';
import {
  type Execution,
  isHeldBack,
  type Pause,
  type RuntimeAnswers,
  type StageExecution,
  type TaskExecution,
} from './execution';
import { checkMove, type StatusOf } from './machine';
import type { RunSlice } from './runSlice';

export interface Reason {
  readonly code: string;
  readonly text: string;
}

/** Moves an execution to another status, with its event. */
export function moveExecution(
  run: RunSlice,
  id: string,
  to: Execution['status'],
  failure?: Reason,
  /** Set with a move to PAUSED by a person. */
  pause: Pause | null = null,
): Execution {
  const before = run.execution(id);
  const begins = to === 'RUNNING' || to === 'WAITING' || (to === 'PAUSED' && pause === null);
  const failureCode = failure?.code ?? before.failureCode;
  const failureDetails = failure?.text ?? before.failureDetails;
  const { runId, status: from, attempt } = before;
  run.event({ runId, executionId: id }, 'EXECUTION_STATUS', {
    ...{ from, to, attempt },
    reasonCode: failureCode,
    reason: failureDetails,
  });
  const after = run.setExecution({
    ...before,
    ...freed(run, before, to),
    status: to,
    version: before.version + 1,
    startedAt: before.startedAt ?? (begins ? run.now : null),
    attemptStartedAt: before.attemptStartedAt ?? (begins ? run.now : null),
    endedAt: isFinal(to) ? run.now : null,
    ...{ failureCode, failureDetails, pause },
  });
  deployWithWorkflow(run, after);
  return after;
}

/** Shows that an execution may not begin yet. */
export function holdBack(run: RunSlice, id: string, { code, text }: Reason): void {
  const before = run.execution(id);
  const { runId, status: from, attempt } = before;
  const change = { from, to: 'WAITING' as const, attempt, reasonCode: code, reason: text };
  run.event({ runId, executionId: id }, 'EXECUTION_STATUS', change);
  run.setExecution({ ...before, status: 'WAITING', version: before.version + 1 });
}

/** A place is freed by the end of whatever has it, in the same transaction. */
function freed(
  run: RunSlice,
  { id, hasPlace }: { readonly id: string; readonly hasPlace: boolean },
  to: ExecutionStatus,
): { readonly hasPlace?: false } {
  if (!hasPlace || !isFinal(to)) return {};
  freePlace(run, id);
  return { hasPlace: false };
}

/** Frees everything that a holder has or waits for. */
export function freePlace(run: RunSlice, id: string): void {
  const { slots } = run.changes;
  slots.taken = slots.taken.filter(({ holderId }) => holderId !== id);
  slots.waiting = slots.waiting.filter(({ holderId }) => holderId !== id);
  slots.freed.push(id);
}

/** Records that the execution is failing; its status changes later. */
export function markFailing(run: RunSlice, execution: Execution, code: string, text: string): void {
  const { id: executionId, runId } = execution;
  run.setExecution({ ...execution, failureCode: code, failureDetails: text });
  run.event({ runId, executionId }, 'EXECUTION_FAILING', { reasonCode: code, reason: text });
}

/** Beginning of an attempt, for its event. */
type Begun = Pick<AttemptStart, 'kind' | 'fromStage' | 'reason'>;

/** Reopens a final execution: with its next attempt, or, without one, with its restore. */
export function reopenExecution(
  run: RunSlice,
  before: Execution,
  to: 'RESUMING' | 'RESTORING',
  change: Partial<Execution>,
  begun: Begun | null,
): Execution {
  const { id: executionId, runId, attempt, status: from } = before;
  const on = { runId, executionId };
  if (begun === null) run.event(on, 'EXECUTION_STATUS', { from, to, attempt, reasonCode: null, reason: null });
  else run.event(on, 'ATTEMPT_STARTED', { attempt: attempt + 1, from, ...begun });
  return run.setExecution({
    ...before,
    ...change,
    status: to,
    attempt: begun === null ? attempt : attempt + 1,
    version: before.version + 1,
    earlierMs: before.earlierMs + activeMs(before),
    attemptStartedAt: null,
    endedAt: null,
  });
}

/**
 * Makes an execution final again with the status of one of its attempts: with an attempt that shows it, or without one.
 */
export function closeExecution(
  run: RunSlice,
  before: Execution,
  to: Execution['status'],
  change: Partial<Execution>,
  begun: Begun | null,
): Execution {
  const { id: executionId, runId, status: from } = before;
  const on = { runId, executionId };
  const attempt = begun === null ? before.attempt : before.attempt + 1;
  const earlierMs = before.earlierMs + activeMs(before);
  const after = { ...before, attempt, version: before.version + 1, earlierMs, endedAt: run.now, ...change, status: to };
  const { failureCode: reasonCode, failureDetails: reason } = after;
  if (begun !== null) run.event(on, 'ATTEMPT_STARTED', { attempt, from, ...begun });
  if (from !== to) run.event(on, 'EXECUTION_STATUS', { from, to, attempt, reasonCode, reason });
  return run.setExecution(after);
}

const activeMs = ({ endedAt, attemptStartedAt }: Execution): number =>
  endedAt === null || attemptStartedAt === null ? 0 : endedAt.getTime() - attemptStartedAt.getTime();

export interface StageMove {
  readonly reason?: Reason | undefined;
  readonly workflowExecutionId?: string;
  /** Time limit if it waits for a person. */
  readonly waitsUntil?: Date;
  readonly answers?: RuntimeAnswers;
  /** True if its workflow runs again. */
  readonly again?: boolean;
  /** True if it failed, and its failure is ignored. */
  readonly ignored?: boolean;
}

/** Moves one element of a stage to another status, with its event. */
export function moveStage(
  run: RunSlice,
  seen: StageExecution,
  to: StageExecution['status'],
  move: StageMove = {},
): StageExecution {
  const before = run.element(seen.executionId, seen.id);
  const begins = to === 'RUNNING' || to === 'WAITING' || move.waitsUntil !== undefined;
  const kept = to === 'SUCCESS' || isHeldBack(before) ? { reasonCode: null, reason: null } : before;
  const reasonCode = move.reason?.code ?? kept.reasonCode;
  const reason = move.reason?.text ?? kept.reason;
  const { id, executionId, elementId, stageName, stepName, status: from } = before;
  if (to !== from) {
    run.event({ runId: executionId, executionId }, 'STAGE_STATUS', {
      ...{ stageExecutionId: id, elementId, stageName, stepName, from, to, reasonCode, reason },
    });
  }
  const workflow =
    move.workflowExecutionId === undefined
      ? move.again
        ? { workflowExecutionId: null, workflowAttempt: null, continues: null }
        : {}
      : { workflowExecutionId: move.workflowExecutionId, workflowAttempt: 1 };
  return run.setStage(before, {
    ...before,
    ...workflow,
    ...freed(run, before, to),
    status: to,
    startedAt: before.startedAt ?? (begins ? run.now : null),
    endedAt: isFinal(to) ? run.now : null,
    ...{ reasonCode, reason },
    failures: before.failures + (move.again ? 1 : 0),
    ignored: move.ignored ?? false,
    waitsUntil: move.waitsUntil ?? null,
    answers: move.answers ?? before.answers,
    variables: { ...before.variables, ...move.answers?.values },
  });
}

/** Changes a task and records its new status. */
export function moveTask(
  run: RunSlice,
  before: TaskExecution,
  change: Partial<TaskExecution> & Pick<TaskExecution, 'status'>,
  said: Partial<Pick<TaskExecution, 'jobId' | 'reasonCode' | 'reason' | 'exitCode'>> = {},
): TaskExecution {
  const after = run.setTask({ ...before, ...change }, before);
  const { id: taskExecutionId, name, jobId, reasonCode, reason, exitCode } = after;
  run.event({ runId: after.runId, executionId: after.executionId }, 'TASK_STATUS', {
    ...{ taskExecutionId, name, from: before.status, to: after.status, reasonCode, reason, jobId, exitCode },
    try: after.tries,
    ...detachedType(after),
    ...said,
  });
  deployWithTask(run, before, after);
  return after;
}

/** Fields in the events of a detached task; empty for tasks of the graph. */
export const detachedType = ({ type }: Pick<TaskExecution, 'type'>) => (type === 'normal' ? {} : { taskType: type });

/** Decides or closes an approval, with its event. */
export function moveApproval(
  run: RunSlice,
  approval: Approval,
  status: ApprovalDecided['status'],
  comments: string | null = null,
  given: Approval['given'] = null,
): void {
  const { id, executionId: runId, inputs: form } = approval;
  checkMove('approval', approval.status, status);
  run.changes.decided.push({ id, status, comments, given });
  const inputs = listInputs(form, given);
  run.event({ runId, executionId: runId }, 'APPROVAL_DECIDED', { ...placeOf(approval), status, comments, inputs });
}

/** Ends a job. The event of its task reports the end. `from`: RUNNING if an agent has started it. */
export function endJob(run: RunSlice, from: StatusOf<'job'>, end: JobEnding): void {
  checkMove('job', from, end.status);
  run.changes.ended.push(end);
}
