import type { PipelineDefinition } from '../catalog/language/pipeline';
import { derivedId, newId } from '../kernel/ids';
import { advancePipeline } from './advancePipeline';
import type { Execution, StageExecution } from './execution';
import { refuseFrozenRun } from './freezes';
import type { RunSlice } from './runSlice';
import { type ElementPlan, elementKey } from './startPlan';
import { type ExecutionStart, newExecution } from './startWorkflow';

export type PipelineStart = Omit<ExecutionStart, 'environmentId' | 'images'> & { readonly name: string };

/** Inputs of an element, and overrides of its workflow's definition. */
export type StartedElement = ElementPlan & Partial<Pick<StageExecution, 'mode' | 'maxParallel'>>;

/**
 * A decision that creates a pipeline execution with all of its elements, and begins its first stage. The ids of the
 * elements are the same at each try of the decision, because facts about what begins are found by these ids.
 */
export function pipelineStart(
  { name, ...start }: PipelineStart,
  definition: PipelineDefinition,
  elements: ReadonlyMap<string, StartedElement>,
): (run: RunSlice) => Execution {
  const images = Object.assign({}, ...[...elements.values()].map((element) => element.images));
  const ids = definition.stages.map((stage) => stage.elements.map(() => newId()));
  return (run) => {
    const own = { kind: 'PIPELINE' as const, maxParallel: null, mode: 'WORK_STEALING' as const, openTasks: 0 };
    const base = { ...start, environmentId: null, images };
    run.addExecution(newExecution(base, own, run.now, definition.timeoutSeconds));
    const stages = definition.stages.flatMap((stage, stageIndex) =>
      stage.elements.map((element, elementIndex) =>
        newStage(run.now, start.id, elements.get(elementKey(stageIndex, elementIndex)), {
          id: ids[stageIndex]?.[elementIndex] ?? newId(),
          kind: element.type,
          stageIndex,
          elementIndex,
          elementId: derivedId(start.entityId, stage.name, element.name),
          stageName: stage.name,
          stepName: element.name,
        }),
      ),
    );
    run.setPlan(start.id, [], stages);
    run.event({ runId: start.id, executionId: start.id }, 'EXECUTION_CREATED', { kind: 'PIPELINE', name });
    refuseFrozenRun(run, start.id);
    advancePipeline(run, start.id);
    return run.execution(start.id);
  };
}

function newStage(
  now: Date,
  executionId: string,
  plan: StartedElement | undefined,
  element: Pick<StageExecution, 'id' | 'kind' | 'stageIndex' | 'elementIndex' | 'elementId' | 'stageName' | 'stepName'>,
): StageExecution {
  return {
    ...element,
    executionId,
    attempt: 1,
    status: 'QUEUED',
    reasonCode: null,
    reason: null,
    workflowId: plan?.workflowId ?? null,
    workflowRevisionId: plan?.workflowRevisionId ?? null,
    environmentId: plan?.environmentId ?? null,
    variables: plan?.variables ?? {},
    images: plan?.images ?? {},
    mode: plan?.mode ?? null,
    maxParallel: plan?.maxParallel ?? null,
    workflowExecutionId: null,
    workflowAttempt: null,
    continues: null,
    waitsUntil: null,
    answers: null,
    failures: 0,
    ignored: false,
    hasPlace: false,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}
