import { type ActorRef, actorRef } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { Approval, ApprovalVote } from '../../engine/approval';
import type { ApprovalDecided } from '../../engine/changes';
import { approvalTable, approvalVoteTable } from './approvals.table';

const approval = columnsOf(approvalTable, 'approval');
const vote = columnsOf(approvalVoteTable, 'vote');

export async function findApproval(db: Db, id: string): Promise<Approval | undefined> {
  const [row] = await db.rows<Approval>(`SELECT ${approval} FROM approval WHERE id = $1`, [id]);
  return row;
}

export function findApprovals(db: Db, ids: readonly string[]): Promise<Approval[]> {
  return db.rows(`SELECT ${approval} FROM approval WHERE id = ANY ($1::uuid[])`, [ids]);
}

export function findApprovalsOfStages(db: Db, stageExecutionIds: readonly string[]): Promise<Approval[]> {
  return db.rows(
    `SELECT ${approval} FROM approval WHERE stage_execution_id = ANY ($1::uuid[]) AND task_execution_id IS NULL
     ORDER BY requested_at, id`,
    [stageExecutionIds],
  );
}

export function findApprovalsOfTasks(db: Db, taskExecutionIds: readonly string[]): Promise<Approval[]> {
  return db.rows(
    `SELECT ${approval} FROM approval WHERE task_execution_id = ANY ($1::uuid[]) ORDER BY requested_at, id`,
    [taskExecutionIds],
  );
}

/** Approvals of these executions that nobody has decided. */
export function findWaitingApprovals(db: Db, executionIds: readonly string[]): Promise<Approval[]> {
  return db.rows(`SELECT ${approval} FROM approval WHERE execution_id = ANY ($1::uuid[]) AND status = 'WAITING'`, [
    executionIds,
  ]);
}

export const findApprovalsOfExecution = (db: Db, executionId: string): Promise<Approval[]> =>
  findAllApprovals(db, [executionId]);

export function findExpiredApprovals(db: Db, now: Date, limit: number): Promise<Approval[]> {
  return db.rows(
    `SELECT ${approval} FROM approval WHERE status = 'WAITING' AND expires_at < $1 ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
}

/** Votes on approvals, in order; those that no longer count, too. */
export function findVotes(db: Db, approvalIds: readonly string[]): Promise<ApprovalVote[]> {
  return db.rows(`SELECT ${vote} FROM approval_vote vote WHERE approval_id = ANY ($1::uuid[]) ORDER BY voted_at, id`, [
    approvalIds,
  ]);
}

/** All approvals of these executions, in the order of their requests. */
export function findAllApprovals(db: Db, executionIds: readonly string[]): Promise<Approval[]> {
  return db.rows(`SELECT ${approval} FROM approval WHERE execution_id = ANY ($1::uuid[]) ORDER BY requested_at, id`, [
    executionIds,
  ]);
}

export async function voidVotes(db: Db, approvalIds: readonly string[]): Promise<void> {
  if (approvalIds.length === 0) return;
  await db.write('UPDATE approval_vote SET counts = false WHERE approval_id = ANY ($1::uuid[]) AND counts', [
    approvalIds,
  ]);
}

/** Waiting approvals that are asked for several people. */
export const findJointApprovals = (db: Db): Promise<Approval[]> =>
  db.rows(`SELECT ${approval} FROM approval WHERE status = 'WAITING' AND count + cardinality(all_of) > 1`);

/** Waiting approvals with a reminder or an escalation that is due. */
export function findDueSteps(db: Db, now: Date, limit: number): Promise<Pick<Approval, 'id' | 'executionId'>[]> {
  return db.rows(
    `SELECT id, execution_id AS "executionId" FROM approval
     WHERE status = 'WAITING' AND next_step_at <= $1 ORDER BY next_step_at LIMIT $2`,
    [now, limit],
  );
}

/** Decides approvals that are still waiting. */
export async function decideApprovals(
  db: Db,
  decided: readonly ApprovalDecided[],
  by: ActorRef,
  at: Date,
): Promise<void> {
  if (decided.length === 0) return;
  await db.write(
    `UPDATE approval SET status = d.status, comments = d.comments, given = d.given::jsonb, decided_at = $5, decided_by = $6
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS d (id, status, comments, given)
     WHERE approval.id = d.id AND approval.status = 'WAITING'`,
    [
      decided.map((one) => one.id),
      decided.map((one) => one.status),
      decided.map((one) => one.comments),
      decided.map(({ given }) => given && JSON.stringify(given)),
      at,
      JSON.stringify(actorRef(by)),
    ],
  );
}
