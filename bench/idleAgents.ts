import { setTimeout as pause } from 'node:timers/promises';
import { runAgent } from '../src/agent/agent';
import { readAgentConfig } from '../src/kernel/config';
import { row } from './harness';
import { onDatabase, type Place, quietLog } from './place';
import { cpuOf, type ServerProcess, startServerProcess } from './processes';
import { median } from './rounds';
import { noWork } from './throughput';

const AGENTS = 200;
const SETTLE_MS = 5000;
const SECONDS = 20;

/** What a server costs that has nothing to do, alone and with agents that wait. */
export async function benchIdleAgents(place: Place): Promise<void> {
  for (const count of [0, AGENTS]) {
    const server = await startServerProcess(place);
    const agents = Array.from({ length: count }, () =>
      runAgent({ config: readAgentConfig(server.agentEnvironment(2)), log: quietLog, execute: noWork }),
    );
    await pause(SETTLE_MS);
    const cpus: number[] = [];
    const commits: number[] = [];
    for (let round = 0; round < place.rounds; round++) {
      const cpu = cpuOf(server.pid);
      const before = await transactions(server);
      await pause(SECONDS * 1000);
      cpus.push((cpuOf(server.pid) - cpu) / (SECONDS * 10_000));
      commits.push(((await transactions(server)) - before) / SECONDS);
    }
    row(`${count} idle agents: server CPU, % of a core`, median(cpus).toFixed(1));
    row(`${count} idle agents: transactions per second`, median(commits).toFixed(1));
    for (const agent of agents) agent.drain();
    await Promise.all(agents.map((agent) => agent.finished));
    await server.stop();
  }
}

/** PostgreSQL counts those of this reader as well: one or two. */
const transactions = ({ databaseUrl }: ServerProcess): Promise<number> =>
  onDatabase(databaseUrl, async (client) => {
    await client.query('SELECT pg_stat_force_next_flush()');
    const sql = 'SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()';
    return Number((await client.query<{ n: string }>(sql)).rows[0]?.n);
  });
