import { isResumable } from '../contract/statuses';
import { type Continuation, type Execution, type StageExecution } from './execution';
import { begunMeanwhile } from './resumeDecision';
import { textErrors } from './textLimits';
import { readInputs, type VariableInput } from './resolveVariables';
import { type Catalog, type ElementPlan, elementKey, planPipeline } from './startPlan';
import type { PipelineDefinition } from '../catalog/language/pipeline';
import { type InputError, invalidInput, Refusal } from '../kernel/errors';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import { partsOf } from '../catalog/language/outputReferences';
import { laterVariables } from './workflowOutputs';
import { type ElementInputs, type Fingerprints, fingerprints } from './fingerprints';

/** Additions to a run. */
export interface Additions {
  readonly images: readonly { readonly service: string; readonly image?: string | null }[];
  readonly variableInputs: readonly VariableInput[];
  /** Shown with the attempt. */
  readonly reason: string | null;
}

/** A run, with the definitions that it is pinned to. */
export interface ExtendedRun {
  readonly execution: Execution;
  readonly stages: readonly StageExecution[];
  readonly pipeline: PipelineDefinition;
  /** Revision id → definition. */
  readonly workflows: ReadonlyMap<string, WorkflowDefinition>;
  readonly catalog: Omit<Catalog, 'workflows'>;
  /** Workflow execution → names of its tasks that passed. */
  readonly passed: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface Extension {
  readonly variables: Execution['variables'];
  readonly images: Execution['images'];
  /** Elements that run again, with their inputs. */
  readonly again: readonly {
    readonly stage: StageExecution;
    readonly inputs: Pick<StageExecution, 'variables' | 'images'>;
    readonly continues: Continuation | null;
    readonly kept: readonly string[];
    readonly why: string;
  }[];
  readonly kept: readonly StageExecution[];
}

/** Reason why a run can’t be extended in its current state; null if it can. */
export function refuseExtension(run: Execution, succeededBefore: boolean): Refusal | null {
  const { status, version } = run;
  if (status === 'SUCCESS' || (isResumable(status) && succeededBefore)) return null;
  const begun = begunMeanwhile(run);
  if (begun !== null) return begun;
  const instead = isResumable(status)
    ? 'it has never succeeded, so there is nothing to extend; use resumeExecution to continue it'
    : status === 'RESTORING'
      ? 'it is being restored'
      : 'it is active; wait until it ends';
  return new Refusal('NOT_EXTENDABLE', `The run is ${status}: ${instead}.`, { status, version });
}

/** Decides what an extension changes, runs again and keeps. Pure; never throws: the error lists every broken rule. */
export function decideExtension(run: ExtendedRun, additions: Additions): Extension | Refusal {
  const { execution, stages } = run;
  const needed = whatNeedsANewRun(run, additions);
  const notHere = new Set(needed.map((one) => one.field));
  const asked = readAdditions(run, additions);
  const inputs = [...asked.variables].filter(([name]) => !notHere.has(`variableInputs.${name}`));
  const plan = planPipeline(
    run.pipeline,
    { ...run.catalog, workflows: pinnedWorkflows(run) },
    run.workflows,
    new Map([...Object.entries(execution.variables), ...inputs]),
    new Map([...namedImages(run), ...asked.images]),
  );
  const errors = [...asked.errors, ...plan.errors].map(asAddition);
  if (needed.length > 0) return newRunRequired(needed, errors);
  if (errors.length > 0) return invalidInput(errors);

  const { variables, elements } = plan.value;
  const planned = new Map(stages.map((stage) => [stage.elementId, withAnswers(elements.get(keyOf(stage)), stage)]));
  const images = Object.assign({}, execution.images, ...[...elements.values()].map((element) => element.images));
  const before = fingerprints(stages.flatMap((stage) => elementInputs(run, stage, stage, execution.variables)));
  const after = fingerprints(
    stages.flatMap((stage) => elementInputs(run, stage, planned.get(stage.elementId) ?? stage, variables)),
  );
  const again = stages.flatMap((stage) => {
    const then = after.get(stage.elementId);
    return then === undefined ? [] : runAgain(run, stage, planned.get(stage.elementId) ?? stage, before, then);
  });
  const same = sameValues(variables, execution.variables) && sameValues(images, execution.images);
  if (same || (execution.status === 'SUCCESS' && again.length === 0)) return nothingChanged(execution, same);

  const lastAgain = Math.max(...again.map(({ stage }) => stage.stageIndex));
  const approvals = stages
    .filter((stage) => stage.kind === 'APPROVAL' && (!stands(execution, stage) || stage.stageIndex < lastAgain))
    .map((stage) => ({ stage, inputs: stage, continues: null, kept: [], why: 'later parts run again' }));
  const running = [...again, ...approvals].sort((a, b) => place(a.stage) - place(b.stage));
  const ids = new Set(running.map(({ stage }) => stage.id));
  return { variables, images, again: running, kept: stages.filter((stage) => !ids.has(stage.id)) };
}

/** Answers that a person gave at a stage are kept, and not requested again. */
function withAnswers(plan: ElementPlan | undefined, { answers, variables }: StageExecution): ElementPlan | undefined {
  if (plan === undefined || answers === null) return plan;
  const answered = answers.asked.flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...plan, variables: { ...plan.variables, ...Object.fromEntries(answered) } };
}

const keyOf = (stage: StageExecution): string => elementKey(stage.stageIndex, stage.elementIndex);
const place = (stage: StageExecution): number => stage.stageIndex * 10_000 + stage.elementIndex;

/**
 * An element runs again if it did not succeed, or if the fingerprint of one of its tasks changed. The same rule decides
 * which of its tasks are kept.
 */
function runAgain(
  { execution, passed }: ExtendedRun,
  stage: StageExecution,
  inputs: Pick<StageExecution, 'variables' | 'images'>,
  before: ReadonlyMap<string, Fingerprints>,
  after: Fingerprints,
): Extension['again'][number][] {
  const earlier = before.get(stage.elementId);
  const results = stage.workflowExecutionId === null ? undefined : passed.get(stage.workflowExecutionId);
  const changed = [...after].filter(([name, value]) => earlier?.get(name) !== value).map(([name]) => name);
  if (stands(execution, stage) && changed.length === 0) return [];
  const isKept = new Set([...after.keys()].filter((name) => results?.has(name) && !changed.includes(name)));
  const tasks = [...after.keys()].filter((name) => !isKept.has(name));
  // It starts as a new execution if no result can be kept, or if all results can, although its execution was stopped.
  const continues =
    stage.workflowExecutionId === null || isKept.size === 0 || tasks.length === 0
      ? null
      : { executionId: stage.workflowExecutionId, tasks };
  const why =
    changed.length === 0 ? `it ended ${stage.status}` : `${changed.length} of ${after.size} tasks see a changed input`;
  return [
    {
      stage,
      inputs: { variables: inputs.variables, images: inputs.images },
      continues,
      kept: continues === null ? [] : [...isKept],
      why,
    },
  ];
}

/** True if it succeeded, or its condition skipped it: a successful run has no other skipped elements. */
const stands = (execution: Execution, { status }: StageExecution): boolean =>
  status === 'SUCCESS' || (status === 'SKIPPED' && execution.status === 'SUCCESS');

function elementInputs(
  { pipeline, workflows }: ExtendedRun,
  stage: StageExecution,
  { variables, images }: Pick<StageExecution, 'variables' | 'images'>,
  ofPipeline: Execution['variables'],
): ElementInputs[] {
  const element = pipeline.stages[stage.stageIndex]?.elements[stage.elementIndex];
  const definition = workflows.get(stage.workflowRevisionId ?? '');
  if (element?.type !== 'WORKFLOW' || definition === undefined) return [];
  const { elementId, stageIndex, stageName, stepName, environmentId } = stage;
  const names = { stage: stageName, element: stepName };
  const { workflow, skipCondition: text } = element;
  const skipCondition = text === null ? null : { text, variables: ofPipeline };
  const answered = Object.keys(stage.answers?.values ?? {});
  const later = laterVariables(element).filter((name) => !answered.includes(name));
  const texts = later.map((name) => element.variables[name] ?? '');
  const givers = texts.flatMap((one) => partsOf(one)).flatMap((part) => (part.is === 'OUTPUT' ? [part.element] : []));
  const takes = later.length === 0 ? null : { texts, elements: givers, variables: ofPipeline };
  const known = Object.fromEntries(Object.entries(variables).filter(([name]) => !later.includes(name)));
  return [
    {
      elementId,
      stageIndex,
      ...names,
      workflow,
      definition,
      environmentId,
      variables: known,
      images,
      takes,
      skipCondition,
    },
  ];
}

/** Workflows under the names that this run knows, even if they were renamed since. */
function pinnedWorkflows({ pipeline, stages }: ExtendedRun): Catalog['workflows'] {
  const found = new Map<string, Catalog['workflows'][number]>();
  for (const { stageIndex, elementIndex, workflowId, workflowRevisionId } of stages) {
    const element = pipeline.stages[stageIndex]?.elements[elementIndex];
    if (element?.type !== 'WORKFLOW' || workflowId === null || workflowRevisionId === null) continue;
    found.set(element.workflow, { id: workflowId, name: element.workflow, currentRevisionId: workflowRevisionId });
  }
  return [...found.values()];
}

function namedImages({ execution, catalog }: ExtendedRun): [string, string][] {
  return Object.entries(execution.images).flatMap(([id, image]) => {
    const service = catalog.services.find((one) => one.id === id);
    return service === undefined ? [] : [[service.name, image]];
  });
}

/** True if the removal of an image is requested. */
const isBlank = (image: string | null | undefined): boolean => image == null || image.trim() === '';

interface NeededInstead {
  readonly field: string;
  readonly message: string;
}

/** Includes the other errors of the request, so that all are reported together. */
function newRunRequired(changes: readonly NeededInstead[], errors: readonly InputError[]): Refusal {
  const first = 'An extension only adds images and changes inputs. Start a new run for other changes.';
  const message = [first, ...[...changes, ...errors].map((one) => one.message)].join(' ');
  return new Refusal('NEW_RUN_REQUIRED', message, { changes, errors });
}

/** Changes that an extension can’t make, and what they need instead. */
function whatNeedsANewRun(
  { pipeline, workflows }: ExtendedRun,
  { images, variableInputs }: Additions,
): NeededInstead[] {
  const removed = images
    .filter(({ image }) => isBlank(image))
    .map(({ service }) => ({
      field: `images.${service}`,
      message: `images.${service}: an image can’t be removed. Leave it out to keep it; to run without the service, start a run of a pipeline that does not deploy it.`,
    }));
  const changed = variableInputs.flatMap(({ name, variableValue }) => {
    const field = `variableInputs.${name}`;
    const declared = pipeline.variables.find((variable) => variable.name === name);
    if (declared?.fixed && variableValue.value !== declared.defaultValue) {
      return { field, message: `${field}: is fixed to "${declared.defaultValue}"; change the pipeline’s definition.` };
    }
    const inWorkflow = [...workflows.values()].some(({ variables }) => variables.some((one) => one.name === name));
    if (declared !== undefined || !inWorkflow) return [];
    return {
      field,
      message: `${field}: is set by the definition and is not an input of the pipeline; declare it there.`,
    };
  });
  return [...removed, ...changed];
}

function readAdditions(run: ExtendedRun, { images, variableInputs, reason }: Additions) {
  const { given, errors } = readInputs(variableInputs);
  errors.push(...textErrors({ reason }));
  const added = new Map<string, string>();
  const named = new Set<string>();
  const known = run.catalog.services.map((service) => service.name);
  for (const { service, image: asked } of images) {
    const image = isBlank(asked) ? null : asked;
    const field = `images.${service}`;
    const refuse = (rule: string, message: string) =>
      errors.push({ field, value: image, rule, message: `${field}: ${message}` });
    if (named.has(service)) refuse('DUPLICATE', 'is given more than once.');
    if (!known.includes(service))
      refuse('UNKNOWN_SERVICE', `there is no service "${service}"; expected one of ${known.join(', ') || 'none'}.`);
    if (image != null && (image.length > 1000 || /[\s\0]/.test(image))) {
      refuse('IMAGE', 'an image has 1 to 1000 characters and no white space.');
    }
    named.add(service);
    if (image != null && known.includes(service)) added.set(service, image);
  }
  return { variables: given, images: added, errors };
}

/** Here, `serviceInputs` of a start are called `images`. */
function asAddition(error: InputError): InputError {
  const say = (text: string) => text.replace(/^serviceInputs\./, 'images.');
  return { ...error, field: say(error.field), message: say(error.message) };
}

function sameValues(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => a[key] === b[key]);
}

function nothingChanged({ status }: Execution, same: boolean): Refusal {
  const what = same ? 'The run already has these images and inputs' : 'No task of the run sees the change';
  const instead = status === 'SUCCESS' ? '' : `; it is ${status}: use resumeExecution to continue it`;
  return new Refusal('NOTHING_CHANGED', `${what}${instead}.`, { status });
}
