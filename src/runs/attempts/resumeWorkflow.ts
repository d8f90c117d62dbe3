import { dispatchTasks } from '../execution/dispatchTasks';
import type { Execution } from '../../engine/execution';
import { beginAttempt, insertExecutionTargets, type NewAttempt } from '../execution/executions.store';
import { retireVariables } from '../execution/executionVariables.store';
import { newGraph } from '../../engine/newTasks';
import type { RunTransaction } from '../execution/runTransaction';
import { finishWorkflow } from '../execution/settleTasks';
import { findCurrentTasks, insertTasks, placeTasks, retirePassedTasks, retireTasks } from '../execution/tasks.store';
import { baseName, dependenciesOf } from '../../catalog/language/matrix';
import { type TaskNode, taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowDefinition } from '../../catalog/language/workflow';
import type { WorkflowNext } from './resumeWorkflowPlan';

/**
 * The next attempt of a workflow execution: tasks that passed are kept as they are, the others get a new row each and run again. Reads and writes what runs
 * again only, however much is kept; unless another revision is to run, for which each kept task gets its place.
 */
export async function resumeWorkflow(db: RunTransaction, next: WorkflowNext, attempt: NewAttempt): Promise<Execution> {
  const { execution: workflow, again, revisionId, environmentId, variables, images, mode, maxParallel } = next;
  const { definition } = await db.app.workflowRevisions.get(db, revisionId);
  const retired = await retireTasks(db, workflow.id, again.all ? 'all' : 'not passed');
  if (again.ignoredFailures || again.skipped || next.dropped.length > 0) {
    const statuses = [
      ...(again.ignoredFailures ? ['FAILED' as const] : []),
      ...(again.skipped ? ['SKIPPED' as const] : []),
    ];
    retired.push(...(await retirePassedTasks(db, workflow.id, statuses, next.dropped)));
  }
  await retireVariables(
    db,
    retired.map((task) => task.id),
  );
  const kept =
    revisionId === workflow.revisionId
      ? null
      : new Set((await findCurrentTasks(db, [workflow.id])).map((task) => task.name));
  const nodes = kept === null ? retired.map((row) => nodeOf(row, definition.tasks)) : taskNodes(definition.tasks);
  // What a task depends on and is kept has passed: nothing to wait for.
  const graph = newGraph(kept === null ? nodes : nodes.filter((node) => !kept.has(node.name)), 'all');
  const execution = await beginAttempt(db, {
    ...attempt,
    ...{ revisionId, environmentId, variables, images, mode, maxParallel },
    execution: workflow,
    openTasks: graph.tasks.length,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  if (kept) {
    await placeTasks(
      db,
      workflow.id,
      nodes.filter((node) => kept.has(node.name)),
    );
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

/** A task of the graph as its row has it: for few tasks of many the whole graph needs not be laid out. */
function nodeOf(
  { name, level, ordinal }: Pick<TaskNode, 'name' | 'level' | 'ordinal'>,
  tasks: WorkflowDefinition['tasks'],
): TaskNode {
  const base = baseName(name);
  return { name, base, level, ordinal, dependsOn: dependenciesOf(base, tasks) };
}
