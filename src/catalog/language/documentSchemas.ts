import { didYouMean } from '../../kernel/didYouMean';
import { type EnvironmentType, environmentTypes } from '../../access/permission';
import type { ApprovalElement, PipelineDefinition, RuntimeInputs, StageDefinition, StageElement } from './pipeline';
import { nodeCount } from './matrix';
import { type WorkflowDefinition, type WorkflowMode, workflowModes } from './workflow';
import {
  called,
  checked,
  type Decoder,
  flag,
  inside,
  integer,
  isNothing,
  list,
  mapOf,
  object,
  oneOf,
  optional,
  type Place,
  required,
  short,
  text,
  valueText,
  wrongType,
} from './decoders';
import type { VariableDefinition } from './definition';
import { type FailureStrategy, failureStrategy, strategyOf } from './failureStrategy';
import { findEntry, type SourceNode, snakeCase } from './sourceTree';
import { retries, task } from './taskSchema';
import {
  DAY,
  description,
  duration,
  env,
  filled,
  label,
  name,
  secretNames,
  taskKey,
  variableKey,
} from './valueDecoders';

/** The shapes of the five kinds of documents. Tasks are in taskSchema.ts. */
export const documentKinds = ['Application', 'Environment', 'Service', 'Workflow', 'Pipeline'] as const;
export type DocumentKind = (typeof documentKinds)[number];

export const MAX_TASKS = 10_000;
const MAX_SECONDS = 365 * DAY;

interface Named<Kind extends DocumentKind> {
  readonly kind: Kind;
  readonly name: string;
  readonly description: string | null;
}
interface Part<Kind extends DocumentKind> extends Named<Kind> {
  readonly application: string;
}

export type ApplicationDocument = Named<'Application'>;
export type ServiceDocument = Part<'Service'>;
export interface EnvironmentDocument extends Part<'Environment'> {
  readonly type: EnvironmentType;
  readonly variables: Readonly<Record<string, string>>;
}
export type WorkflowDocument = Part<'Workflow'> & { readonly definition: WorkflowDefinition };
export type PipelineDocument = Part<'Pipeline'> & { readonly definition: PipelineDefinition };
export type AnyDocument =
  | ApplicationDocument
  | EnvironmentDocument
  | ServiceDocument
  | WorkflowDocument
  | PipelineDocument;

// Variables

const variable = object<VariableDefinition>({
  name: required<string>(
    checked(text, (value, at, named) => {
      if (named.type === 'scalar' && typeof named.value === 'string') variableKey(value, at, named.at);
    }),
  ),
  type: optional(oneOf(['string', 'number', 'boolean']), 'string'),
  required: optional(flag, false),
  defaultValue: called('default', optional<string | null>(valueText, null)),
  allowedValues: optional<readonly string[] | null>(
    filled(list(valueText), 'An empty list would allow no value at all. Leave it out to allow every value.'),
    null,
  ),
  allowMultipleValues: optional(flag, false),
  fixed: optional(flag, false),
  description,
});

const variables = optional(list(variable), []);

// Workflows

const tasks: Decoder<WorkflowDefinition['tasks']> = checked(mapOf(taskKey, task), (value, place, node) => {
  const written = node.type === 'map' ? node.entries.length : 1;
  const count = Math.max(
    written,
    Object.values(value).reduce((sum, one) => sum + nodeCount(one), 0),
  );
  if (!Object.values(value).some(({ type }) => type === 'normal')) {
    place.report('EMPTY', place.path, 'A workflow needs at least one normal task.', node.at);
  }
  if (count > MAX_TASKS) {
    place.report(
      'TOO_LARGE',
      place.path,
      `The workflow has ${count} tasks; at most ${MAX_TASKS} are possible.`,
      node.at,
    );
  }
});

// Pipelines

const approval = object({
  approvers: required(filled(list(name), 'Without approvers nobody could ever decide.')),
  timeoutSeconds: called('timeout', optional(duration(1, MAX_SECONDS), 7 * DAY)),
  disallowInitiator: optional(flag, false),
});

const askedVariables = filled(list(text), 'Without a name nothing would be asked for.');

const runtimeInputFields = object<RuntimeInputs>({
  variables: required(askedVariables),
  timeoutSeconds: called('timeout', optional(duration(1, MAX_SECONDS), 7 * DAY)),
  onTimeout: optional<RuntimeInputs['onTimeout']>(oneOf(['expire', 'continue']), 'expire'),
});

const runtimeInputs: Decoder<RuntimeInputs> = (node, place) =>
  node.type === 'list'
    ? { variables: askedVariables(node, place), timeoutSeconds: 7 * DAY, onTimeout: 'expire' }
    : runtimeInputFields(node, place);

const elementFields = object({
  name: required(name),
  workflow: optional<string | null>(name, null),
  environment: optional<string | null>(text, null),
  services: optional<readonly string[] | null>(list(text), null),
  variables: optional(mapOf(variableKey, valueText), {}),
  approval: optional<Omit<ApprovalElement, 'type' | 'name' | 'skipCondition'> | null>(approval, null),
  skipCondition: optional<string | null>(valueText, null),
  runtimeInputs: optional<RuntimeInputs | null>(runtimeInputs, null),
  retries: optional(retries, 0),
  failureStrategy: optional<FailureStrategy | null>(failureStrategy, null),
});

const ofWorkflows = ['environment', 'services', 'variables', 'runtimeInputs', 'retries', 'failureStrategy'];

const element: Decoder<StageElement> = (node, place) => {
  const { approval: gate, workflow, failureStrategy: strategy, ...rest } = elementFields(node, place);
  const given = (key: string) => {
    const entry = node.type === 'map' ? findEntry(node, key) : undefined;
    return entry !== undefined && !isNothing(entry.value);
  };
  if (node.type === 'map' && given('approval') === given('workflow')) {
    const found = given('approval') ? 'this one has both' : 'this one has neither';
    place.report('ELEMENT_KIND', place.path, `An element has either "workflow" or "approval"; ${found}.`, node.at);
  } else if (gate !== null) {
    for (const key of ofWorkflows.filter(given)) {
      const message = `An approval has no key "${snakeCase(key)}": it belongs to a workflow.`;
      place.report('UNKNOWN_FIELD', [...place.path, key], message);
    }
  }
  const { name: own, skipCondition } = rest;
  if (gate !== null) return { type: 'APPROVAL', name: own, ...gate, skipCondition };
  return { type: 'WORKFLOW', workflow: workflow ?? '', ...rest, ...strategyOf(false, strategy, node, place) };
};

const stageFields = object<{ name: string | null; elements: readonly StageElement[] }>({
  name: optional<string | null>(name, null),
  elements: required(filled(list(element), 'A stage needs at least one element.')),
});

const stage: Decoder<StageDefinition> = (node, place) => {
  const { name: written, elements } = stageFields(node, place);
  return { name: written ?? `STAGE ${Number(place.path.at(-1)) + 1}`, elements };
};

// Documents

const header = { kind: required(oneOf(documentKinds)), name: required(name) };
const partHeader = { ...header, application: required(name) };

const shapes = {
  Application: (node, place) => ({ ...object({ ...header, description })(node, place), kind: 'Application' }),
  Service: (node, place) => ({ ...object({ ...partHeader, description })(node, place), kind: 'Service' }),
  Environment: (node, place) => ({
    ...object({ ...partHeader, description, type: required(oneOf(environmentTypes)), variables: env })(node, place),
    kind: 'Environment',
  }),
  Workflow: (node, place) => {
    const {
      kind: _,
      name: own,
      application,
      ...definition
    } = object({
      ...partHeader,
      description,
      tags: optional(list(label), []),
      environment: optional<string | null>(text, null),
      services: optional(list(text), []),
      variables,
      env,
      secrets: secretNames,
      maxParallel: optional<number | null>(integer(1, MAX_TASKS), null),
      mode: optional<WorkflowMode>(oneOf(workflowModes), 'WORK_STEALING'),
      onTaskFailure: optional<'finish' | 'cancel'>(oneOf(['finish', 'cancel']), 'finish'),
      onFailure: optional<string | null>(text, null),
      timeoutSeconds: called('timeout', optional(duration(1, MAX_SECONDS), DAY)),
      tasks: required(tasks),
    })(node, place);
    return { kind: 'Workflow', name: own, application, description: definition.description, definition };
  },
  Pipeline: (node, place) => {
    const {
      kind: _,
      name: own,
      application,
      ...definition
    } = object({
      ...partHeader,
      description,
      variables,
      timeoutSeconds: called('timeout', optional(duration(1, MAX_SECONDS), 7 * DAY)),
      stages: required(filled(list(stage), 'A pipeline needs at least one stage.')),
    })(node, place);
    return { kind: 'Pipeline', name: own, application, description: definition.description, definition };
  },
} as const satisfies { readonly [Kind in DocumentKind]: Decoder<AnyDocument & { readonly kind: Kind }> };

/** Decodes a document of whatever kind; undefined when its kind is not known, since nothing else can be said of it then. */
export function decodeDocument(node: SourceNode, place: Place): AnyDocument | undefined {
  if (node.type !== 'map') {
    wrongType('a document: keys with values', node, place);
    return undefined;
  }
  const entry = findEntry(node, 'kind');
  const at = inside(place, 'kind');
  if (entry === undefined) {
    place.report('MISSING_FIELD', at.path, `"kind" is missing. It is one of ${documentKinds.join(', ')}.`);
    return undefined;
  }
  const written = entry.value.type === 'scalar' ? entry.value.text : '';
  const kind = documentKinds.find((known) => known === written);
  if (kind !== undefined) return shapes[kind](node, place);
  const hint = didYouMean(written, documentKinds) || `; it is one of ${documentKinds.join(', ')}`;
  place.report('UNKNOWN_KIND', at.path, `There is no kind "${short(written)}"${hint}.`, entry.value.at);
  return undefined;
}
