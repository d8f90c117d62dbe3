import { taskNodes } from '../../catalog/language/taskGraph';
import { dispatchTasks } from './dispatchTasks';
import type { Execution, GoesOn, StageExecution } from '../../engine/execution';
import { beginAttempt, findAttempts, findExecutions } from './executions.store';
import { newGraph } from '../../engine/newTasks';
import type { RunTransaction } from './runTransaction';
import { adoptMember } from './stages.store';
import { insertTasks } from './tasks.store';

/**
 * The workflow of a stage goes on with the stage's inputs, as its next attempt under the stage's new row: the named tasks run again, the others keep
 * their results. There is at least one that runs again.
 */
export async function continueWorkflow(
  db: RunTransaction,
  run: Execution,
  stage: StageExecution,
  { executionId, tasks }: GoesOn,
): Promise<void> {
  const [member] = await findExecutions(db, [executionId]);
  if (member === undefined) throw new Error(`workflow execution ${executionId} does not exist`);
  await adoptMember(db, executionId, stage.id);
  const { definition } = await db.app.workflowRevisions.get(db, member.revisionId);
  const graph = newGraph(taskNodes(definition.tasks), new Set(tasks));
  const begun = (await findAttempts(db, [run.id])).at(-1);
  const reason = begun?.reason ?? null;
  const next = await beginAttempt(db, {
    execution: member,
    kind: 'EXTEND',
    cause: begun?.cause ?? run.cause,
    reason,
    fromStage: null,
    at: db.now,
    revisionId: member.revisionId,
    environmentId: member.environmentId,
    variables: stage.variables,
    images: stage.images,
    mode: stage.mode ?? member.mode,
    maxParallel: stage.maxParallel ?? member.maxParallel,
    openTasks: graph.tasks.length,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  await insertTasks(db, next, graph, db.now);
  db.event({ runId: run.id, executionId }, 'ATTEMPT_STARTED', {
    attempt: next.attempt,
    kind: 'EXTEND',
    from: member.status,
    fromStage: null,
    reason,
  });
  await dispatchTasks(db, [executionId]);
}
