import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'pg';

/** What is used of graphile-worker. Its types are there only once it is installed. */
interface GraphileWorker {
  Logger: new (scope: () => () => void) => object;
  run(options: object): Promise<{ stop(): Promise<void> }>;
  runMigrations(options: object): Promise<void>;
  makeWorkerUtils(options: object): Promise<{
    addJob(name: string, payload: object): Promise<unknown>;
    addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
}

export interface PeerQueue {
  readonly add: () => Promise<unknown>;
  readonly addMany: (count: number) => Promise<void>;
  readonly run: (concurrency: number, begun: () => void) => Promise<void>;
  /** Resolves when no job is left. */
  readonly untilEmpty: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The folder of the sources, from that of the compiled ones. */
const folder = join(__dirname, '../../bench');

/** graphile-worker as it comes, one job after the other in each of its lanes. */
export async function graphileWorker(databaseUrl: string): Promise<PeerQueue> {
  if (!existsSync(join(folder, 'node_modules/graphile-worker')))
    throw new Error('The peers are missing. Install them once with: npm ci --prefix bench');
  const { Logger, run, runMigrations, makeWorkerUtils } = createRequire(join(folder, 'package.json'))(
    'graphile-worker',
  ) as GraphileWorker;
  const logger = new Logger(() => () => undefined);
  const pgPool = new Pool({ connectionString: databaseUrl, max: 12 });
  pgPool.on('error', (error) => console.error(error));
  pgPool.on('connect', (client) => client.on('error', (error) => console.error(error)));
  await runMigrations({ pgPool, logger });
  const utils = await makeWorkerUtils({ pgPool, logger });
  let runner: { stop(): Promise<void> } | undefined;
  return {
    add: () => utils.addJob('noop', {}),
    async addMany(count) {
      for (let left = count; left > 0; left -= 1000) {
        const jobs = Array.from({ length: Math.min(1000, left) }, () => ({ identifier: 'noop', payload: {} }));
        await utils.addJobs(jobs);
      }
    },
    async run(concurrency, begun) {
      const options = { noHandleSignals: true, parsedCronItems: [], taskList: { noop: async () => begun() } };
      runner = await run({ ...options, pgPool, logger, preset: { worker: { concurrentJobs: concurrency } } });
    },
    async untilEmpty() {
      const sql = 'SELECT NOT EXISTS (SELECT FROM graphile_worker._private_jobs) AS empty';
      while (!(await pgPool.query<{ empty: boolean }>(sql)).rows[0]?.empty) await pause(4);
    },
    async close() {
      await runner?.stop();
      await utils.release();
      await pgPool.end();
    },
  };
}
