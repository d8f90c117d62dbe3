import type { Db } from '../../kernel/database/database';

/** Names of pipelines and workflows by id, deleted ones left out. */
export async function findEntityNames(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.rows<{ id: string; name: string }>(
    `SELECT id, name FROM pipeline WHERE id = ANY ($1::uuid[])
     UNION ALL SELECT id, name FROM workflow WHERE id = ANY ($1::uuid[])`,
    [[...new Set(ids)]],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}
