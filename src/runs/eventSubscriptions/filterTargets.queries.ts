import type { Actor } from '../../access/actor';
import type { SubjectType } from '../../access/subjects';
import type { Db } from '../../kernel/database/database';

interface Target {
  readonly table: string;
  readonly type: SubjectType;
  /** Null: of all applications. */
  readonly applicationId: string | null;
}

/** Those of the ids that exist and that the actor may read. */
export async function findReadableIds(
  db: Db,
  { access }: Actor,
  { table, type, applicationId }: Target,
  ids: readonly string[],
): Promise<string[]> {
  const parameters: unknown[] = [ids];
  const readable = access.condition('READ', type, 'row', parameters);
  const isEverywhere = applicationId === null || type === 'Application';
  const inside = isEverywhere ? 'TRUE' : `row.application_id = $${parameters.push(applicationId)}`;
  const rows = await db.rows<{ id: string }>(
    `SELECT row.id FROM ${table} AS row
     WHERE row.id = ANY ($1::uuid[]) AND row.deleted_at IS NULL AND ${inside} AND ${readable}`,
    parameters,
  );
  return rows.map(({ id }) => id);
}
