import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../src/composition/server';
import { listenFault } from '../../src/composition/startFaults';
import { readServerConfig } from '../../src/kernel/config';
import { createLog } from '../../src/kernel/log';
import { StartError } from '../../src/kernel/startError';
import { slipway } from '../cli/program';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { startProcess } from '../support/processes';
import { ADMIN_KEY, testEnvironment } from '../support/server';
import { TestClient } from '../support/client';
import { toRefusal } from '../../src/api/graphql/errors';

let database: TestDatabase;
let dir: string;
let taken: number;
const occupant = createServer();

beforeAll(async () => {
  database = await createTestDatabase();
  dir = await mkdtemp(join(tmpdir(), 'slipway-start-'));
  await once(occupant.listen(0, '127.0.0.1'), 'listening');
  taken = (occupant.address() as { port: number }).port;
});
afterAll(async () => {
  occupant.close();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

const environment = (more: Readonly<Record<string, string>>) => ({
  ...testEnvironment(database.url, dir),
  DATABASE_WAIT_SECONDS: '0',
  SLIPWAY_ADMIN_KEY: '',
  ...more,
});
const start = (more: Readonly<Record<string, string>> = {}) =>
  startServer(readServerConfig(environment(more)), createLog({ level: 'silent', pretty: false }));

async function fault(more: Readonly<Record<string, string>>): Promise<string> {
  const error: unknown = await start(more).then(
    (server) => server.stop(),
    (reason: unknown) => reason,
  );
  if (error instanceof StartError) return error.message;
  throw error ?? new Error('the server started');
}

describe('a fault in the environment', () => {
  it.each<[string, () => Record<string, string>, RegExp]>([
    ['a port that is in use', () => ({ PORT: String(taken) }), /^PORT: \d+ is in use on 127\.0\.0\.1\. Set PORT/],
    ['an address of another machine', () => ({ HOST: '203.0.113.9' }), /^HOST: "203\.0\.113\.9" is not an address of/],
    [
      'a closed port',
      () => ({ DATABASE_URL: 'postgres://a:hunter2@127.0.0.1:9/x' }),
      /^DATABASE_URL: no connection to 127\.0\.0\.1:9 within 0 s \(.*ECONNREFUSED/,
    ],
    [
      'a database that does not exist',
      () => ({ DATABASE_URL: `${database.url}_no` }),
      /^DATABASE_URL: \S+ refuses the connection: database ".*_no" does not exist\.$/,
    ],
    [
      'a wake-up server that is away',
      () => ({ EVENTS_URL: 'nats://a:hunter2@127.0.0.1:9' }),
      /^EVENTS_URL: no connection to 127\.0\.0\.1:9 within 0 s/,
    ],
    [
      'a data folder that is a file',
      () => ({ SLIPWAY_DATA_DIR: __filename }),
      /^SLIPWAY_DATA_DIR: \S+ is, or lies in, a file/,
    ],
    [
      'a data folder in a file',
      () => ({ SLIPWAY_DATA_DIR: join(__filename, 'x') }),
      /^SLIPWAY_DATA_DIR: \S+ is, or lies in, a file/,
    ],
  ])('prints one line that names the variable: %s', async (_name, variables, message) => {
    const text = await fault(variables());
    expect(text).toMatch(message);
    expect(text).not.toContain('\n');
    expect(text).not.toContain('hunter2');
  });

  it('prints one line for a privileged port', () => {
    const error = listenFault(Object.assign(new Error('listen'), { code: 'EACCES' }), { HOST: '::', PORT: 80 });
    expect(error).toMatchObject({ message: expect.stringMatching(/^PORT: this user may not listen on port 80\./) });
    const defect = new Error('a defect');
    expect(listenFault(defect, { HOST: '::', PORT: 80 })).toBe(defect);
  });

  it('ends the process with exit code 2, as a log line where logs are JSON', async () => {
    await writeFile(join(dir, 'file'), '');
    const server = startProcess('main.js', environment({ SLIPWAY_DATA_DIR: join(dir, 'file'), LOG_FORMAT: 'json' }));
    const [code] = await once(server.child, 'close');
    const lines = server
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: number; msg: string });
    expect([code, lines]).toMatchObject([2, [{ level: 60, msg: expect.stringContaining('SLIPWAY_DATA_DIR') }]]);
  });
});

describe('the administrator’s key', () => {
  it('locked-out-after-failed-start: is created when the server listens, not before', async () => {
    expect(await fault({ PORT: String(taken) })).toContain('is in use');
    const server = await start();
    expect(server.newAdminKey).toMatch(/^swk_/);
    await server.stop();
    const again = await start();
    expect(again.newAdminKey).toBeNull();
    // The key is lost: the server's machine creates another one while the server runs.
    const made = await slipway(again.url, ['admin', 'create-key', '--name', 'rescue', '--json'], environment({}));
    expect(made.code).toBe(0);
    const { name, value } = JSON.parse(made.out) as { name: string; value: string };
    const response = await fetch(`${again.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': value },
      body: JSON.stringify({
        query: '{ viewer { administrator name } audits(first: 1) { nodes { action object { name } } } }',
      }),
    });
    expect([name, await response.json()]).toMatchObject([
      'rescue',
      {
        data: {
          viewer: { administrator: true, name: 'rescue' },
          audits: { nodes: [{ action: 'apiKey.create', object: { name: 'rescue' } }] },
        },
      },
    ]);
    await again.stop();
  });

  it('can’t be created without a database', async () => {
    const made = await slipway(
      '',
      ['admin', 'create-key'],
      environment({ DATABASE_URL: '', SLIPWAY_DATA_DIR: join(dir, 'none') }),
    );
    expect(made).toMatchObject({ code: 1, err: expect.stringContaining('There is no database in') });
  });
});

describe('a full disk', () => {
  it('has its own code, and the server is not ready until there is space', async () => {
    const server = await start({ SLIPWAY_ADMIN_KEY: ADMIN_KEY });
    const write = (sql: string) => server.app.database.write(sql);
    const client = new TestClient(server.url, ADMIN_KEY);
    const ready = async () => {
      const response = await fetch(`${server.url}/readyz`);
      const body = (await response.json()) as { error?: { code: string; reason: string } };
      return [response.status, body.error?.code, body.error?.reason];
    };
    const create = 'mutation { createApplication(input: {name: "full"}) { application { id } } }';
    expect(await ready()).toEqual([200, undefined, undefined]);
    const raise = `AS $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$ LANGUAGE plpgsql`;
    await write(`CREATE FUNCTION full_row() RETURNS trigger ${raise}`);
    await write(`CREATE FUNCTION full_file() RETURNS event_trigger ${raise}`);
    await write('CREATE TRIGGER full_row BEFORE INSERT ON application EXECUTE FUNCTION full_row()');
    await write(`CREATE EVENT TRIGGER full_file ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS')
      EXECUTE FUNCTION full_file()`);
    expect(await client.errorOf(create)).toMatchObject({ code: 'STORAGE_FULL', retryable: true });
    expect(await ready()).toEqual([503, 'STORAGE_FULL', 'DATABASE_STORAGE']);
    await write('DROP EVENT TRIGGER full_file');
    await write('DROP TRIGGER full_row ON application');
    expect(await ready()).toEqual([200, undefined, undefined]);
    await client.ask(create);
    await server.stop();
  });

  it('has the same code for the server’s own files', () => {
    const log = createLog({ level: 'silent', pretty: false });
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(toRefusal(full, log)).toMatchObject({ code: 'STORAGE_FULL' });
  });
});
