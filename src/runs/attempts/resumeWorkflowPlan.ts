import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import type { Execution, TaskExecution } from '../../engine/execution';
import type { Aim } from '../deployments/movedOn';
import { findVariables } from '../execution/executionVariables.store';
import { readInputs, resolveVariables, type VariableInput } from '../../engine/resolveVariables';
import { type Catalog, planWorkflow } from '../../engine/startPlan';
import { findCatalog, findStartable } from '../execution/startTargets.store';
import { findCurrentTasks } from '../execution/tasks.store';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import { taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition, WorkflowMode } from '../../catalog/language/workflow';
import { type DefinitionChange, type Place, taskChanges } from '../../engine/definitionChanges';
import type { DefinitionChoice } from '../../engine/resumeDecision';

/** Options for resuming a workflow execution. */
export interface WorkflowResumeChoice {
  readonly definition?: DefinitionChoice | null;
  readonly force?: boolean | null;
  /** Defaults to the mode of the execution. */
  readonly mode?: WorkflowMode | null;
  readonly maxParallel?: number | null;
  /** Overrides for values of the start. */
  readonly variableInputs?: readonly VariableInput[] | null;
  /** True to run tasks again whose failure was ignored. */
  readonly rerunIgnoredFailures?: boolean | null;
  /** True to evaluate the conditions of skipped tasks again. */
  readonly reevaluateSkipped?: boolean | null;
}

/** Tasks that run again in addition to those that have not passed. */
export interface TasksAgain {
  readonly all?: boolean;
  readonly ignoredFailures?: boolean;
  readonly skipped?: boolean;
}

/** Inputs of the next attempt of a workflow execution. */
export interface WorkflowNext
  extends Pick<Execution, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel'> {
  readonly execution: Execution;
  readonly again: TasksAgain;
}

export interface TaskChoice {
  readonly kept: readonly string[];
  readonly again: readonly string[];
}

/** Effect of a resume on the tasks of a workflow. */
export interface TaskFit {
  readonly tasks: TaskChoice;
  readonly changes: readonly DefinitionChange[];
}

export interface WorkflowResumePlan {
  readonly next: WorkflowNext;
  readonly fit: TaskFit;
  readonly refusals: readonly Refusal[];
}

/** The same values as before; the changes of a resume are merged over them. */
export const asBefore = (execution: Execution, again: TasksAgain): WorkflowNext => {
  const { revisionId, environmentId, variables, images, mode, maxParallel } = execution;
  return { execution, revisionId, environmentId, variables, images, mode, maxParallel, again };
};

const nothing: TaskFit = { tasks: { kept: [], again: [] }, changes: [] };
const alone: Place = { stage: null, step: null };

/**
 * Decides how an execution of a standalone workflow resumes; writes nothing. Reads its tasks only where they matter:
 * for another revision, for overridden values, or for display.
 */
export async function planWorkflowResume(
  app: App,
  db: Db,
  execution: Execution,
  choice: WorkflowResumeChoice,
  shown = false,
): Promise<WorkflowResumePlan> {
  const again = { ignoredFailures: choice.rerunIgnoredFailures ?? false, skipped: choice.reevaluateSkipped ?? false };
  const before = asBefore(execution, again);
  const latest = choice.definition === 'LATEST' ? await currentRevision(db, execution) : execution.revisionId;
  if (latest instanceof Refusal) return { next: before, fit: nothing, refusals: [latest] };
  const { definition } = await app.workflowRevisions.get(db, latest);
  const changed = latest !== execution.revisionId;
  const inputs = choice.variableInputs ?? [];
  const fit =
    shown || changed || inputs.length > 0 ? await fitTasks(app, db, execution, latest, again, alone) : nothing;
  const values = await planValues(db, execution, definition, inputs, changed, new Set(fit.tasks.kept));
  const changes = [...aimChange(execution, values.environmentId, fit), ...fit.changes];
  const next = {
    ...before,
    revisionId: latest,
    environmentId: values.environmentId,
    variables: values.variables,
    images: values.images,
    mode: choice.mode ?? execution.mode,
    maxParallel: choice.maxParallel ?? execution.maxParallel,
  };
  const refusals = [
    ...incompatible(changes, choice.force),
    ...(values.errors.length > 0 ? [invalidInput(values.errors)] : []),
  ];
  return { next, fit: { ...fit, changes }, refusals };
}

/** Deployments that the next attempt would make. Its tasks are read only if they declare what they deploy. */
export const aimOfWorkflow = (app: App, db: Db, next: WorkflowNext): Aim => {
  const { execution, environmentId, images, revisionId, again } = next;
  const tasks = async () => (await fitTasks(app, db, execution, revisionId, again, alone)).tasks.again;
  return { environmentId, images, revisionId, ...(!again.all && { tasks }) };
};

async function currentRevision(db: Db, { applicationId, entityId }: Execution): Promise<string | Refusal> {
  const workflow = await findStartable(db, { applicationId, entityId, executionType: 'WORKFLOW' });
  return workflow?.currentRevisionId ?? noCurrentDefinition('workflow');
}

export const noCurrentDefinition = (kind: string): Refusal =>
  new Refusal('NOT_STARTABLE', `The ${kind} was deleted: it has no current definition. The pinned one can be resumed.`);

/** Tasks that would be kept and run again, and incompatible changes of kept tasks in the revision that is to run. */
export async function fitTasks(
  app: App,
  db: Db,
  execution: Execution,
  revisionId: string,
  again: TasksAgain,
  place: Place,
): Promise<TaskFit> {
  const tasks = await findCurrentTasks(db, [execution.id]);
  const choice = chooseTasks(tasks, again);
  if (revisionId === execution.revisionId) return { tasks: choice, changes: [] };
  const [before, after] = [
    await app.workflowRevisions.get(db, execution.revisionId),
    await app.workflowRevisions.get(db, revisionId),
  ];
  const kept = new Set(choice.kept);
  const nodes = taskNodes(after.definition.tasks).map((node) => node.name);
  return {
    tasks: { kept: nodes.filter((name) => kept.has(name)), again: nodes.filter((name) => !kept.has(name)) },
    changes: taskChanges(before.definition, after.definition, kept, place),
  };
}

export function chooseTasks(tasks: readonly TaskExecution[], again: TasksAgain): TaskChoice {
  const runs = ({ passed, status }: TaskExecution) =>
    !passed || again.all || (again.ignoredFailures && status === 'FAILED') || (again.skipped && status === 'SKIPPED');
  const names = (chosen: readonly TaskExecution[]) => chosen.map((task) => task.name);
  return { kept: names(tasks.filter((task) => !runs(task))), again: names(tasks.filter(runs)) };
}

/** Results from one environment are not valid for another. */
function aimChange(execution: Execution, environmentId: string | null, fit: TaskFit): DefinitionChange[] {
  if (environmentId === execution.environmentId || fit.tasks.kept.length === 0) return [];
  const message = 'the workflow targets another environment than the one that the kept tasks ran in';
  return [{ ...alone, task: null, change: 'REWIRED', incompatible: true, message }];
}

/** Refusal that lists the incompatible changes, unless the resume is forced. */
export function incompatible(changes: readonly DefinitionChange[], force: boolean | null | undefined): Refusal[] {
  const broken = changes.filter((change) => change.incompatible);
  if (broken.length === 0 || force === true) return [];
  const words = broken.map((change) => change.message).join('; ');
  return [
    new Refusal('INCOMPATIBLE_DEFINITION', `The current definition does not fit what would be kept: ${words}.`, {
      changes: broken.map(({ change, stage, step, task, message }) => ({ change, stage, step, task, message })),
    }),
  ];
}

type Values = Pick<WorkflowNext, 'environmentId' | 'variables' | 'images'> & { readonly errors: readonly InputError[] };

/** Values of the start, overridden by the values given now, under the rules of the definition that is to run. */
async function planValues(
  db: Db,
  execution: Execution,
  definition: WorkflowDefinition,
  inputs: readonly VariableInput[],
  changed: boolean,
  kept: ReadonlySet<string>,
): Promise<Values> {
  const { environmentId, images } = execution;
  if (!changed && inputs.length === 0) return { environmentId, images, variables: execution.variables, errors: [] };
  const { given, errors } = readInputs(inputs);
  const catalog = await findCatalog(db, execution.applicationId);
  refuseEnvironment(execution, definition, catalog, given, errors);
  await refuseTaskOwned(db, execution, kept, given, errors);
  const values = valuesOfStart(execution.variables, definition.variables);
  for (const [name, value] of given) values.set(name, value);
  const field = (name: string) => `variableInputs.${name}`;
  if (!changed) {
    const { values: variables, errors: broken } = resolveVariables(definition.variables, values, field);
    return { environmentId, images, variables, errors: [...errors, ...broken] };
  }
  const plan = planWorkflow(definition, catalog, {
    environment: catalog.environments.find((one) => one.id === environmentId)?.name ?? null,
    services: null,
    given: values,
    images: imagesByName(images, catalog),
    field,
    where: 'definition',
  });
  return { ...plan.value, errors: [...errors, ...plan.errors] };
}

/** Values of the start that the definition still declares. A fixed variable gets its value from the definition. */
export function valuesOfStart(
  values: Readonly<Record<string, string>>,
  declared: WorkflowDefinition['variables'],
): Map<string, string> {
  return new Map(
    declared.flatMap(({ name, fixed }) => {
      const value = values[name];
      return value === undefined || fixed ? [] : [[name, value] as const];
    }),
  );
}

export function imagesByName(images: Execution['images'], catalog: Catalog): Map<string, string> {
  return new Map(
    catalog.services.flatMap(({ id, name }) => {
      const image = images[id];
      return image === undefined ? [] : [[name, image] as const];
    }),
  );
}

/**
 * At a start, `environment` selects the environment. It can't change later; repeating the same value is not an error.
 */
function refuseEnvironment(
  execution: Execution,
  definition: WorkflowDefinition,
  catalog: Catalog,
  given: Map<string, string>,
  errors: InputError[],
): void {
  const value = given.get('environment');
  if (value === undefined || definition.variables.some((variable) => variable.name === 'environment')) return;
  given.delete('environment');
  const own = catalog.environments.find((one) => one.id === execution.environmentId);
  if (value === own?.id || value === own?.name) return;
  const message = `variableInputs.environment: an execution keeps its environment, ${own?.name ?? 'which is none'}.`;
  errors.push({ field: 'variableInputs.environment', value, rule: 'FIXED', message });
}

/** A value that a kept task has set belongs to that task. An override would be a value that no task has produced. */
async function refuseTaskOwned(
  db: Db,
  execution: Execution,
  kept: ReadonlySet<string>,
  given: Map<string, string>,
  errors: InputError[],
): Promise<void> {
  if (given.size === 0) return;
  for (const { name, setBy } of await findVariables(db, [execution.id])) {
    const value = given.get(name);
    if (value === undefined || !kept.has(setBy)) continue;
    given.delete(name);
    const field = `variableInputs.${name}`;
    const message = `${field}: was set by the task "${setBy}", which is kept; only what the start gave can be overridden.`;
    errors.push({ field, value, rule: 'TASK_OWNED', message });
  }
}
