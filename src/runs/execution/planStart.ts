import type { App } from '../app';
import { type MayOverrideFreeze, overrideErrors } from '../freezes/overrideFreeze';
import type { Db } from '../../kernel/database/database';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import type { InputError } from '../../kernel/errors';
import type { WorkflowDefinition, WorkflowMode } from '../../catalog/language/workflow';
import { readInputs, type VariableInput } from '../../engine/resolveVariables';
import { textErrors } from '../../engine/textLimits';
import { priorityErrors } from '../queue/priorities';
import {
  type Catalog,
  type ElementPlan,
  planPipeline,
  planWorkflow,
  unusedImages,
  type WorkflowPlan,
} from '../../engine/startPlan';

export interface StartExecution extends MayOverrideFreeze {
  readonly applicationId: string;
  readonly entityId: string;
  readonly executionType: 'PIPELINE' | 'WORKFLOW';
  readonly variableInputs?: readonly VariableInput[] | null;
  readonly serviceInputs?: readonly { readonly name: string; readonly image: string }[] | null;
  readonly notes?: string | null;
  /** Overrides of the workflow's definition; for workflows only. */
  readonly mode?: WorkflowMode | null;
  readonly maxParallel?: number | null;
  /** Priority of its jobs. Defaults to that of the pipeline, workflow or application. */
  readonly priority?: number | null;
  readonly idempotencyKey?: string | null;
}

/** Contents of a pipeline start, and every error in its inputs. */
export interface PipelineStartPlan {
  /** Definitions of its workflows, by revision. */
  readonly definitions: ReadonlyMap<string, WorkflowDefinition>;
  readonly plan: {
    readonly variables: Readonly<Record<string, string>>;
    readonly elements: ReadonlyMap<string, ElementPlan>;
  };
  readonly errors: readonly InputError[];
}

export async function planPipelineStart(
  app: App,
  definition: PipelineDefinition,
  catalog: Catalog,
  input: StartExecution,
): Promise<PipelineStartPlan> {
  const definitions = await definitionsOf(app.database, app, definition, catalog);
  const { given, images, errors } = readStartInputs(input);
  const plan = planPipeline(definition, catalog, definitions, given, images);
  return { definitions, plan: plan.value, errors: [...errors, ...plan.errors] };
}

export interface WorkflowStartPlan {
  readonly plan: WorkflowPlan;
  readonly errors: readonly InputError[];
}

/** The same for a standalone workflow. */
export function planWorkflowStart(
  definition: WorkflowDefinition,
  catalog: Catalog,
  input: StartExecution,
): WorkflowStartPlan {
  const { given, images, errors } = readStartInputs(input);
  const declared = definition.variables.some((variable) => variable.name === 'environment');
  const environment = declared ? null : environmentInput(input.variableInputs ?? [], catalog);
  if (!declared) given.delete('environment');
  const plan = planWorkflow(definition, catalog, {
    environment,
    services: null,
    given,
    images,
    field: (name) => `variableInputs.${name}`,
    where: 'variableInputs',
  });
  const unused = unusedImages(images, new Set(definition.services));
  return { plan: plan.value, errors: [...errors, ...plan.errors, ...unused] };
}

/** Current definitions of the workflows that a pipeline runs, by the ids of their revisions. */
export async function definitionsOf(
  db: Db,
  app: App,
  pipeline: PipelineDefinition,
  catalog: Catalog,
): Promise<ReadonlyMap<string, WorkflowDefinition>> {
  const used = new Set(
    pipeline.stages.flatMap((stage) => stage.elements.map((one) => (one.type === 'WORKFLOW' ? one.workflow : ''))),
  );
  const workflows = catalog.workflows.filter((workflow) => used.has(workflow.name));
  const revisions = await app.workflowRevisions.getAll(
    db,
    workflows.map((one) => one.currentRevisionId),
  );
  return new Map(revisions.map((revision) => [revision.id, revision.definition]));
}

/** A standalone workflow gets its environment as the variable `environment`, by name or by id. */
function environmentInput(inputs: readonly VariableInput[], catalog: Catalog): string | null {
  const value = inputs.find((input) => input.name === 'environment')?.variableValue;
  if (value === undefined) return null;
  if (value.type !== 'ID') return value.value;
  return catalog.environments.find((environment) => environment.id === value.value)?.name ?? value.value;
}

function readStartInputs(input: StartExecution) {
  const { given, errors } = readInputs(input.variableInputs ?? []);
  const images = new Map<string, string>();
  const refuse = (name: string, value: string, rule: string, message: string) =>
    errors.push({ field: `serviceInputs.${name}`, value, rule, message: `serviceInputs.${name}: ${message}` });
  for (const { name, image } of input.serviceInputs ?? []) {
    if (images.has(name)) refuse(name, image, 'DUPLICATE', 'is given more than once.');
    if (image.trim() === '' || image.length > 1000 || /[\s\0]/.test(image)) {
      refuse(name, image, 'IMAGE', 'an image has 1 to 1000 characters and no white space.');
    }
    images.set(name, image);
  }
  return { given, images, errors };
}

/** Errors of a start that do not depend on its target. */
export function startErrors(input: StartExecution): InputError[] {
  const errors = [...textErrors(input), ...overrideErrors(input), ...priorityErrors('priority', input.priority)];
  const { mode, maxParallel } = input;
  for (const [field, value] of Object.entries({ mode, maxParallel })) {
    if (value == null || input.executionType === 'WORKFLOW') continue;
    const message = `${field} can be given for a workflow only: each workflow of a pipeline has its own.`;
    errors.push({ field, value, rule: 'WORKFLOW_ONLY', message });
  }
  if (maxParallel != null && maxParallel < 1) {
    const message = `maxParallel must be 1 or more; it is ${maxParallel}.`;
    errors.push({ field: 'maxParallel', value: maxParallel, rule: 'RANGE', message });
  }
  return errors;
}
