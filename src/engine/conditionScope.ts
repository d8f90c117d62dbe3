import type { CheckedOut } from '../contract/jobFacts';
import type { ExecutionStatus } from '../contract/statuses';
import { isSystemVariableName } from '../kernel/naming';
import { CHANGED, type Reference, type Scope, setVariable, type Value } from '../catalog/language/conditionValues';
import { composeEnvironment } from '../catalog/language/environmentValues';
import type { VariableDefinition } from '../catalog/language/definition';
import { baseName, dependencyOf, matrixValues, matrixVariables, nodesOf } from '../catalog/language/matrix';
import { scopedValues } from '../catalog/language/scopedTasks';
import { envOfTask } from '../catalog/language/taskTexts';
import type { WorkflowDefinition } from '../catalog/language/workflow';
import { hasChanged } from './changedSources';
import { rollUp, type StageExecution } from './execution';

import { type ElementResults, NO_RESULTS } from './workflowOutputs';

/** Data about a workflow execution that conditions can use: the same that its commands see. */
export interface ConditionFacts {
  readonly executionId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Variables that its tasks have set so far. */
  readonly set: Readonly<Record<string, string>> | null;
  readonly environment: { name: string; type: string; variables: Readonly<Record<string, string>> } | null;
}

/** State of an earlier task. */
export interface TaskFact {
  readonly executionId: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly exitCode: number | null;
  readonly reasonCode: string | null;
  readonly tries: number;
  /** Commit that it checked out. */
  readonly checkout?: CheckedOut | null;
  readonly passed: boolean;
  /** Attempt that has run it. */
  readonly attempt: number;
}

/**
 * Values of the names in a condition. Built only from the names that it mentions: an unused JSON value is not parsed,
 * and nothing of a large matrix is read unless it is named.
 */

/** Variables of a task's command, without secrets and values that contain them. */
export function taskVariables(
  node: string,
  definition: WorkflowDefinition,
  { variables, set, environment }: Omit<ConditionFacts, 'executionId'>,
): ReadonlyMap<string, string> {
  const task = definition.tasks[baseName(node)];
  const own = { ...(task?.scope === undefined ? variables : {}), ...scopedValues(task, set ?? {}) };
  const { values } = composeEnvironment({
    environment: environment?.variables,
    workflowEnv: task?.scope === undefined ? definition.env : {},
    given: { ...own, ...matrixVariables(node, task) },
    taskEnv: task === undefined ? {} : envOfTask(definition, task),
    own: { ...(environment && { SLIPWAY_ENVIRONMENT: environment.name, SLIPWAY_ENVIRONMENT_TYPE: environment.type }) },
    secrets: {},
  });
  // An axis is also available under its name, as in `{{.os}}`, unless a variable has that name. So is a system
  // variable.
  const system = Object.entries(own).filter(([name]) => isSystemVariableName(name));
  return new Map([...matrixValues(node, task), ...system, ...Object.entries(values)]);
}

/** Tasks that a name refers to: all combinations of a matrix, or one. */
export function nodesNamed(name: string, tasks: WorkflowDefinition['tasks']): string[] {
  const named = dependencyOf(name, tasks);
  if (named === undefined) return [];
  if ('node' in named) return [named.node];
  const task = tasks[named.all];
  return task === undefined ? [] : nodesOf(named.all, task);
}

/** For a task's `if`; `results` has the tasks that it names. */
export function taskScope(
  references: readonly Reference[],
  node: string,
  { variables: declared, tasks }: WorkflowDefinition,
  variables: ReadonlyMap<string, string>,
  results: ReadonlyMap<string, Value>,
  checkouts: readonly (CheckedOut | null)[],
): Scope {
  const task = tasks[baseName(node)];
  const called = task?.scope === undefined ? declared : (tasks[task.scope]?.called?.variables ?? []);
  const typed = called.filter(({ name }) => !Object.hasOwn(task?.env ?? {}, name));
  const scope = variableScope(references, variables, typed, ['tasks', 'matrix']);
  const patterns = references.flatMap(({ path: [root, pattern] }) => (root === CHANGED ? (pattern ?? []) : []));
  return scope
    .set('matrix', textMap(references, matrixValues(node, task)))
    .set('tasks', results)
    .set(CHANGED, new Map(patterns.map((pattern) => [pattern, hasChanged(pattern, checkouts)])));
}

/** Worst result of several combinations: the first one with the worst status counts. */
export function taskResult(results: readonly TaskFact[]): Value {
  const status = rollUp(results.map((one) => one.status));
  const worst = results.find((one) => one.status === status) ?? results[0];
  return new Map<string, Value>([
    ['status', status],
    ['exit_code', worst?.exitCode == null ? null : BigInt(worst.exitCode)],
    ['reason_code', worst?.reasonCode ?? null],
    ['tries', BigInt(Math.max(...results.map((one) => one.tries)))],
  ]);
}

/** For an element's `skip_condition`. `results` are those of elements that it names, by stage execution. */
export function elementScope(
  references: readonly Reference[],
  variables: Readonly<Record<string, string>>,
  declared: readonly VariableDefinition[],
  stages: readonly StageExecution[],
  results: ReadonlyMap<string, ElementResults>,
): Scope {
  const scope = variableScope(references, new Map(Object.entries(variables)), declared, ['steps', 'stages']);
  const stepOf = ({ id, status, reasonCode }: StageExecution): Value => {
    const { variables: own, outputs } = results.get(id) ?? NO_RESULTS;
    return new Map<string, Value>([
      ['status', status],
      ['reason_code', reasonCode],
      ['variables', textMap(references, own)],
      ['outputs', textMap(references, outputs)],
    ]);
  };
  scope.set('steps', new Map(stages.map((one) => [one.stepName, stepOf(one)])));
  const names = [...new Set(stages.map(({ stageName }) => stageName))];
  const stage = (name: string): Value => {
    const own = stages.filter((one) => one.stageName === name);
    const elements = own.map((one): [string, Value] => [one.stepName, stepOf(one)]);
    return new Map<string, Value>([...elements, ['status', rollUp(own.map((one) => one.status))]]);
  };
  scope.set('stages', new Map(names.map((name) => [name, stage(name)])));
  return scope;
}

/** Undeclared variables, as text. */
function textMap(references: readonly Reference[], values: ReadonlyMap<string, string>): Value {
  const asData = readAsData(references);
  const map = new Map<string, Value>();
  for (const [name, text] of values) setVariable(map, name, text, 'string', asData.has(name));
  return map;
}

/** Names of the variables whose JSON an expression looks into. */
const readAsData = (references: readonly Reference[]): ReadonlySet<string> =>
  new Set(references.flatMap(({ path, holder, reads }) => (reads === 'data' ? (path[holder - 1] ?? []) : [])));

/** Variables by name, and under `vars` those that are requested there. */
function variableScope(
  references: readonly Reference[],
  variables: ReadonlyMap<string, string>,
  declared: readonly VariableDefinition[],
  taken: readonly string[],
): Map<string, Value> {
  const types = new Map(
    declared.map(({ name, type, allowMultipleValues }) => [name, allowMultipleValues ? 'string' : type]),
  );
  const asData = readAsData(references);
  const scope = new Map<string, Value>();
  const vars = new Map<string, Value>();
  for (const { path } of references) {
    const [root = '', second = ''] = path;
    const name = root === 'vars' ? second : root;
    const text = taken.includes(root) ? undefined : variables.get(name);
    if (text !== undefined) setVariable(root === 'vars' ? vars : scope, name, text, types.get(name), asData.has(name));
  }
  return scope.set('vars', vars);
}
