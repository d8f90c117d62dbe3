import { createHash } from 'node:crypto';
import { axisVariable, environmentName } from '../../kernel/naming';
import type { MatrixAxis, TaskDefinition } from './taskShape';
import { templateName, templateOf } from './template';

/**
 * Matrix expansion: a task with a matrix becomes one task for each combination of its values, named
 * `test[os=linux,node=22]`. With the matrix, the name describes a combination, so nothing else is stored with it.
 */

type Matrix = Pick<TaskDefinition, 'matrix'>;

/** A longer value is in a name with its beginning and a hash. */
const MAX_NAMED_VALUE = 200;
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
    const values = shortened.test(part) ? task?.matrix.find(({ name }) => name === axis)?.values : undefined;
    return values?.find((value) => encoded(value) === part) ?? decoded(part);
  };
  const pairs = node.slice(base.length + 1, -1).split(',');
  return new Map(
    pairs.map((pair) => {
      const axis = pair.slice(0, pair.indexOf('='));
      return [axis, valueIn(axis, pair.slice(axis.length + 1))];
    }),
  );
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
export const variablesInRegister = ({ register, matrix }: Pick<TaskDefinition, 'matrix' | 'register'>): string[] =>
  register === null ? [] : namesInRegister(register).filter((name) => matrix.every((axis) => axis.name !== name));

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

const MAX_COMBINATIONS = 10_000;

/** Variables that a task sets with `register`, as far as they are known: with an axis in its name, one for each value. */
export function registeredBy(name: string, task: Pick<TaskDefinition, 'matrix' | 'register' | 'approval'>): string[] {
  const { register, approval } = task;
  if (approval !== null) return approval.inputs.map((input) => input.name).filter((input) => input !== '');
  if (register === null || register === '') return [];
  if (variablesInRegister(task).length > 0) return [];
  if (namesInRegister(register).length === 0 || nodeCount(task) > MAX_COMBINATIONS) return [register];
  return nodesOf(name, task).map((node) => registerOf(node, { ...task, register }));
}

/** Names of all combinations, sorted; the axes keep their order. */
export function nodesOf(base: string, task: Pick<TaskDefinition, 'matrix'>): string[] {
  if (task.matrix.length === 0) return [base];
  const combine = (axes: readonly MatrixAxis[]): string[] => {
    const [axis, ...rest] = axes;
    if (axis === undefined) return [''];
    const others = combine(rest);
    return axis.values.flatMap((value) => others.map((other) => `,${axis.name}=${encoded(value)}${other}`));
  };
  return combine(task.matrix)
    .map((pairs) => `${base}[${pairs.slice(1)}]`)
    .sort();
}

export const nodeCount = (task: Pick<TaskDefinition, 'matrix'>): number =>
  task.matrix.reduce((count, axis) => count * axis.values.length, 1);

/** Dependencies of a task. */
export const dependenciesOf = (base: string, tasks: Tasks): Dependency[] =>
  (tasks[base]?.dependsOn ?? []).flatMap((text) => dependencyOf(text, tasks) ?? []);

/** Meaning of an entry of `depends_on`, with axes in any order; undefined if there is no such task or combination. */
export function dependencyOf(text: string, tasks: Tasks): Dependency | undefined {
  const base = baseName(text);
  const task = Object.hasOwn(tasks, base) ? tasks[base] : undefined;
  if (task === undefined) return undefined;
  if (base === text) return task.matrix.length === 0 ? { node: base } : { all: base };
  const values = matrixValues(text, task);
  const known = task.matrix.every(({ name, values: all }) => all.some((value) => value === values.get(name)));
  if (task.matrix.length === 0 || values.size !== task.matrix.length || !known) return nodeAsWritten(text, base, task);
  const pairs = task.matrix.map(({ name }) => `${name}=${encoded(values.get(name) ?? '')}`);
  return { node: `${base}[${pairs.join(',')}]` };
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
