import type { DataSource, QueryRunner } from 'typeorm';
import { version } from '../../package.json';
import { StartError } from '../kernel/startError';
import { createDataSource } from './dataSource';

const LOCK = 0x51_1b_3a_7; // arbitrary, but the same in every server

/** Brings the schema up to date and returns the migrations that ran. `connect` may wait for the database. */
export async function migrate(
  url: string,
  connect: (attempt: () => Promise<unknown>) => Promise<unknown> = (attempt) => attempt(),
): Promise<string[]> {
  const dataSource = createDataSource(url);
  await connect(() => dataSource.initialize());
  try {
    return await migrateDataSource(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Servers that start together wait for each other. Uses a transaction lock, because a pooler may share sessions. */
export async function migrateDataSource(dataSource: DataSource): Promise<string[]> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('BEGIN');
    await lock.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
    // On the same connection: most starts find nothing to do, and a connection costs more than the rest of this.
    const applied = await textsIn(lock, 'migrations', 'name');
    await refuseUnknownSchema(lock, applied, known);
    if (known.every((name) => applied.includes(name))) return [];
    await writeVersion(dataSource);
    return (await dataSource.runMigrations()).map((migration) => migration.name);
  } finally {
    await lock.query('ROLLBACK');
    await lock.release();
  }
}

async function refuseUnknownSchema(runner: QueryRunner, applied: readonly string[], known: readonly string[]) {
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const [writer] = await textsIn(runner, 'schema_writer', 'version');
  const schema = `The database has the schema ${unknown.at(-1)}`;
  if (writer === undefined || writer === version) {
    throw new StartError(
      `${schema}, which another unreleased build of Slipway created. Start that build, or use an empty database.`,
    );
  }
  throw new StartError(
    `${schema}, which Slipway ${writer} made. This is Slipway ${version}, which does not know it. Start Slipway ${writer} or newer.`,
  );
}

/** Runs before the migrations, so that every migrated schema has its version. */
async function writeVersion(dataSource: DataSource): Promise<void> {
  await dataSource.query(
    'CREATE TABLE IF NOT EXISTS schema_writer (id integer PRIMARY KEY CHECK (id = 1), version text NOT NULL)',
  );
  await dataSource.query(
    'INSERT INTO schema_writer VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version',
    [version],
  );
}

/** Values of a column, ordered by id; empty if the table doesn't exist yet. */
async function textsIn(runner: QueryRunner, table: string, column: string): Promise<string[]> {
  const { dataSource } = runner;
  const sql = 'SELECT to_regclass($1) IS NOT NULL AS present';
  const [found] = await dataSource.query<{ present: boolean }[]>(sql, [table], runner);
  if (!found?.present) return [];
  const list = `SELECT ${column} AS text FROM ${table} ORDER BY id`;
  const rows = await dataSource.query<{ text: string }[]>(list, undefined, runner);
  return rows.map(({ text }) => text);
}
