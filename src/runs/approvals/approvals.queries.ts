import type { Actor } from '../../access/actor';
import type { App } from '../app';
import type { Approval } from '../../engine/approval';
import { approvalTable } from './approvals.table';
import { columnsOf } from '../../kernel/database/table';
import { groupBy } from '../../kernel/loaders';
import { isId } from '../../kernel/ids';
import { approverRefusal } from '../../engine/selfApproval';
import { findAttempts } from '../execution/executions.store';

/** Selection of approvals. */
export interface ApprovalFilter {
  readonly applicationId: string | null;
  /** True to include approvals that the caller may see but not decide. */
  readonly all: boolean;
}

/** More than a person can work through; the oldest are the most urgent. */
const MOST = 500;

/** Waiting approvals, oldest first. */
export async function listWaitingApprovals(app: App, actor: Actor, filter: ApprovalFilter): Promise<Approval[]> {
  const parameters: unknown[] = [];
  const where = approvalCondition(actor, filter, parameters);
  const rows = await app.database.rows<Approval>(
    `SELECT ${columnsOf(approvalTable, 'approval')} FROM approval JOIN execution e ON e.id = approval.execution_id
     WHERE approval.status = 'WAITING' AND ${where} ORDER BY approval.requested_at, approval.id LIMIT ${MOST}`,
    parameters,
  );
  return filter.all ? rows : decidable(app, actor, rows);
}

/** Condition on the execution `e` that requested the approval. */
export function approvalCondition(actor: Actor, { applicationId }: ApprovalFilter, parameters: unknown[]): string {
  const readable = actor.access.condition('READ', 'Execution', 'e', parameters);
  if (applicationId === null) return readable;
  return isId(applicationId) ? `${readable} AND e.application_id = $${parameters.push(applicationId)}` : 'FALSE';
}

/** Approvals that the actor may decide, or could have decided. */
export async function decidable(app: App, actor: Actor, approvals: readonly Approval[]): Promise<Approval[]> {
  const asked = approvals.filter((approval) => actor.access.isMemberOf(approval.approvers));
  const strict = asked.filter((approval) => approval.disallowInitiator).map((approval) => approval.executionId);
  const attempts = groupBy(
    strict.length === 0 ? [] : await findAttempts(app.database, strict),
    (one) => one.executionId,
  );
  return asked.filter((one) => approverRefusal(actor, one, attempts.get(one.executionId) ?? []) === null);
}
