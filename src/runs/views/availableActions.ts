import type { Actor } from '../../access/actor';
import type { SubjectRows } from '../../access/subjects';
import { findEnvironmentTargets, findExecutionTargets } from '../../access/targets.store';
import type { App } from '../app';
import { findApprovalsOfExecution } from '../approvals/approvals.store';
import { Refusal } from '../../kernel/errors';
import { decideResume, refuseAttempt } from '../../engine/resumeDecision';
import { refuseAbort } from '../commands/abortExecution';
import type { Execution } from '../../engine/execution';
import { findWaitingForPerson, requireRight } from '../commands/interveneExecution';
import { refuseHold } from '../commands/pauseExecution';
import { findCurrentStages } from '../execution/stages.store';

export interface AvailableAction {
  readonly action:
    | 'pause'
    | 'continue'
    | 'abort'
    | 'resume'
    | 'rerun'
    | 'approve'
    | 'intervene'
    | 'extend'
    | 'restore'
    | 'cancelRestore';
  readonly allowed: boolean;
  readonly code: string | null;
  readonly message: string | null;
}

type Answer = Pick<AvailableAction, 'allowed' | 'code' | 'message'>;
const yes: Answer = { allowed: true, code: null, message: null };
const no = (code: string, message: string): Answer => ({ allowed: false, code, message });
const refused = (refusal: Refusal): Answer => no(refusal.code, refusal.message);

/** What the caller can do with an execution now: by the decisions that the commands take, status first, then rights. */
export async function availableActions(app: App, actor: Actor, execution: Execution): Promise<AvailableAction[]> {
  const environments = (await findExecutionTargets(app.database, [execution.id])).get(execution.id) ?? [];
  const subject = { ...execution, environments };
  const run = execution.kind === 'PIPELINE' ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  const { access } = actor;
  const actions: [AvailableAction['action'], Answer][] = [];
  actions.push(['abort', canAbort(actor, execution, subject)]);
  if (execution.parentStageExecutionId === null) {
    for (const verb of ['pause', 'continue'] as const) {
      actions.push([verb, canHold(execution, verb) ?? access.explain(run, 'Execution', subject)]);
    }
    actions.push(['resume', await canResume(app, actor, execution, subject)]);
    const rerun = refuseAttempt(execution, 'rerun');
    actions.push(['rerun', rerun === null ? access.explain(run, 'Execution', subject) : refused(rerun)]);
  }
  if (execution.kind === 'PIPELINE') actions.push(['approve', await canApprove(app, actor, execution)]);
  actions.push(['intervene', await canIntervene(app, actor, execution)]);
  return actions.map(([action, { allowed, code, message }]) => ({ action, allowed, code, message }));
}

function canAbort({ access }: Actor, execution: Execution, subject: SubjectRows['Execution']): Answer {
  const refusal = refuseAbort(execution);
  if (refusal !== null) return refused(refusal);
  const run = execution.kind === 'PIPELINE' ? 'EXECUTE_PIPELINE' : 'EXECUTE_WORKFLOW';
  return access.can(run, 'Execution', subject) ? yes : access.explain('ABORT_WORKFLOW', 'Execution', subject);
}

/** What would change nothing is not offered, though the command takes it. */
function canHold(execution: Execution, verb: 'pause' | 'continue'): Answer | null {
  const refusal = refuseHold(execution, verb);
  if (refusal !== null) return refused(refusal);
  if ((verb === 'pause') !== (execution.pause !== null)) return null;
  return no('NOT_PAUSABLE', `The execution is already ${execution.status}.`);
}

async function canResume(
  app: App,
  { access }: Actor,
  execution: Execution,
  subject: SubjectRows['Execution'],
): Promise<Answer> {
  if (execution.kind === 'WORKFLOW') {
    const refusal = refuseAttempt(execution, 'resume');
    return refusal === null ? access.explain('EXECUTE_WORKFLOW', 'Execution', subject) : refused(refusal);
  }
  const decision = decideResume(execution, await findCurrentStages(app.database, [execution.id]), {});
  if (decision instanceof Refusal) return refused(decision);
  const targets = await findEnvironmentTargets(
    app.database,
    decision.again.flatMap((stage) => stage.environmentId ?? []),
  );
  return access.explain('EXECUTE_PIPELINE', 'Execution', subject, targets);
}

async function canApprove(app: App, { access }: Actor, execution: Execution): Promise<Answer> {
  const approvals = await findApprovalsOfExecution(app.database, execution.id);
  const waiting = approvals.filter((approval) => approval.status === 'WAITING');
  if (waiting.length === 0) return no('NOT_WAITING', 'Nothing is waiting for an approval.');
  if (waiting.some((approval) => access.isMemberOf(approval.approvers))) return yes;
  return no('FORBIDDEN', 'The membership of an approver group is missing.');
}

async function canIntervene(app: App, actor: Actor, execution: Execution): Promise<Answer> {
  const [target] = await findWaitingForPerson(app.database, execution.id);
  if (target === undefined) return no('NOT_WAITING', 'No failure is waiting for a decision.');
  try {
    await requireRight(app, actor, execution, target);
    return yes;
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}
