import { type ActorRef, actorRef } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows } from '../../kernel/database/table';
import type { Approval } from '../../engine/approval';
import { approvalTable } from './approvals.table';

const approval = columnsOf(approvalTable, 'approval');

export async function insertApproval(db: Db, row: Approval): Promise<void> {
  await insertRows(db, approvalTable, [row]);
}

export async function findApproval(db: Db, id: string): Promise<Approval | undefined> {
  const [row] = await db.rows<Approval>(`SELECT ${approval} FROM approval WHERE id = $1`, [id]);
  return row;
}

export function findApprovals(db: Db, ids: readonly string[]): Promise<Approval[]> {
  return db.rows(`SELECT ${approval} FROM approval WHERE id = ANY ($1::uuid[])`, [ids]);
}

export function findApprovalsOfStages(db: Db, stageExecutionIds: readonly string[]): Promise<Approval[]> {
  return db.rows(
    `SELECT ${approval} FROM approval WHERE stage_execution_id = ANY ($1::uuid[]) ORDER BY requested_at, id`,
    [stageExecutionIds],
  );
}

export function findApprovalsOfExecution(db: Db, executionId: string): Promise<Approval[]> {
  return db.rows(`SELECT ${approval} FROM approval WHERE execution_id = $1 ORDER BY requested_at, id`, [executionId]);
}

export function findExpiredApprovals(db: Db, now: Date, limit: number): Promise<Approval[]> {
  return db.rows(
    `SELECT ${approval} FROM approval WHERE status = 'WAITING' AND expires_at < $1 ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
}

export interface ApprovalDecision {
  readonly status: Exclude<Approval['status'], 'WAITING'>;
  readonly at: Date;
  readonly by: ActorRef;
  readonly comments: string | null;
}

/** Decides an approval that still waits. Returns false if another decision came first. */
export async function decide(db: Db, id: string, decision: ApprovalDecision): Promise<boolean> {
  const written = await db.write(
    `UPDATE approval SET status = $2, decided_at = $3, decided_by = $4, comments = $5 WHERE id = $1 AND status = 'WAITING'`,
    [id, decision.status, decision.at, JSON.stringify(actorRef(decision.by)), decision.comments],
  );
  return written === 1;
}
