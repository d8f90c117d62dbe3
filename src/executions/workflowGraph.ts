import { type InputError, invalidInput } from '../refusal';
import { baseName, type Dependency, dependencyOf, nodeCount, nodesOf, taskLevels } from '../workflows/taskGraph';
import type { TaskDefinition, TaskType, WorkflowDefinition } from '../workflows/workflow';
import { type ExecutionStatus, rollUp } from './execution';

/** A workflow as people draw it: tasks, what they wait for, and in an execution how they stand. */
export interface WorkflowGraph {
  /** The failure handler of the workflow as a whole. */
  readonly onFailure: string | null;
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  /** The name of the task, or of one combination. */
  readonly name: string;
  readonly label: string;
  readonly type: TaskType;
  /** Where it stands in the order of the graph; null for what stands beside it: failure handlers, restore tasks. */
  readonly level: number | null;
  /** Names of nodes; the name of an expanded matrix means all of its combinations. */
  readonly dependsOn: readonly string[];
  readonly condition: string | null;
  /** The failure handler that it names. */
  readonly onFailure: string | null;
  /** For how many combinations it stands; null: it has no matrix, or is one of them. */
  readonly combinations: number | null;
  readonly state: NodeState | null;
}

export interface NodeState {
  /** Of several combinations: what they amount to. */
  readonly status: ExecutionStatus;
  /** How many combinations stand how. */
  readonly counts: Readonly<Partial<Record<ExecutionStatus, number>>>;
}

export const MAX_GRAPH_NODES = 5000;

/** By the name of a task what stands of it in an execution: one status, or one for each time that a failure handler ran. */
export type NodeStates = ReadonlyMap<string, readonly ExecutionStatus[]>;

/** `states` is null for a definition. */
export function workflowGraph(
  definition: WorkflowDefinition,
  { expanded, states }: { readonly expanded: boolean; readonly states: NodeStates | null },
): WorkflowGraph {
  refuseTooLarge(definition, expanded);
  const { tasks } = definition;
  const nodes = taskLevels(tasks).flatMap((names, level) =>
    names.flatMap((base): GraphNode[] => {
      const task = tasks[base];
      if (task === undefined) return [];
      const dependencies = task.dependsOn.flatMap((text) => dependencyOf(text, tasks) ?? []);
      const combinations = task.type === 'normal' ? nodesOf(base, task) : [base];
      const common = {
        type: task.type,
        level: task.type === 'normal' ? level : null,
        dependsOn: [...new Set(dependencies.map((one) => shownName(one, expanded)))].sort(),
        condition: task.condition,
        onFailure: task.onFailure,
      };
      if (expanded && task.matrix.length > 0 && task.type === 'normal') {
        return combinations.map((name) => {
          const label = task.displayName === null ? name : `${task.displayName} ${name.slice(base.length)}`;
          return { name, label, ...common, combinations: null, state: stateOf([name], states) };
        });
      }
      const label = task.displayName ?? base;
      const count = task.matrix.length === 0 ? null : combinations.length;
      return [{ name: base, label, ...common, combinations: count, state: stateOf(combinations, states) }];
    }),
  );
  // What stands beside the graph comes last.
  const { onFailure } = definition;
  return {
    onFailure,
    nodes: [...nodes.filter((one) => one.level !== null), ...nodes.filter((one) => one.level === null)],
  };
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

function refuseTooLarge({ tasks }: WorkflowDefinition, expanded: boolean): void {
  const size = (task: TaskDefinition) => (expanded ? nodeCount(task) : 1);
  const count = Object.values(tasks).reduce((sum, task) => sum + size(task), 0);
  if (count <= MAX_GRAPH_NODES) return;
  const message = `The graph has ${count} nodes; at most ${MAX_GRAPH_NODES} are drawn.${expanded ? ' Try it with the matrices collapsed.' : ''}`;
  const error: InputError = { field: 'matrix', value: expanded ? 'EXPANDED' : 'COLLAPSED', rule: 'TOO_LARGE', message };
  throw invalidInput([error]);
}
