import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import type { App } from '../app';
import { environments } from '../../catalog/environments/environments';
import type { AttemptRef, Execution, ExecutionAttempt, StageExecution } from '../../engine/execution';
import { executionById } from '../execution/executions.loaders';
import { readExecution } from '../execution/executions.queries';
import { findAttempts } from '../execution/executions.store';
import { findShownStages } from '../execution/stages.store';
import type { Loaders } from '../../kernel/loaders';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { type InputError, invalidInput } from '../../kernel/errors';
import { services } from '../../catalog/services/services';
import { workflows } from '../../catalog/workflows/workflows';
import {
  type ComparedResult,
  type ComparedValue,
  comparedResults,
  comparedValues,
  leavesOf,
  type Result,
} from './comparisons';
import { findOutcomes, findValuesSetBy } from './comparisons.store';

/** Maximum that a comparison reads of one side. */
const MOST_TASKS = 20_000;
const MOST_VALUES = 5_000;

export interface CompareExecutions {
  readonly a: string;
  readonly b: string;
  /** Defaults to the newest attempt. */
  readonly attemptA?: number | null;
  readonly attemptB?: number | null;
  /** True also lists values that are the same. */
  readonly includeEqual?: boolean | null;
}

export interface Comparison {
  readonly a: Execution;
  readonly b: Execution;
  /** Null if the caller may not see one of the definitions. */
  readonly definition: readonly ComparedValue[] | null;
  readonly inputs: readonly ComparedValue[];
  readonly images: readonly ComparedValue[];
  readonly variables: readonly ComparedValue[];
  readonly stages: readonly ComparedResult[];
  readonly tasks: readonly ComparedResult[];
  readonly omitted: number;
}

interface Reading {
  readonly app: App;
  readonly actor: Actor;
  readonly loaders: Loaders;
}

type Texts = ReadonlyMap<string, string>;

interface Side {
  readonly execution: Execution;
  readonly definition: Texts | null;
  readonly inputs: Texts;
  readonly images: Texts;
  readonly variables: Texts;
  readonly stages: readonly Result[];
  readonly tasks: readonly Result[];
}

/**
 * Differences between two executions, or two attempts of one. The number of statements does not depend on their size,
 * and limits apply to the data that is read and returned. A caller who may see only part of an execution (a stage in
 * another environment) gets a comparison of that part.
 */
export async function compareExecutions(reading: Reading, input: CompareExecutions): Promise<Comparison> {
  const { app, actor } = reading;
  const [first, second] = [await readExecution(app, actor, input.a), await readExecution(app, actor, input.b)];
  const attempts = await findAttempts(app.database, [first.id, second.id]);
  const errors: InputError[] = [];
  const attemptOf = (execution: Execution, field: string, given: number | null | undefined) => {
    const own = attempts.filter((one) => one.executionId === execution.id);
    const found = own.find((one) => one.attempt === (given ?? execution.attempt));
    if (found === undefined) {
      const message = `${field} must be from 1 to ${execution.attempt}.`;
      errors.push({ field, value: given, rule: 'RANGE', message });
    }
    return found;
  };
  const attemptA = attemptOf(first, 'attemptA', input.attemptA);
  const attemptB = attemptOf(second, 'attemptB', input.attemptB);
  if (first.kind !== second.kind) {
    const message = 'An execution of a pipeline can’t be compared with one of a workflow.';
    errors.push({ field: 'b', value: input.b, rule: 'SAME_KIND', message });
  }
  if (errors.length > 0 || attemptA === undefined || attemptB === undefined) throw invalidInput(errors);
  const [a, b] = [await readSide(reading, first, attemptA), await readSide(reading, second, attemptB)];
  const equal = input.includeEqual === true;
  const definition = a.definition && b.definition && comparedValues(a.definition, b.definition, equal);
  const values = (of: 'inputs' | 'images' | 'variables') => comparedValues(a[of], b[of], equal);
  const results = (of: 'stages' | 'tasks') => comparedResults(a[of], b[of]);
  const lists = {
    inputs: values('inputs'),
    images: values('images'),
    variables: values('variables'),
    stages: results('stages'),
    tasks: results('tasks'),
  };
  return {
    a: a.execution,
    b: b.execution,
    definition: definition?.listed ?? null,
    inputs: lists.inputs.listed,
    images: lists.images.listed,
    variables: lists.variables.listed,
    stages: lists.stages.listed,
    tasks: lists.tasks.listed,
    omitted: [definition, ...Object.values(lists)].reduce((sum, list) => sum + (list?.omitted ?? 0), 0),
  };
}

async function readSide(reading: Reading, execution: Execution, attempt: ExecutionAttempt): Promise<Side> {
  const { app } = reading;
  const ref = { executionId: execution.id, attempt: attempt.attempt };
  const stages = execution.kind === 'PIPELINE' ? await findShownStages(app.database, [ref]) : [];
  const places = new Map<string, string | null>();
  const refs: AttemptRef[] = execution.kind === 'WORKFLOW' ? [ref] : [];
  for (const stage of stages) {
    const { workflowExecutionId: executionId, workflowAttempt } = stage;
    if (executionId === null || !(await isVisible(reading, executionId))) continue;
    refs.push({ executionId, attempt: workflowAttempt });
    places.set(executionId, placeOf(stage));
  }
  const tasks = await findOutcomes(app.database, refs, MOST_TASKS);
  const set = await findValuesSetBy(
    app.database,
    tasks.map((task) => task.id),
    MOST_VALUES,
  );
  const within = (executionId: string, name: string) => inPlace(places.get(executionId) ?? null, name);
  return {
    execution,
    definition: await definitionOf(reading, execution, attempt, stages),
    inputs: await inputsOf(reading, attempt, stages),
    images: await imagesOf(reading, attempt),
    variables: new Map(
      set.map(({ executionId, name, value, digest }) => [
        within(executionId, name),
        value.length < 2000 ? value : `${value}… (MD5 ${digest})`,
      ]),
    ),
    stages: stages.map((stage) => ({
      ...result(stage),
      stage: stage.stageName,
      name: stage.stepName,
      exitCode: null,
    })),
    tasks: tasks.map((task) => ({
      ...result(task),
      stage: places.get(task.executionId) ?? null,
      name: task.name,
      exitCode: task.exitCode,
    })),
  };
}

const placeOf = ({ stageName, stepName }: StageExecution): string => `${stageName} › ${stepName}`;
const inPlace = (place: string | null, name: string): string => (place === null ? name : `${place} › ${name}`);

function result({
  status,
  reasonCode,
  attempt,
  startedAt,
  endedAt,
}: Pick<StageExecution, 'status' | 'reasonCode' | 'attempt' | 'startedAt' | 'endedAt'>) {
  const durationMs = startedAt === null || endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
  return { status, reasonCode, attempt, durationMs };
}

async function isVisible({ actor, loaders }: Reading, executionId: string): Promise<boolean> {
  const member = await loaders.load(executionById, executionId);
  return (await visible(actor.access, loaders, 'Execution', member)) !== null;
}

/** Pinned definition, for a pipeline with those of the workflows that it ran, as far as the caller may see them. */
async function definitionOf(
  { app, actor, loaders }: Reading,
  execution: Execution,
  attempt: ExecutionAttempt,
  stages: readonly StageExecution[],
): Promise<Texts | null> {
  const { database } = app;
  if (execution.kind === 'WORKFLOW') {
    const workflow = await loaders.load(workflows.byId, execution.entityId);
    if ((await visible(actor.access, loaders, 'Workflow', workflow)) === null) return null;
    return leavesOf((await app.workflowRevisions.get(database, attempt.revisionId)).definition);
  }
  const pipeline = await loaders.load(pipelines.byId, execution.entityId);
  if ((await visible(actor.access, loaders, 'Pipeline', pipeline)) === null) return null;
  const leaves = new Map(leavesOf((await app.pipelineRevisions.get(database, attempt.revisionId)).definition));
  const seen = new Set<string>();
  for (const { workflowId, workflowRevisionId } of stages) {
    if (workflowId === null || workflowRevisionId === null || seen.has(workflowRevisionId)) continue;
    seen.add(workflowRevisionId);
    const workflow = await visible(actor.access, loaders, 'Workflow', await loaders.load(workflows.byId, workflowId));
    if (workflow === null) continue;
    const { definition } = await app.workflowRevisions.get(database, workflowRevisionId);
    leavesOf({ workflows: { [workflow.name]: definition } }, '', leaves);
  }
  return leaves;
}

/** Inputs of the start, with the environments, because a workflow may leave its environment to the start. */
async function inputsOf(
  { actor, loaders }: Reading,
  attempt: ExecutionAttempt,
  stages: readonly StageExecution[],
): Promise<Texts> {
  const inputs = new Map<string, string>();
  const parts = [{ ...attempt, place: null }, ...stages.map((stage) => ({ ...stage, place: placeOf(stage) }))];
  for (const { place, environmentId, variables } of parts) {
    if (environmentId !== null) {
      const environment = await loaders.load(environments.byId, environmentId);
      const seen = await visible(actor.access, loaders, 'Environment', environment);
      inputs.set(inPlace(place, 'environment'), seen?.name ?? environmentId);
    }
    for (const [name, value] of Object.entries(variables)) inputs.set(inPlace(place, name), value);
  }
  return inputs;
}

async function imagesOf({ actor, loaders }: Reading, { images }: ExecutionAttempt): Promise<Texts> {
  const named = await Promise.all(
    Object.entries(images).map(async ([id, image]): Promise<[string, string]> => {
      const service = await visible(actor.access, loaders, 'Service', await loaders.load(services.byId, id));
      return [service?.name ?? id, image];
    }),
  );
  return new Map(named);
}
