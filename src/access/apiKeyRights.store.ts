import type { Db } from '../kernel/database/database';

/** A key as those who manage keys see it. */
export interface ApiKeyWithRights {
  readonly id: string;
  readonly name: string;
  /** The part of its value that may be seen. */
  readonly prefix: string;
  /** The person who made it, or for whom an administrator made it. Null: nobody's, for a program. */
  readonly ownerId: string | null;
  readonly groupIds: readonly string[];
  /** The applications that it is narrowed to; null: it is not. */
  readonly applicationIds: readonly string[] | null;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const key = `key.id, key.name, key.prefix, key.owner_id AS "ownerId", key.application_ids AS "applicationIds",
  key.created_at AS "createdAt", key.created_by AS "createdBy", key.expires_at AS "expiresAt", key.last_used_at AS "lastUsedAt",
  key.revoked_at AS "revokedAt", ARRAY (SELECT group_id FROM api_key_user_group WHERE api_key_id = key.id ORDER BY group_id) AS "groupIds"`;

export function findApiKeysWithRights(db: Db, ids: readonly string[]): Promise<ApiKeyWithRights[]> {
  return db.rows(`SELECT ${key} FROM api_key key WHERE key.id = ANY ($1::uuid[])`, [ids]);
}

export function findApiKeysOfOwner(db: Db, ownerId: string): Promise<ApiKeyWithRights[]> {
  return db.rows(`SELECT ${key} FROM api_key key WHERE key.owner_id = $1 AND key.revoked_at IS NULL ORDER BY key.id`, [
    ownerId,
  ]);
}

export async function insertApiKey(db: Db, row: ApiKeyWithRights, secretHash: string): Promise<void> {
  await db.write(
    `INSERT INTO api_key (id, name, prefix, secret_hash, owner_id, application_ids, created_at, created_by, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      row.id,
      row.name,
      row.prefix,
      secretHash,
      row.ownerId,
      row.applicationIds,
      row.createdAt,
      row.createdBy,
      row.expiresAt,
    ],
  );
  await setApiKeyGroups(db, row.id, row.groupIds);
}

export async function updateApiKeyRow(db: Db, row: ApiKeyWithRights): Promise<void> {
  await db.write('UPDATE api_key SET name = $2, application_ids = $3, expires_at = $4 WHERE id = $1', [
    row.id,
    row.name,
    row.applicationIds,
    row.expiresAt,
  ]);
  await setApiKeyGroups(db, row.id, row.groupIds);
}

/** Gives a key exactly these groups. */
export async function setApiKeyGroups(db: Db, id: string, groupIds: readonly string[]): Promise<void> {
  await db.write('DELETE FROM api_key_user_group WHERE api_key_id = $1 AND group_id <> ALL ($2::uuid[])', [
    id,
    groupIds,
  ]);
  await db.write(
    `INSERT INTO api_key_user_group (api_key_id, group_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`,
    [id, groupIds],
  );
}

export async function revokeApiKeys(db: Db, ids: readonly string[], now: Date): Promise<void> {
  await db.write('UPDATE api_key SET revoked_at = $2 WHERE id = ANY ($1::uuid[]) AND revoked_at IS NULL', [ids, now]);
}
