import { didYouMean } from '../../kernel/didYouMean';
import { checkCondition, checkMessage, type NameProblem, unknown } from './checkCondition';
import type { Complain } from './checkVariables';
import type { Kind } from './conditionTypes';
import type { Reference } from './conditionValues';
import type { VariableDefinition } from './definition';
import { expressionsIn } from './messageExpressions';
import type { PipelineDefinition } from './pipeline';
import { kindOf, type TriggerDefinition, type TriggerKind, type TriggerTarget } from './triggerShape';
import { valueProblems } from './variables';
import { GIVEN_ENVIRONMENT, type WorkflowDefinition } from './workflow';

/** Definitions and names that a trigger may refer to; null: a definition with errors, of which only the name is known. */
export interface TriggerCatalog {
  readonly environments: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly workflows: ReadonlyMap<string, WorkflowDefinition | null>;
  readonly pipelines: ReadonlyMap<string, PipelineDefinition | null>;
}

const common = ['time', 'trigger'];
/** Names in the expressions of a trigger, by the kind of its condition. */
export const triggerNames: Readonly<Record<TriggerKind, readonly string[]>> = {
  webhook: ['payload', 'headers', 'event', 'delivery', 'branch', 'tag', 'commit', 'repository', ...common],
  schedule: ['schedule', ...common],
  execution: ['execution', ...common],
  image: ['image', 'payload', 'headers', 'event', 'delivery', ...common],
};
const texts = ['event', 'delivery', 'branch', 'tag', 'commit', 'repository', 'time'];

/** Checks a trigger against the definitions of its application. */
export function checkTrigger(definition: TriggerDefinition, catalog: TriggerCatalog, complain: Complain) {
  const { on, start, condition, variables, images, environments, notes } = definition;
  checkTarget(start, ['start'], catalog, complain);
  if (on.execution !== null) {
    checkTarget(on.execution, ['on', 'execution'], catalog, complain);
    if (on.execution.pipeline === start.pipeline && on.execution.workflow === start.workflow) {
      const message =
        'The trigger would fire for its own executions. A trigger never fires for an execution that it caused.';
      complain('TRIGGER_CYCLE', ['start'], message);
    }
  }
  if (on.image?.registry === 'DOCKER_HUB' && on.image.secrets.length > 0) {
    complain('TRIGGER_KIND', ['on', 'image', 'secrets'], 'Docker Hub signs nothing; leave the secrets out.');
  }
  const service = on.image?.service ?? null;
  if (on.image !== null && service === null && on.image.repository === null) {
    complain('TRIGGER_KIND', ['on', 'image'], 'Give "repository", "service", or both.');
  }
  if (service !== null && !catalog.services.has(service)) {
    complain(
      'UNKNOWN_SERVICE',
      ['on', 'image', 'service'],
      `Service "${service}" does not exist${didYouMean(service, [...catalog.services])}.`,
    );
  }
  for (const image of Object.keys(images)) {
    if (catalog.services.has(image)) continue;
    complain(
      'UNKNOWN_SERVICE',
      ['images', image],
      `Service "${image}" does not exist${didYouMean(image, [...catalog.services])}.`,
    );
  }
  (environments ?? []).forEach((one, index) => {
    if (catalog.environments.has(one)) return;
    complain(
      'UNKNOWN_ENVIRONMENT',
      ['environments', index],
      `Environment "${one}" does not exist${didYouMean(one, [...catalog.environments])}.`,
    );
  });
  checkVariables(definition, catalog, complain);
  const names = namesOf(kindOf(definition));
  if (condition !== null) checkCondition(condition, ['if'], complain, names.problemOf, names.kindOf);
  for (const [key, value] of Object.entries(variables)) checkMessage(value, ['variables', key], complain, names);
  for (const [key, value] of Object.entries(images)) checkMessage(value, ['images', key], complain, names);
  if (notes !== null) checkMessage(notes, ['notes'], complain, names);
}

function namesOf(kind: TriggerKind) {
  const known = triggerNames[kind];
  return {
    problemOf: ({ path: [root = ''] }: Reference): NameProblem | undefined => {
      if (known.includes(root)) return undefined;
      const near = didYouMean(root, known) || `; expected one of ${known.join(', ')}`;
      return unknown(`"${root}" is not a name in a trigger on ${kind}${near}`);
    },
    kindOf: ({ path }: Reference): Kind => (path.length === 1 && texts.includes(path[0] ?? '') ? 'given' : 'any'),
  };
}

function checkTarget(
  { pipeline, workflow }: TriggerTarget,
  path: string[],
  catalog: TriggerCatalog,
  complain: Complain,
) {
  if (pipeline !== null && !catalog.pipelines.has(pipeline)) {
    const message = `Pipeline "${pipeline}" does not exist${didYouMean(pipeline, [...catalog.pipelines.keys()])}.`;
    complain('UNKNOWN_PIPELINE', [...path, 'pipeline'], message);
  }
  if (workflow !== null && !catalog.workflows.has(workflow)) {
    const message = `Workflow "${workflow}" does not exist${didYouMean(workflow, [...catalog.workflows.keys()])}.`;
    complain('UNKNOWN_WORKFLOW', [...path, 'workflow'], message);
  }
}

/** Values must be for declared variables, and required ones need a value: otherwise no firing would start anything. */
function checkVariables({ start, variables }: TriggerDefinition, catalog: TriggerCatalog, complain: Complain): void {
  const { pipeline, workflow } = start;
  const target = pipeline !== null ? catalog.pipelines.get(pipeline) : catalog.workflows.get(workflow ?? '');
  if (target == null) return;
  const declared: readonly VariableDefinition[] = target.variables;
  const what = pipeline !== null ? `pipeline "${pipeline}"` : `workflow "${workflow}"`;
  const asksForEnvironment = 'environment' in target && target.environment === GIVEN_ENVIRONMENT;
  for (const [name, value] of Object.entries(variables)) {
    const variable = declared.find((one) => one.name === name);
    if (variable === undefined) {
      if (name === 'environment' && asksForEnvironment) continue;
      const near = didYouMean(
        name,
        declared.map((one) => one.name),
      );
      complain('UNKNOWN_VARIABLE', ['variables', name], `The ${what} has no variable "${name}"${near}.`);
    } else if (variable.fixed) {
      complain('FIXED_VARIABLE', ['variables', name], `The variable ${name} of the ${what} is fixed.`);
    } else if (expressionsIn(value).length === 0) {
      const [problem] = valueProblems(variable, value);
      if (problem !== undefined) complain(problem.rule, ['variables', name], problem.message);
    }
  }
  const missing = declared.filter(
    (one) => one.required && one.defaultValue === null && !Object.hasOwn(variables, one.name),
  );
  for (const { name } of missing) {
    complain('MISSING_VALUE', ['variables'], `The required variable ${name} of the ${what} gets no value.`);
  }
  if (
    asksForEnvironment &&
    !Object.hasOwn(variables, 'environment') &&
    !declared.some(({ name }) => name === 'environment')
  ) {
    complain(
      'ENVIRONMENT_MISSING',
      ['variables'],
      `The ${what} leaves its environment to the start. Add "environment".`,
    );
  }
}
