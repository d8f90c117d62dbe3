import type { Readable, Writable } from 'node:stream';
import type { Client } from 'pg';
import { from, to } from 'pg-copy-streams';
import type { Db } from '../../kernel/database/database';

/** Statements of backups, on one connection of their own: COPY needs it, and so does the transaction of hours. */

export interface CopiedTable {
  readonly name: string;
  readonly columns: string[];
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const target = ({ name, columns }: CopiedTable): string => `${quoted(name)} (${columns.map(quoted).join(', ')})`;

/** Waits until no server deletes content, and keeps all of them from it until the connection ends. */
export async function holdContents(client: Client, lock: number): Promise<void> {
  await client.query('BEGIN');
  await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock]);
}

export async function beginSnapshot(client: Client): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
}

export async function migrationsOf(client: Client): Promise<string[]> {
  const present = await client.query<{ present: boolean }>(`SELECT to_regclass('migrations') IS NOT NULL AS present`);
  if (!present.rows[0]?.present) return [];
  return (await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')).rows.map(({ name }) => name);
}

/** All tables but those whose rows a crash may lose, and what migrations write. */
export async function listTables(client: Client): Promise<CopiedTable[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p'
       AND c.relname NOT IN ('migrations', 'schema_writer')
     GROUP BY c.relname ORDER BY c.relname`,
  );
  return rows;
}

/** Names of tables that have rows. */
export async function findFilled(client: Client, tables: readonly CopiedTable[]): Promise<string[]> {
  const looks = tables.map(({ name }) => `SELECT '${name}' AS name WHERE EXISTS (SELECT FROM ${quoted(name)})`);
  return (await client.query<{ name: string }>(looks.join(' UNION ALL '))).rows.map(({ name }) => name);
}

/** Ids of all keys that something is encrypted with. */
export async function findKeys(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = current_schema() AND column_name IN ('key_id', 'previous_key_id') AND data_type = 'text'`,
  );
  const looks = rows.map(({ table, column }) => `SELECT ${quoted(column)} AS id FROM ${quoted(table)}`);
  const found = await client.query<{ id: string }>(
    `SELECT DISTINCT id FROM (${looks.join(' UNION ')}) keys WHERE id IS NOT NULL ORDER BY id`,
  );
  return found.rows.map(({ id }) => id);
}

export const copyOut = (client: Client, table: CopiedTable): Readable =>
  client.query(to(`COPY ${target(table)} TO STDOUT`));

export const copyIn = (client: Client, table: CopiedTable): Writable =>
  client.query(from(`COPY ${target(table)} FROM STDIN`));

export interface StoredFile {
  readonly sha256: string;
  readonly size: number;
}

export async function listContents(client: Client, after: string, limit: number): Promise<StoredFile[]> {
  const { rows } = await client.query<{ sha256: string; size: string }>(
    'SELECT sha256, size FROM stored_content WHERE sha256 > $1 ORDER BY sha256 LIMIT $2',
    [after, limit],
  );
  return rows.map(({ sha256, size }) => ({ sha256, size: Number(size) }));
}

export async function listSequences(client: Client): Promise<{ name: string; value: string }[]> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
     WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY 1`,
  );
  return rows;
}

export async function setSequences(
  client: Client,
  sequences: readonly { readonly name: string; readonly value: string }[],
): Promise<void> {
  for (const { name, value } of sequences) await client.query('SELECT setval($1::regclass, $2)', [quoted(name), value]);
}

/**
 * Takes foreign keys and triggers away for the rest of the transaction, so that tables can be filled in any order with
 * exactly the rows that they had. Returns the statements that bring them back; adding a foreign key checks all rows.
 */
export async function suspendRules(client: Client): Promise<string[]> {
  const keys = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`,
  );
  const triggers = await client.query<{ table: string; name: string; enabled: string }>(
    `SELECT tgrelid::regclass::text AS table, tgname AS name, tgenabled AS enabled FROM pg_trigger t
     JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT tgisinternal AND tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace`,
  );
  const modes: Readonly<Record<string, string>> = { O: 'ENABLE', A: 'ENABLE ALWAYS', R: 'ENABLE REPLICA' };
  const back: string[] = [];
  for (const { table, name, definition } of keys.rows) {
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${quoted(name)}`);
    back.push(`ALTER TABLE ${table} ADD CONSTRAINT ${quoted(name)} ${definition}`);
  }
  for (const { table, name, enabled } of triggers.rows) {
    await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ${quoted(name)}`);
    back.push(`ALTER TABLE ${table} ${modes[enabled] ?? 'ENABLE'} TRIGGER ${quoted(name)}`);
  }
  return back;
}

export async function findDatabaseTime(client: Client): Promise<number> {
  const { rows } = await client.query<{ nowMs: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"',
  );
  return rows[0]?.nowMs ?? Number.NaN;
}

/** The connection as the stores of other floors use it. */
export const asDb = (client: Client): Db => ({
  key: client,
  rows: async <T>(sql: string, parameters: readonly unknown[] = []) =>
    (await client.query(sql, [...parameters])).rows as T[],
  write: async (sql, parameters = []) => (await client.query(sql, [...parameters])).rowCount ?? 0,
});
