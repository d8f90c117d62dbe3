import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FollowJobLogDocument } from '../src/client/generated';
import { apply, percentile, row, start } from './harness';
import type { WritersAnswer } from './logWriters';
import { onDatabase, type Place } from './place';
import { cpuOf, Helper, sharedClock, type ServerProcess, startServerProcess } from './processes';

const SECONDS = 10;
/** Lines until then are not counted after the last follower has connected: functions are still compiled. */
const WARM_UP_MS = 2000;

interface Case {
  readonly jobs: number;
  readonly linesPerSecond: number;
  /** Followers, spread over the logs in order. */
  readonly followers: number;
}

const CASES: readonly Case[] = [
  { jobs: 1, linesPerSecond: 100, followers: 1 },
  { jobs: 1, linesPerSecond: 100, followers: 100 },
  { jobs: 100, linesPerSecond: 300, followers: 20 },
  { jobs: 100, linesPerSecond: 1000, followers: 20 },
];

/** Jobs that write lines at a rate, and followers of their logs. */
export async function benchLogs(place: Place): Promise<void> {
  for (const one of CASES) {
    const tasks = Array.from({ length: one.jobs }, (_, n) => `  t${n}: { run: "true" }`).join('\n');
    const source = `kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: writers\ntasks:\n${tasks}\n`;
    for (let round = 0; round < place.rounds; round++) {
      const server = await startServerProcess(place);
      const application = await apply(server.client, source);
      const id = await start(server.client, application, 'workflow', 'writers');
      await measure(place, server, id, one);
      await server.stop();
    }
  }
}

async function measure(place: Place, server: ServerProcess, id: string, one: Case): Promise<void> {
  const { jobs, linesPerSecond, followers } = one;
  const writers = new Helper('logWriters');
  const folder = await mkdtemp(join(place.folder, 'spool-'));
  const environment = server.agentEnvironment(jobs);
  const writing = writers.ask<WritersAnswer>({ environment, folder, jobs, linesPerSecond, seconds: SECONDS });
  const arrivals: Arrival[] = [];
  const cpu = cpuOf(server.pid);
  const agentCpu = cpuOf(writers.pid);
  const ownCpu = cpuOf(process.pid);
  const from = sharedClock();
  const wal = await walOf(server);
  const ids = await jobsOf(server, id, jobs);
  const following = Array.from({ length: followers }, (_, n) => follow(server, ids[n % jobs] ?? '', arrivals));
  const { lines, bytes, seconds } = await writing;
  const busy = (cpuOf(server.pid) - cpu) / 1000;
  const took = sharedClock() - from;
  const agentBusy = (cpuOf(writers.pid) - agentCpu) / 1000;
  const own = (cpuOf(process.pid) - ownCpu) / 1000;
  const since = Math.max(...(await Promise.all(following))) + WARM_UP_MS;
  const lags = arrivals.flatMap(({ written, lag }) => (written > since ? [lag] : []));
  const [size] = await onDatabase(server.databaseUrl, async (client) => {
    const sql = `SELECT pg_total_relation_size('log_chunk') + pg_total_relation_size('job_log') AS stored`;
    return (await client.query<{ stored: string }>(sql)).rows;
  });
  await writers.end();
  const name = `${jobs} jobs × ${linesPerSecond.toLocaleString('en')} lines/s, ${followers} followers`;
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

async function jobsOf(server: ServerProcess, id: string, jobs: number): Promise<string[]> {
  for (;;) {
    const { rows } = await onDatabase(server.databaseUrl, (client) =>
      client.query<{ id: string }>('SELECT id FROM job WHERE run_id = $1 AND started_at IS NOT NULL', [id]),
    );
    if (rows.length === jobs) return rows.map((job) => job.id);
    await pause(20);
  }
}

interface Arrival {
  readonly written: number;
  readonly lag: number;
}

/** Follows a log to its end. Returns the time at which it began. */
async function follow({ client }: ServerProcess, jobId: string, arrivals: Arrival[]): Promise<number> {
  let from: number | undefined;
  /** The beginning of a line whose end is in the next page. */
  let begun = '';
  for await (const { jobLog } of client.stream(FollowJobLogDocument, { jobId, afterOffset: 0 })) {
    const now = sharedClock();
    from ??= now;
    const lines = jobLog.frames.reduce((text, frame) => text + frame.text, begun).split('\n');
    begun = lines.pop() ?? '';
    for (const line of lines) {
      const written = Number(line.slice(0, line.indexOf(' ')));
      arrivals.push({ written, lag: now - written });
    }
  }
  return from ?? 0;
}
