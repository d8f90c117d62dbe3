import type { Db } from '../kernel/database/database';

/** The key that the configuration gives: makes it, or gives it its newest value. Answers whether anything changed. */
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

/** To the minute: a write for each request would be most of the work of a small one. */
export async function noteUse(db: Db, id: string, now: Date): Promise<void> {
  await db.write('UPDATE api_key SET last_used_at = $2 WHERE id = $1', [id, now]);
}
