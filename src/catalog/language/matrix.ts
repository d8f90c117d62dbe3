import { createHash } from 'node:crypto';
import { axisVariable, environmentName } from '../../kernel/naming';
import {
  axisNames,
  type Combination,
  combinationsOf,
  MAX_COMBINATIONS,
  productOf,
  type WrittenMatrix,
} from './combinations';
import type { TaskDefinition } from './taskShape';
import { templateName, templateOf } from './template';

/**
 * Matrix expansion: a task with a matrix becomes one task for each combination of its values, named
 * `test[os=linux,node=22]`. With the matrix, the name describes a combination, so nothing else is stored with it.
 */

/** Parts of a task that make its combinations. */
export type Matrix = Pick<WrittenMatrix, 'matrix'> & Partial<WrittenMatrix>;

/** A longer value is in a name with its beginning and a hash. */
export const MAX_NAMED_VALUE = 200;
/** Combinations of a matrix with a list that a task makes. */
export const MAX_LISTED = 1000;
const shortened = /~[0-9a-f]{16}$/;

/** One task, or all combinations of one. */
export type Dependency = { readonly node: string } | { readonly all: string };

type Tasks = Readonly<Record<string, TaskDefinition>>;

/** Task names have no brackets, so the base ends before the first one. */
export function baseName(node: string): string {
  const bracket = node.indexOf('[');
  return bracket === -1 ? node : node.slice(0, bracket);
}

/** Encodes separators and invisible characters as `%2C`. */
function encoded(value: string): string {
  if (value.length > MAX_NAMED_VALUE) {
    const beginning = value.slice(0, MAX_NAMED_VALUE / 2).replace(/\p{Surrogate}$/u, '');
    return `${encoded(beginning)}~${createHash('sha256').update(value).digest('hex').slice(0, 16)}`;
  }
  return value.replace(
    /[[\],=\p{Cc}]|%(?=[0-9A-F]{2})/gu,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
const decoded = (part: string): string =>
  part.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Values of a combination, by axis name; empty for a task without a matrix. */
export function matrixValues(node: string, task: Matrix | undefined): ReadonlyMap<string, string> {
  const base = baseName(node);
  if (base === node || !node.endsWith(']')) return new Map();
  const valueIn = (axis: string, part: string): string => {
    const values = shortened.test(part) && task !== undefined ? valuesOf(axis, task) : [];
    return values.find((value) => encoded(value) === part) ?? decoded(part);
  };
  const pairs = node.slice(base.length + 1, -1).split(',');
  return new Map(
    pairs.map((pair) => {
      const axis = pair.slice(0, pair.indexOf('='));
      return [axis, valueIn(axis, pair.slice(axis.length + 1))];
    }),
  );
}

const valuesOf = (axis: string, { matrix, matrixRules }: Matrix): string[] => [
  ...(matrix.find(({ name }) => name === axis)?.values ?? []),
  ...(matrixRules?.include ?? []).flatMap((entry) => entry[axis] ?? []),
];

export const hasMatrix = ({ matrix, matrixRules }: Matrix): boolean =>
  matrix.length > 0 || (matrixRules?.include ?? []).length > 0;

/** True for a matrix with a list that an earlier task makes: its combinations are known when the task is reached. */
export const isDynamic = ({ matrix }: Pick<Matrix, 'matrix'>): boolean => matrix.some(({ from }) => from !== undefined);

/** The task that created a node when it was reached: of a dynamic matrix, or one that runs a workflow. */
export function creatorOf(node: string, tasks: Tasks): string | undefined {
  const base = baseName(node);
  const task = Object.hasOwn(tasks, base) ? tasks[base] : undefined;
  if (base.includes('/')) return base.slice(0, base.indexOf('/'));
  return base !== node && task !== undefined && isDynamic(task) ? base : undefined;
}

/** Environment variables of a combination. */
export function matrixVariables(node: string, task: Matrix | undefined): Record<string, string> {
  return Object.fromEntries([...matrixValues(node, task)].map(([axis, value]) => [axisVariable(axis), value]));
}

const template = new RegExp(templateOf(`(${templateName})`), 'g');

/** Axes and variables in the `register` of a task. */
export const namesInRegister = (register: string): string[] =>
  [...register.matchAll(template)].map(([, name = '']) => name);

/** Variables in the `register` of a task, whose values decide its name when the task runs. */
export const variablesInRegister = (task: Matrix & Pick<TaskDefinition, 'register'>): string[] => {
  if (task.register === null) return [];
  const axes = axisNames(task);
  return namesInRegister(task.register).filter((name) => !axes.includes(name));
};

/** Variable that a node sets: with `delta_{{.env}}`, `delta_eu_1` for eu-1. `environment` has the variables of its command. */
export function registerOf(
  node: string,
  task: Matrix & { readonly register: string },
  environment: Readonly<Record<string, string>> = {},
): string {
  const values = new Map([...Object.entries(environment), ...matrixValues(node, task)]);
  return task.register.replace(
    template,
    (whole, name: string) => (values.get(name) ?? values.get(environmentName(name)))?.replace(/\W/g, '_') ?? whole,
  );
}

/** Variables that a task sets with `register`, as far as they are known: with an axis in its name, one for each value. */
export function registeredBy(
  name: string,
  task: Matrix & Pick<TaskDefinition, 'register' | 'approval' | 'workflow' | 'outputs'>,
): string[] {
  const { register, approval } = task;
  if (task.workflow !== null) return Object.keys(task.outputs);
  if (approval !== null) return approval.inputs.map((input) => input.name).filter((input) => input !== '');
  if (register === null || register === '') return [];
  if (variablesInRegister(task).length > 0) return [];
  if (isDynamic(task)) return namesInRegister(register).length > 0 ? [] : [register];
  if (namesInRegister(register).length === 0 || nodeCount(task) > MAX_COMBINATIONS) return [register];
  return nodesOf(name, task).map((node) => registerOf(node, { ...task, register }));
}

/** Names of all combinations, sorted; the axes keep their order. A dynamic matrix is one task until it is expanded. */
export function nodesOf(base: string, task: Matrix): string[] {
  return !hasMatrix(task) || isDynamic(task) ? [base] : suffixesOf(task).map((suffix) => base + suffix);
}

/** The name of a combination, after that of its task. */
const suffixOf = (combination: Combination): string =>
  `[${[...combination].map(([name, value]) => `${name}=${encoded(value)}`).join(',')}]`;

/** Definitions never change, and those of a run are asked for their combinations with each of its tasks. */
const suffixes = new WeakMap<readonly unknown[], readonly string[]>();
function suffixesOf({ matrix, matrixRules = null }: Matrix): readonly string[] {
  const key = matrix.length > 0 ? matrix : (matrixRules?.include ?? matrix);
  const known = suffixes.get(key);
  if (known !== undefined) return known;
  const made = combinationsOf({ matrix, matrixRules }).all.map(suffixOf).sort();
  suffixes.set(key, made);
  return made;
}

/** Names of the combinations of a dynamic matrix, with the values that its lists have. */
export const expandedNodes = (
  base: string,
  { matrix, matrixRules = null }: Matrix,
  lists: ReadonlyMap<string, readonly string[]>,
): string[] => {
  const known = matrix.map((axis) => ({ ...axis, values: lists.get(axis.name) ?? axis.values }));
  const all = combinationsOf({ matrix: known, matrixRules }).all.map((one) => base + suffixOf(one));
  return [...new Set(all)].sort();
};

export function nodeCount(task: Matrix): number {
  if (!hasMatrix(task) || isDynamic(task)) return 1;
  const { matrix, matrixRules } = task;
  const product = productOf(matrix);
  return matrixRules == null || product > MAX_COMBINATIONS ? product : suffixesOf(task).length;
}

/** Dependencies of a task. */
export const dependenciesOf = (base: string, tasks: Tasks): Dependency[] =>
  (tasks[base]?.dependsOn ?? []).flatMap((text) => dependencyOf(text, tasks) ?? []);

/** Meaning of an entry of `depends_on`, with axes in any order; undefined if there is no such task or combination. */
export function dependencyOf(text: string, tasks: Tasks): Dependency | undefined {
  const base = baseName(text);
  const task = Object.hasOwn(tasks, base) ? tasks[base] : undefined;
  if (task === undefined) return undefined;
  if (base === text) return hasMatrix(task) && !isDynamic(task) ? { all: base } : { node: base };
  if (isDynamic(task)) return undefined;
  const values = matrixValues(text, task);
  const axes = task.matrix.map(({ name }) => name);
  const known = axes.length > 0 && task.matrix.every(({ name, values: all }) => all.includes(values.get(name) ?? ''));
  if (task.matrixRules != null && nodeCount(task) <= MAX_COMBINATIONS) return combinationNamed(values, base, task);
  if (!known || values.size !== axes.length) return nodeAsWritten(text, base, task);
  const pairs = axes.map((name): [string, string] => [name, values.get(name) ?? '']);
  return { node: base + suffixOf(new Map(pairs)) };
}

/** The combination with exactly these values, or the only one that has the listed values and others from `include`. */
function combinationNamed(values: Combination, base: string, task: TaskDefinition): Dependency | undefined {
  const fitting = combinationsOf(task).all.filter((one) =>
    [...values].every(([name, value]) => one.get(name) === value),
  );
  const exact = fitting.find((one) => one.size === values.size);
  const full = task.matrix.length > 0 && task.matrix.every(({ name }) => values.has(name));
  const found = exact ?? (full && fitting.length === 1 ? fitting[0] : undefined);
  return found === undefined ? undefined : { node: base + suffixOf(found) };
}

/** Bounds the time that a dependency on a combination takes. */
const MAX_WRITTEN = 1000;

/** A combination whose values are written unencoded, although a name would encode them: `test[flags=-a,-b]`. */
function nodeAsWritten(text: string, base: string, task: TaskDefinition): Dependency | undefined {
  const isEncoded = task.matrix.some((axis) => axis.values.some((value) => encoded(value) !== value));
  if (!isEncoded || nodeCount(task) > MAX_WRITTEN) return undefined;
  const written = (node: string) => {
    const pairs = [...matrixValues(node, task)].map(([name, value]) => `${name}=${value}`);
    return [pairs, pairs.toSorted()].map((all) => `${base}[${all.join(',')}]`);
  };
  const node = nodesOf(base, task).find((one) => written(one).includes(text));
  return node === undefined ? undefined : { node };
}
