import type { MatrixAxis, TaskDefinition, WorkflowDefinition } from './workflow';

/**
 * The tasks that a workflow really has: one for each combination of a task's matrix, named `test[os=linux,node=22]`, else the task itself. The
 * name says everything about a combination, so nothing else has to be stored with it.
 */
export interface TaskNode {
  readonly name: string;
  /** The key in the definition. */
  readonly base: string;
  /** The longest way from a task that depends on nothing, counted in the definition's tasks. */
  readonly level: number;
  /** By level, then by name. */
  readonly ordinal: number;
  readonly dependsOn: readonly Dependency[];
}

/** One task, or all combinations of one. */
export type Dependency = { readonly node: string } | { readonly all: string };

type Tasks = WorkflowDefinition['tasks'];

/** Task names have no bracket, so the base is what stands before the first one. */
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

/** How commands see a combination's values. */
export function matrixVariables(node: string): Record<string, string> {
  return Object.fromEntries([...matrixValues(node)].map(([axis, value]) => [`MATRIX_${axis.toUpperCase()}`, value]));
}

/** Sorted; the axes in the order in which they are written. */
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

/** What a task waits for. */
export const dependenciesOf = (base: string, tasks: Tasks): Dependency[] =>
  (tasks[base]?.dependsOn ?? []).flatMap((text) => dependencyOf(text, tasks) ?? []);

/** What an entry of `depends_on` means; undefined when there is no such task or combination. The axes may stand in any order. */
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

/**
 * Names of the definition's tasks, level by level, sorted within each: every task comes after all that it depends on. Without recursion, since ten
 * thousand tasks in a row would be as many calls deep. The graph has no circle: definitions are checked for that.
 */
export function taskLevels(tasks: Tasks): string[][] {
  const dependents = new Map<string, string[]>();
  const missing = new Map<string, number>();
  for (const [name, { dependsOn }] of Object.entries(tasks)) {
    const others = new Set(dependsOn.map(baseName));
    missing.set(name, others.size);
    for (const other of others) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [name]);
      else list.push(name);
    }
  }
  const levels: string[][] = [];
  let level = Object.keys(tasks).filter((name) => missing.get(name) === 0);
  while (level.length > 0) {
    levels.push(level.sort());
    const next: string[] = [];
    for (const dependent of level.flatMap((name) => dependents.get(name) ?? [])) {
      const left = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, left);
      if (left === 0) next.push(dependent);
    }
    level = next;
  }
  return levels;
}

/** All nodes in their order, which are those of normal tasks. Its size is that of the workflow: dependencies on all combinations stay one entry each. */
export function taskNodes(tasks: Tasks): TaskNode[] {
  const nodes: TaskNode[] = [];
  taskLevels(tasks).forEach((names, level) => {
    for (const base of names) {
      const task = tasks[base];
      if (task?.type !== 'normal') continue;
      const dependsOn = dependenciesOf(base, tasks);
      for (const name of nodesOf(base, task)) nodes.push({ name, base, level, ordinal: nodes.length, dependsOn });
    }
  });
  return nodes;
}

/** By task, those that name it in `depends_on`. */
export function dependentsOf(tasks: Tasks): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>();
  for (const [name, task] of Object.entries(tasks)) {
    for (const other of task.dependsOn.map(baseName)) {
      const list = dependents.get(other) ?? [];
      dependents.set(other, list);
      list.push(name);
    }
  }
  return dependents;
}

/** All that wait for a task, near and far. */
export function allAfter(task: string, dependents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const after = new Set<string>();
  const open = [task];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const dependent of dependents.get(next) ?? []) {
      if (after.has(dependent)) continue;
      after.add(dependent);
      open.push(dependent);
    }
  }
  return after;
}
