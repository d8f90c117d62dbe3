import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Execution } from '../../engine/execution';
import { requireStages } from '../execution/requireStages';
import { Refusal } from '../../kernel/errors';
import { beginNextAttempt } from '../attempts/beginNextAttempt';
import { type AttemptInput, attemptOf, checkPlanToken, inAttempt } from '../attempts/inAttempt';
import type { ResumeChoice } from '../../engine/resumeDecision';
import { findMovedOn, refuseMovedOn } from '../deployments/movedOn';
import { aimOf, planResume } from '../attempts/resumePlan';
import { resumeToken } from '../attempts/resumeToken';

export interface ResumeExecution extends AttemptInput, ResumeChoice {
  readonly pipelineExecutionId: string;
}

/**
 * Goes on with a pipeline execution from one of its stages: the next attempt of the same execution. That stage and the later ones run, earlier ones keep their results;
 * inputs and images are those of the start. Everything is in one transaction: a crash leaves either the old state or the new one.
 */
export async function resumeExecution(app: App, actor: Actor, input: ResumeExecution): Promise<Execution> {
  return inAttempt(
    app,
    actor,
    { verb: 'resume', id: input.pipelineExecutionId, kind: 'PIPELINE' },
    input,
    async (db, execution) => {
      const plan = await planResume(app, db, execution, input);
      if (plan instanceof Refusal) throw plan;
      const stages = plan.elements.map(({ stage }) => stage);
      await requireStages(db, actor, execution, stages);
      const replaced = await findMovedOn(app, db, execution, plan.elements.map(aimOf));
      checkPlanToken(input.planToken, resumeToken(execution, input, plan, replaced));
      const movedOn = refuseMovedOn(replaced, input.overrule);
      for (const refusal of [...plan.refusals, ...(movedOn === null ? [] : [movedOn])]) throw refusal;
      await beginNextAttempt(db, execution, plan, attemptOf(input, 'RESUME', actor, plan.fromStage));
    },
  );
}
