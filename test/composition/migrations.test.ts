import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { DataSource } from 'typeorm';
import { version } from '../../package.json';
import { migrations } from '../../migrations';
import { createDataSource } from '../../src/composition/dataSource';
import { migrateDataSource } from '../../src/composition/migrate';
import { schemaSql } from '../../tools/schemaSql';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { startProcess } from '../support/processes';

const all = migrations.map((Migration) => new Migration().name);
const opened: DataSource[] = [];
const databases: TestDatabase[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((dataSource) => dataSource.destroy()));
  await Promise.all(databases.splice(0).map((database) => database.drop()));
});

/** Creates a database: empty, or migrated like those of all tests. */
async function create(template?: string): Promise<string> {
  const database = await createTestDatabase(template);
  databases.push(database);
  return database.url;
}

async function open(url: string): Promise<DataSource> {
  const dataSource = await createDataSource(url).initialize();
  opened.push(dataSource);
  return dataSource;
}

async function missingChanges(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

describe('migrations', () => {
  it('create exactly the tables of the code, and migrations/schema.sql (else run npm run migration:rebuild)', async () => {
    const dataSource = await open(await create('template0'));
    expect(await missingChanges(dataSource)).not.toEqual([]);
    expect(await migrateDataSource(dataSource)).toEqual(all);
    expect(await missingChanges(dataSource)).toEqual([]);
    expect(await schemaSql(dataSource)).toBe(readFileSync('migrations/schema.sql', 'utf8'));
  });

  it('are numbered in the order in which they run', () => {
    expect(all.map((name) => Number(/\d{13}$/.exec(name)?.[0]))).toEqual(all.map((_, index) => index + 1));
  });

  it('run once when several servers start together', async () => {
    const url = await create('template0');
    const servers = await Promise.all([open(url), open(url), open(url)]);
    const ran = await Promise.all(servers.map(migrateDataSource));
    expect(ran.flat()).toEqual(all);
    expect(await Promise.all(servers.map(migrateDataSource))).toEqual([[], [], []]);
  });

  it('can be reverted and run again', async () => {
    const dataSource = await open(await create());
    const whole = await schemaSql(dataSource);
    for (const _ of all) await dataSource.undoLastMigration();
    // Nothing is left behind.
    expect((await schemaSql(dataSource)).trim()).toBe('');
    expect(await dataSource.query('SELECT * FROM migrations')).toEqual([]);
    expect(await migrateDataSource(dataSource)).toEqual(all);
    expect(await schemaSql(dataSource)).toEqual(whole);
  });
});

describe('a schema that this build does not know', () => {
  async function newerDatabase(writer: string | null): Promise<DataSource> {
    const dataSource = await open(await create());
    await dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (9, 'Later0000000000009')`);
    if (writer === null) await dataSource.query('DROP TABLE schema_writer');
    else await dataSource.query('UPDATE schema_writer SET version = $1', [writer]);
    return dataSource;
  }

  it('is rejected with the version that wrote it', async () => {
    const dataSource = await newerDatabase('99.1.0');
    await expect(migrateDataSource(dataSource)).rejects.toThrow(
      `The database has the schema Later0000000000009, which Slipway 99.1.0 made. This is Slipway ${version}, which does not know it. Start Slipway 99.1.0 or newer.`,
    );
  });

  it.each([version, null])('is rejected if an unreleased build wrote it (%s)', async (writer) => {
    await expect(migrateDataSource(await newerDatabase(writer))).rejects.toThrow(
      'The database has the schema Later0000000000009, which another unreleased build of Slipway created.',
    );
  });

  it('ends the server’s start with exit code 2', async () => {
    const { options } = await newerDatabase('99.1.0');
    const server = startProcess('main.js', { DATABASE_URL: String(Reflect.get(options, 'url')), PORT: '0' });
    const [code] = await once(server.child, 'exit');
    expect(code).toBe(2);
    expect(server.output()).toContain('Start Slipway 99.1.0 or newer.');
    expect(server.output()).not.toContain('    at ');
  });
});
