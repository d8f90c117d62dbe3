import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as composition from '../src/composition/migrate';
import type * as embedded from '../src/kernel/embedded/embeddedPostgres';
import type * as logs from '../src/kernel/log';
import { adminVariable, dropRun, onServer, runVariable, templateOf, urlOf } from './support/database';

interface TestServer {
  readonly postgres?: embedded.EmbeddedPostgres;
  readonly folder?: string;
}

declare global {
  var slipwayTestServer: TestServer | undefined;
}

/** Nothing has to survive, and most of the time of a new database would be copying files and vacuuming many small ones. */
const postgresSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
  jit: 'off',
  shared_buffers: '256MB',
  max_connections: '400',
  // Tests cut connections while they log in. Until such a connection ends, no database of any test can be dropped.
  authentication_timeout: '10s',
  ...(process.platform === 'linux' && { file_copy_method: 'clone' }),
};

/** Jest would compile the sources for this process alone. */
const built = (module: string) => require(join(__dirname, '../dist/src', module));

/**
 * Builds changed files, because tests load the product from dist/, and starts PostgreSQL. Jest calls the teardown only
 * after a successful setup, so this cleans up after its own failures.
 */
export default async function globalSetup(): Promise<void> {
  execFileSync(process.execPath, [join(__dirname, '../tools/build.cjs')], { stdio: 'inherit' });
  const run = `slipway_test_${process.pid}_${Date.now().toString(36)}`;
  process.env[runVariable] = run;
  globalThis.slipwayTestServer = {};
  try {
    process.env[adminVariable] = process.env.TEST_DATABASE_URL || (await startServer());
    await onServer((client) => client.query(`CREATE DATABASE "${templateOf(run)}" TEMPLATE template0`));
    const { migrate }: typeof composition = built('composition/migrate');
    await migrate(urlOf(templateOf(run)));
  } catch (error) {
    await stopTestServer();
    throw error;
  }
}

async function startServer(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  globalThis.slipwayTestServer = { folder };
  const { startEmbeddedPostgres }: typeof embedded = built('kernel/embedded/embeddedPostgres');
  const { createLog }: typeof logs = built('kernel/log');
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    log: createLog({ level: 'warn', pretty: false }),
    settings: postgresSettings,
  });
  globalThis.slipwayTestServer = { folder, postgres };
  return postgres.url;
}

export async function stopTestServer(): Promise<void> {
  const { postgres, folder } = globalThis.slipwayTestServer ?? {};
  try {
    // Only on a server that others use; our own is removed as a whole.
    if (process.env.TEST_DATABASE_URL) await dropRun();
    await postgres?.stop();
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}
