import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as PgClient } from 'pg';
import { newId } from '../src/kernel/ids';
import { startEmbeddedPostgres } from '../src/kernel/embedded/embeddedPostgres';
import { createLog } from '../src/kernel/log';

/** Where benchmarks run: a folder, a durable PostgreSQL (fsync on) of its own or of BENCH_DATABASE_URL, and options. */
export interface Place {
  readonly folder: string;
  readonly rounds: number;
  readonly minutes: number;
  readonly databaseUrl: string;
  /** An empty database. */
  newDatabase(): Promise<string>;
  close(): Promise<void>;
}

export const quietLog = createLog({ level: 'error', pretty: false });

export async function openPlace(options: { readonly rounds: number; readonly minutes: number }): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-bench-'));
  const given = process.env.BENCH_DATABASE_URL;
  const embedded =
    given === undefined ? await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log: quietLog }) : undefined;
  const databaseUrl = given ?? embedded?.url ?? '';
  const created: string[] = [];
  return {
    ...options,
    folder,
    databaseUrl,
    async newDatabase() {
      const name = `bench_${newId().replaceAll('-', '')}`;
      await onDatabase(databaseUrl, (client) => client.query(`CREATE DATABASE ${name}`));
      created.push(name);
      const url = new URL(databaseUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async close() {
      if (embedded === undefined) {
        for (const name of created)
          await onDatabase(databaseUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
      }
      await embedded?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function onDatabase<T>(url: string, work: (client: PgClient) => Promise<T>): Promise<T> {
  const client = new PgClient(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
