import type { RuntimeInputs } from '../../catalog/language/pipeline';
import { moveStage } from './changeStatus';
import type { Execution, StageExecution } from '../../engine/execution';
import type { RunTransaction } from './runTransaction';

/** An element that was reached asks for values: it is PAUSED until somebody answers, or its time is over. */
export async function askRuntimeInputs(
  db: RunTransaction,
  execution: Execution,
  stage: StageExecution,
  asked: RuntimeInputs,
): Promise<void> {
  const waitsUntil = new Date(db.now.getTime() + asked.timeoutSeconds * 1000);
  await moveStage(db, execution.runId, stage, 'PAUSED', { waitsUntil });
  const { id: stageExecutionId, elementId, stageName, stepName } = stage;
  db.event({ runId: execution.runId, executionId: execution.id }, 'RUNTIME_INPUTS_REQUESTED', {
    ...{ stageExecutionId, elementId, stageName, stepName },
    variables: asked.variables,
    expiresAt: waitsUntil.toISOString(),
  });
}
