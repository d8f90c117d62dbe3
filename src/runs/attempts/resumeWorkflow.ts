import { baseName, dependenciesOf, creatorOf } from '../../catalog/language/matrix';
import { type TaskNode, taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import type { WorkflowContinuation } from '../../engine/resumeWorkflow';
import { findAttempts } from '../execution/executions.store';
import type { RunTransaction } from '../execution/runTransaction';
import { findCurrentTasks, findUnfinishedTasks, type UnfinishedTask } from '../execution/tasks.store';
import { chooseTasks, type WorkflowNext } from './resumeWorkflowPlan';

/**
 * Reads what the next attempt runs. If the revision is the same, it reads only tasks that run again, however many are
 * kept.
 */
export async function readContinuation(
  db: RunTransaction,
  next: WorkflowNext,
  /** Tasks that run again, if they are already known. Tasks of other executions are ignored. */
  unfinished?: readonly UnfinishedTask[],
): Promise<WorkflowContinuation> {
  const { execution, revisionId, environmentId, variables, images, mode, maxParallel } = next;
  const { definition } = await db.app.workflowRevisions.get(db, revisionId);
  const inputs = { revisionId, environmentId, variables, images, mode, maxParallel };
  return { executionId: execution.id, ...inputs, ...(await chooseNodes(db, next, definition, unfinished)) };
}

/** Tasks that run again, and tasks of earlier attempts that the revision does not have. */
async function chooseNodes(
  db: RunTransaction,
  { execution, revisionId, again }: WorkflowNext,
  { tasks }: WorkflowDefinition,
  unfinished: readonly UnfinishedTask[] | undefined,
): Promise<{ readonly nodes: readonly TaskNode[]; readonly dropped: readonly string[] | null }> {
  if (again.all) return { nodes: taskNodes(tasks), dropped: null };
  if (revisionId === execution.revisionId && !again.ignoredFailures && !again.skipped) {
    const rows = unfinished ?? (await findUnfinishedTasks(db, [execution.id]));
    const own = rows.filter(({ executionId }) => executionId === execution.id);
    // Tasks that were created when another was reached are created again by it.
    const nodes = own.filter(({ name }) => creatorOf(name, tasks) === undefined).map((row) => nodeOf(row, tasks));
    return { nodes, dropped: null };
  }
  const shown = await findCurrentTasks(db, [execution.id]);
  const before = (await findAttempts(db, [execution.id])).at(-1)?.dropped ?? [];
  const kept = new Set(chooseTasks(shown, again).kept);
  const nodes = taskNodes(tasks);
  const known = new Set(nodes.map((node) => node.name));
  return {
    nodes: nodes.filter((node) => !kept.has(node.name)),
    dropped: [...before, ...shown.map((task) => task.name)].filter(
      (name) => !known.has(creatorOf(name, tasks) ?? name),
    ),
  };
}

/**
 * Builds a node of the graph from a task's row. For a few tasks out of many, this avoids laying out the whole graph.
 */
function nodeOf(
  { name, level, ordinal }: Pick<TaskNode, 'name' | 'level' | 'ordinal'>,
  tasks: WorkflowDefinition['tasks'],
): TaskNode {
  const base = baseName(name);
  const keeps = tasks[base]?.workflow != null ? { keepsPassed: true } : {};
  return { name, base, level, ordinal, dependsOn: dependenciesOf(base, tasks), ...keeps };
}
