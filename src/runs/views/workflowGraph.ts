import { type ExecutionStatus } from '../../contract/statuses';
import { rollUp } from '../../engine/execution';
import type { PipelineDefinition } from '../../catalog/language/pipeline';
import { invalidInput, type Refusal } from '../../kernel/errors';
import {
  baseName,
  type Dependency,
  dependencyOf,
  hasMatrix,
  isDynamic,
  nodeCount,
  nodesOf,
} from '../../catalog/language/matrix';
import { isScoped, writtenTasks } from '../../catalog/language/scopedTasks';
import { levelsWithInner, taskLevels } from '../../catalog/language/taskGraph';
import type { TaskDefinition, TaskType, WorkflowDefinition } from '../../catalog/language/workflow';

/** Graph of a workflow or a pipeline: tasks or elements, their dependencies, and their states in an execution. */
export interface WorkflowGraph {
  /** Failure handler of the workflow as a whole. */
  readonly onFailure: string | null;
  readonly nodes: readonly GraphNode[];
  readonly groups: readonly GraphGroup[];
}

/**
 * Nodes that others may wait for as a whole: the combinations of a matrix, the tasks of a workflow that a task runs, or
 * the elements of a stage. A group of tasks of a workflow is a box: it has other groups in it.
 */
export interface GraphGroup {
  /** Name of the task or the stage. */
  readonly name: string;
  readonly label: string;
  readonly type: 'matrix' | 'workflow' | 'stage';
  /** Box that contains it. */
  readonly group: string | null;
  /** Name of the workflow that the task runs. */
  readonly workflow: string | null;
  readonly condition: string | null;
  readonly onFailure: string | null;
  /** Of the task that runs the workflow; null for others. */
  readonly state: NodeState | null;
}

export interface GraphNode {
  /** Name of the task, of one combination, or of the element. */
  readonly name: string;
  readonly label: string;
  readonly type: TaskType | 'approval' | 'workflow';
  /** Innermost group that contains it. */
  readonly group: string | null;
  /** Level in the graph. Null for detached tasks: failure handlers, restore tasks, those of `finally`. */
  readonly level: number | null;
  /** Names of nodes, and of groups, which stand for all their nodes. */
  readonly dependsOn: readonly string[];
  /** For a task: it runs if this is true. For an element: it is skipped if this is true. */
  readonly condition: string | null;
  /** Failure handler that it names. */
  readonly onFailure: string | null;
  /** Number of combinations that it represents; null if it has no matrix, or is one of them. */
  readonly combinations: number | null;
  readonly state: NodeState | null;
}

export interface NodeState {
  /** Combined status if it represents several combinations. */
  readonly status: ExecutionStatus;
  /** Number of combinations by status. */
  readonly counts: Readonly<Partial<Record<ExecutionStatus, number>>>;
}

export const MAX_GRAPH_NODES = 10_000;

/** Statuses in an execution by task name: one status per combination, or one for each run of a failure handler. */
export type NodeStates = ReadonlyMap<string, readonly ExecutionStatus[]>;

export interface GraphDisplay {
  /** Combinations of a matrix are a node each. */
  readonly expanded: boolean;
  /** Tasks that run a workflow are boxes with the tasks of that workflow. */
  readonly boxes?: boolean;
  /** Null for a definition. */
  readonly states: NodeStates | null;
}

export function workflowGraph(
  definition: WorkflowDefinition,
  { expanded, boxes = true, states }: GraphDisplay,
): WorkflowGraph {
  const { tasks, onFailure } = definition;
  const drawn = boxes ? tasks : writtenTasks(tasks);
  refuseTooLarge(drawn, { expanded, boxes });
  const nodes: GraphNode[] = [];
  const groups: GraphGroup[] = [];
  const levels = levelsOf(drawn);
  const scopes = new Set(Object.values(drawn).map(({ scope }) => scope));
  for (const base of levelsWithInner(drawn).flat()) {
    const task = drawn[base];
    if (task === undefined) continue;
    const { condition, onFailure: handler, scope } = task;
    const label = task.displayName ?? base.slice(scope === undefined ? 0 : scope.length + 1);
    const common = { condition, onFailure: handler, group: scope ?? null };
    if (scopes.has(base)) {
      const state = stateOf([base], states);
      groups.push({ name: base, label, ...common, type: 'workflow', workflow: task.workflow, state });
      continue;
    }
    const combinations = task.type === 'normal' ? nodesOf(base, task) : [base];
    const isMatrix = hasMatrix(task) && !isDynamic(task);
    const node = {
      name: base,
      label,
      type: task.approval === null ? task.type : ('approval' as const),
      level: task.type === 'normal' ? (levels.get(base) ?? 0) : null,
      dependsOn: [...new Set(waitedFor(task, drawn).map((one) => shownName(one, expanded)))].sort(),
      ...common,
    };
    if (!expanded || !isMatrix || task.type !== 'normal') {
      const count = isMatrix ? combinations.length : null;
      nodes.push({ ...node, combinations: count, state: stateOf(combinations, states) });
      continue;
    }
    groups.push({ name: base, label, ...common, type: 'matrix', workflow: null, state: null });
    for (const name of combinations) {
      const own =
        task.displayName === null ? name.slice(base.length - label.length) : `${label} ${name.slice(base.length)}`;
      nodes.push({ ...node, name, label: own, group: base, combinations: null, state: stateOf([name], states) });
    }
  }
  // Detached tasks come last.
  const order = ({ level }: GraphNode) => level ?? Number.POSITIVE_INFINITY;
  return {
    onFailure,
    nodes: nodes.sort((a, b) => (order(a) === order(b) ? 0 : order(a) - order(b))),
    groups: groups.sort(byName),
  };
}

type Tasks = WorkflowDefinition['tasks'];

/** A box comes before those in it. */
const byName = (a: GraphGroup, b: GraphGroup): number => (a.name < b.name ? -1 : 1);

/** What a task waits for. The first tasks of a box wait for what the box waits for. */
function waitedFor(task: TaskDefinition, tasks: Tasks): Dependency[] {
  let waiting: TaskDefinition | undefined = task;
  while (waiting?.type === 'normal' && waiting.dependsOn.length === 0 && waiting.scope !== undefined) {
    waiting = tasks[waiting.scope];
  }
  return (waiting?.dependsOn ?? []).flatMap((text) => dependencyOf(text, tasks) ?? []);
}

/** Level of each task, so that what waits for a box comes after all of it. */
function levelsOf(tasks: Tasks): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  const byScope = new Map<string | undefined, [string, TaskDefinition][]>();
  for (const [name, task] of Object.entries(tasks)) {
    const list = byScope.get(task.scope) ?? [];
    byScope.set(task.scope, list);
    list.push([name, task]);
  }
  const place = (scope: string | undefined, first: number): number => {
    const own = Object.fromEntries(byScope.get(scope) ?? []);
    const ends = new Map<string, number>();
    for (const name of taskLevels(own).flat()) {
      const { dependsOn = [], type } = own[name] ?? {};
      const begin = Math.max(first, ...dependsOn.map((one) => ends.get(baseName(one)) ?? first));
      levels.set(name, begin);
      if (type === 'normal') ends.set(name, byScope.has(name) ? place(name, begin) : begin + 1);
    }
    return Math.max(first + 1, ...ends.values());
  };
  place(undefined, 0);
  return levels;
}

/**
 * The elements of each stage wait for all elements of the previous stage. `states` has the status of each element by
 * name.
 */
export function pipelineGraph({ stages }: PipelineDefinition, states: NodeStates | null): WorkflowGraph {
  const count = stages.reduce((sum, { elements }) => sum + elements.length, 0);
  if (count > MAX_GRAPH_NODES) throw tooLarge('pipelineId', null, count, '');
  const nodes = stages.flatMap((stage, level) =>
    stage.elements.map((element): GraphNode => {
      const { name } = element;
      const label = element.type === 'WORKFLOW' && element.workflow !== name ? `${name}: ${element.workflow}` : name;
      return {
        name,
        label,
        type: element.type === 'WORKFLOW' ? 'workflow' : 'approval',
        group: stage.name,
        level,
        dependsOn: stages.slice(Math.max(0, level - 1), level).map((before) => before.name),
        condition: element.skipCondition,
        onFailure: null,
        combinations: null,
        state: stateOf([name], states),
      };
    }),
  );
  const groups = stages.map(({ name }): GraphGroup => {
    const none = { group: null, workflow: null, condition: null, onFailure: null, state: null };
    return { name, label: name, type: 'stage', ...none };
  });
  return { onFailure: null, nodes, groups };
}

const shownName = (dependency: Dependency, expanded: boolean): string => {
  if ('all' in dependency) return dependency.all;
  return expanded ? dependency.node : baseName(dependency.node);
};

function stateOf(names: readonly string[], states: NodeStates | null): NodeState | null {
  const statuses = names.flatMap((name) => states?.get(name) ?? []);
  if (statuses.length === 0) return null;
  const counts: Partial<Record<ExecutionStatus, number>> = {};
  for (const status of [...statuses].sort()) counts[status] = (counts[status] ?? 0) + 1;
  return { status: rollUp(statuses), counts };
}

function refuseTooLarge(
  tasks: Tasks,
  { expanded, boxes }: { readonly expanded: boolean; readonly boxes: boolean },
): void {
  const size = (task: TaskDefinition) => (expanded ? nodeCount(task) : 1);
  const count = Object.values(tasks).reduce((sum, task) => sum + size(task), 0);
  if (count <= MAX_GRAPH_NODES) return;
  const hasCalls = boxes && Object.values(tasks).some(isScoped);
  const hint = expanded ? ' Try it with the matrices collapsed.' : hasCalls ? ' Try it with the calls collapsed.' : '';
  throw tooLarge('matrix', expanded ? 'EXPANDED' : 'COLLAPSED', count, hint);
}

function tooLarge(field: string, value: string | null, count: number, hint: string): Refusal {
  const message = `The graph has ${count} nodes; at most ${MAX_GRAPH_NODES} are drawn.${hint}`;
  return invalidInput([{ field, value, rule: 'TOO_LARGE', message }]);
}
