import type { DataSource, QueryRunner } from 'typeorm';
import { version } from '../../package.json';
import { StartError } from '../kernel/startError';
import { createDataSource } from './dataSource';

const LOCK = 0x51_1b_3a_7; // any constant, the same in every server

/** Brings the schema up to date and returns the migrations that ran. Servers that start together wait for each other. */
export async function migrateDataSource(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCK]);
    try {
      const known = dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name);
      const applied = await namesIn(runner, 'migrations', 'name');
      await refuseUnknownSchema(runner, applied, known);
      if (known.every((name) => applied.includes(name))) return [];
      await writeVersion(runner);
      return (await dataSource.runMigrations()).map((migration) => migration.name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    }
  } finally {
    await runner.release();
  }
}

export async function migrate(url: string): Promise<void> {
  const dataSource = await createDataSource(url, 3).initialize();
  try {
    await migrateDataSource(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function refuseUnknownSchema(runner: QueryRunner, applied: readonly string[], known: readonly string[]) {
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const [writer] = await namesIn(runner, 'schema_writer', 'version');
  const schema = `The database has the schema ${unknown.at(-1)}`;
  if (writer === undefined || writer === version) {
    throw new StartError(
      `${schema}, which another unreleased build of Slipway made. Start that build, or use an empty database.`,
    );
  }
  throw new StartError(
    `${schema}, which Slipway ${writer} made. This is Slipway ${version}, which does not know it. Start Slipway ${writer} or newer.`,
  );
}

/** Before the migrations run, so that a schema that they made always has its version. */
async function writeVersion(runner: QueryRunner): Promise<void> {
  await runner.query(
    'CREATE TABLE IF NOT EXISTS schema_writer (id integer PRIMARY KEY CHECK (id = 1), version text NOT NULL)',
  );
  await runner.query(
    'INSERT INTO schema_writer VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET version = excluded.version',
    [version],
  );
}

async function namesIn(runner: QueryRunner, table: 'migrations' | 'schema_writer', column: string): Promise<string[]> {
  if (!(await runner.hasTable(table))) return [];
  const rows: { name: string }[] = await runner.query(`SELECT ${column} AS name FROM ${table} ORDER BY id`);
  return rows.map(({ name }) => name);
}
