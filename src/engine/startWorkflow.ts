import { taskNodes } from '../catalog/language/taskGraph';
import type { WorkflowMode } from '../catalog/language/workflow';
import { hindranceOfWorkflow } from './beginElement';
import { dispatchTasks } from './dispatchTasks';
import type { Execution } from './execution';
import { newGraph } from './newTasks';
import type { RunSlice } from './runSlice';

/** Inputs that an execution is started with. */
export type ExecutionStart = Pick<
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
> &
  Partial<Pick<Execution, 'freezeOverride' | 'priority' | 'traceparent'>>;

export type WorkflowStart = ExecutionStart & {
  readonly name: string;
  /** Overrides of the definition. */
  readonly maxParallel: number | null;
  readonly mode: WorkflowMode | null;
};

/** An execution of which nothing has begun. */
export const newExecution = (
  start: ExecutionStart,
  own: Pick<Execution, 'kind' | 'maxParallel' | 'mode' | 'openTasks'>,
  now: Date,
  timeoutSeconds: number,
): Execution => ({
  ...start,
  ...own,
  status: 'QUEUED',
  attempt: 1,
  version: 1,
  lastSequence: 0,
  lastExecutionSequence: 0,
  failureCode: null,
  failureDetails: null,
  pause: null,
  freezeOverride: start.freezeOverride ?? null,
  traceparent: start.traceparent ?? null,
  priority: start.priority ?? null,
  busyTasks: 0,
  waitingTasks: 0,
  detachedTasks: 0,
  finallyTasks: null,
  createdAt: now,
  startedAt: null,
  attemptStartedAt: null,
  endedAt: null,
  earlierMs: 0,
  hasPlace: false,
  expiresAt: new Date(now.getTime() + timeoutSeconds * 1000),
});

/** Creates a workflow execution with all of its tasks, and the jobs of those that can run immediately. */
export function startWorkflow(run: RunSlice, { name, maxParallel, mode, ...start }: WorkflowStart): void {
  const definition = run.fact('workflow', start.revisionId);
  const graph = newGraph(taskNodes(definition.tasks), 'all');
  const openTasks = graph.tasks.length;
  const own = { kind: 'WORKFLOW' as const, openTasks };
  const as = { maxParallel: maxParallel ?? definition.maxParallel, mode: mode ?? definition.mode };
  const execution = newExecution(start, { ...own, ...as }, run.now, definition.timeoutSeconds);
  run.addExecution(execution);
  run.addGraph(execution, graph);
  run.event({ runId: execution.runId, executionId: execution.id }, 'EXECUTION_CREATED', {
    ...{ kind: 'WORKFLOW', name, tasks: openTasks },
    ...(start.parentStageExecutionId && { stageExecutionId: start.parentStageExecutionId }),
  });
  // The element of a stage was asked before its workflow started.
  if (start.parentStageExecutionId !== null || hindranceOfWorkflow(run, execution.id) === null)
    dispatchTasks(run, [execution.id]);
}
