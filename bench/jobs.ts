import { setTimeout as pause } from 'node:timers/promises';
import { runAgent } from '../src/agent/agent';
import { readAgentConfig } from '../src/kernel/config';
import { StartExecutionDocument, WorkflowIdDocument } from '../src/client/generated';
import { graphileWorker } from './graphileWorker';
import { apply, row } from './harness';
import { onDatabase, type Place, quietLog } from './place';
import { cpuOf, startServerProcess } from './processes';
import { median, ratio } from './rounds';
import { noWork } from './throughput';

/** Jobs of graphile-worker in a round. */
const PEER_JOBS = 5000;
/** Callers that start workflows at the same time. */
const CALLERS = 8;

interface Shape {
  readonly name: string;
  readonly tasks: number;
  readonly runs: number;
  readonly agents: number;
  readonly slots: number;
}

const shapes: readonly Shape[] = [
  { name: 'workflows of 500 tasks, 2 agents × 50 slots', tasks: 500, runs: 8, agents: 2, slots: 50 },
  { name: 'workflows of 2,000 tasks, 4 agents × 200 slots', tasks: 2000, runs: 2, agents: 4, slots: 200 },
  { name: 'workflows of 10 tasks, 2 agents × 50 slots', tasks: 10, runs: 100, agents: 2, slots: 50 },
];

interface Rates {
  /** Jobs per second from claimable to durably finished. */
  readonly drained: number;
  /** With the time that their starts took. */
  readonly whole: number;
  readonly cpu: number;
}

/** Jobs that do nothing, from claimable to durably finished, next to graphile-worker's, one by one. */
export async function benchJobs(place: Place): Promise<void> {
  const ours = new Map(shapes.map((shape) => [shape, [] as Rates[]]));
  const theirs: Rates[] = [];
  for (let round = 0; round < place.rounds; round++) {
    theirs.push(await peerRates(place));
    for (const [shape, rates] of ours) rates.push(await ratesOf(place, shape));
  }
  for (const [{ name }, rates] of ours) {
    const shown = (pick: (rates: Rates) => number) => ratio(rates.map(pick), theirs.map(pick));
    row(
      `jobs/s, ${name} (× graphile-worker)`,
      shown(({ drained }) => drained),
    );
    row(
      '    with their starts (× with add_jobs)',
      shown(({ whole }) => whole),
    );
    row('    server CPU per job, µs', median(rates.map(({ cpu }) => cpu)).toFixed(0));
  }
}

async function ratesOf(place: Place, { tasks, runs, agents, slots }: Shape): Promise<Rates> {
  const server = await startServerProcess(place);
  const names = Array.from({ length: tasks }, (_, n) => `  t${String(n).padStart(5, '0')}: { run: "true" }`);
  const source = `kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: wide\ntasks:\n${names.join('\n')}\n`;
  const applicationId = await apply(server.client, source);
  const entityId = (await server.client.ask(WorkflowIdDocument, { applicationId, name: 'wide' })).workflowByName.id;
  const input = { applicationId, entityId, executionType: 'WORKFLOW' } as const;
  const begin = performance.now();
  let left = runs;
  const caller = async () => {
    while (left-- > 0) await server.client.ask(StartExecutionDocument, { input });
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const started = performance.now();
  const cpu = cpuOf(server.pid);
  const running = Array.from({ length: agents }, () =>
    runAgent({ config: readAgentConfig(server.agentEnvironment(slots)), log: quietLog, execute: noWork }),
  );
  const open = `SELECT EXISTS (SELECT FROM execution WHERE status <> 'SUCCESS') AS open`;
  await onDatabase(server.databaseUrl, async (client) => {
    while ((await client.query<{ open: boolean }>(open)).rows[0]?.open) await pause(10);
  });
  const ended = performance.now();
  const busy = cpuOf(server.pid) - cpu;
  for (const agent of running) agent.drain();
  await Promise.all(running.map((agent) => agent.finished));
  await server.stop();
  const jobs = tasks * runs;
  const rate = (from: number) => jobs / ((ended - from) / 1000);
  return { drained: rate(started), whole: rate(begin), cpu: busy / jobs };
}

async function peerRates(place: Place): Promise<Rates> {
  const worker = await graphileWorker(await place.newDatabase());
  const begin = performance.now();
  await worker.addMany(PEER_JOBS);
  const added = performance.now();
  let left = PEER_JOBS;
  const begun = new Promise<void>((resolve) => {
    void worker.run(10, () => --left === 0 && resolve());
  });
  await begun;
  await worker.untilEmpty();
  const ended = performance.now();
  await worker.close();
  const rate = (from: number) => PEER_JOBS / ((ended - from) / 1000);
  return { drained: rate(added), whole: rate(begin), cpu: 0 };
}
