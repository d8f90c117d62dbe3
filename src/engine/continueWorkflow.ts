import { taskNodes } from '../catalog/language/taskGraph';
import { dispatchTasks } from './dispatchTasks';
import type { Continuation, Execution, StageExecution } from './execution';
import { newGraph } from './newTasks';
import { adoptMember, beginAttempt } from './nextAttempt';
import type { RunSlice } from './runSlice';

/**
 * Continues the workflow of an extended stage with the stage's inputs, as its next attempt under the stage's new row.
 * The named tasks run again, the others keep their results. At least one runs again.
 */
export function continueWorkflow(
  run: RunSlice,
  pipeline: Execution,
  stage: StageExecution,
  { executionId, tasks }: Continuation,
): void {
  run.require({ kind: 'execution', key: executionId }, { kind: 'attempt', key: pipeline.id });
  const begun = run.changes.attempts.find((one) => one.executionId === pipeline.id) ?? run.fact('attempt', pipeline.id);
  adoptMember(run, executionId, pipeline.id, stage.id);
  const member = run.execution(executionId);
  const definition = run.fact('workflow', member.revisionId);
  const graph = newGraph(taskNodes(definition.tasks), new Set(tasks));
  const next = beginAttempt(run, member, {
    ...{ kind: 'EXTEND', cause: begun.cause, reason: begun.reason, fromStage: null },
    revisionId: member.revisionId,
    environmentId: member.environmentId,
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
