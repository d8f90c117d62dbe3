import { advancePipeline } from './advancePipeline';
import { moveExecution, moveStage } from './changeStatus';
import { type ExecutionStatus } from '../../contract/statuses';
import { findExecutions } from './executions.store';
import type { RunTransaction } from './runTransaction';
import { findStages } from './stages.store';

const active: readonly ExecutionStatus[] = ['QUEUED', 'RUNNING', 'RESUMING', 'WAITING'];

/** A workflow of which nothing runs, but a task waits for a person, is WAITING, and so are its stage and its pipeline; otherwise it is so no longer. */
export async function showWaiting(db: RunTransaction, executionIds: readonly string[]): Promise<void> {
  if (executionIds.length === 0) return;
  for (const execution of await findExecutions(db, executionIds)) {
    const waits = execution.waitingTasks > 0 && execution.busyTasks === 0;
    if (!active.includes(execution.status) || waits === (execution.status === 'WAITING')) continue;
    const to = waits ? 'WAITING' : 'RUNNING';
    await moveExecution(db, execution, to);
    const { parentStageExecutionId: stageId } = execution;
    const [stage] = stageId === null ? [] : await findStages(db, [stageId]);
    if (stage === undefined) continue;
    if (stage.status !== to) await moveStage(db, execution.runId, stage, to);
    await advancePipeline(db, stage.executionId);
  }
}
