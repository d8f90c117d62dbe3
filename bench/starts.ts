import { setTimeout as pause } from 'node:timers/promises';
import { runAgent } from '../src/agent/agent';
import { readAgentConfig } from '../src/kernel/config';
import { StartExecutionDocument, WorkflowIdDocument } from '../src/client/generated';
import { graphileWorker } from './graphileWorker';
import { apply, ONE_TASK, percentile, row } from './harness';
import { type Place, quietLog } from './place';
import { cpuOf, type ServerProcess, startServerProcess } from './processes';
import { median, ratio } from './rounds';
import { noWork } from './throughput';

const ALONE = 150;
const CALLERS = 8;
const STARTS = 800;

/** Starts, one by one and by several callers, and how soon an idle agent runs their jobs; next to `add_job`. */
export async function benchStarts(place: Place): Promise<void> {
  const ours: Starts[] = [];
  const theirs: Starts[] = [];
  for (let round = 0; round < place.rounds; round++) {
    ours.push(await startsOf(place));
    theirs.push(await addsOf(place));
  }
  const shown = (pick: (starts: Starts) => number) => ratio(ours.map(pick), theirs.map(pick));
  row(
    'one start after the other, p50 ms (× add_job)',
    shown(({ alone }) => alone),
  );
  row(
    `starts per second, ${CALLERS} callers (× add_job)`,
    shown(({ perSecond }) => perSecond),
  );
  row(
    'start sent → idle agent runs the job, p95 ms (× graphile-worker)',
    shown(({ begun }) => begun),
  );
  row('server CPU per start, µs', median(ours.map(({ cpu }) => cpu)).toFixed(0));
  row(
    'the same, once the server has run for a thousand starts: p50 ms',
    shown(({ warm }) => warm.alone),
  );
  row(
    '    starts per second',
    shown(({ warm }) => warm.perSecond),
  );
  row(
    '    start sent → idle agent runs the job, p95 ms',
    shown(({ warm }) => warm.begun),
  );
}

interface Rates {
  readonly alone: number;
  readonly perSecond: number;
  readonly begun: number;
}

/** In a new process, and in one that has compiled its functions. */
interface Starts extends Rates {
  readonly cpu: number;
  readonly warm: Rates;
}

async function startsOf(place: Place): Promise<Starts> {
  const server = await startServerProcess(place);
  const starter = await newStarter(server);
  await times(30, starter);
  const alone = percentile(await times(ALONE, starter), 0.5);
  const cpu = cpuOf(server.pid);
  const perSecond = await together(starter);
  const busy = (cpuOf(server.pid) - cpu) / STARTS;
  const warm = { alone: percentile(await times(ALONE, starter), 0.5), perSecond: await together(starter) };
  await server.stop();
  const [begun, begunWarm] = await untilBegun(place);
  return { alone, perSecond, begun, cpu: busy, warm: { ...warm, begun: begunWarm } };
}

async function newStarter({ client }: ServerProcess): Promise<() => Promise<unknown>> {
  const applicationId = await apply(client, ONE_TASK);
  const entityId = (await client.ask(WorkflowIdDocument, { applicationId, name: 'one' })).workflowByName.id;
  const input = { applicationId, entityId, executionType: 'WORKFLOW' } as const;
  return () => client.ask(StartExecutionDocument, { input });
}

async function untilBegun(place: Place): Promise<[cold: number, warm: number]> {
  const server = await startServerProcess(place);
  const starter = await newStarter(server);
  let begun: () => void = () => undefined;
  const agent = runAgent({
    config: readAgentConfig(server.agentEnvironment(2)),
    log: quietLog,
    execute: (job, context) => {
      begun();
      return noWork(job, context);
    },
  });
  const listen = (heard: () => void) => {
    begun = heard;
  };
  const cold = await beginnings(starter, listen);
  await times(STARTS, starter);
  const warm = await beginnings(starter, listen);
  agent.drain();
  await agent.finished;
  await server.stop();
  return [cold, warm];
}

async function addsOf(place: Place): Promise<Starts> {
  const worker = await graphileWorker(await place.newDatabase());
  await times(30, worker.add);
  const alone = percentile(await times(ALONE, worker.add), 0.5);
  const perSecond = await together(worker.add);
  await worker.close();
  const idle = await graphileWorker(await place.newDatabase());
  let begun: () => void = () => undefined;
  await idle.run(10, () => begun());
  const p95 = await beginnings(idle.add, (heard) => {
    begun = heard;
  });
  await idle.close();
  const rates = { alone, perSecond, begun: p95 };
  return { ...rates, cpu: 0, warm: rates };
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const from = performance.now();
    await work();
    taken.push(performance.now() - from);
  }
  return taken;
}

/** Calls per second of callers that call again as soon as they have their answer. */
async function together(work: () => Promise<unknown>): Promise<number> {
  let left = STARTS;
  const from = performance.now();
  const caller = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return STARTS / ((performance.now() - from) / 1000);
}

/** The time from sending a start until its job begins, at random moments. */
async function beginnings(starter: () => Promise<unknown>, listen: (heard: () => void) => void): Promise<number> {
  const taken: number[] = [];
  for (let n = -10; n < ALONE; n++) {
    await pause(10 + Math.random() * 20);
    const begun = new Promise<number>((resolve) => listen(() => resolve(performance.now())));
    const from = performance.now();
    await starter();
    const took = (await begun) - from;
    if (n >= 0) taken.push(took);
  }
  return percentile(taken, 0.95);
}
