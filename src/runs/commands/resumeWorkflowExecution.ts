import type { Actor } from '../../access/actor';
import { findEnvironmentTargets } from '../../access/targets.store';
import type { SubjectRows } from '../../access/subjects';
import { wantsOf } from '../../engine/facts';
import type { App } from '../app';
import type { Db } from '../../kernel/database/database';
import type { Execution } from '../../engine/execution';
import { type AttemptInput, attemptOf, checkPlanToken, inAttempt } from '../attempts/inAttempt';
import { refuseAttempt } from '../../engine/resumeDecision';
import { workflowResumeToken } from '../attempts/resumeToken';
import { beginWorkflowAttempt } from '../attempts/beginNextAttempt';
import { requireOverride } from '../freezes/frozen';
import { findMovedOn, refuseMovedOn } from '../deployments/movedOn';
import { findUnfinishedTasks } from '../execution/tasks.store';
import { aimOfWorkflow, planWorkflowResume, type WorkflowResumeChoice } from '../attempts/resumeWorkflowPlan';

export interface ResumeWorkflowExecution extends AttemptInput, WorkflowResumeChoice {
  readonly workflowExecutionId: string;
}

/**
 * Continues a standalone workflow execution: tasks that succeeded are kept with the values that they have set, the
 * others run again. Values of the start can be overridden; values that a kept task has set cannot.
 */
export async function resumeWorkflowExecution(
  app: App,
  actor: Actor,
  input: ResumeWorkflowExecution,
): Promise<Execution> {
  return inAttempt(
    app,
    actor,
    {
      ...{ verb: 'resumeWorkflow', id: input.workflowExecutionId, kind: 'WORKFLOW' },
      wants: ({ id }) => wantsOf(id, 'execution'),
      reads: (db, { id }) => findUnfinishedTasks(db, [id]),
    },
    input,
    async (db, execution, { read: unfinished, environments }) => {
      const refusal = refuseAttempt(execution, 'resume');
      if (refusal !== null) throw refusal;
      const { next, refusals } = await planWorkflowResume(app, db, execution, input);
      await requireEnvironment(db, actor, { ...execution, environments }, next.environmentId);
      if (input.overrideFreeze != null) await requireOverride(db, actor, execution, [next]);
      const replaced = await findMovedOn(app, db, execution, [aimOfWorkflow(app, db, next)]);
      checkPlanToken(input.planToken, workflowResumeToken(execution, input, next, replaced));
      const movedOn = refuseMovedOn(replaced, input.overrule);
      for (const one of [...refusals, ...(movedOn === null ? [] : [movedOn])]) throw one;
      return beginWorkflowAttempt(db, next, attemptOf(input, 'RESUME', actor, null), unfinished);
    },
  );
}

/** Requires the right for the environment in which it will run. */
export async function requireEnvironment(
  db: Db,
  actor: Actor,
  subject: SubjectRows['Execution'],
  environmentId: string | null,
): Promise<void> {
  const known = subject.environments.filter(({ id }) => id === environmentId);
  const targets =
    environmentId === null || known.length > 0 ? known : await findEnvironmentTargets(db, [environmentId]);
  actor.access.requireForEnvironments('EXECUTE_WORKFLOW', 'Execution', subject, targets);
}
