import type { Db } from '../kernel/database/database';
import { isId } from '../kernel/ids';
import type { Principal } from './access';
import { RIGHTS_VERSION } from './rights.store';

/**
 * Identity of a caller, its groups, and the version of all rights, from one statement over indexes: the only cost of
 * each request. The groups' grants are read only when the version has changed.
 */
type PrincipalRow = Omit<Principal, 'kind'>;

/** Key as authentication needs it: the principal, and the data that decides whether the key is valid. */
export interface ApiKeyPrincipalRow extends PrincipalRow {
  readonly secretHash: string;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const key = `key.id, key.name, key.owner_id AS "personId", key.application_ids AS "within", key.expires_at AS "expiresAt", key.trust_rule_id AS "trustRuleId",
  key.secret_hash AS "secretHash", key.last_used_at AS "lastUsedAt", key.revoked_at AS "revokedAt",
  ARRAY (SELECT group_id FROM api_key_user_group WHERE api_key_id = key.id ORDER BY group_id) AS "groupIds",
  ${RIGHTS_VERSION} AS version`;

export async function findApiKeyPrincipalByPrefix(db: Db, prefix: string): Promise<ApiKeyPrincipalRow | undefined> {
  const [row] = await db.rows<ApiKeyPrincipalRow>(`SELECT ${key} FROM api_key key WHERE key.prefix = $1`, [prefix]);
  return row;
}

export async function findApiKeyPrincipal(db: Db, id: string): Promise<ApiKeyPrincipalRow | undefined> {
  const [row] = await db.rows<ApiKeyPrincipalRow>(`SELECT ${key} FROM api_key key WHERE key.id = $1`, [id]);
  return row;
}

/** A user as authentication needs it. */
export interface UserPrincipalRow extends PrincipalRow {
  readonly claimsIssuedAt: Date | null;
}

const user = `u.id, u.name, u.id AS "personId", NULL AS "within", NULL AS "expiresAt", NULL AS "trustRuleId",
  u.claims_issued_at AS "claimsIssuedAt",
  ARRAY (SELECT DISTINCT group_id FROM user_group_member WHERE user_id = u.id ORDER BY group_id) AS "groupIds",
  ${RIGHTS_VERSION} AS version`;

export async function findUserPrincipalByIdentity(
  db: Db,
  issuer: string,
  subject: string,
): Promise<UserPrincipalRow | undefined> {
  const [row] = await db.rows<UserPrincipalRow>(
    `SELECT ${user} FROM user_account u WHERE u.identity_subject = $2 AND u.identity_issuer = $1 AND u.deleted_at IS NULL`,
    [issuer, subject],
  );
  return row;
}

export async function findUserPrincipal(db: Db, id: string): Promise<UserPrincipalRow | undefined> {
  const [row] = await db.rows<UserPrincipalRow>(
    `SELECT ${user} FROM user_account u WHERE u.id = $1 AND u.deleted_at IS NULL`,
    [id],
  );
  return row;
}

/** User of a session in the console, with the time at which the session ends and the hash of its key. */
export async function findSessionPrincipal(
  db: Db,
  prefix: string,
): Promise<(UserPrincipalRow & { readonly secretHash: string; readonly endsAt: Date }) | undefined> {
  const [row] = await db.rows<UserPrincipalRow & { secretHash: string; endsAt: Date }>(
    `SELECT ${user}, session.secret_hash AS "secretHash", session.expires_at AS "endsAt"
     FROM user_session session JOIN user_account u ON u.id = session.user_id AND u.deleted_at IS NULL
     WHERE session.prefix = $1`,
    [prefix],
  );
  return row;
}

export const apiKeyPrincipal = (row: PrincipalRow): Principal => ({ kind: 'API_KEY', ...plain(row) });
export const userPrincipal = (row: PrincipalRow): Principal => ({ kind: 'USER', ...plain(row) });

/** Without the rest of the row, such as the hash of a key. */
function plain({ id, name, personId, groupIds, within, expiresAt, trustRuleId, version }: PrincipalRow): PrincipalRow {
  return { id, name, personId, groupIds, within, expiresAt, trustRuleId, version };
}

/** Groups of users and API keys, by ID. */
export async function findGroupIds(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await db.rows<{ readonly id: string; readonly groupIds: readonly string[] }>(
    `SELECT id, array_agg(group_id::text) AS "groupIds" FROM (
       SELECT user_id AS id, group_id FROM user_group_member WHERE user_id = ANY ($1::uuid[])
       UNION ALL SELECT api_key_id, group_id FROM api_key_user_group WHERE api_key_id = ANY ($1::uuid[])
     ) member GROUP BY id`,
    [ids.filter(isId)],
  );
  return new Map(rows.map(({ id, groupIds }) => [id, new Set(groupIds)]));
}
