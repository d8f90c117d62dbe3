import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FollowJobLogDocument } from '../src/client/generated';
import { apply, percentile, row, start } from './harness';
import type { WritersAnswer } from './logWriters';
import { onDatabase, type Place } from './place';
import { cpuOf, Helper, sharedClock, type ServerProcess, startServerProcess } from './processes';

const JOBS = 100;
const FOLLOWERS = 20;
const SECONDS = 10;
/** Lines of the first seconds: connections are opened, functions are compiled. */
const WARM_UP_MS = 3000;

/** 100 jobs that write 1,000 lines per second each, 20 of them watched. */
export async function benchLogs(place: Place): Promise<void> {
  const lines = Array.from({ length: JOBS }, (_, n) => `  t${n}: { run: "true" }`);
  const source = `kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: writers\ntasks:\n${lines.join('\n')}\n`;
  for (const linesPerSecond of [300, 1000]) {
    for (let round = 0; round < place.rounds; round++) {
      const server = await startServerProcess(place);
      const application = await apply(server.client, source);
      const id = await start(server.client, application, 'workflow', 'writers');
      await measure(place, server, id, linesPerSecond);
      await server.stop();
    }
  }
}

async function measure(place: Place, server: ServerProcess, id: string, linesPerSecond: number): Promise<void> {
  const writers = new Helper('logWriters');
  const folder = await mkdtemp(join(place.folder, 'spool-'));
  const environment = server.agentEnvironment(JOBS);
  const writing = writers.ask<WritersAnswer>({ environment, folder, jobs: JOBS, linesPerSecond, seconds: SECONDS });
  const lags: number[] = [];
  const cpu = cpuOf(server.pid);
  const agentCpu = cpuOf(writers.pid);
  const ownCpu = cpuOf(process.pid);
  const from = sharedClock();
  const wal = await walOf(server);
  const ids = await jobsOf(server, id);
  const following = ids.slice(0, FOLLOWERS).map((jobId) => follow(server, jobId, from + WARM_UP_MS, lags));
  const { lines, bytes, seconds } = await writing;
  const busy = (cpuOf(server.pid) - cpu) / 1000;
  const took = sharedClock() - from;
  const agentBusy = (cpuOf(writers.pid) - agentCpu) / 1000;
  const own = (cpuOf(process.pid) - ownCpu) / 1000;
  await Promise.all(following);
  const [size] = await onDatabase(server.databaseUrl, async (client) => {
    const sql = `SELECT pg_total_relation_size('log_chunk') + pg_total_relation_size('job_log') AS stored`;
    return (await client.query<{ stored: string }>(sql)).rows;
  });
  await writers.end();
  const name = `${JOBS} jobs × ${linesPerSecond.toLocaleString('en')} lines/s`;
  row(`${name}: lines per second reached`, (lines / seconds).toFixed(0));
  row(`${name}: written → follower, p50 / p95 ms`, [0.5, 0.95].map((p) => percentile(lags, p).toFixed(0)).join(' / '));
  row(`${name}: server CPU, cores`, (busy / took).toFixed(2));
  row(`${name}: agent CPU / client CPU, cores`, `${(agentBusy / took).toFixed(2)} / ${(own / took).toFixed(2)}`);
  row(`${name}: database bytes per byte of log`, (Number(size?.stored) / bytes).toFixed(2));
  row(`${name}: WAL bytes per byte of log`, (((await walOf(server)) - wal) / bytes).toFixed(2));
}

const walOf = (server: ServerProcess): Promise<number> =>
  onDatabase(server.databaseUrl, async (client) => {
    const sql = `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS bytes`;
    return Number((await client.query<{ bytes: string }>(sql)).rows[0]?.bytes);
  });

async function jobsOf(server: ServerProcess, id: string): Promise<string[]> {
  for (;;) {
    const { rows } = await onDatabase(server.databaseUrl, (client) =>
      client.query<{ id: string }>('SELECT id FROM job WHERE run_id = $1 AND started_at IS NOT NULL', [id]),
    );
    if (rows.length === JOBS) return rows.map((job) => job.id);
    await pause(20);
  }
}

async function follow({ client }: ServerProcess, jobId: string, since: number, lags: number[]): Promise<void> {
  /** The beginning of a line whose end is in the next page. */
  let begun = '';
  for await (const { jobLog } of client.stream(FollowJobLogDocument, { jobId, afterOffset: 0 })) {
    const now = sharedClock();
    const lines = jobLog.frames.reduce((text, frame) => text + frame.text, begun).split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) {
      const at = Number(line.slice(0, line.indexOf(' ')));
      if (at > since) lags.push(now - at);
    }
  }
}
