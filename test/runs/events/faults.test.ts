import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { FlakyProxy } from '../../support/flakyProxy';
import { startServerProcess, type TestProcess } from '../../support/processes';
import { randomness } from '../../support/property';
import { type EventsItem, Reading } from '../../support/reading';
import { testEnvironment } from '../../support/server';
import { ALL, Watcher, waysToWatch } from '../../support/watchers';
import { eventsWorld, note } from './world';

/**
 * `FAULTS=80 npx jest test/runs/events/faults` is the long form, about 15 minutes: that many random faults of all
 * kinds.
 */
const LONG = process.env.FAULTS === undefined ? undefined : Number(process.env.FAULTS);
/**
 * Time that watchers may take after a fault is repaired: to connect, to detect a dead connection, and to read again.
 */
const BOUND_MS = 20_000;
const RUNS = 2;

let folder: string;
let entrance: FlakyProxy;
const servers: FaultyServer[] = [];
const watchers: Watcher[] = [];

// Runs before the world's own cleanup, because its server must stop last.
afterAll(async () => {
  await Promise.all(watchers.map((watcher) => watcher.end()));
  await entrance?.stop();
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});
const world = eventsWorld();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-faults-'));
});

/** A server in its own process, with a proxy between it and PostgreSQL. */
class FaultyServer {
  url = '';
  private process: TestProcess | undefined;

  private constructor(
    readonly database: FlakyProxy,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(more: Readonly<Record<string, string>> = {}): Promise<FaultyServer> {
    const { databaseUrl } = world.server;
    const database = await FlakyProxy.start(() => databaseUrl);
    const url = new URL(databaseUrl);
    url.host = new URL(database.url).host;
    const server = new FaultyServer(database, {
      ...testEnvironment(url.href, folder),
      SLIPWAY_POLL_MS: '200',
      ...more,
    });
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const process = await startServerProcess(this.environment);
    this.process = process;
    this.url = process.url;
  }

  async kill(): Promise<void> {
    await this.process?.end('SIGKILL');
  }

  signal(name: NodeJS.Signals): void {
    this.process?.child.kill(name);
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.database.stop();
  }
}

type Mend = () => void | Promise<void>;

function again(everyMs: number, work: () => void): Mend {
  work();
  const timer = setInterval(work, everyMs);
  return () => clearInterval(timer);
}

/** Each begins a fault, and returns a function that repairs it. */
const faults: Readonly<
  Record<string, (server: FaultyServer, random: (below: number) => number) => Mend | Promise<Mend>>
> = {
  cut: ({ database }, random) => again(20 + random(200), () => database.cut()),
  away({ database }) {
    database.accepts = 'none';
    database.cut();
    return () => {
      database.accepts = 'all';
    };
  },
  'half-open': ({ database }, random) => again(300 + random(1_500), () => database.stallAll()),
  silent({ database }) {
    database.accepts = 'silently';
    database.stallAll();
    return () => {
      database.accepts = 'all';
    };
  },
  slow({ database }, random) {
    database.delayMs = 20 + random(500);
    return () => {
      database.delayMs = 0;
    };
  },
  async killed(server) {
    await server.kill();
    return () => server.start();
  },
  frozen(server) {
    server.signal('SIGSTOP');
    return () => server.signal('SIGCONT');
  },
  'cut from clients'() {
    entrance.cut();
    return () => undefined;
  },
};

async function nowAmongAll(): Promise<string> {
  const reading = new Reading<EventsItem>(world.server.url, ALL);
  const snapshot = await reading.next();
  await reading.close();
  return snapshot?.cursor ?? '';
}

const seed = Number(process.env.FAULTS_SEED || randomInt(2 ** 32));
const random = randomness(seed);
const kinds = Object.keys(faults);
const planned = LONG
  ? Array.from({ length: LONG }, () => kinds[random(kinds.length)] ?? '')
  : ['killed', 'half-open', 'cut'];

it(`delivers each attempt to every watcher, whatever failed (FAULTS_SEED=${seed})`, async () => {
  const { server, runs, agent } = world;
  const beginning = await nowAmongAll();
  const { applicationId } = await runs.ids('workflow', 'one');
  const ids = await Promise.all(Array.from({ length: RUNS }, () => runs.start('workflow', 'one')));
  servers.push(...(await Promise.all([FaultyServer.start(), FaultyServer.start({ SLIPWAY_NOTIFY: 'false' })])));
  let turn = 0;
  entrance = await FlakyProxy.start(() => servers[turn++ % servers.length]?.url ?? '');
  const { one, all } = waysToWatch();
  for (const id of ids) {
    for (const [name, open] of Object.entries(one)) watchers.push(new Watcher(id, name, open, entrance.url, '0'));
    for (const [name, open] of Object.entries(all)) watchers.push(new Watcher(id, name, open, entrance.url, beginning));
  }

  async function fail(): Promise<void> {
    for (const _ of ids) await agent.runOne({ exitCode: 1 });
    for (const id of ids) await runs.until(id, 'FAILED');
  }
  async function resume(): Promise<void> {
    for (const workflowExecutionId of ids) {
      await server.client.ask(
        'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
        { input: { applicationId, workflowExecutionId } },
      );
      await note(server, { runId: workflowExecutionId }, 1 + random(5));
    }
  }
  /** Checked while the runs are open, so that the end of a stream can't hide a lag. */
  async function delivered(what: string): Promise<void> {
    const log = new Map<string, number>();
    for (const id of ids) log.set(id, (await runs.events(id)).length);
    const begun = performance.now();
    const isBehind = ({ id, last, wrong }: Watcher) => wrong !== undefined || last !== log.get(id);
    await eventually(
      () => watchers.filter(isBehind).map((watcher) => `${watcher.describe()} of ${log.get(watcher.id)}`),
      (late) => late.length === 0,
      { withinMs: BOUND_MS, what },
    );
    if (LONG) console.info(`${what}: ${Math.round(performance.now() - begun)} ms`);
  }

  await delivered('the beginning');
  for (const kind of planned) {
    const hit = random(3) === 0 ? servers : servers.slice(random(2)).slice(0, 1);
    const mends = await Promise.all(hit.map((one) => faults[kind]?.(one, random)));
    for (let attempts = LONG ? 1 + random(6) : 1; attempts > 0; attempts--) {
      await fail();
      await resume();
    }
    await Promise.all(mends.map((mend) => mend?.()));
    await delivered(`${kind} of ${hit.length}`);
  }
  for (const { id, received } of watchers) {
    const log = (await runs.events(id)).map(({ sequence }) => sequence);
    expect(received).toEqual(log);
  }
}, 3_600_000);
