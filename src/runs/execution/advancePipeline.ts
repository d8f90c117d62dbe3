import { decide, findApprovalsOfStages, insertApproval } from '../approvals/approvals.store';
import { newId } from '../../kernel/ids';
import type { ApprovalElement } from '../../catalog/language/pipeline';
import { askRuntimeInputs } from './askRuntimeInputs';
import { moveExecution, moveStage } from './changeStatus';
import { continueWorkflow } from './continueWorkflow';
import { decideSkips } from './skipConditions';
import { type ExecutionStatus, type FinalStatus, isFinal } from '../../contract/statuses';
import { type Execution, rollUp, type StageExecution } from '../../engine/execution';
import { findExecutions } from './executions.store';
import { decideFailedElement } from '../../engine/failedElement';
import type { RunTransaction } from './runTransaction';
import { mustAsk } from './runtimeInputs';
import { findCurrentStages, findStages } from './stages.store';
import { startWorkflow } from './startWorkflow';

interface Reason {
  readonly code: string;
  readonly text: string;
}

/** Writes the end of a stage element and continues the pipeline. */
export async function settleStage(
  db: RunTransaction,
  stageExecutionId: string,
  status: FinalStatus,
  reason?: Reason,
): Promise<void> {
  const [stage] = await findStages(db, [stageExecutionId]);
  if (stage === undefined) throw new Error(`stage execution ${stageExecutionId} does not exist`);
  if (isFinal(stage.status)) return;
  const [execution] = await findExecutions(db, [stage.executionId]);
  if (execution === undefined) throw new Error(`execution ${stage.executionId} does not exist`);
  await endElement(db, execution, stage, status, reason);
  await advancePipeline(db, stage.executionId);
}

/** Writes the end of an element; or, where its workflow has failed, what its definition says about that. */
async function endElement(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  status: FinalStatus,
  reason?: Reason,
): Promise<void> {
  const { definition } = await db.app.pipelineRevisions.get(db, execution.revisionId);
  const element = definition.stages[stage.stageIndex]?.elements[stage.elementIndex];
  const strategy = element?.type === 'WORKFLOW' && status !== 'SUCCESS' ? element : null;
  const neighbours = strategy === null ? [] : await findCurrentStages(db, [execution.id]);
  const hopeless =
    execution.failureCode !== null || neighbours.some((one) => one.stageIndex === stage.stageIndex && endedBadly(one));
  const next = strategy && decideFailedElement(strategy, stage, status, hopeless);
  const { runId } = execution;
  const { intervention } = strategy ?? {};
  if (next === 'RETRY') {
    const text = `${reason?.text ?? status}; its workflow runs anew`;
    await moveStage(db, runId, stage, 'QUEUED', { reason: { code: 'RETRY', text }, again: true });
  } else if (next === 'WAIT' && intervention) {
    const waitsUntil = new Date(db.now.getTime() + intervention.timeoutSeconds * 1000);
    await moveStage(db, runId, stage, 'WAITING', { waitsUntil, ...(reason && { reason }) });
    db.event({ runId, executionId: execution.id }, 'INTERVENTION_REQUESTED', {
      stageExecutionId: stage.id,
      elementId: stage.elementId,
      name: stage.stepName,
      taskExecutionId: null,
      reason: reason?.text ?? null,
      expiresAt: waitsUntil.toISOString(),
    });
  } else await moveStage(db, runId, stage, status, { ...(reason && { reason }), ignored: next === 'IGNORE' });
}

const endedBadly = (stage: StageExecution): boolean =>
  isFinal(stage.status) && stage.status !== 'SUCCESS' && stage.status !== 'SKIPPED' && !stage.ignored;

const isUnbegun = (stage: StageExecution): boolean => stage.status === 'QUEUED' && stage.workflowExecutionId === null;

/**
 * Brings a pipeline execution to where its stages stand: begins the next stage, ends the execution, or shows what its current stage does. Called whenever
 * one of its elements moved; calling it again changes nothing.
 */
export async function advancePipeline(db: RunTransaction, executionId: string): Promise<void> {
  const [execution] = await findExecutions(db, [executionId]);
  if (execution === undefined || isFinal(execution.status)) return;
  const stages = await findCurrentStages(db, [executionId]);
  const stopping = execution.failureCode === 'ABORTED' || execution.failureCode === 'EXPIRED';
  for (const elements of byStage(stages)) {
    const waiting = elements.filter(isUnbegun);
    const failed = elements.find(endedBadly);
    if (elements.every((stage) => isFinal(stage.status))) {
      if (failed !== undefined)
        return endPipeline(
          db,
          execution,
          stages,
          rollUp(statusesOf(elements.filter((stage) => !stage.ignored))) as FinalStatus,
          failed,
        );
    } else if (waiting.length === 0 || failed !== undefined) {
      if (failed !== undefined) await withdrawWaiting(db, execution, elements);
      const now = await findCurrentStages(db, [executionId]);
      const current = now.filter((stage) => stage.stageIndex === elements[0]?.stageIndex);
      // Withdrawing the last open element may have ended the stage.
      if (current.every((stage) => isFinal(stage.status))) return advancePipeline(db, executionId);
      return showProgress(db, execution, current);
    } else if (stopping) {
      return endPipeline(db, execution, stages, execution.failureCode as FinalStatus);
    } else if (execution.pause !== null) {
      return;
    } else {
      await beginStage(db, execution, waiting);
      const now = await findCurrentStages(db, [executionId]);
      const current = now.filter((stage) => stage.stageIndex === elements[0]?.stageIndex);
      // Conditions may have ended all of it.
      if (current.every((stage) => isFinal(stage.status))) return advancePipeline(db, executionId);
      return showProgress(db, execution, current);
    }
  }
  await endPipeline(db, execution, stages, stopping ? (execution.failureCode as FinalStatus) : 'SUCCESS');
}

function byStage(stages: readonly StageExecution[]): StageExecution[][] {
  const groups = new Map<number, StageExecution[]>();
  for (const stage of stages) {
    const group = groups.get(stage.stageIndex) ?? [];
    groups.set(stage.stageIndex, group);
    group.push(stage);
  }
  return [...groups.values()];
}

const statusesOf = (stages: readonly StageExecution[]): ExecutionStatus[] => stages.map((stage) => stage.status);

/** The execution shows the most active of what runs side by side; once it has begun it is not QUEUED any more. What a person holds shows that. */
async function showProgress(
  db: RunTransaction,
  execution: Execution,
  elements: readonly StageExecution[],
): Promise<void> {
  if (execution.pause !== null) return;
  const rolledUp = rollUp(statusesOf(elements));
  // Between a resume and the first thing that runs again it stays RESUMING.
  const waiting = execution.status === 'RESUMING' ? 'RESUMING' : execution.startedAt === null ? 'QUEUED' : 'RUNNING';
  const status = rolledUp === 'QUEUED' ? waiting : rolledUp;
  if (status !== execution.status) await moveExecution(db, execution, status);
}

/** Begins elements of one stage: asks for approvals and runtime inputs, starts workflows. Those whose condition says so are skipped; where one can't be decided, nothing of the stage begins. */
async function beginStage(
  db: RunTransaction,
  execution: Execution,
  elements: readonly StageExecution[],
): Promise<void> {
  const { definition } = await db.app.pipelineRevisions.get(db, execution.revisionId);
  // What was answered, or is tried again, was decided when it was reached.
  const reached = elements.filter((stage) => stage.startedAt === null);
  const decided = await decideSkips(db, execution, definition, reached);
  const broken = [...decided.values()].some(({ status }) => status === 'FAILED');
  for (const stage of elements) {
    const outcome = decided.get(stage.id) ?? (broken ? notBegun : undefined);
    if (outcome !== undefined) {
      const reason = { code: outcome.reasonCode, text: outcome.reason };
      await moveStage(db, execution.runId, stage, outcome.status, { reason });
      continue;
    }
    const element = definition.stages[stage.stageIndex]?.elements[stage.elementIndex];
    if (element === undefined)
      throw new Error(`revision ${execution.revisionId} lost an element of ${stage.stageName}`);
    const asked = mustAsk(element, stage);
    if (element.type === 'APPROVAL') await requestApproval(db, execution, stage, element);
    else if (asked !== null) await askRuntimeInputs(db, execution, stage, asked);
    else await beginWorkflow(db, execution, stage, element.workflow);
  }
}

const notBegun = {
  status: 'SKIPPED',
  reasonCode: 'NOT_STARTED',
  reason: 'not started, because the condition of another element of the stage can’t be decided',
} as const;

async function requestApproval(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  element: ApprovalElement,
): Promise<void> {
  const id = newId();
  const expiresAt = new Date(db.now.getTime() + element.timeoutSeconds * 1000);
  await insertApproval(db, {
    id,
    stageExecutionId: stage.id,
    executionId: execution.id,
    applicationId: execution.applicationId,
    status: 'WAITING',
    approvers: element.approvers,
    disallowInitiator: element.disallowInitiator,
    requestedAt: db.now,
    expiresAt,
    decidedAt: null,
    decidedBy: null,
    comments: null,
  });
  await moveStage(db, execution.runId, stage, 'WAITING');
  db.event({ runId: execution.runId, executionId: execution.id }, 'APPROVAL_REQUESTED', {
    approvalId: id,
    stageExecutionId: stage.id,
    approvers: element.approvers,
    expiresAt: expiresAt.toISOString(),
  });
}

async function beginWorkflow(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  name: string,
): Promise<void> {
  const { workflowId, workflowRevisionId } = stage;
  if (workflowId === null || workflowRevisionId === null) throw new Error(`stage ${stage.id} has no workflow`);
  if (stage.goesOn !== null) return continueWorkflow(db, execution, stage, stage.goesOn);
  const id = newId();
  await moveStage(db, execution.runId, stage, stage.status, { workflowExecutionId: id });
  await startWorkflow(db, {
    id,
    runId: execution.runId,
    parentStageExecutionId: stage.id,
    applicationId: execution.applicationId,
    entityId: workflowId,
    revisionId: workflowRevisionId,
    environmentId: stage.environmentId,
    variables: stage.variables,
    images: stage.images,
    notes: null,
    cause: execution.cause,
    name,
    maxParallel: stage.maxParallel,
    mode: stage.mode,
  });
}

/** Ends what waits for a person in a stage that can't succeed any more, so that nobody is asked for nothing. */
async function withdrawWaiting(
  db: RunTransaction,
  execution: Execution,
  elements: readonly StageExecution[],
): Promise<void> {
  const reason = { code: 'NOT_STARTED', text: 'not decided, because another element of the stage failed' };
  for (const stage of elements.filter(isUnbegun)) await moveStage(db, execution.runId, stage, 'SKIPPED', { reason });
  await closeWaiting(db, execution, elements, 'ABORTED', 'SKIPPED', reason);
}

/** Closes what waits for a person in these elements, without a person's decision. */
export async function closeWaiting(
  db: RunTransaction,
  execution: Execution,
  elements: readonly StageExecution[],
  approvalStatus: 'ABORTED' | 'EXPIRED',
  stageStatus: FinalStatus,
  reason: Reason,
): Promise<void> {
  // An element whose workflow waits for a person is closed with its workflow.
  const waiting = elements.filter(
    (stage) => (stage.kind === 'APPROVAL' && stage.status === 'WAITING') || stage.waitsUntil !== null,
  );
  if (waiting.length === 0) return;
  const approvals = await findApprovalsOfStages(
    db,
    waiting.map((stage) => stage.id),
  );
  for (const approval of approvals.filter((one) => one.status === 'WAITING')) {
    await decide(db, approval.id, { status: approvalStatus, at: db.now, by: db.actor, comments: null });
    db.event({ runId: execution.runId, executionId: execution.id }, 'APPROVAL_DECIDED', {
      approvalId: approval.id,
      stageExecutionId: approval.stageExecutionId,
      status: approvalStatus,
      comments: null,
    });
  }
  for (const stage of waiting) {
    const failed = stage.status === 'WAITING' && stage.workflowExecutionId !== null && stageStatus === 'SKIPPED';
    if (failed) await moveStage(db, execution.runId, stage, 'FAILED');
    else await moveStage(db, execution.runId, stage, stageStatus, { reason });
  }
}

/** Everything that runs is over: what was not reached is skipped, with the reason, and the execution is final. */
async function endPipeline(
  db: RunTransaction,
  execution: Execution,
  stages: readonly StageExecution[],
  status: FinalStatus,
  failed?: StageExecution,
): Promise<void> {
  const stopped = execution.failureCode === 'ABORTED' || execution.failureCode === 'EXPIRED';
  const final = stopped ? (execution.failureCode as FinalStatus) : status;
  for (const stage of stages.filter((one) => !isFinal(one.status))) {
    const text = `not reached, because ${failed === undefined ? `the execution was ${final}` : `stage "${failed.stageName}" ended ${failed.status}`}`;
    await moveStage(db, execution.runId, stage, 'SKIPPED', { reason: { code: 'NOT_STARTED', text } });
  }
  if (stopped || failed === undefined) await moveExecution(db, execution, final);
  else {
    const text = `Stage "${failed.stageName}", step "${failed.stepName}": ${failed.reason ?? failed.status}`;
    await moveExecution(db, execution, final, { code: failed.reasonCode ?? failed.status, text });
  }
}
