import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClientBase, DatabaseError, Pool } from 'pg';

/** Variables through which globalSetup passes the server and this run's database prefix to the workers. */
export const adminVariable = 'SLIPWAY_TEST_ADMIN_URL';
export const runVariable = 'SLIPWAY_TEST_RUN';

export const templateOf = (run: string) => `${run}_template`;

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Creates a database without rows: migrated, unless another template is named. */
export async function createTestDatabase(template = templateOf(given(runVariable))): Promise<TestDatabase> {
  const run = given(runVariable);
  const name = `${run}_${randomUUID().slice(0, 8)}`;
  await onServer(async (client) => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      try {
        return await client.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" STRATEGY FILE_COPY`);
      } catch (error) {
        // The connection that migrated it, or autovacuum, may still be open.
        const busy = error instanceof DatabaseError && error.code === '55006';
        if (!busy || Date.now() > deadline) throw error;
        await delay(50);
      }
    }
  });
  return { url: urlOf(name), drop: () => onServer((client) => dropDatabase(client, name)) };
}

/** Drops everything that this run left on the server, including databases that a test did not drop. */
export async function dropRun(): Promise<void> {
  await onServer(async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [`${given(runVariable)}_`],
    );
    for (const { datname } of rows) await dropDatabase(client, datname);
  });
}

declare global {
  /** One connection for all test files of a process, because a connection costs half as much as a database. */
  var slipwayTestServerPool: Pool | undefined;
}

export async function onServer<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
  globalThis.slipwayTestServerPool ??= createPool();
  const client = await globalThis.slipwayTestServerPool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function createPool(): Pool {
  const connectionString = given(adminVariable);
  const pool = new Pool({ connectionString, max: 1, idleTimeoutMillis: 0, allowExitOnIdle: true });
  // The server stops before the process ends.
  pool.on('error', () => undefined);
  return pool;
}

export function urlOf(database: string): string {
  const url = new URL(given(adminVariable));
  url.pathname = `/${database}`;
  return url.href;
}

async function dropDatabase(client: ClientBase, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

function given(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: test/globalSetup.ts did not run.`);
  return value;
}
