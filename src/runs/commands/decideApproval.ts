import type { Actor } from '../../access/actor';
import type { Approval } from '../../engine/approval';
import { approverRefusal } from '../../engine/selfApproval';
import { isId } from '../../kernel/ids';
import { notFound, Refusal } from '../../kernel/errors';
import type { App } from '../app';
import { decide, findApproval } from '../approvals/approvals.store';
import { settleStage } from '../execution/advancePipeline';
import { findAttempts } from '../execution/executions.store';
import { onRun, type RunCommandInput } from './onRun';

export interface DecideApproval extends RunCommandInput {
  readonly action: 'APPROVE' | 'REJECT';
  readonly applicationId: string;
  readonly executionId: string;
  readonly approvalId: string;
}

/** A person's decision on an approval. The same decision again by the same actor changes nothing. */
export async function decideApproval(app: App, actor: Actor, input: DecideApproval): Promise<void> {
  const named = { kind: 'approval', id: input.approvalId };
  const command = { verb: 'decideApproval', input, id: input.executionId, named };
  const comments = input.comments?.trim() || null;
  const status = input.action === 'APPROVE' ? 'APPROVED' : 'REJECTED';
  await onRun(app, actor, command, async (db, execution) => {
    const approval = isId(input.approvalId) ? await findApproval(db, input.approvalId) : undefined;
    if (approval?.executionId !== execution.id) throw notFound('approval', input.approvalId);
    const { id, stageExecutionId } = approval;
    const audit = { kind: 'approval', id, before: { status: approval.status } };
    if (approval.status === status && approval.decidedBy?.id === actor.id) {
      return { audit: { ...audit, after: { status, comments: approval.comments, executionId: execution.id } } };
    }
    const refusal =
      refuseDecision(actor, approval, db.now) ??
      approverRefusal(actor, approval, await findAttempts(db, [execution.id]));
    if (refusal !== null) throw refusal;
    await decide(db, id, { status, at: db.now, by: actor, comments });
    const on = { runId: execution.runId, executionId: execution.id };
    db.event(on, 'APPROVAL_DECIDED', { approvalId: id, stageExecutionId, status, comments });
    const text = `rejected by ${actor.name}${comments === null ? '' : `: ${comments}`}`;
    if (status === 'APPROVED') await settleStage(db, stageExecutionId, 'SUCCESS');
    else await settleStage(db, stageExecutionId, 'REJECTED', { code: 'REJECTED', text });
    return { audit: { ...audit, after: { status, comments, executionId: execution.id } } };
  });
}

/** Why an approval can no longer be decided; null while it waits. */
function refuseDecision(actor: Actor, { status, expiresAt, decidedBy }: Approval, now: Date): Refusal | null {
  if (status === 'WAITING' && expiresAt > now) return null;
  const is = status === 'WAITING' ? 'EXPIRED' : status;
  const byPerson = status === 'APPROVED' || status === 'REJECTED';
  if (byPerson && decidedBy !== null && decidedBy.id !== actor.id) {
    return new Refusal('CONFLICT', `${decidedBy.name} was faster: the approval is ${is}.`, { status: is });
  }
  const by = decidedBy === null ? '' : ` by ${decidedBy.name}`;
  return new Refusal('NOT_WAITING', `The approval is ${is}${by}.`, { status });
}
