import { setTimeout as pause } from 'node:timers/promises';
import { DeliveredEventsDocument, StartExecutionDocument, WorkflowIdDocument } from '../src/client/generated';
import { runAgent } from '../src/agent/agent';
import { readAgentConfig } from '../src/kernel/config';
import { apply, ONE_TASK, row, start } from './harness';
import { type Place, quietLog } from './place';
import { residentOf, type ServerProcess, startServerProcess } from './processes';
import { median } from './rounds';
import { noWork } from './throughput';

const SUBSCRIPTIONS = 500;
const SETTLE_MS = 5000;
const SAMPLES = 20;
const MIB = 1024 ** 2;

/** What a server keeps: idle, for each subscription, and under load over a given time. */
export async function benchMemory(place: Place): Promise<void> {
  const server = await startServerProcess(place);
  await pause(SETTLE_MS);
  const idle = residentOf(server.pid);
  row('idle server, resident MiB', (idle / MIB).toFixed(0));
  const application = await apply(server.client, ONE_TASK);
  await subscriptions(server, await start(server.client, application, 'workflow', 'one'));
  await slope(place, server, application);
  await server.stop();
}

/** By server-sent events, each over its own connection. Resident memory, so with everything that the kit around it takes. */
async function subscriptions(server: ServerProcess, id: string): Promise<void> {
  const before = residentOf(server.pid);
  const over = new AbortController();
  const streams = Array.from({ length: SUBSCRIPTIONS }, () =>
    server.client.stream(DeliveredEventsDocument, { id }, over.signal),
  );
  for (const stream of streams) await stream.next();
  await pause(SETTLE_MS);
  const each = (residentOf(server.pid) - before) / SUBSCRIPTIONS / 1024;
  row(`${SUBSCRIPTIONS} subscriptions, resident KiB each`, each.toFixed(1));
  over.abort();
  await Promise.all(streams.map((stream) => stream.return(undefined).catch(() => undefined)));
}

/**
 * Starts, jobs and a watcher of each run, as fast as they go. The slope is that of the second half: the heap first grows
 * to the size that suits the load.
 */
async function slope(place: Place, server: ServerProcess, applicationId: string): Promise<void> {
  const { client } = server;
  const entityId = (await client.ask(WorkflowIdDocument, { applicationId, name: 'one' })).workflowByName.id;
  const input = { applicationId, entityId, executionType: 'WORKFLOW' } as const;
  const config = readAgentConfig(server.agentEnvironment(20));
  const agent = runAgent({ config, log: quietLog, execute: noWork });
  const begin = performance.now();
  const endsAt = begin + place.minutes * 60_000;
  let runs = 0;
  const worker = async () => {
    while (performance.now() < endsAt) {
      const { id } = (await client.ask(StartExecutionDocument, { input })).startExecution.execution;
      for await (const _ of client.stream(DeliveredEventsDocument, { id }));
      runs++;
    }
  };
  const samples: { readonly hours: number; readonly bytes: number }[] = [];
  const watcher = async () => {
    for (let n = 1; n <= SAMPLES; n++) {
      await pause(Math.max(0, begin + (n * place.minutes * 60_000) / SAMPLES - performance.now()));
      samples.push({ hours: (performance.now() - begin) / 3_600_000, bytes: residentOf(server.pid) });
    }
  };
  await Promise.all([watcher(), ...Array.from({ length: 8 }, worker)]);
  agent.drain();
  await agent.finished;
  const later = samples.slice(SAMPLES / 2);
  row(
    `${place.minutes} min of load, ${runs} runs: resident MiB`,
    samples.map(({ bytes }) => (bytes / MIB).toFixed(0)).join(' '),
  );
  row('    slope of the second half, MiB per hour', (slopeOf(later) / MIB).toFixed(1));
  row('    median of the second half, MiB', (median(later.map(({ bytes }) => bytes)) / MIB).toFixed(0));
}

/** Least squares. */
function slopeOf(samples: readonly { readonly hours: number; readonly bytes: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ hours }) => hours));
  const y = mean(samples.map(({ bytes }) => bytes));
  const above = samples.reduce((sum, { hours, bytes }) => sum + (hours - x) * (bytes - y), 0);
  const below = samples.reduce((sum, { hours }) => sum + (hours - x) ** 2, 0);
  return above / below;
}
