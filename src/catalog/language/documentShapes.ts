// Long because it has the shapes of all kinds, with a description of each key.
import { didYouMean } from '../../kernel/didYouMean';
import { isName } from '../../kernel/naming';
import { type EnvironmentType, environmentTypes } from '../../access/permission';
import { approvalFields } from './approvalShape';
import type { LabelRules } from './labelSelectors';
import { labelRules } from './labelShape';
import { type Concurrency, concurrency, environmentConcurrency } from './concurrency';
import { container } from './containerShape';
import type { VariableDefinition } from './definition';
import { type FailureStrategy, failureStrategy, strategyIn, strategyOf } from './failureStrategy';
import { freezeKeys, scheduled } from './freezeShape';
import { foreignKey, reportForeign } from './foreignDocument';
import { adviceFor, foreignKeys } from './foreignKeys';
import { isDynamic, MAX_LISTED, nodeCount } from './matrix';
import {
  defined,
  filled,
  flag,
  inside,
  isNothing,
  type JsonSchema,
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
  wrongType,
} from './shape';
import { findEntry, type SourceNode, snakeCase } from './sourceTree';
import { shell } from './shell';
import { MAX_DEPENDENCIES } from './serviceGraph';
import { writtenTasks } from './scopedTasks';
import { type TagValues, tagValues } from './tagShape';
import { taskLevels } from './taskGraph';
import { type TriggerDefinition, triggerKeys } from './triggerShape';
import {
  afterHead,
  type Extended,
  extendsKey,
  type TemplateKeys,
  templateKeys,
  withKey,
} from './templates/templateShape';
import { finallyTask, observeTask, retries, type TaskDefinition, task } from './taskShape';
import { GIVEN_ENVIRONMENT, MAX_FINALLY_TASKS, MAX_TASKS, workflowModes } from './terms';
import {
  DAY,
  description,
  duration,
  MAX_SECONDS,
  name,
  secretNames,
  settableName,
  settableValues,
  taskKey,
  timeout,
  values,
} from './values';

/**
 * The shapes of the kinds of documents. Tasks are in taskShape.ts, the keys of a Freeze in freezeShape.ts, those of a
 * Trigger in triggerShape.ts.
 */
export const documentKinds = [
  'Application',
  'Environment',
  'Service',
  'Template',
  'Workflow',
  'Pipeline',
  'Trigger',
  'Freeze',
] as const;
export type DocumentKind = (typeof documentKinds)[number];

interface Named<Kind extends DocumentKind> {
  readonly kind: Kind;
  readonly name: string;
  readonly description: string | null;
  /** Null: the document says nothing about them. */
  readonly tags: TagValues | null;
}
interface Part<Kind extends DocumentKind> extends Named<Kind> {
  readonly application: string;
}

export type ApplicationDocument = Named<'Application'>;
export interface ServiceDocument extends Part<'Service'> {
  readonly dependsOn: readonly string[];
}
export type FreezeDocument = Omit<Part<'Freeze'>, 'description' | 'tags'> & FreezeDefinition;
/** A freeze, or the deployment windows, of environments of one application. */
export type FreezeDefinition = Readonly<{
  [Key in keyof typeof freezeKeys]: ValueOf<(typeof freezeKeys)[Key]['shape']>;
}>;
export interface EnvironmentDocument extends Part<'Environment'> {
  readonly type: EnvironmentType;
  readonly variables: Readonly<Record<string, string>>;
  readonly concurrency: Concurrency | null;
  readonly after: string | null;
  readonly agents: LabelRules;
}
type DefinitionIn<S> = Readonly<Omit<ValueOf<S>, 'kind' | 'application' | 'name' | 'tags'>> & {
  /** Absent if the document extends no template. */
  readonly extended?: Extended;
};
/** A directed acyclic graph of tasks, in canonical form: every default is filled in. */
export type WorkflowDefinition = DefinitionIn<typeof workflowDocument>;
/** An ordered list of stages, in canonical form. */
export type PipelineDefinition = DefinitionIn<typeof pipelineDocument>;
export type WorkflowDocument = Part<'Workflow'> & { readonly definition: WorkflowDefinition };
export type PipelineDocument = Part<'Pipeline'> & { readonly definition: PipelineDefinition };
export type TriggerDocument = Part<'Trigger'> & {
  readonly definition: TriggerDefinition;
};
/** `application` is empty for a template of the account. */
export type TemplateDocument = Omit<Part<'Template'>, 'tags'> & {
  readonly keys: TemplateKeys;
  /** Its keys after the head, as YAML. */
  readonly text: string;
};
export type AnyDocument =
  | ApplicationDocument
  | EnvironmentDocument
  | ServiceDocument
  | WorkflowDocument
  | PipelineDocument
  | TriggerDocument
  | FreezeDocument
  | TemplateDocument;

// Variables

const variable = defined(
  'Variable',
  object<VariableDefinition>(
    {
      name: required(
        settableName,
        'Name, which is also the name of the environment variable. A variable with a name of the system, such as ENV or PATH, is SLIPWAY_VAR_ENV instead.',
      ),
      type: optional(oneOf(['string', 'number', 'boolean']), 'string', 'Type of the value.'),
      required: optional(flag, false, 'True if the execution needs a value to start.'),
      defaultValue: optional(valueText, null, 'Value if none is given.', { key: 'default' }),
      allowedValues: optional(
        filled(list(valueText), 'An empty list would allow no value. Leave it out to allow every value.'),
        null,
        'Allowed values. Defaults to all.',
      ),
      allowMultipleValues: optional(flag, false, 'True if a value may be several allowed values, separated by commas.'),
      fixed: optional(flag, false, 'True if the variable always has its default.'),
      description: description('variable'),
    },
    foreignKeys.variable,
  ),
);

const variables = (meaning: string) => optional(list(variable), [], meaning);

// Workflows

const inGraphOrder = (all: Readonly<Record<string, TaskDefinition>>, shape: Shape<TaskDefinition>) =>
  new Map(
    taskLevels(all)
      .flat()
      .flatMap((key) => (all[key] === undefined ? [] : [[key, shape.encode(all[key])]])),
  );

const taskMap = mapOf(taskKey, task);
const tasks: Shape<Readonly<Record<string, TaskDefinition>>> = {
  json: { ...taskMap.json, minProperties: 1, maxProperties: MAX_TASKS },
  encode: (all) => inGraphOrder(writtenTasks(all), task),
  decode(node, place) {
    const all = taskMap.decode(node, place);
    const written = node.type === 'map' ? node.entries.length : 1;
    const nodes = Object.values(all).reduce((sum, one) => sum + (isDynamic(one) ? MAX_LISTED : nodeCount(one)), 0);
    const count = Math.max(written, nodes);
    if (!Object.values(all).some(({ type }) => type === 'normal')) {
      place.report('EMPTY', place.path, 'A workflow needs at least one normal task.', node.at);
    }
    if (count > MAX_TASKS) {
      const message = `The workflow has ${count} tasks; the limit is ${MAX_TASKS}.`;
      place.report('TOO_LARGE', place.path, message, node.at);
    }
    return all;
  },
};

const finallyMap = mapOf(taskKey, finallyTask);
const finallyTasks: Shape<Readonly<Record<string, TaskDefinition>>> = {
  json: { ...finallyMap.json, maxProperties: MAX_FINALLY_TASKS },
  encode: (all) => inGraphOrder(all, finallyTask),
  decode(node, place) {
    const all = finallyMap.decode(node, place);
    const count = Object.keys(all).length;
    if (count > MAX_FINALLY_TASKS) {
      const message = `"finally" has ${count} tasks; the limit is ${MAX_FINALLY_TASKS}.`;
      place.report('TOO_LARGE', place.path, message, node.at);
    }
    return all;
  },
};

const outputs = withShort<readonly string[], Readonly<Record<string, string>>>(
  list(settableName),
  settableValues,
  ({ type }) => type === 'list',
  {
    expand: (names) => Object.fromEntries(names.map((one) => [one, `\${${one}}`])),
    shrink(given) {
      const all = Object.entries(given);
      return all.length > 0 && all.every(([own, text]) => text === `\${${own}}`)
        ? all.map(([own]) => own).sort()
        : undefined;
    },
  },
);

/** `more`: when it counts. */
const onFreeze = (more: string) =>
  optional(
    oneOf(['WAIT', 'REFUSE']),
    'WAIT',
    `${more}WAIT: elements that deploy wait for the end of a freeze. REFUSE: a start, resume or other command is refused while an environment that it would deploy to is frozen, and an element that is reached later fails.`,
  );

// Pipelines

const asked = filled(list(text), 'An empty list would ask for nothing. Name a variable, or leave out the key.');

const inputFields = object({
  variables: required(asked, 'Variables of the workflow to ask for.'),
  timeoutSeconds: timeout(7 * DAY, 'How long to wait for an answer.'),
  onTimeout: optional(
    oneOf(['expire', 'continue']),
    'expire',
    'Effect of a missing answer: the element is EXPIRED, or continues with the defaults.',
  ),
});
export type RuntimeInputs = Readonly<ValueOf<typeof inputFields>>;

const runtimeInputs = withShort<readonly string[], RuntimeInputs>(asked, inputFields, ({ type }) => type === 'list', {
  expand: (names) => ({ variables: names, timeoutSeconds: 7 * DAY, onTimeout: 'expire' }),
  shrink: (inputs) =>
    inputs.timeoutSeconds === 7 * DAY && inputs.onTimeout === 'expire' ? inputs.variables : undefined,
});

const elementName = required(name, 'Name, unique within the pipeline.');
const skipCondition = optional(valueText, null, 'Condition; if it is true, the element is SKIPPED.');

const workflowFields = {
  environment: optional(text, null, 'Environment, for a workflow that leaves it to the element.'),
  services: optional(list(text), null, 'Services of the workflow to deploy. Defaults to all.'),
  variables: optional(
    settableValues,
    {},
    `Values for variables of the workflow. \${NAME} is the value of the pipeline’s variable NAME, \${stages.STAGE.ELEMENT.outputs.NAME} an output of an element of an earlier stage.`,
  ),
  runtimeInputs: optional(
    runtimeInputs,
    null,
    'Variables of the workflow to ask for when the element is reached; it is PAUSED until then.',
  ),
  retries: optional(retries, 0, 'Number of times to run the workflow again after it failed or expired.'),
  failureStrategy: optional(
    failureStrategy,
    null,
    'Effect of a failure after the last retry: fail, ignore, or wait for a person’s decision. Defaults to fail.',
  ),
};

const stageFailures = ['fail', 'rollback'] as const;

interface ElementHead {
  readonly name: string;
  readonly skipCondition: string | null;
}
export type ApprovalElement = ElementHead & { readonly type: 'APPROVAL' } & Readonly<ValueOf<typeof approvalFields>>;
export type WorkflowElement = { readonly type: 'WORKFLOW' } & FailureStrategy &
  Readonly<Omit<ValueOf<typeof workflowElement>, 'failureStrategy'>>;
export type StageElement = WorkflowElement | ApprovalElement;
export interface StageDefinition {
  /** As written, or `STAGE n` by position. */
  readonly name: string;
  readonly elements: readonly StageElement[];
  readonly onFailure: (typeof stageFailures)[number];
}

const workflowElement = object({
  name: elementName,
  skipCondition,
  workflow: required(name, 'Workflow to run.'),
  ...workflowFields,
});
const approvalElement = object({
  name: elementName,
  skipCondition,
  approval: required(approvalFields, 'Decision that people take.'),
});
/** Both kinds together, so that one pass finds all errors of an element that mixes them. */
const anyElement = object(
  {
    name: elementName,
    skipCondition,
    workflow: optional(name, null, ''),
    approval: optional(approvalFields, null, ''),
    ...workflowFields,
  },
  foreignKeys.element,
);

const element = defined<StageElement>('Element', {
  json: { oneOf: [workflowElement.json, approvalElement.json] },
  encode(value) {
    if (value.type === 'APPROVAL') return approvalElement.encode({ ...value, approval: value });
    return workflowElement.encode({ ...value, failureStrategy: strategyIn(value) });
  },
  decode(node, place) {
    const { approval, workflow, failureStrategy: strategy, ...rest } = anyElement.decode(node, place);
    const isGiven = (key: string) => {
      const entry = node.type === 'map' ? findEntry(node, key) : undefined;
      return entry !== undefined && !isNothing(entry.value);
    };
    if (node.type === 'map' && isGiven('approval') === isGiven('workflow')) {
      const found = isGiven('approval') ? 'both' : 'neither';
      const message = `An element has either "workflow" or "approval"; this one has ${found}.`;
      place.report('ELEMENT_KIND', place.path, message, node.at);
    } else if (approval !== null) {
      for (const key of Object.keys(workflowFields).filter(isGiven)) {
        const message = `"${snakeCase(key)}" belongs to a workflow; an approval does not have it.`;
        place.report('UNKNOWN_FIELD', [...place.path, key], message);
      }
    }
    if (approval !== null) {
      return { type: 'APPROVAL', name: rest.name, ...approval, skipCondition: rest.skipCondition };
    }
    return { type: 'WORKFLOW', workflow: workflow ?? '', ...rest, ...strategyOf(false, strategy, node, place) };
  },
});

/** A document that extends a template may have any part of the keys. The server checks the whole. */
const extending = <T>(shape: Shape<T>): Shape<T> => ({ ...shape, json: orExtending(shape.json, []) });

const orExtending = (json: JsonSchema, keys: readonly string[]): JsonSchema => ({
  anyOf: [
    json,
    {
      type: 'object',
      required: ['extends', ...keys],
      properties: {
        ...(keys.includes('kind') && { kind: (json.properties as JsonSchema).kind }),
        extends: { description: extendsKey.description, ...extendsKey.shape.json },
        with: { description: withKey.description, ...withKey.shape.json },
      },
    },
  ],
});

const writtenStages = filled(
  list(
    extending(
      object<Omit<StageDefinition, 'name'> & { name: string | null }>(
        {
          name: optional(name, null, 'Name, unique within the pipeline. Defaults to STAGE 1, STAGE 2, … by position.'),
          elements: required(
            filled(list(element), 'A stage needs at least one element.'),
            'Workflows and approvals, which run in parallel.',
          ),
          onFailure: optional(
            oneOf(stageFailures),
            'fail',
            'Effect of a failure of the stage: fail ends the run; rollback ends it, too, and brings the services that the stage was deploying back to the images of before, in a separate run. Once for each attempt.',
          ),
        },
        foreignKeys.stage,
      ),
    ),
  ),
  'A pipeline needs at least one stage.',
);
const stages = mapped(
  writtenStages,
  (written): readonly StageDefinition[] =>
    written.map((stage, index) => ({ ...stage, name: stage.name ?? `STAGE ${index + 1}` })),
  {
    encode: (named) =>
      named.map((stage, index) => ({ ...stage, name: stage.name === `STAGE ${index + 1}` ? null : stage.name })),
  },
);

// Documents

const serviceReference = ruled(text, {
  json: { pattern: '^[^/]+(?:/[^/]+)?$' },
  problem: (value) => {
    const parts = value.split('/');
    return parts.length <= 2 && parts.every(isName)
      ? undefined
      : ['BAD_NAME', `"${short(value)}" is neither the name of a service nor "application/service".`];
  },
});
const writtenReferences = oneOrMany(serviceReference);
const serviceReferences: Shape<readonly string[]> = {
  ...writtenReferences,
  decode(node, place) {
    const found = writtenReferences.decode(node, place);
    if (found.length > MAX_DEPENDENCIES) {
      const message = `The service depends on ${found.length} services; the limit is ${MAX_DEPENDENCIES}.`;
      place.report('TOO_LARGE', place.path, message, node.at);
    }
    return found;
  },
};

/** Head of a document. Keys with `supplied` can come from the command, or from the format in a TOML file. */
function head<Kind extends DocumentKind>(kind: Kind) {
  return {
    kind: required(oneOf<Kind>([kind]), 'Kind of the document.', {
      ...(kind === 'Workflow' && { supplied: 'Add kind: Workflow.' }),
    }),
    application: required(name, 'Application that it belongs to.', {
      supplied: 'Add it, or name one for all documents: slipway apply --application NAME.',
    }),
    name: required(
      name,
      kind === 'Application' || kind === 'Freeze'
        ? 'Name, unique on the server.'
        : 'Name, unique within its kind and application.',
    ),
    description: description(kind.toLowerCase()),
    tags: optional(
      tagValues,
      null,
      `Tags of the ${kind.toLowerCase()}: a mapping of names to values, or a list of names. Other tags are removed. If omitted, its tags stay as they are.`,
    ),
  };
}

const { application: _, ...applicationHead } = head('Application');
const { description: _none, tags: _noTags, ...freezeHead } = head('Freeze');

const writtenWorkflow = object(
  {
    ...head('Workflow'),
    environment: optional(
      text,
      null,
      `Environment to deploy to, or ${GIVEN_ENVIRONMENT} for the one that the pipeline’s element or the start gives. Defaults to none.`,
    ),
    services: optional(
      list(text),
      [],
      'Services that it deploys. Their deployments to the environment are recorded: see `deploys` of a task.',
    ),
    variables: variables('Variables that a start can or must give.'),
    shell: optional(
      shell,
      'sh',
      'Shell of the commands: sh (with -e), bash (with -eo pipefail), python3, pwsh, or a list of a program and its arguments, which gets the command as a file in place of {0}, or at the end.',
    ),
    env: optional(
      settableValues,
      {},
      `Environment variables of every task. \${NAME} is the value of another variable or of a secret of the workflow.`,
    ),
    container: optional(
      container,
      null,
      'Container that the commands run in: an image, or a mapping. A task can have its own, or none.',
    ),
    secrets: optional(
      secretNames,
      [],
      'Secrets of the application or the environment, which every task gets as environment variables. At most 50.',
    ),
    outputs: optional(
      outputs,
      {},
      `Values for later stages of a pipeline: names, or a mapping of names to texts in which \${NAME} is a variable that a task sets, or one of the workflow.`,
    ),
    concurrency: optional(
      concurrency,
      null,
      `Group of workflows of which a limited number runs at the same time, as a name or with "limit" and "policy". \${NAME} is the value of a variable of the workflow, \${environment} the name of its environment. Defaults to no limit.`,
    ),
    maxParallel: optional(
      number('integer', 1, MAX_TASKS),
      null,
      'Number of tasks that run in parallel. Defaults to no limit.',
    ),
    mode: optional(
      oneOf(workflowModes),
      'WORK_STEALING',
      'WORK_STEALING starts a task as soon as its dependencies are done; PARALLEL runs level by level; SEQUENTIAL one task at a time.',
    ),
    onTaskFailure: optional(
      oneOf(['finish', 'cancel']),
      'finish',
      'In the mode WORK_STEALING: whether running tasks finish or are canceled when another one fails.',
    ),
    onFailure: optional(text, null, 'Forensic task to run after the workflow has ended as FAILED, ABORTED or EXPIRED.'),
    timeoutSeconds: timeout(DAY, 'Time limit of the workflow; then it is EXPIRED.'),
    onFreeze: onFreeze('For executions of the workflow alone; in a pipeline, the pipeline decides. '),
    finallyTimeoutSeconds: optional(
      duration(1, MAX_SECONDS),
      3600,
      'Time limit of the tasks of `finally` together, from the end of the graph. Those that still run then are canceled, and the workflow is EXPIRED.',
      { key: 'finallyTimeout' },
    ),
    observe: optional(
      observeTask,
      null,
      'Task that reports what is actually running in the environment: it writes a line SERVICE=IMAGE for each service to the file $SLIPWAY_OUTPUTS/OBSERVED. A service whose image differs from its newest deployment has drifted. Defaults to none.',
    ),
    tasks: required(tasks, 'Tasks by their names: a directed acyclic graph.'),
    finally: optional(
      finallyTasks,
      {},
      'Tasks that run after the graph has ended, with any outcome: success, failure, abort or expiry. The workflow ends after them. At most 20.',
    ),
  },
  foreignKeys.workflow,
);

/** In canonical form, the tasks of `finally` are among the others, so that a name means one task of the workflow. */
const workflowDocument = mapped(
  writtenWorkflow,
  ({ finally: atTheEnd, tasks: ofGraph, ...rest }, _node, place) => {
    for (const key of Object.keys(atTheEnd).filter((one) => Object.hasOwn(ofGraph, one))) {
      const message = `The task "${key}" is under "tasks" as well. Rename one of them.`;
      place.report('DUPLICATE_NAME', [...place.path, 'finally', key], message);
    }
    return { ...rest, tasks: { ...atTheEnd, ...ofGraph } };
  },
  {
    encode({ tasks: all, ...rest }) {
      const tasksOf = (isFinally: boolean) =>
        Object.fromEntries(Object.entries(all).filter(([, { type }]) => (type === 'finally') === isFinally));
      return { ...rest, tasks: tasksOf(false), finally: tasksOf(true) };
    },
  },
);

const pipelineDocument = object(
  {
    ...head('Pipeline'),
    variables: variables('Variables; each reaches every workflow that declares a variable of the same name.'),
    concurrency: optional(
      concurrency,
      null,
      `Group of pipelines of which a limited number of runs runs at the same time, as a name or with "limit" and "policy". \${NAME} is the value of a variable of the pipeline. Defaults to no limit.`,
    ),
    timeoutSeconds: timeout(7 * DAY, 'Time limit of the execution; then it is EXPIRED.'),
    onFreeze: onFreeze(''),
    stages: required(stages, 'Stages, which run one after the other.'),
  },
  foreignKeys.pipeline,
);

const define = <Kind extends 'Workflow' | 'Pipeline', Definition extends { readonly description: string | null }>(
  flat: Shape<Part<Kind> & Definition>,
): Shape<
  Part<Kind> & { readonly definition: Omit<Part<Kind> & Definition, 'kind' | 'application' | 'name' | 'tags'> }
> =>
  mapped(
    flat,
    ({ kind, application, name: own, tags, ...definition }) => ({
      ...{ kind, application, name: own, tags, description: definition.description },
      definition,
    }),
    {
      encode: ({ kind, application, name: own, tags, definition }) =>
        ({ ...definition, kind, application, name: own, tags }) as never,
    },
  );

const triggerDocument: Shape<TriggerDocument> = mapped(
  object<Part<'Trigger'> & TriggerDefinition>({ ...head('Trigger'), ...triggerKeys }),
  ({ kind, application, name: own, tags, ...definition }) => ({
    ...{ kind, application, name: own, tags, description: definition.description },
    definition,
  }),
  {
    encode: ({ kind, application, name: own, tags, definition }) => ({
      ...{ ...definition, kind, application, name: own, tags },
    }),
  },
);

const { application: _application, tags: _templateTags, ...templateHead } = head('Template');
const writtenTemplate = object({
  ...templateHead,
  application: optional(name, null, 'Application that it belongs to. Defaults to none: every application can use it.'),
  ...templateKeys,
});
const templateDocument = mapped(
  writtenTemplate,
  ({ kind, application, name: own, description: about, ...keys }, node): TemplateDocument => ({
    ...{ kind, application: application ?? '', name: own, description: about, keys },
    text: node.type === 'map' ? afterHead(node) : '',
  }),
  {
    encode: ({ keys, application, kind, name: own, description: about }) => ({
      ...keys,
      ...{ kind, application: application || null, name: own, description: about },
    }),
  },
);

/** Top-level keys `x-…` belong to the author: for anchors, and for data of other tools. */
const OWN_KEYS = '^x-';

const document = <T>(name: DocumentKind, shape: Shape<T>): Shape<T> => {
  const json = withOwnKeys(shape.json);
  return defined(name, { ...shape, json: name === 'Workflow' ? orExtending(json, ['kind', 'name']) : json });
};

const withOwnKeys = (json: JsonSchema): JsonSchema => ({
  ...json,
  patternProperties: { ...Object(json.patternProperties), [OWN_KEYS]: {} },
});

export const documentShapes: { readonly [Kind in DocumentKind]: Shape<AnyDocument & { readonly kind: Kind }> } = {
  Application: document('Application', object<ApplicationDocument>(applicationHead)),
  Environment: document(
    'Environment',
    object<EnvironmentDocument>(
      {
        ...head('Environment'),
        type: required(oneOf(environmentTypes), 'Type of the environment; permissions can refer to it.'),
        after: optional(
          name,
          null,
          'Environment whose images are promoted to this one: dev, then staging, then production. Defaults to none.',
        ),
        variables: optional(values, {}, 'Environment variables of every task that runs for this environment.'),
        concurrency: optional(
          environmentConcurrency,
          null,
          'Policy for deployments that wait for this environment, and the group of environments of which a limited number takes a deployment at the same time. Defaults to QUEUE and no group.',
        ),
        agents: optional(
          labelRules,
          {},
          'Labels that an agent must have to get jobs for this environment, written like the labels of a task. Defaults to every agent.',
        ),
      },
      foreignKeys.environment,
    ),
  ),
  Service: document(
    'Service',
    object<ServiceDocument>(
      {
        ...head('Service'),
        dependsOn: optional(
          serviceReferences,
          [],
          'Services that it depends on, as a list or a single one: slipway restore-environments brings them back before it. A service of the same application by its name, or one of another application as APPLICATION/SERVICE. At most 100.',
        ),
      },
      foreignKeys.service,
    ),
  ),
  Template: document('Template', templateDocument),
  Workflow: document('Workflow', define(workflowDocument)),
  Pipeline: document('Pipeline', define(pipelineDocument)),
  Trigger: document('Trigger', triggerDocument),
  Freeze: document('Freeze', scheduled(object<FreezeDocument>({ ...freezeHead, ...freezeKeys }))),
};

/** Decodes a document of any kind. Returns undefined for an unknown kind, because nothing else can be checked then. */
export function decodeDocument(node: SourceNode, place: Place): AnyDocument | undefined {
  if (node.type !== 'map') {
    wrongType('a document, which is a mapping', node, place);
    return undefined;
  }
  const entry = findEntry(node, 'kind');
  const at = inside(place, 'kind');
  const expected = `expected one of ${documentKinds.join(', ')}`;
  if (entry === undefined) {
    const advice = node.entries.flatMap(({ key }) => {
      const own = adviceFor(foreignKeys.workflow, key);
      return own === undefined ? [] : foreignKey(key, 'a Workflow', own);
    });
    const best = advice.find((one) => one.includes('"tasks"')) ?? advice[0];
    const more = best === undefined ? '' : ` ${best}`;
    place.report('MISSING_FIELD', at.path, `"kind" is required; ${expected}.${more}`);
    reportForeign(node, place, best ?? '');
    return undefined;
  }
  const written = entry.value.type === 'scalar' ? entry.value.text : '';
  const kind = documentKinds.find((known) => known === written);
  if (kind !== undefined) {
    const entries = node.entries.filter(({ key }) => !new RegExp(OWN_KEYS).test(key));
    return documentShapes[kind].decode({ ...node, entries }, place);
  }
  const near = didYouMean(written, documentKinds);
  const hint = near || `; ${expected}`;
  place.report('UNKNOWN_KIND', at.path, `"${short(written)}" is not a known kind${hint}.`, entry.value.at);
  if (near !== '') reportForeign(node, place, '');
  return undefined;
}
