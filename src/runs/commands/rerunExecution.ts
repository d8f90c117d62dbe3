import type { Actor } from '../../access/actor';
import { wantsOf } from '../../engine/facts';
import type { Db } from '../../kernel/database/database';
import type { App } from '../app';
import type { Execution } from '../../engine/execution';
import { requireStages } from '../execution/requireStages';
import { findCurrentStages } from '../execution/stages.store';
import { beginNextAttempt, beginWorkflowAttempt } from '../attempts/beginNextAttempt';
import { type AttemptInput, attemptOf, inAttempt } from '../attempts/inAttempt';
import { refuseAttempt } from '../../engine/resumeDecision';
import { requireOverride } from '../freezes/frozen';
import { requireNotMovedOn } from '../deployments/movedOn';
import { aimsOf, planRerun } from '../attempts/resumePlan';
import { aimOfWorkflow, asBefore } from '../attempts/resumeWorkflowPlan';

export interface RerunExecution extends AttemptInput {
  readonly executionId: string;
}

/** Begins the next attempt of a final execution, from the beginning, with the same inputs and the same revision. */
export async function rerunExecution(app: App, actor: Actor, input: RerunExecution): Promise<Execution> {
  const command = {
    ...{ verb: 'rerun', id: input.executionId, kind: null },
    wants: ({ id }: Execution) => wantsOf(id, 'execution'),
    reads: (db: Db, { id }: Execution) => findCurrentStages(db, [id]),
  };
  return inAttempt(app, actor, command, input, async (db, execution, { read: stages, environments }) => {
    const refusal = refuseAttempt(execution, 'rerun');
    if (refusal !== null) throw refusal;
    if (execution.kind === 'WORKFLOW') {
      actor.access.require('EXECUTE_WORKFLOW', 'Execution', { ...execution, environments });
      const next = asBefore(execution, { all: true });
      if (input.overrideFreeze != null) await requireOverride(db, actor, execution, [next]);
      await requireNotMovedOn(app, db, execution, [aimOfWorkflow(app, db, next)], input.overrule);
      return beginWorkflowAttempt(db, next, attemptOf(input, 'RERUN', actor, null));
    }
    await requireStages(db, actor, execution, stages, environments);
    if (input.overrideFreeze != null) await requireOverride(db, actor, execution, stages);
    const plan = planRerun(execution, stages, db.now);
    await requireNotMovedOn(app, db, execution, aimsOf(app, db, plan.elements), input.overrule);
    return beginNextAttempt(db, execution, plan, attemptOf(input, 'RERUN', actor, plan.fromStage));
  });
}
