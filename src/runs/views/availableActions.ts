import type { Actor } from '../../access/actor';
import type { SubjectRows } from '../../access/subjects';
import { findEnvironmentTargets, findExecutionTargets } from '../../access/targets.store';
import type { App } from '../app';
import { findVotes, findWaitingApprovals } from '../approvals/approvals.store';
import { deciderOf } from '../approvals/approvers.store';
import { Refusal, refusalOf } from '../../kernel/errors';
import type { Approval } from '../../engine/approval';
import { decideResume, refuseAttempt } from '../../engine/resumeDecision';
import { abortRight, refuseAbort } from '../commands/abortExecution';
import type { Execution } from '../../engine/execution';
import { findWaitingForPerson, requireRight } from '../commands/interveneExecution';
import { refuseDecision } from '../commands/decideApproval';
import { requireReassign } from '../commands/reassignApproval';
import { runRight } from '../commands/onRun';
import { refuseOverride } from '../commands/overrideFreeze';
import { findAttempts } from '../execution/executions.store';
import { refuseHold } from '../commands/pauseExecution';
import { findWaitsOf } from '../slots/slots.store';
import { notQueued } from '../commands/slotWaiters';
import { findCurrentStages } from '../execution/stages.store';

export interface AvailableAction {
  readonly action:
    | 'pause'
    | 'continue'
    | 'abort'
    | 'resume'
    | 'rerun'
    | 'approve'
    | 'reassign'
    | 'intervene'
    | 'extend'
    | 'restore'
    | 'cancelRestore'
    | 'moveSlotWaiter'
    | 'withdrawSlotWaiter'
    | 'overrideFreeze';
  readonly allowed: boolean;
  readonly code: string | null;
  readonly message: string | null;
}

type Answer = Pick<AvailableAction, 'allowed' | 'code' | 'message'>;
const NO_APPROVAL = 'Nothing is waiting for an approval.';
const yes: Answer = { allowed: true, code: null, message: null };
const no = (code: string, message: string): Answer => ({ allowed: false, code, message });
const refused = (refusal: Refusal): Answer => no(refusal.code, refusal.message);

/**
 * Actions that the caller can take on an execution now, by the same decisions as the commands: status first, then
 * rights.
 */
export async function availableActions(app: App, actor: Actor, execution: Execution): Promise<AvailableAction[]> {
  const environments = (await findExecutionTargets(app.database, [execution.id])).get(execution.id) ?? [];
  const subject = { ...execution, environments };
  const run = runRight(execution);
  const { access } = actor;
  const actions: [AvailableAction['action'], Answer][] = [];
  actions.push(['abort', canAbort(actor, execution, subject)]);
  if (execution.parentStageExecutionId === null) {
    for (const verb of ['pause', 'continue'] as const) {
      actions.push([verb, canHold(execution, verb) ?? access.explain(run, 'Execution', subject)]);
    }
    actions.push(['resume', await canResume(app, actor, execution, subject)]);
    const waits = (await findWaitsOf(app.database, execution.id)).some(({ queued }) => queued);
    for (const action of ['moveSlotWaiter', 'withdrawSlotWaiter'] as const) {
      const right = action === 'moveSlotWaiter' ? 'ABORT_WORKFLOW' : abortRight(access, subject, execution);
      actions.push([action, waits ? access.explain(right, 'Execution', subject) : refused(notQueued(execution))]);
    }
    const override = refuseOverride(execution);
    const may = () => access.explain('OVERRIDE_FREEZE', 'Execution', subject);
    actions.push(['overrideFreeze', override === null ? may() : refused(override)]);
    const rerun = refuseAttempt(execution, 'rerun');
    actions.push(['rerun', rerun === null ? access.explain(run, 'Execution', subject) : refused(rerun)]);
  }
  if (execution.parentStageExecutionId === null) {
    const waiting = await findWaitingApprovals(app.database, [execution.id]);
    actions.push(['approve', await canApprove(app, actor, execution, waiting)]);
    actions.push(['reassign', await canReassign(actor, waiting)]);
  }
  actions.push(['intervene', await canIntervene(app, actor, execution)]);
  return actions.map(([action, { allowed, code, message }]) => ({ action, allowed, code, message }));
}

function canAbort({ access }: Actor, execution: Execution, subject: SubjectRows['Execution']): Answer {
  const refusal = refuseAbort(execution);
  if (refusal !== null) return refused(refusal);
  return access.explain(abortRight(access, subject, execution), 'Execution', subject);
}

/** An action that would change nothing is not offered, although the command accepts it. */
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

async function canApprove(app: App, actor: Actor, { id }: Execution, waiting: readonly Approval[]): Promise<Answer> {
  if (waiting.length === 0) return no('NOT_WAITING', NO_APPROVAL);
  const [attempts, votes, decider] = await app.database.together((db) => {
    const ids = waiting.map((approval) => approval.id);
    return Promise.all([findAttempts(db, [id]), findVotes(db, ids), deciderOf(db, actor)]);
  });
  const now = app.clock.now();
  const refusals = waiting.map((approval) => {
    const own = votes.filter(({ approvalId }) => approvalId === approval.id);
    return refuseDecision(decider, approval, attempts, own, now);
  });
  return anyOf(refusals, NO_APPROVAL);
}

async function canReassign({ access }: Actor, waiting: readonly Approval[]): Promise<Answer> {
  if (waiting.length === 0) return no('NOT_WAITING', NO_APPROVAL);
  const refusal = await refusalOf(async () => requireReassign(access));
  return refusal === null ? yes : refused(refusal);
}

async function canIntervene(app: App, actor: Actor, execution: Execution): Promise<Answer> {
  const targets = await findWaitingForPerson(app.database, execution.id);
  const refusals = targets.map((target) => refusalOf(() => requireRight(app, actor, execution, target)));
  return anyOf(await Promise.all(refusals), 'No failure is waiting for a decision.');
}

/** Yes if at least one of several waiting objects can be decided; otherwise the refusal of the first. */
function anyOf(refusals: readonly (Refusal | null)[], nothing: string): Answer {
  if (refusals.includes(null)) return yes;
  const [first] = refusals;
  return first == null ? no('NOT_WAITING', nothing) : refused(first);
}
