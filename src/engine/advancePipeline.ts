import type { Expression } from '../catalog/language/expressions';
import type { RuntimeInputs, StageElement } from '../catalog/language/pipeline';
import { type FinalStatus, isFinal } from '../contract/statuses';
import { fillMessage, referringTexts } from './approvalMessage';
import { elementMayBegin, hindranceOfRun } from './beginElement';
import { continueWorkflow } from './continueWorkflow';
import { type Execution, isHeldBack, isRunHeldBack, rollUp, type StageExecution, unheldStatus } from './execution';
import { decideFailedElement } from './failedElement';
import type { StatusAfter } from './machine';
import { moveApproval, moveExecution, moveStage, type Reason } from './moves';
import { type FilledApproval, requestApproval } from './requestApproval';
import type { RunSlice } from './runSlice';
import { mustAsk } from './runtimeInputs';
import { decideSkips, scopesOfElements } from './skipConditions';
import { ElementFiller, type Unfilled } from './stageOutputs';
import { startWorkflow } from './startWorkflow';

/** An element of a stage is final: records it and continues with the pipeline. */
export function settleStage(
  run: RunSlice,
  executionId: string,
  stageExecutionId: string,
  status: FinalStatus,
  reason?: Reason,
): void {
  const stage = run.element(executionId, stageExecutionId);
  if (isFinal(stage.status)) return;
  endElement(run, run.execution(executionId), stage, status, reason);
  advancePipeline(run, executionId);
}

/** Records the end of an element, or applies its failure strategy if its workflow has failed. */
function endElement(
  run: RunSlice,
  execution: Execution,
  stage: StageExecution,
  status: FinalStatus,
  reason: Reason | undefined,
): void {
  const element = elementOf(run, execution, stage);
  const strategy = element?.type === 'WORKFLOW' && status !== 'SUCCESS' ? element : null;
  const neighbors = run.elements(execution.id).filter((one) => one.stageIndex === stage.stageIndex);
  const hopeless = execution.failureCode !== null || neighbors.some(endedBadly);
  const next = strategy && decideFailedElement(strategy, stage, status, hopeless);
  const { intervention } = strategy ?? {};
  if (next === 'RETRY') {
    const text = `${reason?.text ?? status}; its workflow runs anew`;
    moveStage(run, stage, 'QUEUED', { reason: { code: 'RETRY', text }, again: true });
  } else if (next === 'WAIT' && intervention) {
    const waitsUntil = new Date(run.now.getTime() + intervention.timeoutSeconds * 1000);
    moveStage(run, stage, 'WAITING', { waitsUntil, reason });
    run.event({ runId: execution.runId, executionId: execution.id }, 'INTERVENTION_REQUESTED', {
      stageExecutionId: stage.id,
      elementId: stage.elementId,
      name: stage.stepName,
      taskExecutionId: null,
      reason: reason?.text ?? null,
      expiresAt: waitsUntil.toISOString(),
    });
  } else moveStage(run, stage, status, { reason, ignored: next === 'IGNORE' });
}

const endedBadly = (stage: StageExecution): boolean =>
  isFinal(stage.status) && stage.status !== 'SUCCESS' && stage.status !== 'SKIPPED' && !stage.ignored;

const isUnbegun = (stage: StageExecution): boolean => stage.status === 'QUEUED' && stage.workflowExecutionId === null;

/**
 * Advances a pipeline execution to the state of its stages: begins the next stage, ends the execution, or shows the
 * state of its current stage. Called whenever one of its elements moves; calling it again changes nothing.
 */
export function advancePipeline(run: RunSlice, executionId: string): void {
  run.require({ kind: 'execution', key: executionId }, { kind: 'elements', key: executionId });
  const execution = run.execution(executionId);
  if (isFinal(execution.status)) return;
  const { failureCode } = execution;
  const stopping = failureCode === 'ABORTED' || failureCode === 'EXPIRED' ? failureCode : null;
  for (const elements of byStage(run.elements(executionId))) {
    const waiting = elements.filter(isUnbegun);
    const failed = elements.find(endedBadly);
    if (elements.every((stage) => isFinal(stage.status))) {
      if (failed === undefined) continue;
      const counting = elements.filter((stage) => !stage.ignored);
      endPipeline(run, execution, rollUp(statusesOf(counting)) as RunEnd, failed);
      return;
    }
    if (waiting.length > 0 && failed === undefined) {
      if (stopping !== null) endPipeline(run, execution, stopping);
      if (stopping !== null || execution.pause !== null || !runMayBegin(run, executionId)) return;
      beginStage(run, execution, waiting);
    } else if (failed !== undefined) withdrawWaiting(run, execution, elements);
    const now = elements.map(({ id }) => run.element(executionId, id));
    // Conditions, or the withdrawal of the last open element, may have ended the whole stage.
    if (now.every((stage) => isFinal(stage.status))) advancePipeline(run, executionId);
    else showProgress(run, executionId, now);
    return;
  }
  endPipeline(run, execution, stopping ?? 'SUCCESS');
}

/** True if a run has the slot of its pipeline, or needs none. Otherwise it waits, or ends. */
export function runMayBegin(run: RunSlice, id: string): boolean {
  const hindrance = hindranceOfRun(run, id);
  const execution = run.execution(id);
  if (hindrance === null) {
    if (isRunHeldBack(execution)) moveExecution(run, id, unheldStatus(execution));
    return true;
  }
  const { is, code, text } = hindrance;
  if (is !== 'WAIT') endPipeline(run, execution, is === 'REFUSED' ? 'FAILED' : 'ABORTED', undefined, { code, text });
  return false;
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

const statusesOf = (stages: readonly StageExecution[]) => stages.map((stage) => stage.status);

/** The execution shows the most active of its parallel elements. Once it has begun, it is never QUEUED again. */
function showProgress(run: RunSlice, executionId: string, elements: readonly StageExecution[]): void {
  const { pause, status: from, startedAt } = run.execution(executionId);
  const rolledUp = rollUp(statusesOf(elements));
  if (pause !== null || isFinal(from) || isFinal(rolledUp)) return;
  // It stays RESUMING between a resume and the first task that runs again.
  const waiting = from === 'RESUMING' ? 'RESUMING' : startedAt === null ? 'QUEUED' : 'RUNNING';
  const status = rolledUp === 'QUEUED' ? waiting : rolledUp;
  if (status !== from) moveExecution(run, executionId, status);
}

function elementOf(run: RunSlice, execution: Execution, stage: StageExecution): StageElement | undefined {
  return run.fact('pipeline', execution.revisionId).stages[stage.stageIndex]?.elements[stage.elementIndex];
}

/**
 * Begins elements of one stage: requests approvals and runtime inputs, starts workflows, and skips elements whose
 * condition is true. If one condition can't be decided, or one reference can't be filled, nothing of the stage begins.
 */
function beginStage(run: RunSlice, execution: Execution, elements: readonly StageExecution[]): void {
  // Answered and retried elements were already decided when they were reached.
  const reached = elements.filter((stage) => stage.startedAt === null);
  // Loaded together, before the first of them begins.
  run.require(
    ...elements.flatMap(({ workflowRevisionId }) =>
      workflowRevisionId === null ? [] : [{ kind: 'workflow' as const, key: workflowRevisionId }],
    ),
  );
  const skips = decideSkips(run, execution, reached);
  const filled = fillElements(
    run,
    execution,
    reached.filter(({ id }) => !skips.has(id)),
  );
  const outcomeOf = ({ id }: StageExecution) => skips.get(id) ?? failureOf(filled.get(id));
  const broken = elements.some((stage) => outcomeOf(stage)?.status === 'FAILED');
  for (const planned of elements) {
    const outcome = outcomeOf(planned) ?? (broken ? notBegun : undefined);
    if (outcome !== undefined) {
      moveStage(run, planned, outcome.status, { reason: { code: outcome.reasonCode, text: outcome.reason } });
      continue;
    }
    const { variables = {}, message = null, excluded = [] } = valuesOf(filled.get(planned.id));
    const stage =
      Object.keys(variables).length === 0
        ? planned
        : run.setStage(planned, { ...planned, variables: { ...planned.variables, ...variables } });
    const element = elementOf(run, execution, stage);
    if (element === undefined)
      throw new Error(`revision ${execution.revisionId} lost an element of ${stage.stageName}`);
    const asked = mustAsk(element, stage);
    if (element.type === 'APPROVAL') requestApproval(run, execution, stage, element, { message, excluded });
    else if (asked !== null) askRuntimeInputs(run, stage, asked);
    else beginWorkflow(run, execution, stage, element.workflow);
  }
}

/** Values of an element that come from earlier stages. */
interface FilledElement extends Partial<FilledApproval> {
  readonly variables?: Readonly<Record<string, string>>;
}

const failureOf = (filled: FilledElement | Unfilled | undefined): Unfilled | undefined =>
  filled !== undefined && 'reasonCode' in filled ? filled : undefined;
const valuesOf = (filled: FilledElement | Unfilled | undefined): FilledElement =>
  filled === undefined || 'reasonCode' in filled ? {} : filled;

/** Fills the references of elements that are about to begin, by stage execution. */
function fillElements(
  run: RunSlice,
  execution: Execution,
  stages: readonly StageExecution[],
): ReadonlyMap<string, FilledElement | Unfilled> {
  const asking = stages.flatMap((stage) => {
    const element = elementOf(run, execution, stage);
    return element === undefined ? [] : [{ stage, element }];
  });
  const texts = asking.flatMap(({ element }) =>
    element.type === 'APPROVAL'
      ? [...referringTexts(element.message ?? ''), ...element.not]
      : Object.values(element.variables),
  );
  const filler = new ElementFiller(run, execution, texts);
  return new Map(
    asking.map(({ stage, element }): [string, FilledElement | Unfilled] => {
      if (element.type === 'WORKFLOW') {
        return [stage.id, filler.variables(stage, element)];
      }
      const scopesOf = (expressions: readonly Expression[]) => scopesOfElements(run, execution, expressions);
      const fill = (text: string) => filler.text(text);
      const filled = element.message === null ? { value: null } : fillMessage(element.message, fill, scopesOf);
      if (!('value' in filled)) {
        const reason = `its message can’t be filled: ${filled.reason}`;
        return [stage.id, { status: 'FAILED', reasonCode: 'REFERENCE_UNFILLED', reason }];
      }
      // A reference without a value excludes nobody.
      const excluded = element.not.map(fill).flatMap((one) => ('value' in one ? one.value : []));
      return [stage.id, { message: filled.value, excluded }];
    }),
  );
}

const notBegun = {
  status: 'SKIPPED',
  reasonCode: 'NOT_STARTED',
  reason: 'not started, because another element of the stage can’t begin',
} as const;

/** An element that was reached needs values: it is PAUSED until a user answers, or until its timeout. */
function askRuntimeInputs(run: RunSlice, stage: StageExecution, { timeoutSeconds, variables }: RuntimeInputs): void {
  const waitsUntil = new Date(run.now.getTime() + timeoutSeconds * 1000);
  moveStage(run, stage, 'PAUSED', { waitsUntil });
  const { id: stageExecutionId, executionId, elementId, stageName, stepName } = stage;
  run.event({ runId: executionId, executionId }, 'RUNTIME_INPUTS_REQUESTED', {
    ...{ stageExecutionId, elementId, stageName, stepName, variables, expiresAt: waitsUntil.toISOString() },
  });
}

/** Begins an element that was held back, if it may begin now. */
export function beginHeldBack(run: RunSlice, executionId: string, stageExecutionId: string): void {
  run.require({ kind: 'execution', key: executionId }, { kind: 'elements', key: executionId });
  const execution = run.execution(executionId);
  const stage = run.element(executionId, stageExecutionId);
  if (isFinal(execution.status) || execution.pause !== null || !isHeldBack(stage)) return;
  const element = elementOf(run, execution, stage);
  if (element?.type === 'WORKFLOW') beginWorkflow(run, execution, stage, element.workflow);
  advancePipeline(run, executionId);
}

function beginWorkflow(run: RunSlice, execution: Execution, stage: StageExecution, name: string): void {
  const { workflowId, workflowRevisionId } = stage;
  if (workflowId === null || workflowRevisionId === null) throw new Error(`stage ${stage.id} has no workflow`);
  if (!elementMayBegin(run, execution, stage)) return;
  if (stage.continues !== null) {
    continueWorkflow(run, execution, stage, stage.continues);
    return;
  }
  const id = run.newId();
  moveStage(run, stage, run.element(execution.id, stage.id).status, { workflowExecutionId: id });
  startWorkflow(run, {
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

/** Ends what waits in a stage that can no longer succeed. */
function withdrawWaiting(run: RunSlice, execution: Execution, elements: readonly StageExecution[]): void {
  const reason = { code: 'NOT_STARTED', text: 'not started or decided, because another element of the stage failed' };
  for (const stage of elements.filter(isUnbegun)) moveStage(run, stage, 'SKIPPED', { reason });
  closeWaiting(run, execution, elements, 'ABORTED', 'SKIPPED', reason);
}

/** Closes what waits in these elements: for a person, without a decision, or to begin. */
export function closeWaiting(
  run: RunSlice,
  execution: Execution,
  elements: readonly StageExecution[],
  approvalStatus: 'ABORTED' | 'EXPIRED',
  stageStatus: FinalStatus,
  reason: Reason,
): void {
  // An element whose workflow waits for a person is closed with its workflow.
  const waiting = elements
    .map(({ id }) => run.element(execution.id, id))
    .filter(
      (stage) =>
        (stage.kind === 'APPROVAL' && stage.status === 'WAITING') || stage.waitsUntil !== null || isHeldBack(stage),
    );
  const asking = waiting.filter(({ kind, reasonCode }) => kind === 'APPROVAL' || reasonCode === 'APPROVAL_CHANGED');
  const ids = new Set(asking.map(({ id }) => id));
  const approvals = ids.size === 0 ? [] : run.waitingApprovals(execution.id);
  for (const one of approvals) {
    if (one.stageExecutionId !== null && ids.has(one.stageExecutionId)) moveApproval(run, one, approvalStatus);
  }
  for (const stage of waiting) {
    const failed = stage.status === 'WAITING' && stage.workflowExecutionId !== null && stageStatus === 'SKIPPED';
    if (failed) moveStage(run, stage, 'FAILED');
    else moveStage(run, stage, stageStatus, { reason });
  }
}

type RunEnd = StatusAfter<'run', 'succeed' | 'fail' | 'reject'>;

/**
 * Everything that ran has ended: elements that were not reached are skipped, with the reason, and the execution is
 * final.
 */
export function endPipeline(
  run: RunSlice,
  execution: Execution,
  status: RunEnd,
  failed?: StageExecution,
  reason?: Reason,
): void {
  const { id, failureCode } = execution;
  const stopped = failureCode === 'ABORTED' || failureCode === 'EXPIRED';
  const final = stopped ? failureCode : status;
  const why =
    failed === undefined ? `the execution was ${final}` : `stage "${failed.stageName}" ended ${failed.status}`;
  for (const stage of run.elements(id).filter((one) => !isFinal(one.status))) {
    moveStage(run, stage, 'SKIPPED', { reason: { code: 'NOT_STARTED', text: `not reached, because ${why}` } });
  }
  if (!stopped && failed !== undefined) askForRollback(run, execution, failed);
  if (stopped || failed === undefined) moveExecution(run, id, final, stopped ? undefined : reason);
  else {
    const text = `Stage "${failed.stageName}", step "${failed.stepName}": ${failed.reason ?? failed.status}`;
    moveExecution(run, id, final, { code: failed.reasonCode ?? failed.status, text });
  }
}

/** An abort and a rejection are decisions of people, who can roll back if they want to. */
function askForRollback(run: RunSlice, execution: Execution, failed: StageExecution): void {
  const { id: runId, attempt, revisionId } = execution;
  const { status, stageIndex } = failed;
  if (status === 'ABORTED' || status === 'REJECTED') return;
  if (run.fact('pipeline', revisionId).stages[stageIndex]?.onFailure !== 'rollback') return;
  const request = { id: run.newId(), runId, attempt, stageIndex, requestedAt: run.now, doneAt: null };
  run.changes.rollbackRequests.push(request);
}
