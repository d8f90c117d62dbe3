import type { PipelineDefinition } from '../catalog/language/pipeline';
import { derivedId } from '../kernel/ids';
import { advancePipeline } from './advancePipeline';
import type { Execution, StageExecution } from './execution';
import type { RunSlice } from './runSlice';
import { type ElementPlan, elementKey } from './startPlan';
import { type ExecutionStart, newExecution } from './startWorkflow';

export type PipelineStart = Omit<ExecutionStart, 'environmentId' | 'images'> & { readonly name: string };

/** What an element is started with, beside its inputs. */
export type StartedElement = ElementPlan & Partial<Pick<StageExecution, 'mode' | 'maxParallel'>>;

/** Creates a pipeline execution with all of its elements, and begins its first stage. */
export function startPipeline(
  run: RunSlice,
  { name, ...start }: PipelineStart,
  definition: PipelineDefinition,
  elements: ReadonlyMap<string, StartedElement>,
): Execution {
  const images = Object.assign({}, ...[...elements.values()].map((element) => element.images));
  const own = { kind: 'PIPELINE' as const, maxParallel: null, mode: 'WORK_STEALING' as const, openTasks: 0 };
  const base = { ...start, environmentId: null, images };
  run.addExecution(newExecution(base, own, run.now, definition.timeoutSeconds));
  const stages = definition.stages.flatMap((stage, stageIndex) =>
    stage.elements.map((element, elementIndex) =>
      newStage(run, start.id, elements.get(elementKey(stageIndex, elementIndex)), {
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
  advancePipeline(run, start.id);
  return run.execution(start.id);
}

function newStage(
  run: RunSlice,
  executionId: string,
  plan: StartedElement | undefined,
  element: Pick<StageExecution, 'kind' | 'stageIndex' | 'elementIndex' | 'elementId' | 'stageName' | 'stepName'>,
): StageExecution {
  return {
    ...element,
    id: run.newId(),
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
    goesOn: null,
    waitsUntil: null,
    answers: null,
    failures: 0,
    ignored: false,
    createdAt: run.now,
    startedAt: null,
    endedAt: null,
  };
}
