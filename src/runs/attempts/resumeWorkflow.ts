import { dispatchTasks } from '../execution/dispatchTasks';
import type { Execution } from '../../engine/execution';
import { beginAttempt, findAttempts, insertExecutionTargets, type NewAttempt } from '../execution/executions.store';
import { newGraph } from '../../engine/newTasks';
import type { RunTransaction } from '../execution/runTransaction';
import { finishWorkflow } from '../execution/settleTasks';
import { findCurrentTasks, findUnfinishedTasks, insertTasks } from '../execution/tasks.store';
import { baseName, dependenciesOf } from '../../catalog/language/matrix';
import { type TaskNode, taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import { chooseTasks, type WorkflowNext } from './resumeWorkflowPlan';

/**
 * The next attempt of a workflow execution: tasks that passed are kept, the others get a new row each and run again. With
 * the same revision only the tasks that run again are read, however many are kept.
 */
export async function resumeWorkflow(db: RunTransaction, next: WorkflowNext, attempt: NewAttempt): Promise<Execution> {
  const { execution: workflow, revisionId, environmentId, variables, images, mode, maxParallel } = next;
  const { definition } = await db.app.workflowRevisions.get(db, revisionId);
  const { nodes, dropped } = await chooseNodes(db, next, definition);
  // A kept task has passed, so nothing waits for it.
  const graph = newGraph(nodes, 'all');
  const execution = await beginAttempt(db, {
    ...attempt,
    ...{ revisionId, environmentId, variables, images, mode, maxParallel, dropped },
    execution: workflow,
    openTasks: graph.tasks.length,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  if (revisionId !== workflow.revisionId) {
    await insertExecutionTargets(db, workflow.id, environmentId === null ? [] : [environmentId], Object.keys(images));
  }
  await insertTasks(db, execution, graph, db.now);
  db.event({ runId: execution.runId, executionId: execution.id }, 'ATTEMPT_STARTED', {
    attempt: execution.attempt,
    kind: attempt.kind,
    from: workflow.status,
    fromStage: null,
    reason: attempt.reason,
  });
  if (graph.tasks.length === 0) await finishWorkflow(db, execution);
  else await dispatchTasks(db, [execution.id]);
  return execution;
}

/** The tasks that run again, and those of earlier attempts that the revision does not have. */
async function chooseNodes(
  db: RunTransaction,
  { execution, revisionId, again }: WorkflowNext,
  { tasks }: WorkflowDefinition,
): Promise<{ readonly nodes: readonly TaskNode[]; readonly dropped: readonly string[] | null }> {
  if (again.all) return { nodes: taskNodes(tasks), dropped: null };
  if (revisionId === execution.revisionId && !again.ignoredFailures && !again.skipped) {
    const rows = await findUnfinishedTasks(db, execution.id);
    return { nodes: rows.map((row) => nodeOf(row, tasks)), dropped: null };
  }
  const shown = await findCurrentTasks(db, [execution.id]);
  const before = (await findAttempts(db, [execution.id])).at(-1)?.dropped ?? [];
  const kept = new Set(chooseTasks(shown, again).kept);
  const nodes = taskNodes(tasks);
  const known = new Set(nodes.map((node) => node.name));
  return {
    nodes: nodes.filter((node) => !kept.has(node.name)),
    dropped: [...before, ...shown.map((task) => task.name)].filter((name) => !known.has(name)),
  };
}

/** A task of the graph as its row has it: for few tasks of many the whole graph needs not be laid out. */
function nodeOf(
  { name, level, ordinal }: Pick<TaskNode, 'name' | 'level' | 'ordinal'>,
  tasks: WorkflowDefinition['tasks'],
): TaskNode {
  const base = baseName(name);
  return { name, base, level, ordinal, dependsOn: dependenciesOf(base, tasks) };
}
