import type { Actor } from '../../access/actor';
import { requireReadable } from '../../access/visible';
import type { App } from '../app';
import { decide, findApproval } from '../approvals/approvals.store';
import { auditDetail } from '../../access/audit/auditDetail';
import { isId } from '../../kernel/ids';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import { settleStage } from '../execution/advancePipeline';
import { approverRefusal } from '../../engine/selfApproval';
import { findAttempts, findExecution } from '../execution/executions.store';
import { inRuns } from '../execution/inRuns';

export interface DecideApproval {
  readonly action: 'APPROVE' | 'REJECT';
  readonly applicationId: string;
  readonly executionId: string;
  readonly approvalId: string;
  readonly comments?: string | null;
}

const MAX_COMMENT = 5000;

/** A person's decision at a gate. Deciding the same again, by the same actor, changes nothing; another decision afterwards is refused. */
export async function decideApproval(app: App, actor: Actor, input: DecideApproval): Promise<void> {
  const comments = input.comments?.trim() || null;
  if (comments !== null && comments.length > MAX_COMMENT) {
    const message = `comments has ${comments.length} characters; at most ${MAX_COMMENT} are allowed.`;
    throw invalidInput([{ field: 'comments', value: comments.length, rule: 'MAX_LENGTH', message }]);
  }
  const seen = isId(input.approvalId) ? await findApproval(app.database, input.approvalId) : undefined;
  if (seen === undefined || seen.executionId !== input.executionId || seen.applicationId !== input.applicationId) {
    throw notFound('approval', input.approvalId);
  }
  const execution = await findExecution(app.database, seen.executionId);
  if (execution === undefined) throw notFound('approval', input.approvalId);
  await requireReadable(app, actor.access, 'Execution', execution);
  const status = input.action === 'APPROVE' ? 'APPROVED' : 'REJECTED';
  await inRuns(app, [seen.executionId], actor, async (db) => {
    const approval = await findApproval(db, seen.id);
    if (approval === undefined) throw notFound('approval', input.approvalId);
    if (approval.status === status && approval.decidedBy?.id === actor.id) return;
    if (approval.status !== 'WAITING' || approval.expiresAt <= db.now) {
      const by = approval.decidedBy === null ? '' : ` by ${approval.decidedBy.name}`;
      throw new Refusal(
        'NOT_WAITING',
        `The approval is ${approval.status === 'WAITING' ? 'EXPIRED' : approval.status}${by}.`,
        {
          status: approval.status,
        },
      );
    }
    const refusal = approverRefusal(actor, approval, await findAttempts(db, [approval.executionId]));
    if (refusal !== null) throw refusal;
    await decide(db, approval.id, { status, at: db.now, by: actor, comments });
    const { id, applicationId, executionId } = approval;
    const after = { status, comments, executionId };
    auditDetail(db, { kind: 'approval', id, applicationId, before: { status: approval.status }, after });
    db.event({ runId: approval.executionId, executionId: approval.executionId }, 'APPROVAL_DECIDED', {
      approvalId: approval.id,
      stageExecutionId: approval.stageExecutionId,
      status,
      comments,
    });
    const text = `rejected by ${actor.name}${comments === null ? '' : `: ${comments}`}`;
    await settleStage(
      db,
      approval.stageExecutionId,
      status === 'APPROVED' ? 'SUCCESS' : 'REJECTED',
      status === 'APPROVED' ? undefined : { code: 'REJECTED', text },
    );
  });
}
