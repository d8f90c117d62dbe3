import type { Db } from '../kernel/database/database';
import { isStorable } from '../kernel/naming';
import type { MemberSource } from './userGroups.table';
import { type User, users } from './users';

export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  if (!isStorable(email)) return undefined;
  return users.findWhere(db, 'row.email = lower($1)', [email]);
}

/** True if an identity or an address belonged to a user that has been deleted. */
export async function wasDeleted(
  db: Db,
  identity: { issuer: string; subject: string; email: string },
): Promise<boolean> {
  const rows = await db.rows(
    `SELECT FROM user_account WHERE deleted_at IS NOT NULL
       AND (identity_issuer = $1 AND identity_subject = $2 OR email = lower($3)) LIMIT 1`,
    [identity.issuer, identity.subject, identity.email],
  );
  return rows.length > 0;
}

/** Records that the groups of a token issued at this time were applied; false if those of a newer token were. */
export async function noteClaims(db: Db, id: string, issuedAt: Date): Promise<boolean> {
  const written = await db.write(
    'UPDATE user_account SET claims_issued_at = $2 WHERE id = $1 AND (claims_issued_at IS NULL OR claims_issued_at < $2)',
    [id, issuedAt],
  );
  return written === 1;
}

export async function deleteMembershipsOfUser(db: Db, id: string): Promise<void> {
  await db.write('DELETE FROM user_group_member WHERE user_id = $1', [id]);
}

export interface Membership {
  readonly userId: string;
  readonly groupId: string;
  readonly source: MemberSource;
}

export function findMemberships(db: Db, userIds: readonly string[]): Promise<Membership[]> {
  return db.rows(
    `SELECT user_id AS "userId", group_id AS "groupId", source FROM user_group_member
     WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id, group_id, source`,
    [userIds],
  );
}

/** Members of groups. Deleted users belong to no group. */
export function findMembers(db: Db, groupIds: readonly string[]): Promise<Membership[]> {
  return db.rows(
    `SELECT user_id AS "userId", group_id AS "groupId", source FROM user_group_member
     WHERE group_id = ANY ($1::uuid[]) ORDER BY group_id, user_id, source`,
    [groupIds],
  );
}

/** Adds missing memberships. */
export async function addMemberships(db: Db, memberships: readonly Membership[], now: Date): Promise<void> {
  if (memberships.length === 0) return;
  await db.write(
    `INSERT INTO user_group_member (user_id, group_id, source, added_at)
     SELECT user_id, group_id, source, $4 FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS m (user_id, group_id, source)
     ON CONFLICT DO NOTHING`,
    [
      memberships.map((one) => one.userId),
      memberships.map((one) => one.groupId),
      memberships.map((one) => one.source),
      now,
    ],
  );
}

export async function removeMemberships(db: Db, memberships: readonly Membership[]): Promise<void> {
  if (memberships.length === 0) return;
  await db.write(
    `DELETE FROM user_group_member USING unnest($1::uuid[], $2::uuid[], $3::text[]) AS m (user_id, group_id, source)
     WHERE user_group_member.user_id = m.user_id AND user_group_member.group_id = m.group_id AND user_group_member.source = m.source`,
    [memberships.map((one) => one.userId), memberships.map((one) => one.groupId), memberships.map((one) => one.source)],
  );
}
