// Long because it has the shape of each key of a task, with its description.
import { type ValueRule, valueRules } from '../../contract/valueRules';
import { parseDuration } from '../../kernel/naming';
import { approvalFields } from './approvalShape';
import { checkout } from './checkoutShape';
import { serviceContainers, taskContainer } from './containerShape';
import { foreignKeys } from './foreignKeys';
import { noMatrix, type WrittenMatrix } from './combinations';
import { matrixShape } from './matrixShape';
import { type FailureStrategy, failureStrategy, strategyIn, strategyOf } from './failureStrategy';
import { labelRules } from './labelShape';
import {
  defined,
  type Field,
  filled,
  flag,
  isNothing,
  list,
  mapOf,
  mapped,
  number,
  object,
  oneOf,
  oneOrMany,
  optional,
  type Place,
  required,
  ruled,
  type Shape,
  short,
  text,
  type ValueOf,
  valueText,
  withShort,
} from './shape';
import { stopSignals } from '../../contract/stopSignals';
import { type Commands, commandsIn, shell } from './shell';
import { findEntry, type SourceNode, snakeCase } from './sourceTree';
import { templateName, templateOf } from './template';
import type { VariableDefinition } from './definition';
import type { ValidationRule } from './validationRules';
import {
  anyVariableKey,
  settableKey,
  settableName,
  DAY,
  description,
  duration,
  label,
  secretNames,
  settableValues,
} from './values';
import { artifactsWhen, onLostValues, outputStreams, type TaskType } from './terms';

/** Shape of a task. A new key needs an entry here, its property in workflow.ts, and a line in examples/reference. */

/**
 * PostgreSQL and Node's timers count the milliseconds of a job in 31 bits; including its grace period, this stays
 * below.
 */
export const MAX_TASK_SECONDS = 20 * DAY;
const MAX_GRACE_SECONDS = 3600;
export const MAX_RETRIES = 1000;
const MANY_RETRIES = 10;
const MAX_CACHE_KEY = 500;
const MAX_RESTORE_KEYS = 10;

const command = mapped(
  ruled(text, {
    json: { pattern: '\\S' },
    problem: (value) => (value.trim() === '' ? ['BAD_VALUE', 'The command is empty.'] : undefined),
  }),
  // A shell treats the carriage return of a Windows line end as part of a word.
  (value) => value.replace(/\r\n/g, '\n'),
);

const commands = withShort<string, Commands>(
  command,
  mapped(
    filled(list(command), 'An empty list runs nothing. Add a command.'),
    (given): Commands => (given.length === 1 ? (given[0] ?? '') : given),
    { encode: commandsIn },
  ),
  ({ type }) => type !== 'list',
  { expand: (one) => one, shrink: (given) => (typeof given === 'string' ? given : undefined) },
);

const system = String.raw`^[/\\]+(?:proc|sys|dev)(?:$|[/\\])`;

/** A path within the working folder, without empty steps. `rule` is the rule that a bad path breaks. */
function insidePath(rule: ValidationRule, alsoRefused = ''): Shape<string> {
  const absolute = String.raw`^(?:[/\\]|[A-Za-z]:[/\\])`;
  const outside = String.raw`(?:^|[/\\])\.\.(?:[/\\]|$)`;
  const path = ruled(text, {
    json: { not: { pattern: `${absolute}|${outside}${alsoRefused}` } },
    problem(given) {
      if (new RegExp(system).test(given)) return [rule, `"${short(given)}" is a system directory.`];
      if (new RegExp(absolute).test(given)) {
        return [rule, `"${short(given)}" is absolute; paths are relative to the working folder.`];
      }
      return new RegExp(outside).test(given) ? [rule, `"${short(given)}" leaves the working folder.`] : undefined;
    },
  });
  const steps = (given: string) => given.split('/').filter((step) => step !== '' && step !== '.');
  return mapped(path, (given) => steps(given).join('/'));
}

const artifactPath = mapped(insidePath('BAD_ARTIFACT_PATH', String.raw`|^(?:\.?/)*\.?$`), (path, node, place) => {
  if (path === '' && node.type === 'scalar' && typeof node.value === 'string') {
    const message = `"${short(node.text)}" names no file. Write "**" for all files.`;
    place.report('BAD_ARTIFACT_PATH', place.path, message, node.at);
  }
  return path;
});

/**
 * An absolute path is a folder of the agent, which may refuse it, as it refuses a path that leads out of the working
 * folder.
 */
const workingDir = mapped(
  ruled(text, {
    json: { not: { pattern: system } },
    problem: (given) =>
      new RegExp(system).test(given) ? ['BAD_WORKING_DIR', `"${short(given)}" is a system directory.`] : undefined,
  }),
  (given) => {
    const steps = given.split('/').filter((step) => step !== '' && step !== '.');
    return (given.startsWith('/') ? '/' : '') + steps.join('/') || null;
  },
);

const takenFields = object({
  source: optional(text, null, 'The same as the short form: TASK, WORKFLOW or WORKFLOW.TASK.'),
  stage: optional(text, null, 'Earlier stage of the pipeline whose elements left the files.'),
  element: optional(text, null, 'Element of an earlier stage whose workflow left the files.'),
  task: optional(text, null, 'Task of that workflow, or a combination of it. Defaults to all tasks.'),
  optional: optional(
    flag,
    false,
    'True if the source may leave nothing. A source that was skipped by its condition is always optional.',
  ),
});
/** Source of files; optional if it may have none. Either `source`, or `stage` or `element`, is given. */
export type TakenFiles = Readonly<ValueOf<typeof takenFields>>;

const noPlace = { stage: null, element: null, task: null };

const taken = defined(
  'TakenFiles',
  withShort<string, string | TakenFiles>(
    text,
    mapped<TakenFiles, string | TakenFiles>(
      takenFields,
      (given, node, place) => {
        const { source, stage, element, task: name } = given;
        const bad = (message: string) => place.report('BAD_VALUE', place.path, message, node.at);
        if (source !== null && (stage !== null || element !== null || name !== null))
          bad('"source" excludes "stage", "element" and "task".');
        else if (source === null && stage === null && element === null)
          bad('Name a "source", or a "stage" or "element" of the pipeline.');
        return source !== null && !given.optional ? source : given;
      },
      { encode: (given) => (typeof given === 'string' ? { ...noPlace, source: given, optional: false } : given) },
    ),
    ({ type }) => type === 'scalar',
    { expand: (source) => source, shrink: (given) => (typeof given === 'string' ? given : undefined) },
  ),
);
const artifactFields = object({
  paths: optional(oneOrMany(artifactPath), [], 'Files to upload: relative paths; globs with * and **.'),
  when: optional(
    oneOf(artifactsWhen),
    'success',
    'When to upload. After success each path must match a file, or the task fails; otherwise, what is there is uploaded.',
  ),
  from: optional(
    oneOrMany(taken),
    [],
    'Where to take files from before the command starts: an earlier task of this workflow, or WORKFLOW or WORKFLOW.TASK of an earlier stage; or a mapping that names a stage or element of the pipeline, or marks a source as optional.',
  ),
});
/** Files that a task produces and takes. */
export type TaskArtifacts = Readonly<ValueOf<typeof artifactFields>>;

const noArtifacts: TaskArtifacts = { paths: [], when: 'success', from: [] };

const artifacts = defined(
  'TaskArtifacts',
  withShort<readonly string[], TaskArtifacts>(list(artifactPath), artifactFields, ({ type }) => type === 'list', {
    expand: (paths) => ({ ...noArtifacts, paths }),
    shrink: ({ paths, when, from }) => (from.length === 0 && when === 'success' ? paths : undefined),
  }),
);

const cacheKey = ruled(text, {
  json: { pattern: '\\S', maxLength: MAX_CACHE_KEY },
  problem: (value) =>
    value.trim() === '' || value.length > MAX_CACHE_KEY || /\p{Cc}/u.test(value)
      ? ['BAD_VALUE', `A key of a cache must have 1 to ${MAX_CACHE_KEY} characters on one line.`]
      : undefined,
});
const cacheFields = object({
  key: required(
    cacheKey,
    `Key of the files. \${NAME} is a variable, \${{ checksum("package-lock.json") }} a checksum of files: relative paths, globs with * and **.`,
  ),
  paths: required(
    filled(oneOrMany(artifactPath), 'An empty list keeps nothing. Name a path.'),
    'Files to keep: relative paths; globs with * and **.',
  ),
  restoreKeys: optional(
    mapped(oneOrMany(cacheKey), (keys, node, place) => {
      if (keys.length > MAX_RESTORE_KEYS) {
        place.report('TOO_LARGE', place.path, `${keys.length} keys exceed the limit of ${MAX_RESTORE_KEYS}.`, node.at);
      }
      return keys;
    }),
    [],
    'Beginnings of keys to try in order if the key has no files: the newest files of the first that matches are restored. At most 10.',
  ),
});
const cache = defined('Cache', cacheFields);

const reports = defined(
  'Reports',
  object({
    junit: required(
      filled(oneOrMany(artifactPath), 'An empty list reads nothing. Name a path.'),
      'JUnit XML files: relative paths of the working folder; globs with * and **.',
    ),
  }),
);

const timeout = mapped(duration(0.001, MAX_TASK_SECONDS, 'ms'), (value, node, place) => {
  const written = node.type === 'scalar' ? node.text : '';
  const seconds = parseDuration(written) ?? 0;
  if (seconds > 0 && seconds < 1) {
    place.report('SHORT_TIMEOUT', place.path, `A timeout of ${written} is shorter than a second.`, node.at);
  } else if (seconds > DAY && seconds <= MAX_TASK_SECONDS) {
    place.report('LONG_TIMEOUT', place.path, `A timeout of ${written} is longer than a day.`, node.at);
  }
  return value;
});

export const retries = mapped(number('integer', 0, MAX_RETRIES), (count, node, place) => {
  if (count > MANY_RETRIES) {
    place.report('MANY_RETRIES', place.path, `${count} retries are more than ${MANY_RETRIES}.`, node.at);
  }
  return count;
});

const delayFields = object({
  initialSeconds: required(duration(0, DAY, 'ms'), 'Delay before the first retry.', { key: 'initial' }),
  factor: optional(number('number', 1, 100), 2, 'Factor by which the delay grows before each further retry.'),
  maxSeconds: optional(duration(0, DAY, 'ms'), 300, 'Longest delay.', { key: 'max' }),
  jitter: optional(number('number', 0, 1), 0, 'Maximum share by which each delay is randomly shortened.'),
});
/**
 * The delay before retry n is `initialSeconds` × `factor` ⁿ⁻¹, at most `maxSeconds`, minus a random share of up to
 * `jitter`. A fixed delay has factor 1.
 */
export type RetryDelay = Readonly<ValueOf<typeof delayFields>>;

const retryDelay = defined(
  'RetryDelay',
  withShort<number, RetryDelay | null>(duration(0, DAY, 'ms'), delayFields, ({ type }) => type !== 'map', {
    expand: (s) => (s === 0 ? null : { initialSeconds: s, factor: 1, maxSeconds: s, jitter: 0 }),
    shrink(delay) {
      const { initialSeconds = 0, factor, maxSeconds, jitter } = delay ?? {};
      const isFixed = factor === 1 && jitter === 0 && maxSeconds === initialSeconds && initialSeconds > 0;
      return isFixed ? initialSeconds : undefined;
    },
  }),
);

const template = templateOf(templateName);

/** Name of a variable, which may contain `{{.axis}}`. */
const registerName = ruled(text, {
  json: { pattern: `^(?:[A-Za-z0-9_]|${template})+$` },
  problem: (given) => settableKey.problem(given.replaceAll(new RegExp(template, 'g'), 'x')),
});

/** Names of system variables are valid, because the environment or an earlier task may set them. */
const requiredName = ruled(text, anyVariableKey);
const requirements = withShort<readonly string[], Readonly<Record<string, ValueRule>>>(
  list(requiredName),
  mapOf(anyVariableKey, oneOf(valueRules)),
  ({ type }) => type !== 'map',
  {
    expand: (names) => Object.fromEntries(names.map((name) => [name, 'any'])),
    shrink: (all) => (Object.values(all).every((rule) => rule === 'any') ? Object.keys(all).sort() : undefined),
  },
);

const exitCodes = filled(
  list(number('integer', 1, 255)),
  'An empty list would prevent every retry. Leave it out to retry after every failure.',
);
const ignoredExitCodes = filled(
  list(number('integer', 1, 255)),
  'An empty list ignores nothing. Name an exit code, or leave the key out.',
);

const servicesToDeploy = filled(
  oneOrMany(text),
  'An empty list would deploy nothing. Name services of the workflow, or leave out the key.',
);
/** True for all services of the workflow; null for none of them. */
export type Deploys = true | readonly string[] | null;

const deploys = withShort<boolean, Deploys>(
  flag,
  servicesToDeploy as Shape<Deploys>,
  (node) => node.type === 'scalar' && typeof node.value === 'boolean',
  { expand: (all) => all || null, shrink: (value) => (value === true ? true : undefined) },
);

const takenOutputs = withShort<readonly string[], Readonly<Record<string, string>>>(
  list(settableName),
  mapOf(settableKey, text),
  ({ type }) => type === 'list',
  {
    expand: (names) => Object.fromEntries(names.map((one) => [one, one])),
    shrink: (given) =>
      Object.entries(given).every(([variable, output]) => variable === output) ? Object.keys(given).sort() : undefined,
  },
);

const writtenTypes = oneOf(['normal', 'forensic', 'restore', 'rollback']);
/** Tasks of `finally` are in a separate section. */
const writtenType: Shape<TaskType> = {
  ...writtenTypes,
  decode(node, place) {
    if (node.type !== 'scalar' || node.value !== 'finally') return writtenTypes.decode(node, place);
    const message = '"finally" is not a type. Put the task under "finally" of the workflow instead of "tasks".';
    place.report('BAD_VALUE', place.path, message, node.at);
    return 'normal';
  },
};

const taskFields = {
  displayName: optional(label, null, 'Name shown to people; everything else refers to the task by its key.', {
    key: 'name',
  }),
  type: optional(
    writtenType,
    'normal',
    'A normal task is a node of the graph; a forensic task handles failures; a restore task runs when a run is restored; rollback tasks run in place of the normal ones when a deployment is rolled back.',
  ),
  description: description('task'),
  run: optional(
    commands,
    '',
    'Command, run in a fresh, empty working folder; or a list of commands, run in order in one shell until one fails. A first line with #! names the program that runs it.',
    { alias: 'cmd' },
  ),
  approval: optional(
    approvalFields,
    null,
    'Approval in place of a command: the task is WAITING, without an agent, until people decide. Values of its form are variables for later tasks. The task can also have a name, a description, `if` and `depends_on`, and no other keys.',
  ),
  workflow: optional(
    text,
    null,
    'Workflow to run in place of a command: its tasks become tasks of this workflow, such as build/compile, when the definition is saved. The task can also have a name, a description, `if`, `depends_on`, `variables` and `outputs`, and no other keys.',
  ),
  variables: optional(
    settableValues,
    {},
    `Values for variables of the workflow that the task runs. \${NAME} is a variable of this workflow.`,
  ),
  outputs: optional(
    takenOutputs,
    {},
    'Variables for later tasks, from outputs of the workflow that the task runs: a list of outputs, or VARIABLE: OUTPUT.',
  ),
  shell: optional(shell, null, 'Shell of the command, as in the workflow. Defaults to the shell of the workflow.'),
  workingDir: optional(
    workingDir,
    null,
    'Folder to run the command in: within the working folder, where it is created if missing, or an existing folder of the agent by its absolute path. Paths of artifacts do not start there.',
  ),
  cleanEnv: optional(
    flag,
    false,
    'True to start the command without the agent’s environment, not even PATH: it gets only what the definition declares, and SLIPWAY_*.',
  ),
  condition: optional(valueText, null, 'Condition; if it is false, the task is SKIPPED and its dependents run.', {
    key: 'if',
  }),
  dependsOn: optional(
    list(text),
    [],
    'Tasks of this workflow to wait for. A task with a matrix stands for all of its combinations; test[os=linux,node=22] is one.',
  ),
  matrix: optional(
    matrixShape,
    noMatrix,
    'Lists of values, or { from: VARIABLE } for a list that an earlier task makes; and include, exclude, max_parallel and fail_fast. The task runs once for each combination, with the values as MATRIX_OS, MATRIX_NODE, ….',
  ),
  deploys: optional(
    deploys,
    null,
    'Services that the command deploys: true for all of the workflow, or a list. Their deployments follow this task. If no task has it, they follow the workflow as a whole.',
  ),
  env: optional(
    settableValues,
    {},
    `Environment variables of this task. \${NAME} is the value of another variable or of a secret of the task.`,
  ),
  labels: optional(
    labelRules,
    {},
    'Labels that the agent must have, all of them: a value, a list of values, or in, not_in, exists or version.',
  ),
  timeoutSeconds: optional(timeout, 3600, 'Time limit; then the task is FAILED with TIMED_OUT. At most 20 days.', {
    key: 'timeout',
  }),
  graceSeconds: optional(
    duration(0, MAX_GRACE_SECONDS, 'ms'),
    10,
    'Time between the signal and the kill when the task is canceled or timed out. At most 1h.',
    { key: 'grace' },
  ),
  stopSignal: optional(
    oneOf(stopSignals),
    'SIGTERM',
    'Signal that asks the command to end when the task is canceled or timed out. SIGKILL follows after the grace.',
  ),
  retries: optional(retries, 0, 'Number of retries after a failure. Each try is a job.'),
  retryDelay: optional(retryDelay, null, 'Delay before each retry: a duration, or a delay that grows.'),
  retryOn: optional(
    exitCodes,
    null,
    'Exit codes that allow a retry; 128 + n if signal n ended the command. Defaults to all.',
  ),
  onLost: optional(
    oneOf(onLostValues),
    'FAIL',
    'Effect of losing the agent after the command started: FAIL (with AGENT_LOST, regardless of retries), or RETRY, which runs the command once more. Use RETRY only for commands that may run twice.',
  ),
  ignoreFailure: optional(
    flag,
    false,
    'True if the workflow can succeed without this task. It stays visible as failed, and its dependents run.',
  ),
  ignoreExitCodes: optional(
    ignoredExitCodes,
    [],
    'Exit codes whose failure is ignored, as with ignore_failure: the task is not retried, and its dependents run. 128 + n if signal n ended the command.',
  ),
  failureStrategy: optional(
    failureStrategy,
    null,
    'Effect of a failure after the last retry: fail, ignore (as ignore_failure), or wait for a person’s decision. Defaults to fail.',
  ),
  requires: optional(
    requirements,
    {},
    'Variables that must have a value; otherwise the task fails before it starts, with UNDEFINED_VARIABLE. In the form NAME: word or NAME: number, a value that is not one plain word or a number fails it too, with UNSAFE_VALUE.',
  ),
  secrets: optional(
    secretNames,
    [],
    'Secrets that the command gets as environment variables, in addition to those of the workflow. At most 50.',
  ),
  register: optional(
    registerName,
    null,
    'Variable for later tasks; its value is the last line of standard output that is not empty.',
  ),
  streams: optional(
    oneOf(outputStreams),
    null,
    'merged: the log keeps the order in which the command wrote, and shows everything as standard output. separate: the log distinguishes standard output from standard error, but their order is approximate. Defaults to merged, and to separate with register.',
  ),
  onFailure: optional(text, null, 'Forensic task to run after this one has failed and no retries are left.'),
  cache: optional(
    cache,
    null,
    'Files that are kept for later jobs of the application and environment: restored before the command, and saved after it has succeeded. A cache that is missing or can’t be saved never fails the task.',
  ),
  reports: optional(
    reports,
    null,
    'Test results to show on the execution, whatever the result of the command: numbers and failed cases. A file that is missing or can’t be read never fails the task.',
  ),
  artifacts: optional(artifacts, noArtifacts, 'Files to keep: a list of paths, or paths, when and from.'),
  container: optional(
    taskContainer,
    null,
    'Container that the command runs in: an image, or a mapping. Defaults to the container of the workflow; none runs the command on the agent itself.',
  ),
  services: optional(
    serviceContainers,
    {},
    'Containers that run alongside the command, by their host names: a database, for example. They start before it, and end with the job.',
  ),
  checkout: optional(
    checkout,
    null,
    'Git repository that the agent checks out into the working folder before the command starts: a URL, or a mapping. The job records the commit.',
  ),
};
const fields = object(taskFields, foreignKeys.task);

export type TaskApproval = Readonly<ValueOf<typeof approvalFields>>;
/** A task in canonical form. */
export type TaskDefinition = Readonly<Omit<ValueOf<typeof fields>, 'failureStrategy' | 'matrix'>> &
  FailureStrategy &
  WrittenMatrix & {
    /** Task that runs the workflow of which this is a task. Absent for a task that a document has. */
    readonly scope?: string;
    /** Declarations of the workflow that the task runs. */
    readonly called?: {
      readonly variables: readonly VariableDefinition[];
      readonly outputs: Readonly<Record<string, string>>;
    };
  };

const matrixIn = ({ matrix, matrixRules }: WrittenMatrix): WrittenMatrix => ({ matrix, matrixRules });

const isKind = {
  anyOf: [{ required: ['run'] }, { required: ['cmd'] }, { required: ['approval'] }, { required: ['workflow'] }],
};

export const task: Shape<TaskDefinition> = defined('Task', {
  json: { ...fields.json, ...isKind },
  encode: (value) =>
    fields.encode({
      ...value,
      matrix: matrixIn(value),
      failureStrategy: strategyIn({ ...value, ignoreFailure: false }),
    }),
  decode(node, place) {
    const { failureStrategy: strategy, ...rest } = fields.decode(node, place);
    checkKind(rest, node, place);
    if (rest.type !== 'normal' && strategy?.intervention) {
      const message = `A ${rest.type} task is not part of the graph, so it can’t wait for a decision.`;
      place.report('BAD_VALUE', [...place.path, 'failureStrategy'], message);
    }
    if (rest.register !== null && rest.streams === 'merged') {
      const message = 'A task with "register" needs separate streams: its variable is a line of standard output alone.';
      place.report('BAD_VALUE', [...place.path, 'streams'], message);
    }
    return { ...rest, ...rest.matrix, ...strategyOf(rest.ignoreFailure, strategy, node, place) };
  },
});

/** Keys that a task without a command can have. */
const withoutCommand = ['displayName', 'type', 'description', 'condition', 'dependsOn'];
const ofApprovals: readonly string[] = [...withoutCommand, 'approval'];
const ofCalls: readonly string[] = [...withoutCommand, 'workflow', 'variables', 'outputs'];

/** Keys of a task that does not run a workflow. */
export const noCall = { workflow: null, variables: {}, outputs: {} } as const;

/** A task has a command, is an approval, or runs a workflow. Only the first has keys that concern a command. */
function checkKind(
  { approval, type, workflow }: Pick<ValueOf<typeof fields>, 'approval' | 'type' | 'workflow'>,
  node: SourceNode,
  place: Place,
) {
  if (node.type !== 'map') return;
  const isGiven = (key: string) => {
    const entry = findEntry(node, key);
    return entry !== undefined && !isNothing(entry.value);
  };
  if (approval === null && workflow === null) {
    for (const key of ['variables', 'outputs'].filter(isGiven)) {
      const instead =
        key === 'outputs' ? 'write NAME=value to the file $SLIPWAY_OUTPUT, or use "register"' : 'use "env"';
      const message = `"${key}" belongs to a task that runs a workflow. For a command, ${instead}.`;
      place.report('TASK_KIND', [...place.path, key], message);
    }
    if (isGiven('run') || isGiven('cmd') || isGiven('approval')) return;
    place.report('MISSING_FIELD', [...place.path, 'run'], '"run" is required.');
    return;
  }
  const [kind, what, own] =
    approval === null
      ? (['workflow', 'a task that runs a workflow', ofCalls] as const)
      : (['approval', 'an approval', ofApprovals] as const);
  if (type !== 'normal') {
    const message =
      kind === 'approval'
        ? `A ${type} task can’t be an approval: only normal tasks can.`
        : `A ${type} task can’t run a workflow: only normal tasks can.`;
    place.report('TASK_KIND', [...place.path, kind], message);
  }
  const keys = Object.entries<Field<unknown>>(taskFields).filter(([property]) => !own.includes(property));
  for (const key of keys.flatMap(([property, { key: own, alias }]) => [own ?? property, alias ?? []].flat())) {
    if (!isGiven(key)) continue;
    const message = `"${snakeCase(key)}" belongs to a task with a command; ${what} does not have it.`;
    place.report('TASK_KIND', [...place.path, key], message);
  }
}

const { type: _type, condition: _if, matrix: _matrix, deploys: _deploys, ...more } = taskFields;
const { register: _register, onFailure: _onFailure, failureStrategy: _strategy, ...others } = more;
const { approval: _approval, workflow: _workflow, variables: _given, outputs: _taken, ...ownRun } = others;
const { run: ofNormal, ...ofEveryTask } = ownRun;
const run = required(ofNormal.shape, ofNormal.description, { alias: 'cmd' });
const finallyFields = object(
  {
    ...ofEveryTask,
    run,
    dependsOn: optional(list(text), [], 'Other tasks of "finally" to wait for, with any result.'),
    ignoreFailure: optional(
      flag,
      false,
      'True if a failure of this task does not make a successful workflow FAILED. It stays visible as failed.',
    ),
  },
  foreignKeys.finallyTask,
);

/** A task that runs once after the graph has ended, so it has no keys that concern the graph. */
export const finallyTask: Shape<TaskDefinition> = defined(
  'FinallyTask',
  mapped(
    finallyFields,
    (given): TaskDefinition => ({
      ...given,
      ...{ type: 'finally', condition: null, ...noMatrix, deploys: null },
      ...{ register: null, onFailure: null, intervention: null, approval: null, ...noCall },
    }),
  ),
);

const MONTH = 30 * DAY;
const { shell: ofTask, workingDir: folder, cleanEnv, env, labels, secrets, container } = taskFields;
const observeFields = object(
  {
    everySeconds: optional(
      duration(60, MONTH),
      null,
      'Time between two observations of an environment, from 1m. Defaults to none: it is observed on demand.',
      { key: 'every' },
    ),
    ...{ run, shell: ofTask, workingDir: folder, cleanEnv, env, labels, secrets, container },
    timeoutSeconds: optional(timeout, 300, 'Time limit of the task; then the observation has failed.', {
      key: 'timeout',
    }),
  },
  foreignKeys.task,
);
/** A task that reports what is actually running in an environment. */
export type ObserveTask = Readonly<ValueOf<typeof observeFields>>;
export const observeTask: Shape<ObserveTask> = defined('ObserveTask', observeFields);

/** The same as a normal task of a graph. */
export const observingTask = ({ everySeconds: _every, ...own }: ObserveTask): TaskDefinition => ({
  ...own,
  ...{
    displayName: null,
    type: 'normal',
    description: null,
    condition: null,
    dependsOn: [],
    ...noMatrix,
    deploys: null,
  },
  ...{
    graceSeconds: 10,
    stopSignal: 'SIGTERM',
    ignoreExitCodes: [],
    retries: 0,
    retryDelay: null,
    retryOn: null,
    onLost: 'RETRY',
    requires: {},
    register: null,
  },
  ...{ streams: null, onFailure: null, artifacts: noArtifacts, ignoreFailure: false, intervention: null },
  ...{ approval: null, services: {}, checkout: null, cache: null, reports: null },
  ...noCall,
});
