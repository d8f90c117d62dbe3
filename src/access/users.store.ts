import type { Db } from '../kernel/database/database';
import { columnsOf } from '../kernel/database/table';
import type { User } from './user';
import type { MemberSource } from './userGroup';
import { userTable } from './users.table';

const user = columnsOf(userTable, 'u');

export function findUsers(db: Db, ids: readonly string[]): Promise<User[]> {
  return db.rows(`SELECT ${user} FROM user_account u WHERE id = ANY ($1::uuid[])`, [ids]);
}

/** A user that is not deleted. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  const [row] = await db.rows<User>(`SELECT ${user} FROM user_account u WHERE id = $1 AND deleted_at IS NULL`, [id]);
  return row;
}

export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  const [row] = await db.rows<User>(
    `SELECT ${user} FROM user_account u WHERE email = lower($1) AND deleted_at IS NULL`,
    [email],
  );
  return row;
}

/** Whether a deleted user was the one that an identity stands for, or had this address. */
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

export async function insertUser(db: Db, row: User): Promise<void> {
  await db.write(
    `INSERT INTO user_account (id, name, email, identity_issuer, identity_subject, claims_issued_at, created_at, created_by, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      row.id,
      row.name,
      row.email,
      row.identityIssuer,
      row.identitySubject,
      row.claimsIssuedAt,
      row.createdAt,
      row.createdBy,
      row.updatedAt,
    ],
  );
}

export async function renameUser(db: Db, id: string, name: string, now: Date): Promise<void> {
  await db.write('UPDATE user_account SET name = $2, updated_at = $3 WHERE id = $1', [id, name, now]);
}

export async function linkIdentity(db: Db, id: string, issuer: string, subject: string, now: Date): Promise<void> {
  await db.write(
    'UPDATE user_account SET identity_issuer = $2, identity_subject = $3, claims_issued_at = NULL, updated_at = $4 WHERE id = $1',
    [id, issuer, subject, now],
  );
}

/** Says that the groups of a token of this time were taken over; false when those of a newer one were. */
export async function noteClaims(db: Db, id: string, issuedAt: Date): Promise<boolean> {
  const written = await db.write(
    'UPDATE user_account SET claims_issued_at = $2 WHERE id = $1 AND (claims_issued_at IS NULL OR claims_issued_at < $2)',
    [id, issuedAt],
  );
  return written === 1;
}

/** The row stays, without its rights. */
export async function markUserDeleted(db: Db, id: string, now: Date): Promise<void> {
  await db.write('DELETE FROM user_group_member WHERE user_id = $1', [id]);
  await db.write('UPDATE user_account SET deleted_at = $2, updated_at = $2 WHERE id = $1', [id, now]);
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

/** The members of groups, deleted users excepted: those have none. */
export function findMembers(db: Db, groupIds: readonly string[]): Promise<Membership[]> {
  return db.rows(
    `SELECT user_id AS "userId", group_id AS "groupId", source FROM user_group_member
     WHERE group_id = ANY ($1::uuid[]) ORDER BY group_id, user_id, source`,
    [groupIds],
  );
}

/** Adds those that are missing. */
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
