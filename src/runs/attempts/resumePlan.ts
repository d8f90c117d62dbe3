import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import type { Execution, StageExecution } from '../../engine/execution';
import type { Aim } from '../deployments/movedOn';
import { findShownMembers } from '../execution/executions.store';
import { definitionsOf } from '../execution/planStart';
import { findCurrentStages } from '../execution/stages.store';
import { type Catalog, elementKey, type PipelinePlan, planElements } from '../../engine/startPlan';
import { findCatalog, findStartable } from '../execution/startTargets.store';
import { derivedId, newId } from '../../kernel/ids';
import { invalidInput, Refusal } from '../../kernel/errors';
import {
  type DefinitionChange,
  type Fit,
  fitStages,
  type Place,
  type PlacedElement,
  taskChanges,
} from '../../engine/definitionChanges';
import { decideResume, type ResumeChoice, type ResumeDecision } from '../../engine/resumeDecision';
import {
  aimOfWorkflow,
  asBefore,
  fitTasks,
  imagesByName,
  incompatible,
  noCurrentDefinition,
  type TaskFit,
  valuesOfStart,
  type WorkflowNext,
} from './resumeWorkflowPlan';

/** An element that the next attempt runs. */
export interface PlannedElement {
  /** Its row in the next attempt. */
  readonly stage: StageExecution;
  /** Its row in the attempts so far; null for a new element. */
  readonly before: StageExecution | null;
  /** State from which its workflow continues; null if it runs from the beginning. */
  readonly next: WorkflowNext | null;
  readonly fit: TaskFit | null;
}

/** Contents of the next attempt of a pipeline execution, decided before anything is written. */
export interface AttemptPlan {
  readonly fromStage: string;
  readonly revisionId: string;
  readonly variables: Execution['variables'];
  /** Images that replace those of the execution. */
  readonly images?: Execution['images'];
  /** Elements that keep their results, at their places in that revision. */
  readonly kept: readonly StageExecution[];
  readonly elements: readonly PlannedElement[];
}

export interface ResumePlan extends AttemptPlan {
  readonly changes: readonly DefinitionChange[];
  readonly refusals: readonly Refusal[];
}

/** State of a pipeline execution that a resume needs. */
export interface Standing {
  /** Elements that the execution shows. */
  readonly stages: readonly StageExecution[];
  /** Executions of their workflows; empty unless tasks are kept. */
  readonly members: readonly Execution[];
}

/** Reads that state in one round trip. */
export async function readStanding(db: Db, { id }: Execution, { granularity }: ResumeChoice): Promise<Standing> {
  const [stages, members] = await Promise.all([
    findCurrentStages(db, [id]),
    granularity === 'TASK' ? findShownMembers(db, [id]) : [],
  ]);
  return { stages, members };
}

/**
 * Decides what a resume of a pipeline execution would do; writes nothing. The mutation and its preview share this plan;
 * only the preview shows the kept tasks.
 */
export async function planResume(
  app: App,
  db: Db,
  execution: Execution,
  { stages, members: executions }: Standing,
  choice: ResumeChoice,
  shown = false,
): Promise<ResumePlan | Refusal> {
  const decision = decideResume(execution, stages, choice);
  if (decision instanceof Refusal) return decision;
  const layout = await layOut(app, db, execution, decision, choice);
  if (layout instanceof Refusal) return layout;
  const resumed = layout.elements.filter(({ before }) => before?.stageIndex === decision.stageIndex);
  const ids = new Set(resumed.flatMap(({ before }) => before?.workflowExecutionId ?? []));
  const members = new Map(executions.filter(({ id }) => ids.has(id)).map((member) => [member.id, member]));
  const elements: PlannedElement[] = [];
  for (const { stage, before } of layout.elements) {
    const member = members.get(before?.workflowExecutionId ?? '');
    const { stageName, stepName, workflowRevisionId } = stage;
    if (member === undefined || member.entityId !== stage.workflowId || workflowRevisionId === null) {
      elements.push({ stage, before, next: null, fit: null });
      continue;
    }
    const place = { stage: stageName, step: stepName };
    const fit =
      shown || workflowRevisionId !== member.revisionId
        ? await fitTasks(app, db, member, workflowRevisionId, {}, place)
        : null;
    const { environmentId, variables, images } = stage;
    const next: WorkflowNext = {
      ...asBefore(member, {}),
      ...{ revisionId: workflowRevisionId, environmentId, variables, images },
      mode: stage.mode ?? member.mode,
      maxParallel: stage.maxParallel ?? member.maxParallel,
    };
    elements.push({ stage: { ...stage, workflowExecutionId: member.id }, before, next, fit });
  }
  const changes = [...layout.changes, ...(await changesOfTasks(app, db, elements))];
  const refusals = [...incompatible(changes, choice.force), ...layout.refusals];
  return { ...layout, fromStage: decision.stageName, elements, changes, refusals };
}

/** Deployments that the elements which run would make. */
export const aimsOf = (app: App, db: Db, elements: readonly Pick<PlannedElement, 'stage' | 'next'>[]): Aim[] =>
  elements.map(({ stage: { environmentId, images, workflowRevisionId: revisionId }, next }) =>
    next === null ? { environmentId, images, revisionId } : aimOfWorkflow(app, db, next),
  );

/** Plan in which everything runs again, from the first stage. */
export function planRerun(execution: Execution, stages: readonly StageExecution[], now: Date): AttemptPlan {
  const elements = stages.map((before) => ({ stage: nextRow(execution, before, now), before, next: null, fit: null }));
  const { revisionId, variables } = execution;
  return { fromStage: stages[0]?.stageName ?? '', revisionId, variables, kept: [], elements };
}

interface Layout extends Pick<ResumePlan, 'revisionId' | 'variables' | 'kept' | 'changes' | 'refusals'> {
  readonly elements: readonly Pick<PlannedElement, 'stage' | 'before'>[];
}

/** Splits the elements into kept ones and ones that run, by the chosen definition. */
async function layOut(
  app: App,
  db: Db,
  execution: Execution,
  decision: ResumeDecision,
  choice: ResumeChoice,
): Promise<Layout | Refusal> {
  const now = app.clock.now();
  const { revisionId, variables } = execution;
  const over = (stage: StageExecution): StageExecution => ({
    ...stage,
    mode: choice.executionMode ?? stage.mode,
    maxParallel: choice.maxParallel ?? stage.maxParallel,
    answers: choice.askRuntimeInputs ? null : stage.answers,
  });
  if (choice.definition !== 'LATEST') {
    const elements = decision.again.map((before) => ({ stage: over(nextRow(execution, before, now)), before }));
    return { revisionId, variables, kept: decision.kept, elements, changes: [], refusals: [] };
  }
  const { applicationId, entityId } = execution;
  const pipeline = await findStartable(db, { applicationId, entityId, executionType: 'PIPELINE' });
  if (pipeline === undefined) return noCurrentDefinition('pipeline');
  const { definition } = await app.pipelineRevisions.get(db, pipeline.currentRevisionId);
  const catalog = await findCatalog(db, applicationId);
  const fit = fitStages(decision.kept, decision.again, decision.stageIndex, definition, catalog);
  if (fit.runs.length === 0) {
    const stages = definition.stages.map((stage) => stage.name);
    const message = `The current definition has nothing to run from stage "${decision.stageName}" on.`;
    return new Refusal('STAGE_NOT_FOUND', `${message} Its stages: ${stages.join(', ')}.`, { stages });
  }
  const plan = planElements(
    definition,
    catalog,
    await definitionsOf(db, app, definition, catalog),
    valuesOfStart(variables, definition.variables),
    imagesByName(execution.images, catalog),
    new Map(
      fit.runs.map(({ row, place }) => [elementKey(place.stageIndex, place.elementIndex), answersFor(row, place)]),
    ),
  );
  const elements = fit.runs.map(({ row, place }) => {
    const planned = placed(nextRow(execution, row, now), execution, place, plan.value);
    return { stage: over(planned), before: row ?? null };
  });
  return {
    revisionId: pipeline.currentRevisionId,
    variables: plan.value.variables,
    kept: keptAt(fit, execution),
    elements,
    changes: [...fit.changes, ...(await changesOfKept(app, db, fit, catalog))],
    refusals: plan.errors.length > 0 ? [invalidInput(plan.errors)] : [],
  };
}

/**
 * Answers that an element got in an earlier attempt, limited to variables that it still asks for. If they are requested
 * again, these are the defaults.
 */
function answersFor(row: StageExecution | undefined, { element }: PlacedElement): Readonly<Record<string, string>> {
  const asked = element.type === 'WORKFLOW' ? (element.runtimeInputs?.variables ?? []) : [];
  return Object.fromEntries(Object.entries(row?.answers?.values ?? {}).filter(([name]) => asked.includes(name)));
}

const keptAt = (fit: Fit, { entityId }: Execution): StageExecution[] =>
  fit.kept.map(({ row, place: { stageIndex, elementIndex, stageName, element } }) => {
    return { ...row, stageIndex, elementIndex, stageName, elementId: derivedId(entityId, stageName, element.name) };
  });

/**
 * Changes in the workflows of kept elements. Compares definitions only, so the cost does not depend on the number of
 * tasks. An element that a condition skipped has no tasks to keep.
 */
async function changesOfKept(app: App, db: Db, { kept }: Fit, { workflows }: Catalog): Promise<DefinitionChange[]> {
  const changes: DefinitionChange[] = [];
  for (const { row, place } of kept) {
    const now = workflows.find((one) => one.id === row.workflowId)?.currentRevisionId;
    const { workflowRevisionId: old, workflowExecutionId } = row;
    if (workflowExecutionId === null || old === null || now === undefined || old === now) continue;
    const where = { stage: place.stageName, step: row.stepName };
    changes.push(...(await changesBetween(app, db, [old, now], 'ALL', where)));
  }
  return changes;
}

async function changesBetween(
  app: App,
  db: Db,
  [old, now]: readonly [string, string],
  kept: ReadonlySet<string> | 'ALL',
  place: Place,
): Promise<DefinitionChange[]> {
  const [was, is] = [await app.workflowRevisions.get(db, old), await app.workflowRevisions.get(db, now)];
  return taskChanges(was.definition, is.definition, kept, place);
}

/** Changes in the workflows that run, task by task. */
async function changesOfTasks(app: App, db: Db, elements: readonly PlannedElement[]): Promise<DefinitionChange[]> {
  const changes: DefinitionChange[] = [];
  for (const { stage, before, next, fit } of elements) {
    const [old, now] = [next?.execution.revisionId ?? before?.workflowRevisionId, stage.workflowRevisionId];
    if (fit !== null) changes.push(...fit.changes);
    else if (old != null && now !== null && old !== now && before?.workflowId === stage.workflowId) {
      const place = { stage: stage.stageName, step: stage.stepName };
      changes.push(...(await changesBetween(app, db, [old, now], new Set(), place)));
    }
  }
  return changes;
}

/** Row of an element in the next attempt: its progress is reset, everything else comes from the row before. */
export function nextRow(execution: Execution, before: StageExecution | undefined, now: Date): StageExecution {
  return {
    kind: 'APPROVAL',
    stageIndex: 0,
    elementIndex: 0,
    elementId: '',
    stageName: '',
    stepName: '',
    workflowId: null,
    workflowRevisionId: null,
    environmentId: null,
    variables: {},
    images: {},
    mode: null,
    maxParallel: null,
    answers: null,
    ...before,
    id: newId(),
    executionId: execution.id,
    attempt: execution.attempt + 1,
    status: 'QUEUED',
    reasonCode: null,
    reason: null,
    workflowExecutionId: null,
    workflowAttempt: null,
    continues: null,
    hasPlace: false,
    waitsUntil: null,
    failures: 0,
    ignored: false,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}

/** The same row with the contents of the element in another revision. */
function placed(
  row: StageExecution,
  { entityId }: Execution,
  place: PlacedElement,
  plan: PipelinePlan,
): StageExecution {
  const { stageIndex, elementIndex, stageName, element } = place;
  const own = plan.elements.get(elementKey(stageIndex, elementIndex));
  return {
    ...row,
    kind: element.type,
    stageIndex,
    elementIndex,
    elementId: derivedId(entityId, stageName, element.name),
    stageName,
    stepName: element.name,
    workflowId: own?.workflowId ?? null,
    workflowRevisionId: own?.workflowRevisionId ?? null,
    environmentId: own?.environmentId ?? null,
    variables: own?.variables ?? {},
    images: own?.images ?? {},
    answers: row.answers && { ...row.answers, values: answersFor(row, place) },
  };
}
