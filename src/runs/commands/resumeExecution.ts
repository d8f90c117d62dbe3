import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Execution } from '../../engine/execution';
import { wantsOf } from '../../engine/facts';
import { requireStages } from '../execution/requireStages';
import { findUnfinishedOfShown } from '../execution/tasks.store';
import { Refusal } from '../../kernel/errors';
import { beginNextAttempt } from '../attempts/beginNextAttempt';
import { type AttemptInput, attemptOf, checkPlanToken, inAttempt } from '../attempts/inAttempt';
import type { ResumeChoice } from '../../engine/resumeDecision';
import { requireOverride } from '../freezes/frozen';
import { findMovedOn, refuseMovedOn } from '../deployments/movedOn';
import { aimsOf, planResume, readStanding } from '../attempts/resumePlan';
import { resumeToken } from '../attempts/resumeToken';

export interface ResumeExecution extends AttemptInput, ResumeChoice {
  readonly pipelineExecutionId: string;
}

/**
 * Begins the next attempt of a pipeline execution from one of its stages. That stage and the later ones run, earlier
 * ones keep their results; inputs and images are those of the start. A crash leaves either the old state or the new
 * one.
 */
export async function resumeExecution(app: App, actor: Actor, input: ResumeExecution): Promise<Execution> {
  const byTask = input.granularity === 'TASK';
  return inAttempt(
    app,
    actor,
    {
      ...{ verb: 'resume', id: input.pipelineExecutionId, kind: 'PIPELINE' },
      wants: ({ id }) => wantsOf(id, 'execution', ...(byTask ? ['shownMembers' as const] : [])),
      reads: (db, seen) =>
        Promise.all([readStanding(db, seen, input), byTask ? findUnfinishedOfShown(db, seen.id) : undefined]),
    },
    input,
    async (db, execution, { read: [standing, unfinished], environments }) => {
      const plan = await planResume(app, db, execution, standing, input);
      if (plan instanceof Refusal) throw plan;
      const stages = plan.elements.map(({ stage }) => stage);
      await requireStages(db, actor, execution, stages, environments);
      if (input.overrideFreeze != null) await requireOverride(db, actor, execution, stages);
      const replaced = await findMovedOn(app, db, execution, aimsOf(app, db, plan.elements));
      checkPlanToken(input.planToken, resumeToken(execution, input, plan, replaced));
      const movedOn = refuseMovedOn(replaced, input.overrule);
      for (const refusal of [...plan.refusals, ...(movedOn === null ? [] : [movedOn])]) throw refusal;
      return beginNextAttempt(db, execution, plan, attemptOf(input, 'RESUME', actor, plan.fromStage), unfinished);
    },
  );
}
