import { advancePipeline } from './advancePipeline';
import { moveExecution, moveStage } from './moves';
import type { RunSlice } from './runSlice';

/** Shows workflows whose first task runs as running, and with them their stages and pipelines. */
export function showRunning(run: RunSlice, executionIds: readonly string[]): void {
  const pipelines = new Set<string>();
  for (const id of executionIds) {
    const { status, runId, parentStageExecutionId: stageId } = run.execution(id);
    if (status !== 'QUEUED' && status !== 'RESUMING' && status !== 'WAITING') continue;
    moveExecution(run, id, 'RUNNING');
    if (stageId === null) continue;
    const stage = run.element(runId, stageId);
    if (stage.status !== 'QUEUED' && stage.status !== 'WAITING') continue;
    moveStage(run, stage, 'RUNNING');
    pipelines.add(runId);
  }
  for (const id of pipelines) advancePipeline(run, id);
}
