import type { Target } from '../access/subjects';
import type { PipelineDefinition, WorkflowElement } from '../catalog/language/pipeline';
import type { InputError } from '../kernel/errors';
import { GIVEN_ENVIRONMENT, type WorkflowDefinition } from '../catalog/language/workflow';
import { fillIn, resolveVariables } from './resolveVariables';
import { laterVariables } from './workflowOutputs';

/** Resources of an application that definitions refer to by name. */
export interface Catalog {
  readonly environments: readonly (Target & { readonly name: string })[];
  readonly services: readonly { readonly id: string; readonly name: string }[];
  readonly workflows: readonly { readonly id: string; readonly name: string; readonly currentRevisionId: string }[];
}

/** Start of one workflow. */
export interface WorkflowPlan {
  readonly environmentId: string | null;
  readonly variables: Readonly<Record<string, string>>;
  /** Service id → image. */
  readonly images: Readonly<Record<string, string>>;
}

export interface ElementPlan extends WorkflowPlan {
  readonly workflowId: string;
  readonly workflowRevisionId: string;
}

export interface Plan<T> {
  readonly value: T;
  readonly errors: readonly InputError[];
}

const error = (field: string, value: unknown, rule: string, message: string): InputError => ({
  field,
  value,
  rule,
  message: `${field}: ${message}`,
});

export interface PipelinePlan {
  readonly variables: Readonly<Record<string, string>>;
  readonly elements: ReadonlyMap<string, ElementPlan>;
}

/** Decides the values with which each element of a pipeline will run. Pure, and returns every error. */
export function planPipeline(
  definition: PipelineDefinition,
  catalog: Catalog,
  revisions: ReadonlyMap<string, WorkflowDefinition>,
  given: ReadonlyMap<string, string>,
  images: ReadonlyMap<string, string>,
): Plan<PipelinePlan> {
  const { value, errors, deployed } = planElements(definition, catalog, revisions, given, images);
  return { value, errors: [...errors, ...unusedImages(images, deployed)] };
}

/** Planned elements by `elementKey`, each with the values that it was given at run time. */
export type ChosenElements = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** The same for `chosen` elements, without the common part; includes the names of the services that they deploy. */
export function planElements(
  definition: PipelineDefinition,
  catalog: Catalog,
  revisions: ReadonlyMap<string, WorkflowDefinition>,
  given: ReadonlyMap<string, string>,
  images: ReadonlyMap<string, string>,
  chosen?: ChosenElements,
): Plan<PipelinePlan> & { readonly deployed: ReadonlySet<string> } {
  const pipeline = resolveVariables(definition.variables, given, (name) => `variableInputs.${name}`);
  const values = new Map(Object.entries(pipeline.values));
  const errors = [...pipeline.errors];
  const elements = new Map<string, ElementPlan>();
  const deployed = new Set<string>();
  for (const [stageIndex, stage] of definition.stages.entries()) {
    for (const [elementIndex, element] of stage.elements.entries()) {
      const key = elementKey(stageIndex, elementIndex);
      if (element.type !== 'WORKFLOW' || chosen?.has(key) === false) continue;
      const where = `stages.${stage.name}.${element.name}`;
      const workflow = catalog.workflows.find((one) => one.name === element.workflow);
      const workflowDefinition = workflow && revisions.get(workflow.currentRevisionId);
      if (workflow === undefined || workflowDefinition === undefined) {
        errors.push(error(where, element.workflow, 'UNKNOWN_WORKFLOW', `there is no workflow "${element.workflow}".`));
        continue;
      }
      const own = ownVariables(element, workflowDefinition, values, where, errors);
      const later = laterVariables(element);
      for (const [name, value] of Object.entries(chosen?.get(key) ?? {})) own.set(name, value);
      const plan = planWorkflow(workflowDefinition, catalog, {
        environment: element.environment,
        services: element.services,
        given: own,
        images,
        askedLater: element.runtimeInputs?.onTimeout === 'expire' ? element.runtimeInputs.variables : [],
        filledLater: later,
        field: (name) => `${where}.variables.${name}`,
        where,
      });
      errors.push(...plan.errors);
      for (const name of element.services ?? workflowDefinition.services) deployed.add(name);
      elements.set(key, {
        ...plan.value,
        workflowId: workflow.id,
        workflowRevisionId: workflow.currentRevisionId,
      });
    }
  }
  return { value: { variables: pipeline.values, elements }, errors, deployed };
}

export const elementKey = (stageIndex: number, elementIndex: number): string => `${stageIndex}.${elementIndex}`;

/** Values for the variables of an element's workflow: from the element, or the pipeline's variable of the same name. */
function ownVariables(
  element: WorkflowElement,
  workflow: WorkflowDefinition,
  values: ReadonlyMap<string, string>,
  where: string,
  errors: InputError[],
): Map<string, string> {
  const own = new Map<string, string>();
  const later = laterVariables(element);
  for (const { name, fixed } of workflow.variables) {
    const written = element.variables[name];
    if (later.includes(name)) continue;
    if (written !== undefined) {
      const missing = (unknown: string) =>
        errors.push(error(`${where}.variables.${name}`, written, 'NO_VALUE', `\${${unknown}} has no value.`));
      own.set(name, fillIn(written, values, missing));
    } else {
      const shared = values.get(name);
      if (shared !== undefined && !fixed) own.set(name, shared);
    }
  }
  return own;
}

interface WorkflowInputs {
  /** Name of the given environment. */
  readonly environment: string | null;
  /** Services that it deploys; null: all. */
  readonly services: readonly string[] | null;
  readonly given: ReadonlyMap<string, string>;
  /** Service name → image. */
  readonly images: ReadonlyMap<string, string>;
  /** Variables that may still be without a value. */
  readonly askedLater?: readonly string[];
  /** Variables that get their value when the element is reached. */
  readonly filledLater?: readonly string[];
  readonly field: (variable: string) => string;
  readonly where: string;
}

/** The same for one workflow. */
export function planWorkflow(
  definition: WorkflowDefinition,
  catalog: Catalog,
  inputs: WorkflowInputs,
): Plan<WorkflowPlan> {
  const variables = definition.variables.map((variable) => {
    if (inputs.filledLater?.includes(variable.name)) return { ...variable, required: false, defaultValue: null };
    return inputs.askedLater?.includes(variable.name) ? { ...variable, required: false } : variable;
  });
  const { values, errors: variableErrors } = resolveVariables(variables, inputs.given, inputs.field);
  const errors = [...variableErrors];
  const environmentName = definition.environment === GIVEN_ENVIRONMENT ? inputs.environment : definition.environment;
  let environmentId: string | null = null;
  if (environmentName !== null) {
    const environment = catalog.environments.find((one) => one.name === environmentName);
    if (environment === undefined) {
      const known = catalog.environments.map((one) => one.name).join(', ') || 'none';
      const message = `environment "${environmentName}" does not exist; expected one of ${known}.`;
      errors.push(error(`${inputs.where}.environment`, environmentName, 'UNKNOWN_ENVIRONMENT', message));
    } else environmentId = environment.id;
  } else if (definition.environment === GIVEN_ENVIRONMENT) {
    errors.push(error(`${inputs.where}.environment`, null, 'REQUIRED', 'the workflow needs an environment.'));
  }
  const images: Record<string, string> = {};
  for (const name of inputs.services ?? definition.services) {
    const service = catalog.services.find((one) => one.name === name);
    const image = inputs.images.get(name);
    if (service === undefined) {
      errors.push(error(`${inputs.where}.services`, name, 'UNKNOWN_SERVICE', `there is no service "${name}".`));
    } else if (image === undefined) {
      errors.push(
        error(`serviceInputs.${name}`, null, 'REQUIRED', `${inputs.where} deploys it, so it needs an image.`),
      );
    } else images[service.id] = image;
  }
  return { value: { environmentId, variables: values, images }, errors };
}

/** An image for a service that nothing deploys is a mistake that would otherwise be noticed too late. */
export function unusedImages(images: ReadonlyMap<string, string>, deployed: ReadonlySet<string>): InputError[] {
  return [...images]
    .filter(([name]) => !deployed.has(name))
    .map(([name, image]) => error(`serviceInputs.${name}`, image, 'UNUSED_SERVICE', 'is not deployed by this start.'));
}
