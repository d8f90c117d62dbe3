import { advancePipeline } from '../execution/advancePipeline';
import type { Execution } from '../../engine/execution';
import { beginAttempt, insertExecutionTargets, type NewAttempt } from '../execution/executions.store';
import type { RunTransaction } from '../execution/runTransaction';
import { adoptMember, insertElements, insertStages } from '../execution/stages.store';
import type { AttemptPlan } from './resumePlan';
import { resumeWorkflow } from './resumeWorkflow';

/** Writes what was decided for the next attempt of a pipeline execution, and begins it. */
export async function beginNextAttempt(
  db: RunTransaction,
  execution: Execution,
  plan: AttemptPlan,
  attempt: NewAttempt,
): Promise<void> {
  const { definition } = await db.app.pipelineRevisions.get(db, plan.revisionId);
  const { environmentId, mode, maxParallel } = execution;
  const images = plan.images ?? execution.images;
  const next = await beginAttempt(db, {
    ...attempt,
    execution,
    ...{ environmentId, images, mode, maxParallel, openTasks: 0 },
    revisionId: plan.revisionId,
    variables: plan.variables,
    expiresAt: new Date(db.now.getTime() + definition.timeoutSeconds * 1000),
  });
  db.event({ runId: execution.runId, executionId: execution.id }, 'ATTEMPT_STARTED', {
    attempt: next.attempt,
    kind: attempt.kind,
    from: execution.status,
    fromStage: attempt.fromStage,
    reason: attempt.reason,
  });
  await writeStages(db, next, plan);
  // All of them are adopted before the first goes on: one that has nothing left to do ends at once, and what comes after it looks at the others.
  const goOn = plan.elements.flatMap(({ stage, next: workflow }) => (workflow === null ? [] : [{ stage, workflow }]));
  for (const { stage, workflow } of goOn) await adoptMember(db, workflow.execution.id, stage.id);
  for (const { stage, workflow } of goOn) {
    const member = { ...workflow.execution, parentStageExecutionId: stage.id };
    await resumeWorkflow(db, { ...workflow, execution: member }, attempt);
  }
  await advancePipeline(db, next.id);
}

async function writeStages(
  db: RunTransaction,
  { id: executionId, attempt }: Execution,
  { kept, elements }: AttemptPlan,
): Promise<void> {
  const rows = elements.map(({ stage }) => stage);
  await insertStages(db, rows);
  await insertElements(db, { executionId, attempt }, [...kept, ...rows]);
  await insertExecutionTargets(
    db,
    executionId,
    rows.flatMap((stage) => stage.environmentId ?? []),
    rows.flatMap((stage) => Object.keys(stage.images)),
  );
}
