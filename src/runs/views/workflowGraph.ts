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
import { levelsWithInner } from '../../catalog/language/taskGraph';
import type { TaskDefinition, TaskType, WorkflowDefinition } from '../../catalog/language/workflow';

/** Graph of a workflow or a pipeline: tasks or elements, their dependencies, and their states in an execution. */
export interface WorkflowGraph {
  /** Failure handler of the workflow as a whole. */
  readonly onFailure: string | null;
  readonly nodes: readonly GraphNode[];
}

export interface GraphNode {
  /** Name of the task, of one combination, or of the element. */
  readonly name: string;
  readonly label: string;
  readonly type: TaskType | 'approval' | 'workflow';
  /** Group that others may wait for as a whole: the matrix of a combination, or the stage of an element. */
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

/** `states` is null for a definition. */
export function workflowGraph(
  definition: WorkflowDefinition,
  { expanded, states }: { readonly expanded: boolean; readonly states: NodeStates | null },
): WorkflowGraph {
  refuseTooLarge(definition, expanded);
  const { tasks } = definition;
  const nodes = levelsWithInner(tasks).flatMap((names, level) =>
    names.flatMap((base): GraphNode[] => {
      const task = tasks[base];
      if (task === undefined) return [];
      const outer = task.scope === undefined ? undefined : tasks[task.scope];
      // Expanded, a task that runs a workflow is a group of the tasks of that workflow.
      const isHidden = expanded ? outer?.scope !== undefined : outer !== undefined;
      if (isHidden || (expanded && task.workflow !== null && task.scope === undefined)) return [];
      const { dependsOn } = task.dependsOn.length === 0 && outer !== undefined ? outer : task;
      const dependencies = dependsOn.flatMap((text) => dependencyOf(text, tasks) ?? []);
      const combinations = task.type === 'normal' ? nodesOf(base, task) : [base];
      const common = {
        type: task.approval === null ? task.type : ('approval' as const),
        level: task.type === 'normal' ? level : null,
        dependsOn: [...new Set(dependencies.map((one) => shownName(one, expanded)))].sort(),
        condition: task.condition,
        onFailure: task.onFailure,
      };
      if (expanded && hasMatrix(task) && !isDynamic(task) && task.type === 'normal') {
        return combinations.map((name) => {
          const label = task.displayName === null ? name : `${task.displayName} ${name.slice(base.length)}`;
          return { name, label, ...common, group: base, combinations: null, state: stateOf([name], states) };
        });
      }
      const label = task.displayName ?? base.slice(task.scope === undefined ? 0 : task.scope.length + 1);
      const count = hasMatrix(task) && !isDynamic(task) ? combinations.length : null;
      return [
        {
          name: base,
          label,
          ...common,
          group: task.scope ?? null,
          combinations: count,
          state: stateOf(combinations, states),
        },
      ];
    }),
  );
  // Detached tasks come last.
  const { onFailure } = definition;
  return {
    onFailure,
    nodes: [...nodes.filter((one) => one.level !== null), ...nodes.filter((one) => one.level === null)],
  };
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
  return { onFailure: null, nodes };
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
  throw tooLarge(
    'matrix',
    expanded ? 'EXPANDED' : 'COLLAPSED',
    count,
    expanded ? ' Try it with the matrices collapsed.' : '',
  );
}

function tooLarge(field: string, value: string | null, count: number, hint: string): Refusal {
  const message = `The graph has ${count} nodes; at most ${MAX_GRAPH_NODES} are drawn.${hint}`;
  return invalidInput([{ field, value, rule: 'TOO_LARGE', message }]);
}
