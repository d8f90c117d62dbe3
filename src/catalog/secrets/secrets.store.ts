import type { Db } from '../../kernel/database/database';
import { snakeCase } from '../../kernel/database/naming';
import { columnsOf } from '../../kernel/database/table';
import type { Secret, SecretEntry, SecretPlace } from './secrets';
import { secretTable } from './secrets';

const columns = columnsOf(secretTable, 'secret');
const names = Object.keys(secretTable.options.columns) as (keyof Secret)[];
const entry = columnsOf(
  secretTable,
  'secret',
  names.filter((name) => name !== 'sealed'),
);

/** A secret of exactly one place: an environment, or the application itself. */
export async function findSecret(db: Db, place: SecretPlace, name: string): Promise<Secret | undefined> {
  const [row] = await db.rows<Secret>(
    `SELECT ${columns} FROM secret WHERE application_id = $1 AND environment_id IS NOT DISTINCT FROM $2 AND name = $3`,
    [place.applicationId, place.environmentId, name],
  );
  return row;
}

export async function findSecretById(db: Db, id: string): Promise<Secret | undefined> {
  return (await db.rows<Secret>(`SELECT ${columns} FROM secret WHERE id = $1`, [id]))[0];
}

/** Secrets that match a condition on `secret`, without their values. */
export function findEntries(db: Db, condition: string, parameters: readonly unknown[]): Promise<SecretEntry[]> {
  return db.rows(`SELECT ${entry} FROM secret WHERE ${condition} ORDER BY name, id LIMIT 100`, parameters);
}

/** Candidates for all of these places, in one statement; `secretsAt` selects those that count. */
export function findSecretsFor(db: Db, places: readonly SecretPlace[], named: readonly string[]): Promise<Secret[]> {
  return db.rows(
    `SELECT ${columns} FROM secret WHERE application_id = ANY ($1::uuid[])
       AND (environment_id IS NULL OR environment_id = ANY ($2::uuid[])) AND name = ANY ($3::text[])`,
    [places.map((place) => place.applicationId), places.flatMap((place) => place.environmentId ?? []), named],
  );
}

/** Secrets of the applications themselves, not of their environments, by name. */
export function findEntriesOfApplications(db: Db, ids: readonly string[]): Promise<SecretEntry[]> {
  return db.rows(
    `SELECT ${entry} FROM secret WHERE application_id = ANY ($1::uuid[]) AND environment_id IS NULL ORDER BY name`,
    [ids],
  );
}

export function findEntriesOfEnvironments(db: Db, ids: readonly string[]): Promise<SecretEntry[]> {
  return db.rows(`SELECT ${entry} FROM secret WHERE environment_id = ANY ($1::uuid[]) ORDER BY name`, [ids]);
}

/** The caller holds the lock of the application. */
export async function putSecret(db: Db, secret: Secret): Promise<void> {
  const set = names.filter((name) => name !== 'id').map((name) => `${snakeCase(name)} = excluded.${snakeCase(name)}`);
  await db.write(
    `INSERT INTO secret (${names.map(snakeCase).join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})
     ON CONFLICT (id) DO UPDATE SET ${set.join(', ')}`,
    names.map((name) => secret[name]),
  );
}

/** Deletes the row: an encrypted value that is no longer needed should not exist. */
export async function deleteSecretRow(db: Db, id: string): Promise<void> {
  await db.write('DELETE FROM secret WHERE id = $1', [id]);
}

export async function deleteSecretsOfApplication(db: Db, applicationId: string): Promise<void> {
  await db.write('DELETE FROM secret WHERE application_id = $1', [applicationId]);
}

export async function deleteSecretsOfEnvironment(db: Db, environmentId: string): Promise<void> {
  await db.write('DELETE FROM secret WHERE environment_id = $1', [environmentId]);
}

/** All secrets encrypted with keys other than this one, locked against changes. */
export function lockSecretsOfOtherKeys(db: Db, keyId: string): Promise<Secret[]> {
  return db.rows(`SELECT ${columns} FROM secret WHERE key_id <> $1 ORDER BY id FOR UPDATE`, [keyId]);
}

/** Workflows of the secret's application whose current definition names it, for the whole workflow or for a task. */
export function findWorkflowsOfSecrets(
  db: Db,
  ids: readonly string[],
): Promise<{ secretId: string; workflowIds: string[] }[]> {
  return db.rows(
    `SELECT secret.id AS "secretId", array_agg(workflow.id::text ORDER BY workflow.name) AS "workflowIds"
     FROM secret JOIN workflow ON workflow.application_id = secret.application_id AND workflow.deleted_at IS NULL
     JOIN workflow_revision revision ON revision.id = workflow.current_revision_id
     WHERE secret.id = ANY ($1::uuid[])
       AND jsonb_path_exists(revision.definition, '$.**.secrets[*] ? (@ == $name)', jsonb_build_object('name', secret.name))
     GROUP BY secret.id`,
    [ids],
  );
}
