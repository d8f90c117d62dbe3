import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import type { Execution, TaskExecution } from '../../engine/execution';
import type { Aim } from '../deployments/movedOn';
import { findVariables } from '../execution/executionVariables.store';
import { readInputs, resolveVariables, type VariableInput } from '../../engine/resolveVariables';
import { type Catalogue, planWorkflow } from '../../engine/startPlan';
import { findCatalogue, findStartable } from '../execution/startTargets.store';
import { findCurrentTasks } from '../execution/tasks.store';
import { type InputError, invalidInput, Refusal } from '../../kernel/errors';
import { taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition, WorkflowMode } from '../../catalog/language/workflow';
import { type DefinitionChange, type Place, taskChanges } from '../../engine/definitionChanges';
import type { DefinitionChoice } from '../../engine/resumeDecision';

/** How a workflow execution resumes. */
export interface WorkflowResumeChoice {
  readonly definition?: DefinitionChoice | null;
  readonly force?: boolean | null;
  /** By default as before. */
  readonly mode?: WorkflowMode | null;
  readonly maxParallel?: number | null;
  /** In place of values that the start gave. */
  readonly variableInputs?: readonly VariableInput[] | null;
  /** Tasks whose failure was ignored run again. */
  readonly rerunIgnoredFailures?: boolean | null;
  /** Tasks that a condition skipped are asked again. */
  readonly reevaluateSkipped?: boolean | null;
}

/** Tasks that run again in addition to those that have not passed. */
export interface TasksAgain {
  readonly all?: boolean;
  readonly ignoredFailures?: boolean;
  readonly skipped?: boolean;
}

/** What the next attempt of a workflow execution begins with. */
export interface WorkflowNext
  extends Pick<Execution, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel'> {
  readonly execution: Execution;
  readonly again: TasksAgain;
}

export interface TaskChoice {
  readonly kept: readonly string[];
  readonly again: readonly string[];
}

/** What a resume would do to the tasks of a workflow. */
export interface TaskFit {
  readonly tasks: TaskChoice;
  readonly changes: readonly DefinitionChange[];
}

export interface WorkflowResumePlan {
  readonly next: WorkflowNext;
  readonly fit: TaskFit;
  readonly refusals: readonly Refusal[];
}

/** The same values as before: what a resume changes is put over it. */
export const asBefore = (execution: Execution, again: TasksAgain): WorkflowNext => {
  const { revisionId, environmentId, variables, images, mode, maxParallel } = execution;
  return { execution, revisionId, environmentId, variables, images, mode, maxParallel, again };
};

const nothing: TaskFit = { tasks: { kept: [], again: [] }, changes: [] };
const alone: Place = { stage: null, step: null };

/**
 * Decides how an execution of a standalone workflow resumes; writes nothing. Reads its tasks only where they matter:
 * for another revision, for overridden values, or to be shown.
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

/** What the next attempt would deploy. Its tasks are read only if they say what they deploy. */
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

/** The tasks that would be kept and run again, and whether the revision that is to run has those that are kept. */
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

/** Results that were made in one environment say nothing about another. */
function aimChange(execution: Execution, environmentId: string | null, fit: TaskFit): DefinitionChange[] {
  if (environmentId === execution.environmentId || fit.tasks.kept.length === 0) return [];
  const message = 'the workflow targets another environment than the one that the kept tasks ran in';
  return [{ ...alone, task: null, change: 'REWIRED', incompatible: true, message }];
}

/** A refusal that lists what does not fit, unless that is forced. */
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

/** The values of the start, with those given now over them, by the rules of the definition that is to run. */
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
  const catalogue = await findCatalogue(db, execution.applicationId);
  refuseEnvironment(execution, definition, catalogue, given, errors);
  await refuseTaskOwned(db, execution, kept, given, errors);
  const values = valuesOfStart(execution.variables, definition.variables);
  for (const [name, value] of given) values.set(name, value);
  const field = (name: string) => `variableInputs.${name}`;
  if (!changed) {
    const { values: variables, errors: broken } = resolveVariables(definition.variables, values, field);
    return { environmentId, images, variables, errors: [...errors, ...broken] };
  }
  const plan = planWorkflow(definition, catalogue, {
    environment: catalogue.environments.find((one) => one.id === environmentId)?.name ?? null,
    services: null,
    given: values,
    images: imagesByName(images, catalogue),
    field,
    where: 'definition',
  });
  return { ...plan.value, errors: [...errors, ...plan.errors] };
}

/** What the start gave, as far as the definition still asks for it; a fixed variable is what the definition says. */
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

export function imagesByName(images: Execution['images'], catalogue: Catalogue): Map<string, string> {
  return new Map(
    catalogue.services.flatMap(({ id, name }) => {
      const image = images[id];
      return image === undefined ? [] : [[name, image] as const];
    }),
  );
}

/** At a start, `environment` chooses where it runs. That can't change; repeating the same value is not an error. */
function refuseEnvironment(
  execution: Execution,
  definition: WorkflowDefinition,
  catalogue: Catalogue,
  given: Map<string, string>,
  errors: InputError[],
): void {
  const value = given.get('environment');
  if (value === undefined || definition.variables.some((variable) => variable.name === 'environment')) return;
  given.delete('environment');
  const own = catalogue.environments.find((one) => one.id === execution.environmentId);
  if (value === own?.id || value === own?.name) return;
  const message = `variableInputs.environment: an execution keeps its environment, ${own?.name ?? 'which is none'}.`;
  errors.push({ field: 'variableInputs.environment', value, rule: 'FIXED', message });
}

/** What a kept task has set belongs to it; another value would be one that nothing has made. */
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
