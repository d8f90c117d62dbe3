import type { Db } from '../../kernel/database/database';

/**
 * True if a person or a valid key is a member of a group that the approval names, and may decide it. The same rule as
 * in `engine/selfApproval.ts`, for all actors in one condition. Without an identity provider, people act only through
 * keys.
 */
const decidable = (now: string, signIn: string) => `(
  ${signIn}::boolean AND EXISTS (SELECT FROM user_group g JOIN user_group_member m ON m.group_id = g.id JOIN user_account u ON u.id = m.user_id
    WHERE g.name = ANY (approval.approvers) AND u.deleted_at IS NULL AND NOT ${initiatedBy('u.id', 'u.id')})
  OR EXISTS (SELECT FROM user_group g JOIN api_key_user_group l ON l.group_id = g.id JOIN api_key k ON k.id = l.api_key_id
    WHERE g.name = ANY (approval.approvers) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ${now})
      AND (k.application_ids IS NULL OR approval.application_id = ANY (k.application_ids))
      AND NOT ${initiatedBy('k.id', 'k.owner_id')}))`;

/** True if this caller may not decide `approval`, because it started the execution or an attempt of it. */
export const initiatedBy = (id: string, personId: string) => `(approval.disallow_initiator AND EXISTS (
    SELECT FROM execution_attempt a WHERE a.execution_id = approval.execution_id
      AND (a.cause->>'id' = ${id}::text OR a.cause->>'personId' = ${personId}::text)))`;

/** Waiting approvals whose row is out of date about whether anybody is left who could decide them. */
export function findChangedApprovers(
  db: Db,
  now: Date,
  signIn: boolean,
  limit: number,
): Promise<{ id: string; executionId: string; decidable: boolean }[]> {
  return db.rows(
    `SELECT id, execution_id AS "executionId", decidable FROM (
       SELECT approval.id, approval.execution_id, approval.undecidable_since, ${decidable('$1', '$2')} AS decidable
       FROM approval WHERE approval.status = 'WAITING'
     ) found WHERE decidable <> (undecidable_since IS NULL) LIMIT $3`,
    [now, signIn, limit],
  );
}

export async function isDecidable(db: Db, approvalId: string, now: Date, signIn: boolean): Promise<boolean> {
  const [row] = await db.rows<{ is: boolean }>(`SELECT ${decidable('$2', '$3')} AS is FROM approval WHERE id = $1`, [
    approvalId,
    now,
    signIn,
  ]);
  return row?.is ?? true;
}

export async function countUndecidableSince(db: Db, since: Date): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM approval WHERE status = 'WAITING' AND undecidable_since >= $1`,
    [since],
  );
  return row?.count ?? 0;
}
