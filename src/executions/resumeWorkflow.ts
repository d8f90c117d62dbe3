import { taskNodes } from '../workflows/taskGraph';
import { dispatchTasks } from './dispatchTasks';
import type { Execution } from './execution';
import { beginAttempt, type NewAttempt } from './executions.store';
import { retireVariables } from './executionVariables.store';
import { newGraph } from './newTasks';
import type { RunTransaction } from './runTransaction';
import { finishWorkflow } from './settleTasks';
import { findCurrentTasks, insertTasks, retireTasks } from './tasks.store';

export interface WorkflowAttempt extends NewAttempt {
  /** Also tasks that succeeded run again. */
  readonly anew: boolean;
  readonly maxParallel?: number | null;
  /** In place of the values of the attempt before. */
  readonly variables?: Execution['variables'];
}

/**
 * The next attempt of a workflow execution: tasks that succeeded are kept as they are, the others get a new row each and run again. Reads and writes what runs
 * again only, however much is kept.
 */
export async function resumeWorkflow(
  db: RunTransaction,
  workflow: Execution,
  attempt: WorkflowAttempt,
): Promise<Execution> {
  const { definition } = await db.app.workflowRevisions.get(db, workflow.revisionId);
  const retired = await retireTasks(db, workflow.id, attempt.anew);
  await retireVariables(db, workflow.id);
  // What a task depends on and is kept has passed: nothing to wait for.
  const graph = newGraph(taskNodes(definition.tasks), new Set(retired.map((task) => task.name)));
  const execution = await beginAttempt(db, {
    ...attempt,
    execution: workflow,
    revisionId: workflow.revisionId,
    openTasks: retired.length,
    maxParallel: attempt.maxParallel ?? workflow.maxParallel,
    variables: attempt.variables ?? workflow.variables,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  await insertTasks(db, execution, graph, db.now);
  db.event({ runId: execution.runId, executionId: execution.id }, 'ATTEMPT_STARTED', {
    attempt: execution.attempt,
    kind: attempt.kind,
    from: workflow.status,
    fromStage: null,
    reason: attempt.reason,
  });
  if (retired.length === 0) await finishWorkflow(db, execution);
  else await dispatchTasks(db, [execution.id]);
  return execution;
}

/** Names of the tasks that a resume would keep and run again. */
export async function taskChoice(
  db: RunTransaction | RunTransaction['app']['database'],
  executionIds: readonly string[],
  anew: boolean,
): Promise<Map<string, { kept: string[]; again: string[] }>> {
  const choices = new Map<string, { kept: string[]; again: string[] }>();
  for (const task of await findCurrentTasks(db, executionIds)) {
    const choice = choices.get(task.executionId) ?? { kept: [], again: [] };
    choices.set(task.executionId, choice);
    (task.passed && !anew ? choice.kept : choice.again).push(task.name);
  }
  return choices;
}
