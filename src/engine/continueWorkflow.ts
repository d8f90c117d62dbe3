import { taskNodes } from '../catalog/language/taskGraph';
import { dispatchTasks } from './dispatchTasks';
import type { Continuation, Execution, StageExecution } from './execution';
import { newGraph } from './newTasks';
import { adoptMember, beginAttempt } from './nextAttempt';
import type { RunSlice } from './runSlice';

/**
 * Continues the workflow of an element that keeps tasks with the element's inputs, as its next attempt under the stage's new row.
 * The named tasks run again, the others keep their results. At least one runs again.
 */
export function continueWorkflow(
  run: RunSlice,
  pipeline: Execution,
  stage: StageExecution,
  { executionId, tasks, dropped = null }: Continuation,
): void {
  run.require({ kind: 'execution', key: executionId }, { kind: 'attempt', key: pipeline.id });
  const begun = run.changes.attempts.find((one) => one.executionId === pipeline.id) ?? run.fact('attempt', pipeline.id);
  adoptMember(run, executionId, pipeline.id, stage.id);
  const member = run.execution(executionId);
  const revisionId = stage.workflowRevisionId ?? member.revisionId;
  const definition = run.fact('workflow', revisionId);
  const graph = newGraph(taskNodes(definition.tasks), new Set(tasks));
  const next = beginAttempt(run, member, {
    ...{ kind: begun.kind, cause: begun.cause, reason: begun.reason, fromStage: null, dropped },
    revisionId,
    environmentId: stage.environmentId,
    variables: stage.variables,
    images: stage.images,
    mode: stage.mode ?? member.mode,
    maxParallel: stage.maxParallel ?? member.maxParallel,
    openTasks: graph.tasks.length,
    timeoutSeconds: definition.timeoutSeconds,
  });
  run.addGraph(next, graph);
  dispatchTasks(run, [executionId]);
}
