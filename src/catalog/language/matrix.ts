import type { MatrixAxis, TaskDefinition } from './taskShape';

/**
 * Matrix expansion: a task with a matrix becomes one task for each combination of its values, named
 * `test[os=linux,node=22]`. The name says everything about a combination, so nothing else is stored with it.
 */

/** One task, or all combinations of one. */
export type Dependency = { readonly node: string } | { readonly all: string };

type Tasks = Readonly<Record<string, TaskDefinition>>;

/** Task names have no bracket, so the base ends before the first one. */
export function baseName(node: string): string {
  const bracket = node.indexOf('[');
  return bracket === -1 ? node : node.slice(0, bracket);
}

/** The values of a combination, by the names of its axes; none for a task without a matrix. */
export function matrixValues(node: string): ReadonlyMap<string, string> {
  const base = baseName(node);
  if (base === node || !node.endsWith(']')) return new Map();
  const pairs = node.slice(base.length + 1, -1).split(',');
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Environment variables of a combination. */
export function matrixVariables(node: string): Record<string, string> {
  return Object.fromEntries([...matrixValues(node)].map(([axis, value]) => [`MATRIX_${axis.toUpperCase()}`, value]));
}

const axisTemplate = /\{\{\s*\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/** Axes in the `register` of a task. */
export const axesIn = (register: string): string[] => [...register.matchAll(axisTemplate)].map(([, axis = '']) => axis);

/** Variable that a node sets: with `delta_{{.env}}`, `delta_eu_1` for eu-1. */
export function registerOf(node: string, register: string): string {
  const values = matrixValues(node);
  return register.replace(axisTemplate, (whole, axis: string) => values.get(axis)?.replace(/\W/g, '_') ?? whole);
}

const MAX_COMBINATIONS = 10_000;

/** Variables that a task sets with `register`: one, or with an axis in its name one for each value. */
export function registeredBy(name: string, task: Pick<TaskDefinition, 'matrix' | 'register'>): string[] {
  const { register } = task;
  if (register === null || register === '') return [];
  if (axesIn(register).length === 0 || nodeCount(task) > MAX_COMBINATIONS) return [register];
  return nodesOf(name, task).map((node) => registerOf(node, register));
}

/** Names of all combinations, sorted; the axes keep their order. */
export function nodesOf(base: string, task: Pick<TaskDefinition, 'matrix'>): string[] {
  if (task.matrix.length === 0) return [base];
  const combine = (axes: readonly MatrixAxis[]): string[] => {
    const [axis, ...rest] = axes;
    if (axis === undefined) return [''];
    const others = combine(rest);
    return axis.values.flatMap((value) => others.map((other) => `,${axis.name}=${value}${other}`));
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
  const values = matrixValues(text);
  const known = task.matrix.every((axis) => axis.values.includes(values.get(axis.name) ?? ''));
  if (task.matrix.length === 0 || values.size !== task.matrix.length || !known) return undefined;
  return { node: `${base}[${task.matrix.map((axis) => `${axis.name}=${values.get(axis.name)}`).join(',')}]` };
}
