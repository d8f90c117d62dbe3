import type { Db } from '../../kernel/database/database';
import { type Freeze, freezes } from './freezes';
import { columnsOf } from '../../kernel/database/table';

/** Condition for the freezes that cover an environment, given their aliases. */
export const covers = (freeze: string, environment: string): string =>
  `${freeze}.deleted_at IS NULL AND (${freeze}.application_ids IS NULL OR ${environment}.application_id = ANY (${freeze}.application_ids))
   AND (${freeze}.environment_ids IS NULL AND ${freeze}.environment_types IS NULL
     OR ${environment}.id = ANY (${freeze}.environment_ids) OR ${environment}.type = ANY (${freeze}.environment_types))`;

const columns = columnsOf(freezes.schema, 'one');

/** Freezes that cover each of these environments. */
export async function findFreezesOf(
  db: Db,
  environmentIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Freeze[]>> {
  const rows = await db.rows<Freeze & { readonly environmentId: string }>(
    `SELECT environment.id AS "environmentId", ${columns} FROM environment JOIN deployment_freeze AS one ON ${covers('one', 'environment')}
     WHERE environment.id = ANY ($1::uuid[]) ORDER BY one.name`,
    [environmentIds],
  );
  const found = new Map<string, Freeze[]>(environmentIds.map((id) => [id, []]));
  for (const { environmentId, ...freeze } of rows) found.get(environmentId)?.push(freeze);
  return found;
}

/** The freeze, while no other transaction changes it. */
export async function lockFreezeRow(db: Db, id: string): Promise<Freeze | undefined> {
  const sql = `SELECT ${columns} FROM deployment_freeze AS one WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`;
  return (await db.rows<Freeze>(sql, [id]))[0];
}

const targets = {
  applicationIds: 'application',
  environmentIds: 'environment',
  exceptServiceIds: 'service',
} as const;

/** IDs of a freeze that refer to nothing, by field. */
export async function findUnknownIds(
  db: Db,
  freeze: Pick<Freeze, 'applicationIds' | 'environmentIds' | 'exceptServiceIds' | 'exceptGroupIds'>,
): Promise<{ readonly field: string; readonly id: string }[]> {
  const wanted = [...Object.entries(targets), ['exceptGroupIds', 'user_group'] as const];
  const parameters = wanted.map(([field]) => freeze[field as keyof typeof freeze] ?? []);
  const selects = wanted.map(([field, table], index) => {
    const live = table === 'user_group' ? 'TRUE' : 'row.deleted_at IS NULL';
    return `SELECT '${field}' AS field, given.id FROM unnest($${index + 1}::uuid[]) AS given (id)
      WHERE NOT EXISTS (SELECT FROM ${table} AS row WHERE row.id = given.id AND ${live})`;
  });
  return db.rows(selects.join(' UNION ALL '), parameters);
}
