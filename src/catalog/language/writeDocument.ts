import { stringify } from 'smol-toml';
import { Document } from 'yaml';
import type { PipelineDefinition, RuntimeInputs, StageElement } from './pipeline';
import { taskLevels } from './taskGraph';
import type { Intervention, RetryDelay, TaskDefinition, WorkflowDefinition } from './workflow';
import type { VariableDefinition } from './definition';
import { formatDuration } from '../../kernel/naming';
import type { DefinitionFormat } from './readDocuments';

/** What a document says beside its definition. */
export interface DocumentHead {
  readonly application: string;
  readonly name: string;
}

/**
 * Documents out of definitions, as a person would write them: in the order of the README, without what is the default anyway. Applying one
 * again gives the same hash. The text that a definition was once made from is not kept: after a rename it would be wrong.
 */
export function writeWorkflow(head: DocumentHead, definition: WorkflowDefinition, format: DefinitionFormat): string {
  const { description, tags, environment, services, variables, env, maxParallel, timeoutSeconds, tasks } = definition;
  const { mode, onTaskFailure, onFailure, secrets } = definition;
  return write(format, {
    kind: 'Workflow',
    application: head.application,
    name: head.name,
    description: description ?? undefined,
    tags: unlessEmpty(tags),
    environment: environment ?? undefined,
    services: unlessEmpty(services),
    variables: unlessEmpty(variables.map(variableFields)),
    env: unlessEmpty(env),
    secrets: unlessEmpty(secrets),
    max_parallel: maxParallel ?? undefined,
    mode: mode === 'WORK_STEALING' ? undefined : mode,
    on_task_failure: onTaskFailure === 'finish' ? undefined : onTaskFailure,
    on_failure: onFailure ?? undefined,
    timeout: durationUnless(86_400, timeoutSeconds),
    tasks: new Map(
      taskLevels(tasks)
        .flat()
        .flatMap((name) => (tasks[name] === undefined ? [] : [[name, taskFields(tasks[name])]])),
    ),
  });
}

export function writePipeline(head: DocumentHead, definition: PipelineDefinition, format: DefinitionFormat): string {
  const { description, variables, timeoutSeconds, stages } = definition;
  return write(format, {
    kind: 'Pipeline',
    application: head.application,
    name: head.name,
    description: description ?? undefined,
    variables: unlessEmpty(variables.map(variableFields)),
    timeout: durationUnless(7 * 86_400, timeoutSeconds),
    stages: stages.map((stage, index) => ({
      name: stage.name === `STAGE ${index + 1}` ? undefined : stage.name,
      elements: stage.elements.map(elementFields),
    })),
  });
}

const variableFields = (variable: VariableDefinition) => ({
  name: variable.name,
  type: variable.type === 'string' ? undefined : variable.type,
  required: variable.required || undefined,
  default: variable.defaultValue ?? undefined,
  allowed_values: variable.allowedValues ?? undefined,
  allow_multiple_values: variable.allowMultipleValues || undefined,
  fixed: variable.fixed || undefined,
  description: variable.description ?? undefined,
});

const taskFields = (task: TaskDefinition) => ({
  name: task.displayName ?? undefined,
  type: task.type === 'normal' ? undefined : task.type,
  description: task.description ?? undefined,
  run: task.run,
  working_dir: task.workingDir ?? undefined,
  clean_env: task.cleanEnv || undefined,
  if: task.condition ?? undefined,
  depends_on: unlessEmpty(task.dependsOn),
  matrix: task.matrix.length === 0 ? undefined : new Map(task.matrix.map(({ name, values }) => [name, values])),
  env: unlessEmpty(task.env),
  labels: unlessEmpty(task.labels),
  timeout: durationUnless(3600, task.timeoutSeconds),
  grace: durationUnless(10, task.graceSeconds),
  retries: task.retries || undefined,
  retry_delay: task.retryDelay === null ? undefined : delayFields(task.retryDelay),
  retry_on: task.retryOn ?? undefined,
  ignore_failure: task.ignoreFailure || undefined,
  failure_strategy: strategyFields(false, task.intervention),
  requires: unlessEmpty(task.requires),
  secrets: unlessEmpty(task.secrets),
  register: task.register ?? undefined,
  on_failure: task.onFailure ?? undefined,
  artifacts: artifactFields(task.artifacts),
});

function delayFields({ initialSeconds, factor, maxSeconds, jitter }: RetryDelay) {
  if (factor === 1 && jitter === 0 && maxSeconds === initialSeconds && initialSeconds > 0) {
    return formatDuration(initialSeconds);
  }
  return {
    initial: formatDuration(initialSeconds),
    factor: factor === 2 ? undefined : factor,
    max: durationUnless(300, maxSeconds),
    jitter: jitter || undefined,
  };
}

function artifactFields({ paths, when, from }: TaskDefinition['artifacts']) {
  if (from.length === 0 && when === 'success') return unlessEmpty(paths);
  return {
    paths: unlessEmpty(paths),
    when: when === 'success' ? undefined : when,
    from: from.length === 1 ? from[0] : unlessEmpty(from),
  };
}

const elementFields = (element: StageElement) =>
  element.type === 'APPROVAL'
    ? {
        name: element.name,
        skip_condition: element.skipCondition ?? undefined,
        approval: {
          approvers: element.approvers,
          timeout: durationUnless(7 * 86_400, element.timeoutSeconds),
          disallow_initiator: element.disallowInitiator || undefined,
        },
      }
    : {
        name: element.name,
        skip_condition: element.skipCondition ?? undefined,
        workflow: element.workflow,
        environment: element.environment ?? undefined,
        services: element.services ?? undefined,
        variables: unlessEmpty(element.variables),
        runtime_inputs: element.runtimeInputs === null ? undefined : runtimeInputFields(element.runtimeInputs),
        retries: element.retries || undefined,
        failure_strategy: strategyFields(element.ignoreFailure, element.intervention),
      };

function strategyFields(ignored: boolean, intervention: Intervention | null) {
  if (intervention === null) return ignored ? 'ignore' : undefined;
  const { timeoutSeconds, onTimeout } = intervention;
  if (timeoutSeconds === 86_400 && onTimeout === 'fail') return 'wait';
  return { wait: formatDuration(timeoutSeconds), on_timeout: onTimeout === 'fail' ? undefined : onTimeout };
}

function runtimeInputFields({ variables, timeoutSeconds, onTimeout }: RuntimeInputs) {
  const timeout = durationUnless(7 * 86_400, timeoutSeconds);
  if (timeout === undefined && onTimeout === 'expire') return variables;
  return { variables, timeout, on_timeout: onTimeout === 'expire' ? undefined : onTimeout };
}

function durationUnless(usual: number, seconds: number): string | undefined {
  return seconds === usual ? undefined : formatDuration(seconds);
}

/** Maps lose their order in the database; sorted keys make the same definition the same text every time. */
function unlessEmpty<T extends readonly unknown[] | Readonly<Record<string, string>>>(value: T) {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : new Map(entries);
}

function write(format: DefinitionFormat, fields: Readonly<Record<string, unknown>>): string {
  if (format === 'TOML') return `${stringify(JSON.parse(JSON.stringify(fields, mapAsObject)))}\n`;
  if (format === 'JSON') return `${JSON.stringify(fields, mapAsObject, 2)}\n`;
  const document = new Document(fields, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0 });
}

/** `Object.fromEntries` and not assignment, so that a key `__proto__` stays a key. */
const mapAsObject = (_key: string, value: unknown): unknown =>
  value instanceof Map ? Object.fromEntries(value) : value;
