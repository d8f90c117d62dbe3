import { namesIn } from '../../engine/approvalVotes';
import type { Decider } from '../../engine/selfApproval';
import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';

/** A person, or a key without an owner, that may vote on a waiting approval, with its groups among those that it asks. */
export interface Candidate {
  readonly approvalId: string;
  readonly personId: string;
  readonly groups: readonly string[];
}

const GROUPS = '(approval.approvers || approval.all_of)';

/**
 * People and valid keys that may decide `approval`, once for each of their groups: the same rule as in
 * `engine/selfApproval.ts`, for all callers in one statement. Without an identity provider, people act only through
 * keys.
 */
const candidates = (now: string, signIn: string) => `(
  SELECT u.id::text AS person_id, g.name AS "group"
  FROM user_group g JOIN user_group_member m ON m.group_id = g.id JOIN user_account u ON u.id = m.user_id
  WHERE ${signIn}::boolean AND g.name = ANY (${GROUPS}) AND u.deleted_at IS NULL AND NOT ${initiatedBy('u.id', 'u.id')}
    AND NOT approval.excluded && ARRAY[lower(u.name), lower(u.email)]
  UNION
  SELECT coalesce(k.owner_id, k.id)::text, g.name
  FROM user_group g JOIN api_key_user_group l ON l.group_id = g.id JOIN api_key k ON k.id = l.api_key_id
    LEFT JOIN user_account u ON u.id = k.owner_id
  WHERE g.name = ANY (${GROUPS}) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ${now})
    AND (k.application_ids IS NULL OR approval.application_id = ANY (k.application_ids))
    AND NOT ${initiatedBy('k.id', 'k.owner_id')} AND NOT approval.excluded && ARRAY[lower(k.name), lower(u.name), lower(u.email)])`;

/** True if this caller may not decide `approval`, because it started the execution or an attempt of it. */
export const initiatedBy = (id: string, personId: string) => `(approval.disallow_initiator AND EXISTS (
    SELECT FROM execution_attempt a WHERE a.execution_id = approval.execution_id
      AND (a.cause->>'id' = ${id}::text OR a.cause->>'personId' = ${personId}::text)))`;

/** True if this person has a vote on `approval` that counts. */
export const votedBy = (personId: string) => `EXISTS (
    SELECT FROM approval_vote vote WHERE vote.approval_id = approval.id AND vote.counts AND vote.person_id = ${personId}::text)`;

/** The caller, with its names. */
export async function deciderOf(db: Db, actor: Actor): Promise<Decider> {
  const sql = 'SELECT name, email FROM user_account WHERE id = $1::uuid';
  const rows = actor.personId == null ? [] : await db.rows<{ name: string; email: string }>(sql, [actor.personId]);
  return { actor, names: [actor.name, ...rows.flatMap(({ name, email }) => [name, email])].flatMap(namesIn) };
}

/**
 * Waiting approvals that are asked for one person only, and whose row is out of date about whether anybody is left who
 * could decide them.
 */
export function findChangedApprovers(
  db: Db,
  now: Date,
  signIn: boolean,
  limit: number,
): Promise<{ id: string; executionId: string; decidable: boolean }[]> {
  return db.rows(
    `SELECT id, execution_id AS "executionId", decidable FROM (
       SELECT approval.id, approval.execution_id, approval.undecidable_since,
         EXISTS (SELECT FROM ${candidates('$1', '$2')} candidate) AS decidable
       FROM approval WHERE approval.status = 'WAITING' AND approval.count + cardinality(approval.all_of) = 1
     ) found WHERE decidable <> (undecidable_since IS NULL) LIMIT $3`,
    [now, signIn, limit],
  );
}

/**
 * Candidates of these approvals who have not voted. Of people in the same groups, at most as many as the approval needs.
 */
export function findCandidates(
  db: Db,
  approvalIds: readonly string[],
  now: Date,
  signIn: boolean,
): Promise<Candidate[]> {
  return db.rows(
    `SELECT approval_id AS "approvalId", person_id AS "personId", groups FROM (
       SELECT approval.id AS approval_id, one.person_id, one.groups, approval.count + cardinality(approval.all_of) AS needed,
         row_number() OVER (PARTITION BY approval.id, one.groups ORDER BY one.person_id) AS number
       FROM approval CROSS JOIN LATERAL (
         SELECT candidate.person_id, array_agg(candidate."group" ORDER BY candidate."group") AS groups
         FROM ${candidates('$2', '$3')} candidate WHERE NOT ${votedBy('candidate.person_id')}
         GROUP BY candidate.person_id
       ) one WHERE approval.id = ANY ($1::uuid[])
     ) found WHERE number <= needed ORDER BY person_id`,
    [approvalIds, now, signIn],
  );
}

export async function countUndecidableSince(db: Db, since: Date): Promise<number> {
  const [row] = await db.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM approval WHERE status = 'WAITING' AND undecidable_since >= $1`,
    [since],
  );
  return row?.count ?? 0;
}
