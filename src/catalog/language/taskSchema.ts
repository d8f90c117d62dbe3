import {
  type ArtifactsWhen,
  artifactsWhen,
  type MatrixAxis,
  type RetryDelay,
  type TaskArtifacts,
  type TaskDefinition,
  type TaskType,
  taskTypes,
} from './workflow';
import {
  alsoCalled,
  called,
  checked,
  type Decoder,
  decimal,
  flag,
  integer,
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
} from './decoders';
import { type FailureStrategy, failureStrategy, strategyOf } from './failureStrategy';
import { parseDuration } from '../../kernel/naming';
import type { SourceNode } from './sourceTree';
import {
  axisKey,
  DAY,
  description,
  duration,
  env,
  filled,
  label,
  labelKey,
  labelValue,
  secretNames,
  variableName,
} from './valueDecoders';

/**
 * The shape of a task. To widen it: a key here with its default, its property in `workflow.ts`, its place in
 * `writeDocument.ts`, a line in the README.
 */

/** PostgreSQL and the timers of Node count a job's milliseconds in 31 bits; with its grace, this stays below. */
const MAX_TASK_SECONDS = 20 * DAY;
const MAX_GRACE_SECONDS = 3600;
const MAX_RETRIES = 1000;
const MANY_RETRIES = 10;

const isText = (node: SourceNode): boolean => node.type === 'scalar' && typeof node.value === 'string';

const command: Decoder<string> = checked(text, (value, place, node) => {
  if (value.trim() === '' && isText(node)) place.report('BAD_VALUE', place.path, 'The command is empty.', node.at);
});

/** Where a path within the working folder leads; what is wrong with it is said under the rule of what it is for. */
function insidePath(
  rule: 'BAD_ARTIFACT_PATH' | 'BAD_WORKING_DIR',
  node: SourceNode,
  place: Place,
): string[] | undefined {
  const given = text(node, place);
  if (!isText(node)) return undefined;
  const problem = (message: string) => {
    place.report(rule, place.path, message, node.at);
    return undefined;
  };
  if (/^[/\\]+(?:proc|sys|dev)(?:$|[/\\])/.test(given)) return problem(`"${short(given)}" is a part of the system.`);
  if (/^(?:[/\\]|[A-Za-z]:[/\\])/.test(given)) {
    return problem(`"${short(given)}" is absolute; paths begin in the working folder.`);
  }
  if (given.split(/[/\\]/).includes('..')) return problem(`"${short(given)}" leads out of the working folder.`);
  return given.split('/').filter((step) => step !== '' && step !== '.');
}

const artifactPath: Decoder<string> = (node, place) => {
  const steps = insidePath('BAD_ARTIFACT_PATH', node, place);
  if (steps?.length === 0) {
    const given = node.type === 'scalar' ? node.text : '';
    const message = `"${short(given)}" names no file. For all files write "**".`;
    place.report('BAD_ARTIFACT_PATH', place.path, message, node.at);
  }
  return steps?.join('/') ?? '';
};

const workingDir: Decoder<string | null> = (node, place) =>
  insidePath('BAD_WORKING_DIR', node, place)?.join('/') || null;

const artifactFields = object<TaskArtifacts>({
  paths: optional(oneOrMany(artifactPath), []),
  when: optional<ArtifactsWhen>(oneOf(artifactsWhen), 'success'),
  from: optional(oneOrMany(text), []),
});

const noArtifacts: TaskArtifacts = { paths: [], when: 'success', from: [] };

const artifacts: Decoder<TaskArtifacts> = (node, place) =>
  node.type === 'list' ? { ...noArtifacts, paths: list(artifactPath)(node, place) } : artifactFields(node, place);

const timeout: Decoder<number> = checked(duration(0.001, MAX_TASK_SECONDS, 'ms'), (_value, place, node) => {
  const written = node.type === 'scalar' ? node.text : '';
  const seconds = parseDuration(written) ?? 0;
  if (seconds > 0 && seconds < 1) {
    place.report('SHORT_TIMEOUT', place.path, `A timeout of ${written} is under a second.`, node.at);
  } else if (seconds > DAY && seconds <= MAX_TASK_SECONDS) {
    place.report('LONG_TIMEOUT', place.path, `A timeout of ${written} is over a day.`, node.at);
  }
});

export const retries: Decoder<number> = checked(integer(0, MAX_RETRIES), (count, place, node) => {
  if (count > MANY_RETRIES) place.report('MANY_RETRIES', place.path, `${count} retries are many.`, node.at);
});

const growingDelay = object<RetryDelay>({
  initialSeconds: called('initial', required(duration(0, DAY, 'ms'))),
  factor: optional(decimal(1, 100), 2),
  maxSeconds: called('max', optional(duration(0, DAY, 'ms'), 300)),
  jitter: optional(decimal(0, 1), 0),
});

const retryDelay: Decoder<RetryDelay | null> = (node, place) => {
  if (node.type === 'map') return growingDelay(node, place);
  const seconds = duration(0, DAY, 'ms')(node, place);
  return seconds === 0 ? null : { initialSeconds: seconds, factor: 1, maxSeconds: seconds, jitter: 0 };
};

const matrixValue: Decoder<string> = checked(valueText, (value, place, node) => {
  // Values become parts of names, and names have to be read again.
  if (value !== '' && value.length <= 100 && !/[[\],=\p{Cc}]/u.test(value)) return;
  if (node.type === 'scalar' && node.value !== null) {
    const message = 'A value of a matrix has 1 to 100 characters, and no comma, "=" or bracket.';
    place.report('BAD_VALUE', place.path, message, node.at);
  }
});

const matrixValues: Decoder<readonly string[]> = checked(list(matrixValue), (values, place, node) => {
  if (values.length === 0 && node.type === 'list') {
    place.report('EMPTY_MATRIX', place.path, 'An empty list has no combination.', node.at);
  }
  values.forEach((value, index) => {
    if (values.indexOf(value) < index)
      place.report('DUPLICATE_NAME', [...place.path, index], `"${value}" is given twice.`);
  });
});

const matrix: Decoder<readonly MatrixAxis[]> = (node, place) => {
  const axes = mapOf(axisKey, matrixValues)(node, place);
  const names = Object.keys(axes);
  if (names.length === 0 && node.type === 'map') {
    place.report('EMPTY_MATRIX', place.path, 'A matrix without lists has no combination.', node.at);
  }
  names.forEach((name, index) => {
    const same = names.findIndex((other) => other.toUpperCase() === name.toUpperCase());
    if (same < index)
      place.report('DUPLICATE_NAME', [...place.path, name], `"${name}" and "${names[same]}" give one variable.`);
  });
  return names.map((name) => ({ name, values: axes[name] ?? [] }));
};

const taskFields = object<Omit<TaskDefinition, 'intervention'> & { readonly failureStrategy: FailureStrategy | null }>({
  displayName: called('name', optional<string | null>(label, null)),
  type: optional<TaskType>(oneOf(taskTypes), 'normal'),
  description,
  run: alsoCalled('cmd', required(command)),
  workingDir: optional<string | null>(workingDir, null),
  cleanEnv: optional(flag, false),
  condition: called('if', optional<string | null>(valueText, null)),
  dependsOn: optional(list(text), []),
  matrix: optional(matrix, []),
  env,
  labels: optional(mapOf(labelKey, labelValue), {}),
  timeoutSeconds: called('timeout', optional(timeout, 3600)),
  graceSeconds: called('grace', optional(duration(0, MAX_GRACE_SECONDS, 'ms'), 10)),
  retries: optional(retries, 0),
  retryDelay: optional<RetryDelay | null>(retryDelay, null),
  retryOn: optional<readonly number[] | null>(
    filled(
      list(integer(1, 255)),
      'An empty list would never try again. Leave it out to try again after every failure.',
    ),
    null,
  ),
  ignoreFailure: optional(flag, false),
  failureStrategy: optional<FailureStrategy | null>(failureStrategy, null),
  requires: optional(list(variableName), []),
  secrets: secretNames,
  register: optional<string | null>(variableName, null),
  onFailure: optional<string | null>(text, null),
  artifacts: optional(artifacts, noArtifacts),
});

export const task: Decoder<TaskDefinition> = (node, place) => {
  const { failureStrategy: strategy, ...rest } = taskFields(node, place);
  if (rest.type !== 'normal' && strategy?.intervention) {
    const message = `A ${rest.type} task is beside the graph: nobody is asked about its failure.`;
    place.report('BAD_VALUE', [...place.path, 'failureStrategy'], message);
  }
  return { ...rest, ...strategyOf(rest.ignoreFailure, strategy, node, place) };
};
