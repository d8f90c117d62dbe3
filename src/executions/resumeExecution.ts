import type { Actor } from '../access/actor';
import { findEnvironmentTargets, findExecutionTargets } from '../access/targets.store';
import type { App } from '../app';
import type { Db } from '../database/database';
import { Refusal } from '../refusal';
import { beginNextAttempt } from './beginNextAttempt';
import type { Execution, StageExecution } from './execution';
import { type AttemptInput, attemptOf, checkPlanToken, inAttempt } from './inAttempt';
import type { ResumeChoice } from './resumeDecision';
import { planResume } from './resumePlan';
import { resumeToken } from './resumeToken';

export interface ResumeExecution extends AttemptInput, ResumeChoice {
  readonly pipelineExecutionId: string;
}

/**
 * Goes on with a pipeline execution from one of its stages: the next attempt of the same execution. That stage and the later ones run, earlier ones keep their results;
 * inputs and images are those of the start. Everything is in one transaction: a crash leaves either the old state or the new one.
 */
export async function resumeExecution(app: App, actor: Actor, input: ResumeExecution): Promise<Execution> {
  return inAttempt(app, actor, input.pipelineExecutionId, 'PIPELINE', input, async (db, execution) => {
    const plan = await planResume(app, db, execution, input);
    if (plan instanceof Refusal) throw plan;
    const stages = plan.elements.map(({ stage }) => stage);
    await requireStages(db, actor, execution, stages);
    checkPlanToken(input.planToken, resumeToken(execution, input, plan));
    for (const refusal of plan.refusals) throw refusal;
    await beginNextAttempt(db, execution, plan, attemptOf(db, input, 'RESUME', actor, plan.fromStage));
  });
}

/** To go on with a pipeline takes the right for the environment of every stage that will run; the stages that are kept count for nothing. */
export async function requireStages(
  db: Db,
  actor: Actor,
  execution: Execution,
  again: readonly Pick<StageExecution, 'environmentId'>[],
): Promise<void> {
  const targets = await findEnvironmentTargets(
    db,
    again.flatMap((stage) => stage.environmentId ?? []),
  );
  const environments = (await findExecutionTargets(db, [execution.id])).get(execution.id) ?? [];
  actor.access.requireForEnvironments('EXECUTE_PIPELINE', 'Execution', { ...execution, environments }, targets);
}
