import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from '../../src/kernel/config';
import { TestClient } from './client';
import { createLog } from '../../src/kernel/log';
import { type RunningServer, startServer } from '../../src/composition/server';
import { createTestDatabase } from './database';
import { eventually } from './eventually';

export const ADMIN_KEY = 'test-administrator-key';
export const SECRET_KEY = Buffer.alloc(32, 'k').toString('base64');
export const AGENT_TOKEN = 'test-registration-token';

export interface TestServer extends RunningServer {
  readonly client: TestClient;
  readonly databaseUrl: string;
  readonly dataDir: string;
}

/** Starts a whole server in this process, with its own database and a free port. */
export async function startTestServer(
  environment: Readonly<Record<string, string>> = {},
  databaseUrl?: string,
): Promise<TestServer> {
  const database =
    databaseUrl === undefined ? await createTestDatabase() : { url: databaseUrl, drop: async () => undefined };
  const dataDir = await mkdtemp(join(tmpdir(), 'slipway-server-'));
  const config = readServerConfig({ ...testEnvironment(database.url, dataDir), ...environment });
  const server = await startServer(config, createLog({ level: config.LOG_LEVEL, pretty: false }));
  const client = new TestClient(server.url, ADMIN_KEY);
  return {
    ...server,
    client,
    databaseUrl: database.url,
    dataDir,
    async stop() {
      await server.stop();
      // A stream that is no longer read but still follows would never end.
      const { events, states, committed } = server.app.feeds;
      await eventually(
        () => [events, states, committed].map((feeds) => feeds.size),
        (sizes) => sizes.every((size) => size === 0),
        { what: 'that nothing is watched any more' },
      );
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const testEnvironment = (databaseUrl: string, dataDir: string): Record<string, string> => ({
  PORT: '0',
  DATABASE_URL: databaseUrl,
  // Each connection is a process of PostgreSQL, which costs more than most tests.
  DATABASE_POOL: '4',
  SLIPWAY_DATA_DIR: dataDir,
  SLIPWAY_ADMIN_KEY: ADMIN_KEY,
  SLIPWAY_AGENT_TOKEN: AGENT_TOKEN,
  SLIPWAY_SECRET_KEY: SECRET_KEY,
  SLIPWAY_DRAIN_SECONDS: '2',
  // Tests poll until a condition holds. Other tests cover the limits.
  SLIPWAY_RATE_PER_SECOND: '0',
  SLIPWAY_AGENT_RATE_PER_SECOND: '0',
  LOG_LEVEL: 'silent',
});
