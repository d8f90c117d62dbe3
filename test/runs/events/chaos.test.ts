import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { type Break, breaks, FlakyProxy } from '../../support/flakyProxy';
import { startServerProcess, type TestProcess } from '../../support/processes';
import { testEnvironment } from '../../support/server';
import { randomness } from '../../support/property';
import { RawStream } from '../../support/rawStream';
import { EVENTS, type EventsItem, Reading, readEvents } from '../../support/reading';
import { ALL } from '../../support/watchers';
import { note, eventsWorld } from './world';

/** `CHAOS=200 npx jest test/runs/events/chaos` is the long form: that many breaks, with 20 clients. */
const ROUNDS = Number(process.env.CHAOS ?? 10);
const CLIENTS = process.env.CHAOS === undefined ? 6 : 20;
/** One round in this many kills the replica; the others break connections in one of three ways. */
const KILL_EVERY = 10;

let folder: string;
let replica: Replica | undefined;
const watchers: Watcher[] = [];

// Runs before the world's own cleanup, because its server must stop last.
afterAll(async () => {
  await Promise.all(watchers.map((watcher) => watcher.end()));
  await replica?.stop();
  await rm(folder, { recursive: true, force: true });
});
const world = eventsWorld();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-chaos-'));
});

/** A second server that is killed and restarted. */
class Replica {
  url: string | undefined;
  private process: TestProcess | undefined;
  private starts = 0;
  private starting: Promise<void> = Promise.resolve();

  start(): void {
    // Every other replica gets no notifications, and polls.
    const deaf = this.starts++ % 2 === 1 && { SLIPWAY_NOTIFY: 'false', SLIPWAY_POLL_MS: '50' };
    this.starting = startServerProcess({ ...testEnvironment(world.server.databaseUrl, folder), ...deaf }).then(
      (process) => {
        this.process = process;
        this.url = process.url;
      },
    );
  }

  async kill(): Promise<void> {
    this.url = undefined;
    await this.process?.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.starting;
    await this.kill();
  }
}

interface Stream {
  /** Next answer; undefined if the stream is complete. Throws if it broke off. */
  next(): Promise<EventsItem | undefined>;
  drop(): void;
}

/** Opens a stream of an execution's events after a cursor. */
type Open = (url: string, id: string, after: string) => Promise<Stream> | Stream;

const byServerEvents: Open = async (url, id, after) => {
  const operation = { query: EVENTS, variables: { id } };
  const stream = await RawStream.open(`${url}/graphql/stream`, operation, { 'last-event-id': after });
  return { next: () => stream.nextItem(), drop: () => stream.drop() };
};

/** The events of all executions, which include those of this one. */
const amongAll: Open = (url, _id, after) => new Reading<EventsItem>(url, ALL, { after });

/** A client as docs/subscriptions.md describes it: keeps the last cursor and continues from it. */
class Watcher {
  readonly received: number[] = [];
  /** Number of times its stream broke off after it had delivered something. */
  losses = 0;
  /** Number of events that the current stream has delivered. */
  delivered = 0;
  /** Anything received other than events, completion and breaks. */
  unexpected: EventsItem | undefined;
  private stream: Stream | undefined;
  private ended = false;
  private readonly done: Promise<void>;

  constructor(
    readonly proxy: FlakyProxy,
    private readonly id: string,
    private readonly open: Open,
    private cursor: string,
  ) {
    this.done = this.run();
  }

  async end(): Promise<void> {
    this.ended = true;
    this.stream?.drop();
    await this.done;
    await this.proxy.stop();
  }

  private async run(): Promise<void> {
    while (!this.ended && this.unexpected === undefined) {
      this.delivered = 0;
      try {
        this.stream = await this.open(this.proxy.url, this.id, this.cursor);
        for (let item = await this.stream.next(); item !== undefined; item = await this.stream.next()) this.take(item);
        return;
      } catch {
        if (this.delivered > 0) this.losses++;
      } finally {
        this.stream?.drop();
      }
    }
  }

  private take(item: EventsItem): void {
    if (item.event === null) {
      this.unexpected = item;
      throw new Error('not an event');
    }
    this.cursor = item.cursor;
    this.delivered++;
    if (item.event.executionId === this.id) this.received.push(item.event.sequence);
  }
}

/** The seed, which is in the test's name, determines the order of the breaks: CHAOS_SEED repeats it. */
const seed = Number(process.env.CHAOS_SEED || randomInt(2 ** 32));
const random = randomness(seed);

function planned() {
  const rounds = Array.from({ length: ROUNDS }, (_, n) =>
    n % KILL_EVERY === KILL_EVERY - 1 ? ('kill' as const) : (breaks[n % breaks.length] ?? 'close'),
  );
  for (let n = rounds.length - 1; n > 0; n--) {
    const other = random(n + 1);
    [rounds[n], rounds[other]] = [rounds[other] ?? 'kill', rounds[n] ?? 'kill'];
  }
  return rounds;
}

async function nowAmongAll(): Promise<string> {
  const reading = new Reading<EventsItem>(world.server.url, ALL);
  const snapshot = await reading.next();
  await reading.close();
  return snapshot?.cursor ?? '';
}

async function watch(id: string, open: Open, cursor: string): Promise<Watcher> {
  let last = '';
  // Clients reconnect to the other server while it is up.
  const proxy = await FlakyProxy.start(() => {
    last = replica?.url === undefined || last === replica.url ? world.server.url : replica.url;
    return last;
  });
  return new Watcher(proxy, id, open, cursor);
}

it(`each client gets the log, each event once and in order, whatever breaks (CHAOS_SEED=${seed})`, async () => {
  const beginning = await nowAmongAll();
  const id = await world.runs.start('workflow', 'busy');
  replica = new Replica();
  replica.start();
  const kinds: readonly (readonly [Open, string])[] = [
    [readEvents, '0'],
    [byServerEvents, '0'],
    [amongAll, beginning],
  ];
  for (let n = 0; n < CLIENTS; n++) watchers.push(await watch(id, ...(kinds[n % kinds.length] ?? [readEvents, '0'])));

  /** Keeps the execution as busy as the test needs: writes some events at each check. */
  const amidEvents = (holds: () => boolean, what: string) =>
    eventually(
      async () => {
        await note(world.server, { runId: id }, 1 + random(20));
        return holds();
      },
      (held) => held,
      { withinMs: 60_000, what },
    );

  const happened = { close: 0, reset: 0, stall: 0, kill: 0 };
  const expected = new Map<Watcher, number>(watchers.map((watcher) => [watcher, 0]));
  function felt(how: keyof typeof happened, watcher: Watcher): void {
    happened[how]++;
    expected.set(watcher, (expected.get(watcher) ?? 0) + 1);
  }

  /** Breaks the streams of these clients, possibly in the middle of a message. */
  async function breakStreams(how: Break, hit: readonly Watcher[]): Promise<void> {
    await amidEvents(() => hit.every(({ delivered }) => delivered > 0), 'that events arrive');
    let left = hit.length;
    for (const watcher of hit) {
      void watcher.proxy.breakNext(how, random(100) / 100).then(() => {
        felt(how, watcher);
        left--;
      });
    }
    await amidEvents(() => left === 0, `${how} in the middle of streams`);
  }

  async function killReplica(): Promise<void> {
    const readers = () => watchers.filter(({ proxy, delivered }) => delivered > 0 && proxy.server === replica?.url);
    await amidEvents(() => replica?.url !== undefined, 'that the replica is back');
    // A client whose stream breaks moves to the other server.
    if (readers().length === 0) await breakStreams('close', watchers.slice(0, CLIENTS / 2));
    await amidEvents(() => readers().length > 0, 'that somebody reads from the replica');
    for (const reader of readers()) felt('kill', reader);
    await replica?.kill();
    replica?.start();
  }

  for (const [round, how] of planned().entries()) {
    if (round % Math.ceil(ROUNDS / 30) === 0) await world.agent.runOne();
    // They received nothing during everything that happened since.
    for (const { proxy } of watchers) proxy.giveUpStalled();
    if (how === 'kill') await killReplica();
    else
      await breakStreams(
        how,
        watchers.filter((_, n) => n === round % CLIENTS || random(3) === 0),
      );
  }
  for (const { proxy } of watchers) proxy.giveUpStalled();
  await world.runs.abort(id);

  const log = (await world.runs.events(id)).map((event) => event.sequence);
  expect(log).toEqual(log.map((_, n) => n + 1));
  for (const watcher of watchers) {
    await eventually(
      () => watcher.received.at(-1) === log.length || watcher.unexpected !== undefined,
      (over) => over,
      { withinMs: 60_000 },
    );
    expect(watcher.unexpected).toBeUndefined();
    expect(watcher.received).toEqual(log);
  }
  // Two breaks may hit one stream, which then counts as lost once.
  for (const [watcher, breaks] of expected) if (breaks > 0) expect(watcher.losses).toBeGreaterThan(0);
  expect(Math.min(...Object.values(happened))).toBeGreaterThan(0);
  if (process.env.CHAOS !== undefined) console.info({ ...happened, events: log.length, clients: CLIENTS });
}, 600_000);
