import type { Db } from '../kernel/database/database';
import { columnsOf, insertRows } from '../kernel/database/table';
import { type ApiKey, apiKeyFields, apiKeyTable } from './apiKeys';

const { groupIds: _, ...columns } = apiKeyFields;
const key = `${columnsOf(apiKeyTable, 'key', Object.keys(columns) as (keyof typeof columns)[])},
  ARRAY (SELECT group_id FROM api_key_user_group WHERE api_key_id = key.id ORDER BY group_id) AS "groupIds"`;

export function findApiKeys(db: Db, ids: readonly string[]): Promise<ApiKey[]> {
  return db.rows(`SELECT ${key} FROM api_key key WHERE key.id = ANY ($1::uuid[])`, [ids]);
}

export function findApiKeysOfOwner(db: Db, ownerId: string): Promise<ApiKey[]> {
  return db.rows(`SELECT ${key} FROM api_key key WHERE key.owner_id = $1 AND key.revoked_at IS NULL ORDER BY key.id`, [
    ownerId,
  ]);
}

export async function insertApiKey(db: Db, { groupIds, ...row }: ApiKey, secretHash: string): Promise<void> {
  await insertRows(db, apiKeyTable, [{ ...row, secretHash }]);
  await setApiKeyGroups(db, row.id, groupIds);
}

export async function updateApiKeyRow(db: Db, row: ApiKey): Promise<void> {
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

/** Creates the key from the configuration, or updates its value. Returns true if anything changed. */
export async function saveConfiguredKey(
  db: Db,
  key: { readonly id: string; readonly name: string; readonly prefix: string; readonly secretHash: string },
  now: Date,
): Promise<boolean> {
  const written = await db.write(
    `INSERT INTO api_key (id, name, prefix, secret_hash, created_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (id) DO UPDATE SET name = $2, prefix = $3, secret_hash = $4, revoked_at = NULL, expires_at = NULL, application_ids = NULL
     WHERE api_key.secret_hash <> $4 OR api_key.revoked_at IS NOT NULL`,
    [key.id, key.name, key.prefix, key.secretHash, now],
  );
  return written > 0;
}

/** Accurate to the minute: a write per request would be most of the work of a small one. */
export async function noteUse(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE api_key SET last_used_at = $2 WHERE id = $1', [id, now]);
}
