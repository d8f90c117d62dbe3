import type { Actor } from '../../access/actor';
import { settleStage } from '../../engine/advancePipeline';
import type { Approval } from '../../engine/approval';
import type { Execution, ExecutionAttempt } from '../../engine/execution';
import type { Db } from '../../kernel/database/database';
import { auditedInputs, type GivenInput, readApprovalInputs, refuseInputs } from '../../engine/approvalInputs';
import { approverRefusal } from '../../engine/selfApproval';
import { moveApproval } from '../../engine/moves';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { findApproval } from '../approvals/approvals.store';
import { findAttempts } from '../execution/executions.store';
import { wantsOf } from '../../engine/facts';
import { onRun, type RunCommandInput } from './onRun';

export interface DecideApproval extends RunCommandInput {
  readonly action: 'APPROVE' | 'REJECT';
  readonly applicationId: string;
  readonly executionId: string;
  readonly approvalId: string;
  /** Values of the form; an approval only. */
  readonly inputs?: readonly GivenInput[] | null;
}

/** Records a person's decision on an approval. Repeating the same decision as the same actor changes nothing. */
export async function decideApproval(app: App, actor: Actor, input: DecideApproval): Promise<void> {
  const named = { kind: 'approval', id: input.approvalId };
  const wants = ({ id }: Execution) => wantsOf(id, 'execution', 'elements');
  const reads = async (db: Db) => {
    if (!isId(input.approvalId)) throw notFound('approval', input.approvalId);
    return Promise.all([findApproval(db, input.approvalId), findAttempts(db, [input.executionId])]);
  };
  const command = { verb: 'decideApproval', input, id: input.executionId, named, wants, reads };
  const comments = input.comments?.trim() || null;
  const status = input.action === 'APPROVE' ? 'APPROVED' : 'REJECTED';
  await onRun(app, actor, command, async (db, execution, { read: [approval, attempts] }) => {
    if (approval?.executionId !== execution.id) throw notFound('approval', input.approvalId);
    const { id, stageExecutionId } = approval;
    const audit = { kind: 'approval', id, before: { status: approval.status } };
    const inputs = input.inputs ?? [];
    const isSame = inputs.every(({ name, value }) => approval.given?.[name] === value);
    if (approval.status === status && approval.decidedBy?.id === actor.id && isSame) {
      return {
        after: execution,
        audit: { ...audit, after: { status, comments: approval.comments, executionId: execution.id } },
      };
    }
    const refusal = refuseDecision(actor, approval, attempts, db.now);
    if (refusal !== null) throw refusal;
    const { values, errors } =
      status === 'APPROVED'
        ? readApprovalInputs(approval.inputs, inputs)
        : { values: null, errors: refuseInputs(inputs) };
    if (errors.length > 0) throw invalidInput(errors);
    await db.decide((run) => {
      moveApproval(run, approval, status, comments, values);
      if (values !== null) {
        const stage = run.element(execution.id, stageExecutionId);
        run.setStage(stage, { ...stage, variables: values });
      }
      const text = `rejected by ${actor.name}${comments === null ? '' : `: ${comments}`}`;
      if (status === 'APPROVED') settleStage(run, execution.id, stageExecutionId, 'SUCCESS');
      else settleStage(run, execution.id, stageExecutionId, 'REJECTED', { code: 'REJECTED', text });
    });
    const after = { status, comments, inputs: auditedInputs(approval.inputs, values), executionId: execution.id };
    return { after: execution, audit: { ...audit, after } };
  });
}

export interface ApprovalOutcome {
  readonly approvalId: string;
  readonly success: boolean;
  readonly code: Refusal['code'] | null;
  readonly message: string | null;
}

const MOST_DECISIONS = 50;

/** Decides approvals one after the other: a refusal of one does not affect the others. */
export async function decideApprovals(
  app: App,
  actor: Actor,
  decisions: readonly DecideApproval[],
): Promise<ApprovalOutcome[]> {
  if (decisions.length === 0 || decisions.length > MOST_DECISIONS) {
    const message = `decisions must have from 1 to ${MOST_DECISIONS} entries; it has ${decisions.length}.`;
    throw invalidInput([{ field: 'decisions', value: decisions.length, rule: 'RANGE', message }]);
  }
  const outcomes: ApprovalOutcome[] = [];
  for (const decision of decisions) {
    const { approvalId } = decision;
    try {
      await decideApproval(app, actor, decision);
      outcomes.push({ approvalId, success: true, code: null, message: null });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcomes.push({ approvalId, success: false, code: error.code, message: error.message });
    }
  }
  return outcomes;
}

/** Reason why the actor can't decide an approval; null if it can. */
export function refuseDecision(
  actor: Actor,
  approval: Approval,
  /** Attempts of its execution. */
  attempts: readonly ExecutionAttempt[],
  now: Date,
): Refusal | null {
  const { status, expiresAt, decidedBy } = approval;
  if (status === 'WAITING' && expiresAt > now) return approverRefusal(actor, approval, attempts);
  const is = status === 'WAITING' ? 'EXPIRED' : status;
  const byPerson = status === 'APPROVED' || status === 'REJECTED';
  if (byPerson && decidedBy !== null && decidedBy.id !== actor.id) {
    return new Refusal('CONFLICT', `${decidedBy.name} acted first: the approval is ${is}.`, { status: is });
  }
  const by = decidedBy === null ? '' : ` by ${decidedBy.name}`;
  return new Refusal('NOT_WAITING', `The approval is ${is}${by}.`, { status });
}
