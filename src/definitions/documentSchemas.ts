import { type EnvironmentType, environmentTypes } from '../environments/environment';
import type { PipelineDefinition, StageDefinition, StageElement } from '../pipelines/pipeline';
import type { TaskArtifacts, TaskDefinition, WorkflowDefinition } from '../workflows/workflow';
import {
  called,
  checked,
  type Decoder,
  didYouMean,
  flag,
  inside,
  integer,
  isNothing,
  type KeyCheck,
  list,
  mapOf,
  object,
  oneOf,
  oneOrMany,
  optional,
  type Place,
  required,
  short,
  text,
  valueText,
  wrongType,
} from './decoders';
import type { VariableDefinition } from './definition';
import {
  isName,
  isReservedVariableName,
  isTaskName,
  isVariableName,
  MAX_DESCRIPTION,
  nameRule,
  parseDuration,
} from './naming';
import { findEntry, type SourceNode } from './sourceTree';

/**
 * The shapes of the five kinds of documents. To widen tasks: a key here, its default, its property in `workflow.ts`, its place in
 * `writeDocument.ts`, a line in the README. A new key must be optional, and its default must be left out of the canonical form when the
 * definition does not use it, or every stored definition gets another hash.
 */
export const documentKinds = ['Application', 'Environment', 'Service', 'Workflow', 'Pipeline'] as const;
export type DocumentKind = (typeof documentKinds)[number];

export const MAX_TASKS = 10_000;
const DAY = 86_400;
/** PostgreSQL and the timers of Node count a job's milliseconds in 31 bits; with its grace, this stays below. */
const MAX_TASK_SECONDS = 20 * DAY;
const MAX_GRACE_SECONDS = 3600;
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

// Names and texts

const name: Decoder<string> = checked(text, (value, place, node) => {
  if (node.type === 'scalar' && typeof node.value === 'string' && !isName(value)) {
    place.report('BAD_NAME', place.path, `"${short(value)}" is no name: it must have ${nameRule}.`, node.at);
  }
});

const description = optional<string | null>(
  checked(text, (value, place, node) => {
    if (value.length > MAX_DESCRIPTION) {
      const message = `The description has ${value.length} characters; at most ${MAX_DESCRIPTION} are kept.`;
      place.report('TOO_LONG', place.path, message, node.at);
    }
  }),
  null,
);

const taskKey: KeyCheck = (key, place, at) => {
  if (isTaskName(key)) return;
  const rule = '1 to 100 letters, digits, dots, underscores or hyphens, beginning with a letter or digit';
  place.report('BAD_NAME', place.path, `"${short(key)}" is no name of a task: it must have ${rule}.`, at);
};

const variableKey: KeyCheck = (key, place, at) => {
  if (!isVariableName(key)) {
    const rule = '1 to 100 letters, digits or underscores, not beginning with a digit';
    place.report(
      'BAD_VARIABLE_NAME',
      place.path,
      `"${short(key)}" is no name of a variable: it must have ${rule}.`,
      at,
    );
  } else if (isReservedVariableName(key)) {
    place.report('RESERVED_VARIABLE_NAME', place.path, `"${key}" can’t be set: the system or Slipway uses it.`, at);
  }
};

const labelKey: KeyCheck = (key, place, at) => {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(key)) return;
  place.report('BAD_NAME', place.path, `"${short(key)}" is no key of a label.`, at);
};

const labelValue: Decoder<string> = checked(valueText, (value, place, node) => {
  if (value.length > 200 || /[,=]/.test(value)) {
    place.report('BAD_VALUE', place.path, 'A label’s value has at most 200 characters, and no comma or "=".', node.at);
  }
});

function duration(minimum: number, maximum: number): Decoder<number> {
  return (node, place) => {
    const written = node.type === 'scalar' && typeof node.value !== 'boolean' ? node.text : undefined;
    const seconds = written === undefined ? undefined : parseDuration(written);
    if (written === undefined) wrongType('a duration', node, place);
    else if (seconds === undefined) {
      const message = `"${short(written)}" is no duration: write 90s, 5m, 1h30m, 2d, or a whole number of seconds.`;
      place.report('BAD_DURATION', place.path, message, node.at);
    } else if (seconds < minimum || seconds > maximum) {
      const message = `${written} is not from ${minimum} to ${maximum} seconds.`;
      place.report('BAD_DURATION', place.path, message, node.at);
    } else return seconds;
    return minimum;
  };
}

const env = optional(mapOf(variableKey, valueText), {});

const filled = <T>(decoder: Decoder<readonly T[]>, message: string): Decoder<readonly T[]> =>
  checked(decoder, (items, place, node) => {
    if (items.length === 0 && node.type === 'list') place.report('EMPTY', place.path, message, node.at);
  });

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

const artifactPath: Decoder<string> = (node, place) => {
  const given = text(node, place);
  const steps = given.split('/').filter((step) => step !== '' && step !== '.');
  const problem = (message: string) => place.report('BAD_ARTIFACT_PATH', place.path, message, node.at);
  if (node.type !== 'scalar' || typeof node.value !== 'string') return '';
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(given))
    problem(`"${short(given)}" is absolute; paths begin in the working folder.`);
  else if (given.split(/[/\\]/).includes('..')) problem(`"${short(given)}" leads out of the working folder.`);
  else if (steps.length === 0) problem(`"${short(given)}" names no file. For all files write "**".`);
  return steps.join('/');
};

const artifactFields = object<TaskArtifacts>({
  paths: optional(oneOrMany(artifactPath), []),
  from: optional(oneOrMany(text), []),
});

const artifacts: Decoder<TaskArtifacts> = (node, place) =>
  node.type === 'list' ? { paths: list(artifactPath)(node, place), from: [] } : artifactFields(node, place);

const task = object<TaskDefinition>({
  description,
  run: required(
    checked(text, (value, place, node) => {
      if (value.trim() !== '' || node.type !== 'scalar' || typeof node.value !== 'string') return;
      place.report('BAD_VALUE', place.path, 'The command is empty.', node.at);
    }),
  ),
  dependsOn: optional(list(text), []),
  env,
  labels: optional(mapOf(labelKey, labelValue), {}),
  timeoutSeconds: called('timeout', optional(duration(1, MAX_TASK_SECONDS), 3600)),
  graceSeconds: called('grace', optional(duration(0, MAX_GRACE_SECONDS), 10)),
  artifacts: optional(artifacts, { paths: [], from: [] }),
});

const tasks: Decoder<WorkflowDefinition['tasks']> = checked(mapOf(taskKey, task), (_value, place, node) => {
  const count = node.type === 'map' ? node.entries.length : 1;
  if (count === 0) place.report('EMPTY', place.path, 'A workflow needs at least one task.', node.at);
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
});

const elementFields = object({
  name: required(name),
  workflow: optional<string | null>(name, null),
  environment: optional<string | null>(text, null),
  services: optional<readonly string[] | null>(list(text), null),
  variables: optional(mapOf(variableKey, valueText), {}),
  approval: optional<{ approvers: readonly string[]; timeoutSeconds: number } | null>(approval, null),
});

const element: Decoder<StageElement> = (node, place) => {
  const { approval: gate, workflow, ...rest } = elementFields(node, place);
  const given = (key: string) => {
    const entry = node.type === 'map' ? findEntry(node, key) : undefined;
    return entry !== undefined && !isNothing(entry.value);
  };
  if (node.type === 'map' && given('approval') === given('workflow')) {
    const found = given('approval') ? 'this one has both' : 'this one has neither';
    place.report('ELEMENT_KIND', place.path, `An element has either "workflow" or "approval"; ${found}.`, node.at);
  } else if (gate !== null) {
    for (const key of ['environment', 'services', 'variables'].filter(given)) {
      place.report('UNKNOWN_FIELD', [...place.path, key], `An approval has no key "${key}": it belongs to a workflow.`);
    }
  }
  if (gate !== null) return { type: 'APPROVAL', name: rest.name, ...gate };
  return { type: 'WORKFLOW', workflow: workflow ?? '', ...rest };
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
      environment: optional<string | null>(text, null),
      services: optional(list(text), []),
      variables,
      env,
      maxParallel: optional<number | null>(integer(1, MAX_TASKS), null),
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
