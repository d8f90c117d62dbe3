import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocketServer } from 'ws';
import { systemActor } from '../src/access/actor';
import { inRuns } from '../src/runs/execution/inRuns';
import type { Answer, Latencies, Order } from './eventClients';
import { apply, type Bench, KEY, row, start } from './harness';
import { sharedClock } from './processes';
import { ratio } from './rounds';

const SOURCE =
  'kind: Application\nname: bench\n---\nkind: Workflow\napplication: bench\nname: waits\ntasks:\n  one: { run: "true", labels: { nobody: has } }\n';
const BROADCASTS = 40;
const SECONDS = 8;

interface Delivery {
  readonly latencies: Latencies;
  /** CPU time of a message, in microseconds. */
  readonly cpu: number;
  /** Memory of a connection. */
  readonly cost: string;
}

/** How long a commit takes to 1,000 subscribers and what they cost, next to a broadcast of the same bytes. */
export async function benchEvents(bench: Bench, rounds: number): Promise<void> {
  const newRun = await runsOf(bench);
  const count = 1_000;
  const ours: Delivery[] = [];
  const theirs: Delivery[] = [];
  for (let round = 0; round < rounds; round++) {
    const { sample, ...delivery } = await deliver(bench, await newRun(), count);
    ours.push(delivery);
    theirs.push(await floor(count, sample));
  }
  const shown = (pick: (delivery: Delivery) => number) => ratio(ours.map(pick), theirs.map(pick));
  row(
    `${count} subscribers: commit → client, p50 ms (× raw ws)`,
    shown(({ latencies }) => latencies.p50),
  );
  row(
    `${count} subscribers: commit → client, p95 ms (× raw ws)`,
    shown(({ latencies }) => latencies.p95),
  );
  row(
    `${count} subscribers: server CPU per message, µs (× raw ws)`,
    shown(({ cpu }) => cpu),
  );
  const costs = [ours, theirs].map((of) => of.at(-1)?.cost).join('   raw ws: ');
  row(`${count} subscribers: memory of each, KiB (heap and buffers / resident)`, costs);
}

/** More and fewer subscribers, and what readers that don't read cost. */
export async function benchEventLoad(bench: Bench): Promise<void> {
  const newRun = await runsOf(bench);
  for (const count of [1, 5_000]) {
    const { latencies, cpu, cost } = await deliver(bench, await newRun(), count);
    row(`${count} subscribers: commit → client, p50 / p95 / p99 ms`, figures(latencies));
    row(`${count} subscribers: server CPU per message, µs`, cpu.toFixed(1));
    if (count > 1) row(`${count} subscribers: memory of each, KiB (heap and buffers / resident)`, cost);
  }
  await stream(bench, await newRun(), 'nobody', []);
  await stream(bench, await newRun(), '20 subscribers', [20]);
  await stream(bench, await newRun(), '20 subscribers and 20 that don’t read', [20, -20]);
}

async function runsOf({ client }: Bench): Promise<() => Promise<string>> {
  const application = await apply(client, SOURCE);
  return () => start(client, application, 'workflow', 'waits');
}

async function deliver(bench: Bench, id: string, count: number): Promise<Delivery & { readonly sample: string }> {
  const clients = new Clients();
  const before = memory();
  await clients.open({ url: `${bench.server.url.replace('http', 'ws')}/graphql`, key: KEY, id, count, read: true });
  await followed(bench, id, count);
  const cost = perOne(before, memory(), count);
  const { latencies, sample, cpuMs } = await broadcast(clients, () => note(bench, id, 1));
  clients.end();
  await followed(bench, id, 0);
  return { latencies, cpu: (cpuMs * 1000) / BROADCASTS / count, cost, sample };
}

/** The same bytes to as many sockets, with nothing else: no database, no GraphQL. */
async function floor(count: number, sample: string): Promise<Delivery> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const clients = new Clients();
  const before = memory();
  const { port } = server.address() as AddressInfo;
  await clients.open({ url: `ws://127.0.0.1:${port}`, key: '', id: null, count, read: true });
  const cost = perOne(before, memory(), count);
  let sequence = 0;
  const { latencies, cpuMs } = await broadcast(clients, async () => {
    sequence++;
    const text = sample.replace(/"sequence":\d+/, `"sequence":${sequence}`);
    const at = sharedClock();
    for (const socket of server.clients) socket.send(text);
    return { at, sequence };
  });
  clients.end();
  server.close();
  return { latencies, cpu: (cpuMs * 1000) / BROADCASTS / count, cost };
}

interface Committed {
  readonly at: number;
  readonly sequence: number;
}

/** Sends each event after all clients have received the previous one. */
async function broadcast(clients: Clients, send: () => Promise<Committed>) {
  const committed: Record<string, number> = {};
  let sample = '';
  let cpu = process.cpuUsage();
  for (let n = -5; n < BROADCASTS; n++) {
    // The first rounds warm up.
    if (n === 0) cpu = process.cpuUsage();
    const arrived = clients.answer('arrived');
    const { at, sequence } = await send();
    if (n >= 0) committed[sequence] = at;
    sample = (await arrived).sample;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { latencies: await clients.report(committed), sample, cpuMs: (user + system) / 1000 };
}

/**
 * Writes 1,000 events a second, in commits of 50. A negative number of clients means that many clients that don't read.
 */
async function stream(bench: Bench, id: string, name: string, groups: readonly number[]): Promise<void> {
  const all: Clients[] = [];
  for (const count of groups) {
    const clients = new Clients();
    const url = `${bench.server.url.replace('http', 'ws')}/graphql`;
    await clients.open({ url, key: KEY, id, count: Math.abs(count), read: count > 0 });
    all.push(clients);
  }
  const committed: Record<string, number> = {};
  const kept: number[] = [];
  const cpu = process.cpuUsage();
  const begin = sharedClock();
  for (let n = 0; n < SECONDS * 20; n++) {
    const { at, sequence } = await note(bench, id, 50);
    for (let k = 0; k < 50; k++) committed[sequence - k] = at;
    await pause(Math.max(0, begin + (n + 1) * 50 - sharedClock()));
    if (n % 40 === 39) kept.push(memory().heap / 1024 ** 2);
  }
  const seconds = (sharedClock() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rate = ((SECONDS * 1000) / seconds).toFixed(0);
  row(`${name}: ${rate} events/s: server CPU, % of a core`, ((user + system) / 10_000 / seconds).toFixed(0));
  row(`${name}: memory as it goes, MiB`, kept.map((size) => size.toFixed(0)).join(' '));
  if (all[0] !== undefined)
    row(`${name}: commit → client, p50 / p95 / p99 ms`, figures(await all[0].report(committed)));
  for (const clients of all) clients.end();
}

/** Writes events as a command does, and returns their commit time. */
async function note({ server: { app } }: Bench, runId: string, count: number): Promise<Committed> {
  await inRuns(app, [runId], systemActor, async (db) => {
    for (let n = 0; n < count; n++)
      db.event({ runId, executionId: runId }, 'ABORT_REQUESTED', { reason: 'x'.repeat(100) });
  });
  const at = sharedClock();
  const [last] = await app.database.rows<{ last: number }>(
    'SELECT last_sequence AS last FROM execution WHERE id = $1',
    [runId],
  );
  return { at, sequence: last?.last ?? 0 };
}

async function followed({ server: { app } }: Bench, id: string, count: number): Promise<void> {
  while (app.feeds.events.followers(id) !== count) await pause(10);
}

interface Memory {
  readonly heap: number;
  readonly resident: number;
}

/** Memory in use after garbage collection. */
function memory(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}

function perOne(before: Memory, after: Memory, count: number): string {
  const each = (size: number) => (size / 1024 / count).toFixed(1);
  return `${each(after.heap - before.heap)} / ${each(after.resident - before.resident)}`;
}

const figures = ({ p50, p95, p99 }: Latencies): string => [p50, p95, p99].map((ms) => ms.toFixed(1)).join(' / ');

/** Process of `eventClients.ts`. */
class Clients {
  private readonly child: ChildProcess = fork(join(__dirname, 'eventClients.js'));

  async open(open: Extract<Order, { open: unknown }>['open']): Promise<void> {
    const opened = this.answer('opened');
    this.child.send({ open });
    await opened;
  }

  async report(committed: Readonly<Record<string, number>>): Promise<Latencies> {
    const latencies = this.answer('latencies');
    this.child.send({ report: committed });
    return (await latencies).latencies;
  }

  /** Next answer of a kind. */
  answer<Kind extends string>(kind: Kind): Promise<Extract<Answer, Record<Kind, unknown>>> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the process of the clients has ended'));
      const heard = (message: Answer) => {
        if (!(kind in message)) return;
        this.child.off('message', heard).off('exit', ended);
        resolve(message as Extract<Answer, Record<Kind, unknown>>);
      };
      this.child.on('message', heard).once('exit', ended);
    });
  }

  end(): void {
    this.child.kill();
  }
}
