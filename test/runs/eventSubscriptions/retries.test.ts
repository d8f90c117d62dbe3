import { TestClient } from '../../support/client';
import { topic } from '../../../src/kernel/database/wakeups';
import { findLogBounds, findPlacesOfTimes } from '../../../src/runs/events/eventLog.store';
import { pruneDeliveries } from '../../../src/runs/eventSubscriptions/deliveryRetention';
import { takeLeases } from '../../../src/runs/eventSubscriptions/subscriptions.store';
import { slipway } from '../../cli/program';
import { eventually } from '../../support/eventually';
import { type Answer, type Receiver, type Received, startReceiver } from '../../support/receiver';
import { testWorld } from '../../support/world';
import { DEFINITIONS, note } from '../events/world';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

// Retries end after a day; a receiver is dead after two, so that both can be seen.
const world = testWorld(DEFINITIONS, {
  environment: {
    SLIPWAY_OUTGOING_ALLOW: 'loopback',
    SLIPWAY_WEBHOOK_BACKOFF_MS: '1',
    SLIPWAY_WEBHOOK_SWITCH_OFF_HOURS: '48',
  },
  agent: null,
});

/** How far the clock of the server runs ahead. It only moves forward, as that of a server does. */
let ahead = 0;
const now = () => Date.now() + ahead;
beforeAll(() => {
  jest.spyOn(world.server.app.clock, 'now').mockImplementation(() => new Date(now()));
});

/** Moves the clock of the server, and wakes its deliveries, which look at the clock when something wakes them. */
function advance(ms: number): void {
  ahead += ms;
  world.server.app.database.wakeups.signal([topic.subscriptions]);
}

interface Delivery {
  readonly id: string;
  readonly runId: string;
  readonly sequence: number;
  readonly state: string;
  readonly attempts: number;
  readonly dueAt: string | null;
  readonly giveUpAt: string;
  readonly endedAt: string | null;
}

/** A receiver, its subscription, and the server's time of each request. */
class Subscribed {
  readonly times: number[] = [];

  private constructor(
    readonly receiver: Receiver,
    private readonly client: TestClient,
    readonly id: string,
  ) {}

  static async to(answer: (runId: string, request: Received) => Answer): Promise<Subscribed> {
    const receiver = await startReceiver();
    const { client } = world.server;
    const { createEventSubscription } = await client.ask<{
      createEventSubscription: { eventSubscription: { id: string } };
    }>(
      `mutation ($url: String) { createEventSubscription(input: {url: $url, filters: {eventTypes: ["ABORT_REQUESTED"]}}) { eventSubscription { id } } }`,
      { url: receiver.url },
    );
    const made = new Subscribed(receiver, client, createEventSubscription.eventSubscription.id);
    receiver.answer = (request) => {
      made.times.push(now());
      return answer(eventOf(request).runId, request);
    };
    return made;
  }

  async change(mutation: string, more = ''): Promise<void> {
    await this.client.ask(
      `mutation { ${mutation}(input: {subscriptionId: "${this.id}"${more}}) { clientMutationId } }`,
    );
  }

  async deliveries(...states: string[]): Promise<readonly Delivery[]> {
    const { deliveries } = await this.client.ask<{ deliveries: { nodes: Delivery[] } }>(
      `query ($id: ID!, $states: [EventDeliveryState!]) { deliveries(subscriptionId: $id, states: $states, first: 500) {
         nodes { id runId sequence state attempts dueAt giveUpAt endedAt } } }`,
      { id: this.id, states: states.length === 0 ? null : states },
    );
    return deliveries.nodes;
  }

  until(state: string, count: number): Promise<readonly Delivery[]> {
    return eventually(
      () => this.deliveries(state),
      (found) => found.length === count,
      { what: `${count} deliveries that are ${state}` },
    );
  }

  async state() {
    const { eventSubscription } = await this.client.ask<{
      eventSubscription: { enabled: boolean; offCode: string | null; replaying: boolean };
    }>(`{ eventSubscription(subscriptionId: "${this.id}") { enabled offCode replaying } }`);
    return eventSubscription;
  }

  async end(): Promise<void> {
    await this.change('deleteEventSubscription');
    await this.receiver.close();
  }
}

const eventOf = ({ body }: Received): { runId: string; sequence: number } => JSON.parse(body).data.customData.event;
const idle = () => world.runs.start('workflow', 'idle');

describe('retries of deliveries', () => {
  it('end for all refused events of a run after one day, while the receiver takes other runs', async () => {
    const [refused, taken] = await Promise.all([idle(), idle()]);
    const to = await Subscribed.to((runId) => (runId === refused ? 400 : 200));
    await note(world.server, { runId: refused }, 20);
    const pending = await eventually(
      () => to.deliveries('PENDING'),
      (found) => found.length === 20 && found.some(({ attempts }) => attempts >= 3),
    );
    const [latest] = pending.map(({ giveUpAt }) => Date.parse(giveUpAt)).sort((a, b) => b - a);
    expect((latest ?? 0) - now()).toBeLessThanOrEqual(DAY);
    await note(world.server, { runId: taken });
    await to.until('DELIVERED', 1);
    expect(await to.deliveries('FAILED')).toEqual([]);
    advance(DAY);
    const failed = await to.until('FAILED', 20);
    // The first had the whole day. The others had a few attempts when it was over.
    const attempts = failed.map((one) => one.attempts).reverse();
    expect(attempts[0]).toBeGreaterThan(3);
    expect(attempts.slice(1)).toEqual(Array.from({ length: 19 }, () => 3));
    for (const { endedAt } of failed) expect(Date.parse(endedAt ?? '') - (latest ?? 0)).toBeLessThan(HOUR);
    expect(await to.state()).toMatchObject({ enabled: true });
    // One event that is delivered again has a day of its own.
    const { code, out } = await slipway(world.server.url, ['subscriptions', 'redeliver', failed[0]?.id ?? '']);
    expect([code, out]).toEqual([0, `ABORT_REQUESTED of the run ${refused} is being delivered again.\n`]);
    const [again] = await eventually(
      () => to.deliveries('PENDING'),
      ([one]) => (one?.attempts ?? 0) > 0,
    );
    expect(Date.parse(again?.giveUpAt ?? '') - now()).toBeGreaterThan(DAY - HOUR);
    await to.end();
  });

  it('of an event whose turn comes while the receiver is down last until it is back', async () => {
    const [refused, taken] = await Promise.all([idle(), idle()]);
    let dead = false;
    let poison: number | undefined;
    const to = await Subscribed.to((_runId, request) => {
      const { runId, sequence } = eventOf(request);
      if (dead) return 503;
      if (runId === refused) poison ??= sequence;
      return runId === refused && sequence === poison ? 400 : 200;
    });
    await note(world.server, { runId: refused }, 3);
    await eventually(
      () => to.deliveries('PENDING'),
      (found) => found.length === 3 && found.some(({ attempts }) => attempts >= 3),
    );
    advance(20 * HOUR);
    await note(world.server, { runId: taken });
    await to.until('DELIVERED', 1);
    dead = true;
    await note(world.server, { runId: taken });
    await eventually(
      () => to.deliveries('PENDING'),
      (found) => found.some(({ runId, attempts }) => runId === taken && attempts > 0),
    );
    // The day of the first event is over. The two behind it have their first attempts now.
    advance(5 * HOUR);
    await to.until('FAILED', 1);
    await eventually(
      () => to.deliveries('PENDING'),
      (found) => found.some(({ runId, attempts }) => runId === refused && attempts > 4),
    );
    expect(await to.deliveries('FAILED')).toHaveLength(1);
    dead = false;
    advance(HOUR);
    await to.until('DELIVERED', 4);
    expect(await to.state()).toMatchObject({ enabled: true });
    await to.end();
  });

  it('to a dead receiver end when it is turned off, and a replay brings what was given up', async () => {
    let dead = true;
    const accepted: number[] = [];
    const to = await Subscribed.to((_runId, request) => {
      if (dead) return 503;
      accepted.push(eventOf(request).sequence);
      return 200;
    });
    const begun = new Date(now()).toISOString();
    const runId = await idle();
    await note(world.server, { runId }, 10);
    await eventually(
      () => to.deliveries('PENDING'),
      (found) => found.length === 10 && found.some(({ attempts }) => attempts >= 3),
    );
    advance(2 * DAY);
    await eventually(
      () => to.state(),
      ({ offCode }) => offCode === 'FAILING',
    );
    const events = await world.runs.events(runId);
    expect(events.at(-1)).toMatchObject({ type: 'SUBSCRIPTION_SWITCHED_OFF', data: { reasonCode: 'FAILING' } });
    // What was not tried for lack of a receiver waits for it.
    expect((await to.deliveries('FAILED')).map(({ attempts }) => attempts >= 3)).toEqual([true]);
    expect(await to.deliveries('PENDING')).toHaveLength(9);
    dead = false;
    await to.change('enableEventSubscription');
    await to.until('DELIVERED', 9);
    await to.change('replayEvents', `, from: "${begun}", failedOnly: true`);
    await to.until('DELIVERED', 10);
    expect(new Set(accepted).size).toBe(10);
    expect(accepted).toHaveLength(10);
    await to.end();
  });

  it('wait as long as Retry-After says, in seconds or as a date, and at most a day', async () => {
    let header = '120';
    let busy = true;
    const to = await Subscribed.to(() => (busy ? { status: 429, headers: { 'retry-after': header } } : 200));
    const [first, second] = await Promise.all([idle(), idle()]);
    const heldFor = async (runId: string, count: number): Promise<number> => {
      busy = true;
      const asked = to.times.length;
      await note(world.server, { runId: first });
      const [held] = await eventually(
        () => to.deliveries('PENDING'),
        ([one]) => one !== undefined && one.attempts === 1,
      );
      // Other runs wait, too.
      await note(world.server, { runId }, 1);
      await to.until('PENDING', 2);
      busy = false;
      const wait = Date.parse(held?.dueAt ?? '') - now();
      advance(wait);
      await to.until('DELIVERED', count);
      const [refusedAt = 0, ...others] = to.times.slice(asked);
      expect(others).toHaveLength(2);
      return Math.min(...others) - refusedAt;
    };
    const seconds = await heldFor(second, 2);
    expect(seconds).toBeGreaterThanOrEqual(120_000);
    expect(seconds).toBeLessThan(HOUR);
    header = new Date(now() + 2 * HOUR).toUTCString();
    const date = await heldFor(second, 4);
    // Dates in headers have no milliseconds.
    expect(date).toBeGreaterThanOrEqual(2 * HOUR - 60_000);
    expect(date).toBeLessThan(3 * HOUR);
    header = String(30 * 86_400);
    const capped = await heldFor(second, 6);
    expect(capped).toBeGreaterThanOrEqual(DAY);
    expect(capped).toBeLessThan(DAY + HOUR);
    await to.end();
  });
});

describe('deliveries', () => {
  it('of a range of time are repeated, and no others', async () => {
    const to = await Subscribed.to(() => 200);
    const runId = await idle();
    await note(world.server, { runId });
    advance(3 * HOUR);
    await note(world.server, { runId });
    advance(3 * HOUR);
    const from = new Date(now()).toISOString();
    await note(world.server, { runId }, 3);
    advance(HOUR);
    const until = new Date(now()).toISOString();
    advance(3 * HOUR);
    await note(world.server, { runId }, 2);
    await to.until('DELIVERED', 7);
    const sent = to.receiver.requests.map((request) => eventOf(request).sequence);
    await to.change('replayEvents', `, from: "${from}", to: "${until}"`);
    await eventually(
      () => to.state(),
      ({ replaying }) => !replaying,
    );
    await to.until('DELIVERED', 7);
    const again = to.receiver.requests.slice(7).map((request) => eventOf(request).sequence);
    expect(again).toEqual(sent.slice(2, 5));
    // The search leaves out what is before and after, and no more.
    const { database } = world.server.app;
    const { horizon } = await findLogBounds(database);
    const { after, until: end } = await findPlacesOfTimes(database, new Date(from), new Date(until), horizon);
    const between = await database.rows<{ within: boolean }>(
      `SELECT transaction_id >= $2 AND transaction_id < $3 AS within FROM execution_event
       WHERE run_id = $1 AND type = 'ABORT_REQUESTED' ORDER BY sequence`,
      [runId, after, end],
    );
    // The last transaction before the range may have events in it.
    expect(between.map(({ within }) => within)).toEqual([false, true, true, true, true, false, false]);
    const open = await findPlacesOfTimes(database, null, new Date(now() + DAY), horizon);
    const [last] = await database.rows<{ id: number }>('SELECT max(transaction_id) AS id FROM execution_event');
    expect([open.after, open.until > (last?.id ?? 0)]).toEqual([0, true]);
    await to.end();
  });

  it('are deleted when they are final and old, and pending ones stay', async () => {
    const [refused, taken] = await Promise.all([idle(), idle()]);
    const to = await Subscribed.to((runId) => (runId === refused ? 500 : 200));
    await note(world.server, { runId: refused }, 2);
    await note(world.server, { runId: taken }, 3);
    await to.until('DELIVERED', 3);
    const { app } = world.server;
    const at = (days: number) => ({ ...app, clock: { now: () => new Date(now() + days * DAY) } });
    const { signal } = new AbortController();
    await pruneDeliveries(at(29), signal);
    expect(await to.deliveries()).toHaveLength(5);
    await pruneDeliveries(at(31), signal);
    expect((await to.deliveries()).map(({ state }) => state)).toEqual(['PENDING', 'PENDING']);
    await to.end();
  });

  it('have one sender when the process was stopped for longer than its lease', async () => {
    const to = await Subscribed.to(() => 200);
    await note(world.server, { runId: await idle() });
    await to.until('DELIVERED', 1);
    const { database } = world.server.app;
    const [state] = await database.rows<{ server: string }>(
      'SELECT leased_by AS server FROM event_subscription_state WHERE subscription_id = $1',
      [to.id],
    );
    const later = new Date(now() + HOUR);
    expect(await takeLeases(database, state?.server ?? '', [to.id], later, later)).not.toContain(to.id);
    await to.end();
  });
});

it('shows when the API key that owns a subscription expires', async () => {
  const { client } = world.server;
  const expiresAt = new Date(now() + 90 * DAY).toISOString();
  const { userGroupByName } = await client.ask<{ userGroupByName: { id: string } }>(
    '{ userGroupByName(name: "Account Administrator") { id } }',
  );
  const { createApiKey } = await client.ask<{ createApiKey: { value: string } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { value } }',
    { input: { name: 'for a while', userGroupIds: [userGroupByName.id], expiresAt } },
  );
  const created = await new TestClient(world.server.url, createApiKey.value).ask<{
    createEventSubscription: { eventSubscription: { id: string; ownerExpiresAt: string } };
  }>(
    `mutation { createEventSubscription(input: {url: "https://hooks.example.com"}) { eventSubscription { id ownerExpiresAt } } }`,
  );
  expect(created.createEventSubscription.eventSubscription.ownerExpiresAt).toBe(expiresAt);
});
