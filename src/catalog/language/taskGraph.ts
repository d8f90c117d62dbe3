import { baseName, type Dependency, dependenciesOf, isDynamic, MAX_LISTED, nodesOf } from './matrix';
import type { TaskDefinition } from './taskShape';

/** A task at run time: one combination of a task's matrix (matrix.ts), or the task itself. */
export interface TaskNode {
  readonly name: string;
  /** Key in the definition. */
  readonly base: string;
  /** Length of the longest path from a task without dependencies, counted in the definition's tasks. */
  readonly level: number;
  /** Position, ordered by level, then by name. */
  readonly ordinal: number;
  readonly dependsOn: readonly Dependency[];
  /** True if it runs a workflow whose passed tasks are kept. */
  readonly keepsPassed?: boolean;
}

type Tasks = Readonly<Record<string, TaskDefinition>>;

/**
 * Names of the definition’s tasks, level by level, sorted within each: a task comes after its dependencies. It does not
 * recurse, because a chain of ten thousand tasks would be as many calls. Checked definitions have no cycle.
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

/**
 * All normal tasks as nodes, in order. A dependency on all combinations stays one entry, so the size is that of the
 * workflow.
 */
export const taskNodes = (tasks: Tasks): TaskNode[] => nodesInScope(tasks, undefined);

/** Tasks of the workflow that a task runs, as nodes. */
export const innerNodes = (tasks: Tasks, group: string): TaskNode[] => nodesInScope(tasks, group);

function nodesInScope(all: Tasks, scope: string | undefined): TaskNode[] {
  const own = Object.entries(all).filter(([, task]) => task.scope === scope);
  const tasks = Object.fromEntries(own);
  const nodes: TaskNode[] = [];
  let ordinal = 0;
  taskLevels(tasks).forEach((names, level) => {
    for (const base of names) {
      const task = tasks[base];
      if (task?.type !== 'normal') continue;
      const dependsOn = dependenciesOf(base, tasks);
      // Tasks that are created later come before the one that waits for them.
      if (isDynamic(task)) ordinal += MAX_LISTED;
      if (task.workflow != null) ordinal += (nodesInScope(all, base).at(-1)?.ordinal ?? 0) + 1;
      for (const name of nodesOf(base, task)) nodes.push({ name, base, level, ordinal: ordinal++, dependsOn });
    }
  });
  return nodes;
}

/** The levels of the tasks that a document has; tasks of a workflow that one of them runs come before it. */
export function levelsWithInner(tasks: Tasks): string[][] {
  const ofScope = (scope: string | undefined) =>
    taskLevels(Object.fromEntries(Object.entries(tasks).filter(([, task]) => task.scope === scope)));
  const withInner = (name: string): string[] =>
    tasks[name]?.workflow == null ? [name] : [...ofScope(name).flat().flatMap(withInner), name];
  return ofScope(undefined).map((names) => names.flatMap(withInner));
}

/** Tasks of `finally`, in order. */
export function finallyNames(tasks: Tasks): string[] {
  const named = Object.entries(tasks).filter(([, { type }]) => type === 'finally');
  return taskLevels(Object.fromEntries(named)).flat();
}

/** For each task, the tasks that name it in `depends_on`. */
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

/** All direct and indirect dependents of a task. */
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
