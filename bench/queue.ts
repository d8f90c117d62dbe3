import { setTimeout as pause } from 'node:timers/promises';
import { runAgent } from '../src/agent/agent';
import { StartExecutionDocument, WorkflowIdDocument } from '../src/client/generated';
import { readAgentConfig } from '../src/kernel/config';
import { apply, row } from './harness';
import { onDatabase, type Place, quietLog } from './place';
import { type ServerProcess, startServerProcess } from './processes';
import { median, ratio } from './rounds';
import { noWork } from './throughput';

const AGENTS = 2;
const SLOTS = 50;
/** Jobs whose time is measured. */
const MEASURED = 4000;
/** Jobs that run before. */
const WARM_UP = 20_000;

interface Queue {
  readonly name: string;
  /** Workflows of 5,000 tasks each that wait in front of the measured jobs, and that no agent can run. */
  readonly unmatchable: number;
  /** Workflows of 5,000 tasks each that wait behind the measured jobs. */
  readonly behind: number;
  /** A transaction that began before everything else stays open, so vacuum removes nothing. */
  readonly snapshot: boolean;
}

const empty: Queue = { name: 'nothing else in the queue', unmatchable: 0, behind: 0, snapshot: false };
const others: readonly Queue[] = [
  { ...empty, name: '36,000 jobs in front that no agent can run', unmatchable: 8 },
  { ...empty, name: '100,000 jobs behind', behind: 20 },
  { ...empty, name: 'a snapshot held since before 20,000 other jobs', snapshot: true },
];

/** Jobs per second with more in the queue than what is measured, next to a queue without it. */
export async function benchQueue(place: Place): Promise<void> {
  const rates = new Map([empty, ...others].map((queue) => [queue, [] as number[]]));
  for (let round = 0; round < place.rounds; round++) {
    for (const [queue, list] of rates) list.push(await rateOf(place, queue));
  }
  const alone = rates.get(empty) ?? [];
  row(`jobs/s, ${empty.name}`, median(alone).toFixed(0));
  for (const queue of others) row(`jobs/s, ${queue.name} (× without)`, ratio(rates.get(queue) ?? [], alone));
}

async function rateOf(place: Place, queue: Queue): Promise<number> {
  const server = await startServerProcess(place);
  const source = ['kind: Application\nname: bench\n'];
  source.push(workflow('measured', 500, ''), workflow('behind', 5000, ''));
  source.push(workflow('elsewhere', 4500, ', labels: { pool: elsewhere }'));
  const applicationId = await apply(server.client, source.join('---\n'));
  const begin = async (name: string, count: number) => {
    const { workflowByName } = await server.client.ask(WorkflowIdDocument, { applicationId, name });
    const input = { applicationId, entityId: workflowByName.id, executionType: 'WORKFLOW' } as const;
    for (let n = 0; n < count; n++) await server.client.ask(StartExecutionDocument, { input });
  };
  try {
    return await onDatabase(server.databaseUrl, async (holder) => {
      if (queue.snapshot) {
        await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        await holder.query('SELECT FROM job');
      }
      // The server is as warm in each case. What these jobs leave in tables and indexes stays if a snapshot is held.
      await begin('behind', WARM_UP / 5000);
      await drain(server, WARM_UP / 5000, WARM_UP);
      await begin('elsewhere', queue.unmatchable);
      await begin('measured', MEASURED / 500);
      await begin('behind', queue.behind);
      return await drain(server, MEASURED / 500, MEASURED);
    });
  } finally {
    await server.stop();
  }
}

const workflow = (name: string, tasks: number, more: string): string =>
  `kind: Workflow\napplication: bench\nname: ${name}\ntasks:\n${Array.from(
    { length: tasks },
    (_, n) => `  t${String(n).padStart(5, '0')}: { run: "true"${more} }\n`,
  ).join('')}`;

/** Runs agents until as many more executions have ended durably, which have so many jobs; jobs per second. */
async function drain(server: ServerProcess, executions: number, jobs: number): Promise<number> {
  // Of executions, not of jobs: counting those would cost more the more there are.
  const count = `SELECT count(*)::int AS ended FROM execution WHERE ended_at IS NOT NULL`;
  return onDatabase(server.databaseUrl, async (client) => {
    const ended = async () => (await client.query<{ ended: number }>(count)).rows[0]?.ended ?? 0;
    const before = await ended();
    const begin = performance.now();
    const running = Array.from({ length: AGENTS }, () =>
      runAgent({ config: readAgentConfig(server.agentEnvironment(SLOTS)), log: quietLog, execute: noWork }),
    );
    while ((await ended()) - before < executions) await pause(20);
    const seconds = (performance.now() - begin) / 1000;
    for (const agent of running) agent.drain();
    await Promise.all(running.map((agent) => agent.finished));
    return jobs / seconds;
  });
}
