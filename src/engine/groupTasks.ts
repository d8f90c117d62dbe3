import { axisNames } from '../catalog/language/combinations';
import { readExpression } from '../catalog/language/expressions';
import { baseName, isDynamic } from '../catalog/language/matrix';
import type { TaskDefinition, WorkflowDefinition } from '../catalog/language/workflow';
import { axisVariable } from '../kernel/naming';

/**
 * A task whose matrix has a list that an earlier task makes, or that runs a workflow, is one node until the graph
 * reaches it. Then it creates its combinations, or the tasks of the workflow, and waits for them, like a gate; `tries`
 * is 1 from then on. It ends without an agent once all have passed, so what waits for it waits for all of them.
 */
export function isGroup(name: string, { tasks }: Pick<WorkflowDefinition, 'tasks'>): boolean {
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  return task !== undefined && (isDynamic(task) || task.workflow !== null);
}

/** True for a node whose condition is decided elsewhere: by the group, or by its combinations. */
export function decidesElsewhere(name: string, definition: WorkflowDefinition): boolean {
  const task = definition.tasks[baseName(name)];
  if (task?.condition == null || !isDynamic(task)) return false;
  return readsMatrix(task.condition, task) === isGroup(name, definition);
}

/** True if a condition is decided for each combination, because it reads values of its matrix. */
function readsMatrix(condition: string, task: TaskDefinition): boolean {
  const expression = readExpression(condition);
  const axes = new Set(['matrix', ...axisNames(task).flatMap((name) => [name, axisVariable(name)])]);
  return 'decide' in expression && expression.references.some(({ path: [root = ''] }) => axes.has(root));
}
