import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { createDataSource } from '../../src/composition/dataSource';
import { migrateDataSource } from '../../src/composition/migrate';
import { onServer, runVariable, urlOf } from '../support/database';

const all = migrations.map(({ name }) => name);
const opened: DataSource[] = [];
const databases: string[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((dataSource) => dataSource.destroy()));
  await onServer(async (client) => {
    for (const name of databases.splice(0)) await client.query(`DROP DATABASE "${name}"`);
  });
});

/** A database without anything in it; those of other tests are migrated already. */
async function createEmptyDatabase(): Promise<string> {
  const name = `${process.env[runVariable]}_empty_${randomUUID().slice(0, 8)}`;
  await onServer((client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
  databases.push(name);
  return urlOf(name);
}

async function open(url: string): Promise<DataSource> {
  const dataSource = await createDataSource(url, 3).initialize();
  opened.push(dataSource);
  return dataSource;
}

async function missingChanges(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** Everything that a migration can leave behind, also what TypeORM's schema builder does not look at. */
async function schemaOf(dataSource: DataSource): Promise<unknown[]> {
  return dataSource.query(`
    SELECT relname AS name, relkind AS kind, reloptions::text AS detail FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT attrelid::regclass || '.' || attname, 'column',
      format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attnum > 0 AND NOT attisdropped AND attrelid IN (
      SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    )
    UNION ALL
    SELECT conname, 'constraint', pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT indexname, 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT proname, 'function', pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    UNION ALL
    SELECT tgname, 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    ORDER BY 2, 1, 3`);
}

it('make exactly the tables of the code', async () => {
  const dataSource = await open(await createEmptyDatabase());
  expect(await missingChanges(dataSource)).not.toEqual([]);
  expect(await migrateDataSource(dataSource)).toEqual(all);
  expect(await missingChanges(dataSource)).toEqual([]);
});

it('stand in the order of their times, which is the order that they run in', () => {
  const times = all.map((name) => Number(/\d{13}$/.exec(name)?.[0]));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(new Set(times).size).toBe(times.length);
});

it('run once, however many servers start together', async () => {
  const url = await createEmptyDatabase();
  const servers = await Promise.all([open(url), open(url), open(url)]);
  const ran = await Promise.all(servers.map(migrateDataSource));
  expect(ran.flat()).toEqual(all);
  expect(await Promise.all(servers.map(migrateDataSource))).toEqual([[], [], []]);
});

it('go back by one, and forth again', async () => {
  const dataSource = await open(await createEmptyDatabase());
  await migrateDataSource(dataSource);
  const whole = await schemaOf(dataSource);
  await dataSource.undoLastMigration();
  expect(await schemaOf(dataSource)).not.toEqual(whole);
  expect(await migrateDataSource(dataSource)).toEqual(all.slice(-1));
  expect(await schemaOf(dataSource)).toEqual(whole);
});

it('go back to nothing', async () => {
  const dataSource = await open(await createEmptyDatabase());
  await migrateDataSource(dataSource);
  for (const _ of all) await dataSource.undoLastMigration();
  const rest = (await schemaOf(dataSource)) as { name: string }[];
  // TypeORM's own list of what has run, which is empty now.
  expect(rest.filter(({ name }) => !/^(migrations|PK_)/.test(name.replaceAll('"', '')))).toEqual([]);
  expect(await dataSource.query('SELECT * FROM migrations')).toEqual([]);
});
