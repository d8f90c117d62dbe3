import type { Db } from '../database/database';
import { columnsOf } from '../database/table';
import { apiKeyTable, type ApiKey } from './apiKeys.table';

const key = columnsOf(apiKeyTable, 'key');

export async function findApiKeyByPrefix(db: Db, prefix: string): Promise<ApiKey | undefined> {
  const [row] = await db.rows<ApiKey>(`SELECT ${key} FROM api_key key WHERE prefix = $1`, [prefix]);
  return row;
}

export async function findApiKeys(db: Db, ids: readonly string[]): Promise<ApiKey[]> {
  return db.rows(`SELECT ${key} FROM api_key key WHERE id = ANY ($1::uuid[])`, [ids]);
}

export async function hasAdministratorKey(db: Db): Promise<boolean> {
  const rows = await db.rows('SELECT FROM api_key WHERE administrator AND revoked_at IS NULL LIMIT 1');
  return rows.length === 1;
}

/** Makes a key, or gives the key of this id another secret. */
export async function saveApiKey(db: Db, row: ApiKey): Promise<void> {
  await db.write(
    `INSERT INTO api_key (id, name, prefix, secret_hash, administrator, created_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (id) DO UPDATE SET name = $2, prefix = $3, secret_hash = $4, administrator = $5, revoked_at = NULL
     WHERE api_key.secret_hash <> $4 OR api_key.revoked_at IS NOT NULL`,
    [row.id, row.name, row.prefix, row.secretHash, row.administrator, row.createdAt],
  );
}

export async function revokeApiKey(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE api_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL', [id, now]);
}

/** To the minute: a write for each request would be most of the work of a small one. */
export async function noteUse(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE api_key SET last_used_at = $2 WHERE id = $1', [id, now]);
}
