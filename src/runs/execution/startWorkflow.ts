import { taskNodes } from '../../catalog/language/taskGraph';
import type { WorkflowMode } from '../../catalog/language/workflow';
import { dispatchTasks } from './dispatchTasks';
import type { Execution } from '../../engine/execution';
import { insertExecution, insertExecutionTargets } from './executions.store';
import { newGraph } from '../../engine/newTasks';
import type { RunTransaction } from './runTransaction';
import { insertTasks } from './tasks.store';

/** What a workflow execution starts from; everything else about it follows. */
export type WorkflowStart = Pick<
  Execution,
  | 'id'
  | 'runId'
  | 'parentStageExecutionId'
  | 'applicationId'
  | 'entityId'
  | 'revisionId'
  | 'environmentId'
  | 'variables'
  | 'images'
  | 'notes'
  | 'cause'
> & {
  readonly name: string;
  /** In place of what the definition says. */
  readonly maxParallel: number | null;
  readonly mode: WorkflowMode | null;
};

/** Makes a workflow execution with all of its tasks, and the jobs of those that can run at once. */
export async function startWorkflow(db: RunTransaction, start: WorkflowStart): Promise<Execution> {
  const { definition } = await db.app.workflowRevisions.get(db, start.revisionId);
  const graph = newGraph(taskNodes(definition.tasks), 'all');
  const { name, ...row } = start;
  const execution: Execution = {
    ...row,
    kind: 'WORKFLOW',
    status: 'QUEUED',
    attempt: 1,
    version: 1,
    lastSequence: 0,
    lastExecutionSequence: 0,
    failureCode: null,
    failureDetails: null,
    pause: null,
    maxParallel: start.maxParallel ?? definition.maxParallel,
    mode: start.mode ?? definition.mode,
    openTasks: graph.tasks.length,
    busyTasks: 0,
    waitingTasks: 0,
    besideTasks: 0,
    createdAt: db.now,
    startedAt: null,
    attemptStartedAt: null,
    endedAt: null,
    earlierMs: 0,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  };
  await insertExecution(db, execution);
  await insertExecutionTargets(
    db,
    execution.id,
    execution.environmentId === null ? [] : [execution.environmentId],
    Object.keys(execution.images),
  );
  await insertTasks(db, execution, graph, db.now);
  db.event({ runId: execution.runId, executionId: execution.id }, 'EXECUTION_CREATED', {
    kind: 'WORKFLOW',
    name,
    tasks: graph.tasks.length,
    ...(execution.parentStageExecutionId && { stageExecutionId: execution.parentStageExecutionId }),
  });
  await dispatchTasks(db, [execution.id]);
  return execution;
}
