import type { TaskNode } from '../catalog/language/taskGraph';
import { hindranceOfWorkflow } from './beginElement';
import { dispatchTasks } from './dispatchTasks';
import type { Execution } from './execution';
import { newGraph } from './newTasks';
import { type AttemptCause, beginAttempt } from './nextAttempt';
import type { RunSlice } from './runSlice';
import { finishWorkflow } from './settleTasks';

/** Tasks that the next attempt of a workflow execution runs, and their inputs. */
export interface WorkflowContinuation
  extends Pick<Execution, 'revisionId' | 'environmentId' | 'variables' | 'images' | 'mode' | 'maxParallel'> {
  readonly executionId: string;
  /** Tasks that run again. */
  readonly nodes: readonly TaskNode[];
  /** Tasks of earlier attempts that it does not show; null: the same as for its base. */
  readonly dropped: readonly string[] | null;
}

/**
 * Begins the next attempt of a workflow execution: tasks that passed are kept, the others each get a new row and run
 * again.
 */
export function resumeWorkflow(run: RunSlice, next: WorkflowContinuation, cause: AttemptCause): void {
  const { executionId, nodes, ...inputs } = next;
  // A kept task has passed, so nothing waits for it.
  const graph = newGraph(nodes, 'all');
  const { timeoutSeconds } = run.fact('workflow', next.revisionId);
  const openTasks = graph.tasks.length;
  const begun = { ...cause, fromStage: null };
  const execution = beginAttempt(run, run.execution(executionId), { ...begun, ...inputs, openTasks, timeoutSeconds });
  run.addGraph(execution, graph);
  if (openTasks === 0) finishWorkflow(run, executionId);
  else if (execution.parentStageExecutionId !== null || hindranceOfWorkflow(run, executionId) === null) {
    dispatchTasks(run, [executionId]);
  }
}
