import type { ExecutionStatus } from '../contract/statuses';
import { advancePipeline } from './advancePipeline';
import { moveExecution, moveStage } from './moves';
import type { RunSlice } from './runSlice';

const active: readonly ExecutionStatus[] = ['QUEUED', 'RUNNING', 'RESUMING', 'WAITING'];

/**
 * A workflow is WAITING if nothing of it runs while a task waits for a person, and so are its stage and its pipeline.
 */
export function showWaiting(run: RunSlice, executionIds: readonly string[]): void {
  for (const id of executionIds) {
    const { status, waitingTasks, busyTasks, runId, parentStageExecutionId: stageId } = run.execution(id);
    const waits = waitingTasks > 0 && busyTasks === 0;
    if (!active.includes(status) || waits === (status === 'WAITING')) continue;
    const to = waits ? 'WAITING' : 'RUNNING';
    moveExecution(run, id, to);
    if (stageId === null) continue;
    const stage = run.element(runId, stageId);
    if (stage.status !== to) moveStage(run, stage, to);
    advancePipeline(run, runId);
  }
}
