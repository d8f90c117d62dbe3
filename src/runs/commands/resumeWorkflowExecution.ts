import type { Actor } from '../../access/actor';
import { findEnvironmentTargets } from '../../access/targets.store';
import { subjectFor } from '../../access/visible';
import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import type { Execution } from '../../engine/execution';
import { type AttemptInput, attemptOf, checkPlanToken, inAttempt } from '../attempts/inAttempt';
import { refuseAttempt } from '../../engine/resumeDecision';
import { workflowResumeToken } from '../attempts/resumeToken';
import { beginWorkflowAttempt } from '../attempts/beginNextAttempt';
import { findMovedOn, refuseMovedOn } from '../deployments/movedOn';
import { aimOfWorkflow, planWorkflowResume, type WorkflowResumeChoice } from '../attempts/resumeWorkflowPlan';

export interface ResumeWorkflowExecution extends AttemptInput, WorkflowResumeChoice {
  readonly workflowExecutionId: string;
}

/**
 * Goes on with an execution of a workflow by itself: tasks that succeeded are kept with what they have set, the others run again. Values of the start can be overridden, in
 * place of those only; what a kept task has set can't.
 */
export async function resumeWorkflowExecution(
  app: App,
  actor: Actor,
  input: ResumeWorkflowExecution,
): Promise<Execution> {
  return inAttempt(
    app,
    actor,
    { verb: 'resumeWorkflow', id: input.workflowExecutionId, kind: 'WORKFLOW' },
    input,
    async (db, execution) => {
      const refusal = refuseAttempt(execution, 'resume');
      if (refusal !== null) throw refusal;
      const { next, refusals } = await planWorkflowResume(app, db, execution, input);
      await requireEnvironment(app, db, actor, execution, next.environmentId);
      const replaced = await findMovedOn(app, db, execution, [aimOfWorkflow(app, db, next)]);
      checkPlanToken(input.planToken, workflowResumeToken(execution, input, next, replaced));
      const movedOn = refuseMovedOn(replaced, input.overrule);
      for (const one of [...refusals, ...(movedOn === null ? [] : [movedOn])]) throw one;
      await beginWorkflowAttempt(db, next, attemptOf(input, 'RESUME', actor, null));
    },
  );
}

/** It takes the right for the environment in which it will run. */
export async function requireEnvironment(
  app: App,
  db: Db,
  actor: Actor,
  execution: Execution,
  environmentId: string | null,
): Promise<void> {
  const targets = await findEnvironmentTargets(db, environmentId === null ? [] : [environmentId]);
  const subject = await subjectFor(app, 'Execution', execution);
  actor.access.requireForEnvironments('EXECUTE_WORKFLOW', 'Execution', subject, targets);
}
