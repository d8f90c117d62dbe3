import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { writeBackup, writeBackupFile } from '../../src/composition/backup/backup';
import { openBackup, restoreBackup } from '../../src/composition/backup/restore';
import { readServerConfig } from '../../src/kernel/config';
import { createLog } from '../../src/kernel/log';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { startAgentProcess, startProcess } from '../support/processes';
import { startReceiver } from '../support/receiver';
import { APP, Runs } from '../support/runs';
import { ADMIN_KEY, SECRET_KEY, startTestServer, type TestServer, testEnvironment } from '../support/server';
import { testWorld } from '../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: build
tasks: { make: { run: 'echo made > out.txt; echo "log line"', artifacts: [out.txt] } }
---
kind: Workflow
application: app
name: ship
environment: prod
services: [web]
secrets: [TOKEN]
tasks: { put: { run: 'test "$TOKEN" = "a secret value"', deploys: true } }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: build }]
  - elements: [{ name: ask, approval: { approvals: { from: [Managers], count: 1 } } }]
  - elements: [{ name: ship, workflow: ship }]
`;
const SETTINGS = { SLIPWAY_OUTGOING_ALLOW: 'loopback', SLIPWAY_WEBHOOK_BACKOFF_MS: '1' };
const quiet = createLog({ level: 'silent', pretty: false });
const progress = () => undefined;

const world = testWorld(DEFINITIONS, { agent: null, environment: SETTINGS });
const databases: TestDatabase[] = [];
let folder: string;
let file: string;
let runId: string;
const receiver = startReceiver();

/** A database without a schema, and a folder of its own: a new machine. */
async function newMachine(more: Readonly<Record<string, string>> = {}) {
  const database = await createTestDatabase('template0');
  databases.push(database);
  const dataDir = await mkdtemp(join(folder, 'machine-'));
  return {
    url: database.url,
    dataDir,
    config: readServerConfig({ ...testEnvironment(database.url, dataDir), ...more }),
  };
}
const ownConfig = (more: Readonly<Record<string, string>> = {}) =>
  readServerConfig({ ...testEnvironment(world.server.databaseUrl, world.server.dataDir), ...more });
const restore = async (path: string, config: Parameters<typeof restoreBackup>[0], needsKeys = true) =>
  restoreBackup(config, quiet, await openBackup(path), { needsKeys, progress });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-backup-'));
  file = join(folder, 'backup.tgz');
  const { server, runs } = world;
  const { applicationId } = await runs.ids('pipeline', 'release');
  await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { clientMutationId } }', {
    input: { applicationId, name: 'TOKEN', secretValue: 'a secret value' },
  });
  const { url } = await receiver;
  await server.client.ask(
    'mutation ($input: CreateEventSubscriptionInput!) { createEventSubscription(input: $input) { eventSubscription { id } } }',
    { input: { url, filters: {} } },
  );
  const agent = startAgentProcess(server.url, folder, 'before');
  // Nobody can approve yet, which is the last event before the backup.
  runId = await runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  const events = await eventually(
    () => runs.events(runId),
    (all) => all.at(-1)?.type === 'APPROVAL_UNDECIDABLE',
    { what: 'that the release asks for approval' },
  );
  await agent.end('SIGTERM');
  await eventually(
    async () => (await receiver).requests.length,
    (count) => count === events.length,
    { what: 'that all events have arrived' },
  );
  await delivered(server);
  await writeBackupFile(ownConfig(), quiet, file, { artifacts: true, key: true, progress });
});
afterAll(async () => {
  await (await receiver).close();
  for (const database of databases) await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const delivered = (server: TestServer) =>
  eventually(
    () => server.app.database.rows(`SELECT FROM event_delivery WHERE state <> 'DELIVERED'`),
    (rows) => rows.length === 0,
    { what: 'that all events are delivered' },
  );

describe('a backup', () => {
  it('is restored on an empty machine, where a run continues', async () => {
    const machine = await newMachine(SETTINGS);
    const report = await restore(file, machine.config);
    expect(report).toMatchObject({ artifacts: { count: 1, bytes: 5 }, missing: [], missingKeys: [] });
    await asFromAnotherCluster(machine.url);
    const { requests } = await receiver;
    const before = requests.length;
    const server = await startTestServer({ ...SETTINGS, SLIPWAY_DATA_DIR: machine.dataDir }, machine.url);
    const agent = startAgentProcess(server.url, folder, 'after');
    try {
      const runs = new Runs(server);
      await runs.decide(runId, 'APPROVE');
      const run = await runs.until(runId, 'SUCCESS');
      expect(run.pipelineStageExecutions?.map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);

      const { artifacts, verifyAudit } = await server.client.ask<{
        artifacts: { nodes: { name: string; downloadUrl: string; sha256: string }[] };
        verifyAudit: { valid: boolean; problem: string | null };
      }>('{ artifacts(first: 9) { nodes { name downloadUrl sha256 } } verifyAudit { valid problem } }');
      expect(verifyAudit).toEqual({ valid: true, problem: null });
      const [artifact] = artifacts.nodes;
      expect(await download(server, artifact?.downloadUrl ?? '')).toBe('made\n');

      // The receiver gets what came after the backup, once, in order, and nothing twice.
      const events = await runs.events(runId);
      await eventually(
        () => requests.length,
        (count) => count >= events.length,
        { what: 'that all events are delivered' },
      );
      await delivered(server);
      const ids = requests.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(ids.length);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      const sent = requests.map(({ body }) => JSON.parse(body).id);
      expect(sent.slice(before)).toEqual(events.slice(before).map(({ sequence }) => `${runId}/${sequence}`));

      // Numbers continue after those of the backup.
      await runs.until(await runs.start('workflow', 'build'), 'SUCCESS');
    } finally {
      await agent.end('SIGTERM');
      await server.stop();
    }
  });

  it('has every row, trigger and foreign key of the database', async () => {
    const machine = await newMachine();
    await restore(file, machine.config);
    const [own, restored] = await Promise.all([shapeOf(world.server.databaseUrl), shapeOf(machine.url)]);
    expect(restored.rules).toEqual(own.rules);
    // Rows that the running server has changed since.
    const changing = [
      'agent',
      'agent_sample',
      'api_key',
      'shared_count',
      'event_subscription_state',
      'audit_record',
      'audit_link',
      'audit_unsealed',
    ];
    const still = (tables: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(tables).filter(([name]) => !changing.includes(name)));
    expect(Object.keys(still(restored.tables)).length).toBeGreaterThan(70);
    expect(still(restored.tables)).toEqual(still(own.tables));
  });

  it('is one snapshot: what changes while it is written is not in it, and no artifact of it is deleted', async () => {
    const { server, runs } = world;
    const { database, contents } = server.app;
    const tables: string[] = [];
    const [{ sha256 }] = (await database.rows<{ sha256: string }>('SELECT sha256 FROM artifact')) as [
      { sha256: string },
    ];
    const second = join(folder, 'snapshot.tgz');
    let changed: Promise<unknown> | undefined;
    await writeBackupFile(ownConfig(), quiet, second, {
      ...{ artifacts: true, key: true },
      progress: (line) => {
        tables.push(line);
        changed ??= (async () => {
          await runs.abort(await runs.start('workflow', 'build'));
          await database.write(`UPDATE artifact SET deleted_at = now(), deletion = '{}'`);
          await database.write(`UPDATE stored_content SET check_at = '2000-01-01'`);
          await contents.sweep();
        })();
      },
    });
    await changed;
    expect(tables.length).toBeGreaterThan(80);
    // The sweep deletes it as soon as the backup ends.
    await contents.sweep();
    expect(await contents.has(sha256)).toBe(false);
    const machine = await newMachine();
    expect(await restore(second, machine.config)).toMatchObject({ artifacts: { count: 1 }, missing: [] });
    const [runsThere] = await onDatabase(machine.url, 'SELECT count(*)::int AS n FROM execution WHERE run_id = id');
    expect(runsThere).toEqual({ n: 1 });
  });

  it('names artifacts that the store had lost', async () => {
    const { server, runs } = world;
    const agent = startAgentProcess(server.url, folder, 'again');
    try {
      await runs.until(await runs.start('workflow', 'build'), 'SUCCESS');
    } finally {
      await agent.end('SIGTERM');
    }
    const sha256 = createHash('sha256').update('made\n').digest('hex');
    const path = join(server.dataDir, 'artifacts', sha256.slice(0, 2), sha256);
    await writeFile(path, 'other');
    const target = new PassThrough();
    target.resume();
    const damaged = await writeBackup(ownConfig(), quiet, target, { artifacts: true, key: true, progress });
    expect(damaged).toMatchObject({ artifacts: { count: 0 }, missing: [sha256] });
    await rm(path);
    const again = new PassThrough();
    again.resume();
    expect((await writeBackup(ownConfig(), quiet, again, { artifacts: true, key: true, progress })).missing).toEqual([
      sha256,
    ]);
  });
});

describe('a restore', () => {
  let machine: Awaited<ReturnType<typeof newMachine>>;
  beforeAll(async () => {
    machine = await newMachine();
  });

  it.each([
    ['that is cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100), 'unexpected end of file'],
    ['whose end is missing', withoutEnd, 'its end is missing'],
    ['whose row was changed', (bytes: Buffer) => changed(bytes, '\tstaging\t', '\tstagong\t'), 'the table'],
    ['whose artifact was changed', (bytes: Buffer) => changed(bytes, 'made\n', 'mede\n'), 'other bytes'],
    ['that is something else', () => Buffer.from('a text'), 'incorrect header check'],
  ])('of a file %s is refused, and leaves nothing', async (_, damage, message) => {
    const path = join(folder, 'damaged.tgz');
    await writeFile(path, damage(await readFile(file)));
    await expect(restore(path, machine.config)).rejects.toThrow(message);
    const artifacts = await readdir(join(machine.dataDir, 'artifacts'), { recursive: true }).catch(() => []);
    expect(artifacts.filter((name) => /[0-9a-f]{64}$/.test(name))).toEqual([]);
    if (message === 'incorrect header check') return;
    const [found] = await onDatabase(machine.url, 'SELECT count(*)::int AS n FROM execution');
    expect(found).toEqual({ n: 0 });
  });

  it('into a database with rows is refused', async () => {
    await expect(restore(file, ownConfig())).rejects.toThrow(/^The database is not empty \(.+\)\. .*SLIPWAY_DATA_DIR/);
    expect(await world.runs.is(runId, 'PAUSED', 'WAITING', 'RUNNING')).toBe(true);
  });

  it('without the key of its secrets is refused, unless they are given up', async () => {
    const config = { ...machine.config, SLIPWAY_SECRET_KEY: [Buffer.alloc(32, 'x')] };
    await expect(restore(file, config)).rejects.toThrow(/encrypted with the key [0-9a-f]{8}\..*--without-keys/);
    const report = await restore(file, config, false);
    expect(report.missingKeys).toHaveLength(1);
  });
});

it('the commands back up a machine with an embedded database and restore it with its key', async () => {
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  const path = join(folder, 'embedded.tgz');
  const admin = async (dataDir: string, ...args: string[]) => {
    const process = startProcess('main.js', { SLIPWAY_DATA_DIR: dataDir, SLIPWAY_PUBLIC_URL: 'http://here' }, [
      'admin',
      ...args,
    ]);
    const code = await new Promise((resolve) => process.child.once('close', resolve));
    return { code, output: process.output() };
  };
  expect(await admin(from, 'backup', path)).toMatchObject({
    code: 2,
    output: expect.stringContaining('no database in'),
  });
  const prepared = await restoreTo(from);
  expect(prepared).toMatchObject({ code: 0 });
  const backup = await admin(from, 'backup', path, '--json');
  expect(backup.code).toBe(0);
  expect(JSON.parse(backup.output)).toMatchObject({ hasKey: true, missing: [], artifacts: { count: 1 } });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await admin(from, 'backup', path)).toMatchObject({ code: 2, output: expect.stringContaining('exists') });
  const restored = await admin(to, 'restore', path);
  expect(restored).toMatchObject({ code: 0, output: expect.stringContaining('✓ Restored the backup of') });
  expect(await readFile(join(to, 'secret.key'), 'utf8')).toBe(await readFile(join(from, 'secret.key'), 'utf8'));
  await rm(join(to, 'secret.key'));
  const check = await admin(to, 'check', '--json');
  expect(check.code).toBe(1);
  const findings: { what: string; ok: boolean; text: string }[] = JSON.parse(check.output);
  expect(findings.map(({ what, ok }) => [what, ok])).toEqual([
    ...['configuration', 'data folder', 'artifacts', 'database', 'clock', 'schema'].map((what) => [what, true]),
    ['keys', false],
  ]);
  expect(findings.at(-1)?.text).toContain('SLIPWAY_SECRET_KEY');
  expect(existsSync(`${path}.partial`)).toBe(false);

  async function restoreTo(dataDir: string) {
    const { mkdir } = await import('node:fs/promises');
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, 'secret.key'), `${SECRET_KEY}\n`, { mode: 0o600 });
    return admin(dataDir, 'restore', file);
  }
});

/** What a cluster with other transaction ids would see: ids that it has not reached. */
async function asFromAnotherCluster(url: string): Promise<void> {
  for (const table of ['execution_event', 'event_delivery', 'event_subscription_state'])
    await onDatabase(url, `UPDATE ${table} SET transaction_id = transaction_id + 1000000000`);
}

async function onDatabase(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function shapeOf(url: string): Promise<{ tables: Record<string, string>; rules: unknown[] }> {
  const names = await onDatabase(
    url,
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT IN ('migrations', 'schema_writer')`,
  );
  const rows = await onDatabase(
    url,
    names
      .map(
        ({ name }) =>
          `SELECT '${name}' AS name, md5(string_agg(t::text, '|' ORDER BY t::text)) AS digest FROM "${name}" t`,
      )
      .join(' UNION ALL '),
  );
  const rules = await onDatabase(
    url,
    `SELECT conrelid::regclass::text AS "on", conname::text AS name, pg_get_constraintdef(oid) AS text FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT tgrelid::regclass::text, tgname::text, tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     ORDER BY 1, 2, 3`,
  );
  return { tables: Object.fromEntries(rows.map(({ name, digest }) => [name, digest])), rules };
}

async function download(server: TestServer, path: string): Promise<string> {
  const response = await fetch(new URL(path, server.url), { headers: { 'x-api-key': ADMIN_KEY } });
  return (await buffer(response.body as unknown as NodeJS.ReadableStream)).toString();
}

/** The same archive, whose parts are whole, without its last one. */
function withoutEnd(bytes: Buffer): Buffer {
  const whole = gunzipSync(bytes);
  return gzipSync(Buffer.concat([whole.subarray(0, whole.indexOf('end.json\0')), Buffer.alloc(1024)]));
}

/** The same archive with other bytes of the same length in it. */
function changed(bytes: Buffer, from: string, to: string): Buffer {
  const whole = gunzipSync(bytes);
  const at = whole.indexOf(from);
  if (at === -1) throw new Error(`the archive does not contain ${from}`);
  whole.write(to, at);
  return gzipSync(whole);
}
