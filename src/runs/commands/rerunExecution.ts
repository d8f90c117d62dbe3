import type { Actor } from '../../access/actor';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import type { Execution } from '../../engine/execution';
import { requireStages } from '../execution/requireStages';
import { findCurrentStages } from '../execution/stages.store';
import { beginNextAttempt, beginWorkflowAttempt } from '../attempts/beginNextAttempt';
import { type AttemptInput, attemptOf, inAttempt } from '../attempts/inAttempt';
import { refuseAttempt } from '../../engine/resumeDecision';
import { requireNotMovedOn } from '../deployments/movedOn';
import { aimOf, planRerun } from '../attempts/resumePlan';
import { aimOfWorkflow, asBefore } from '../attempts/resumeWorkflowPlan';

export interface RerunExecution extends AttemptInput {
  readonly executionId: string;
}

/** Runs a final execution again from its beginning, with the same inputs and the revision that it ran: its next attempt. */
export async function rerunExecution(app: App, actor: Actor, input: RerunExecution): Promise<Execution> {
  return inAttempt(app, actor, { verb: 'rerun', id: input.executionId, kind: null }, input, async (db, execution) => {
    const refusal = refuseAttempt(execution, 'rerun');
    if (refusal !== null) throw refusal;
    if (execution.kind === 'WORKFLOW') {
      actor.access.require('EXECUTE_WORKFLOW', 'Execution', await subjectFor(app, 'Execution', execution));
      const next = asBefore(execution, { all: true });
      await requireNotMovedOn(app, db, execution, [aimOfWorkflow(app, db, next)], input.overrule);
      await beginWorkflowAttempt(db, next, attemptOf(input, 'RERUN', actor, null));
      return;
    }
    const stages = await findCurrentStages(db, [execution.id]);
    await requireStages(db, actor, execution, stages);
    const plan = planRerun(execution, stages, db.now);
    await requireNotMovedOn(app, db, execution, plan.elements.map(aimOf), input.overrule);
    await beginNextAttempt(db, execution, plan, attemptOf(input, 'RERUN', actor, plan.fromStage));
  });
}
