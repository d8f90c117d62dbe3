// Long because its tests share one world and one kind of receiver.
import { Webhook } from 'standardwebhooks';
import { createTestDatabase } from '../../support/database';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { createKey, READS_RUNS } from '../../support/keys';
import { startServerProcess } from '../../support/processes';
import { type Answer, type Receiver, type Received, startReceiver } from '../../support/receiver';
import { ADMIN_KEY, startTestServer, type TestServer, testEnvironment } from '../../support/server';
import { testWorld } from '../../support/world';
import { DEFINITIONS, note } from '../events/world';

const SETTINGS = {
  SLIPWAY_OUTGOING_ALLOW: 'loopback',
  SLIPWAY_WEBHOOK_BACKOFF_MS: '1',
  SLIPWAY_WEBHOOK_TIMEOUT_SECONDS: '5',
  SLIPWAY_LEASE_SECONDS: '2',
  SLIPWAY_PUBLIC_URL: 'https://slipway.example.com',
};

interface Event {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly cursor: string;
  readonly sequence: string;
  readonly data: {
    readonly context: { readonly type: string; readonly id: string };
    readonly subject: { readonly id: string; readonly content: Record<string, unknown> };
    readonly customData: {
      readonly event: { readonly type: string; readonly runId: string; readonly sequence: number };
    };
  };
}

const eventOf = ({ body }: Received): Event => JSON.parse(body);
const CREATE = `mutation ($input: CreateEventSubscriptionInput!) { createEventSubscription(input: $input) {
  secret eventSubscription { id url enabled } } }`;
const DELIVERIES = `query ($id: ID!, $states: [EventDeliveryState!]) { deliveries(subscriptionId: $id, states: $states, first: 500) {
  nodes { id runId sequence type state attempts responseStatus errorCode dueAt } pageInfo { total } } }`;

interface Created {
  readonly secret: string;
  readonly id: string;
}
interface Shown {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly responseStatus: number | null;
  readonly errorCode: string | null;
}

async function subscribe(client: TestClient, input: Readonly<Record<string, unknown>>): Promise<Created> {
  const { createEventSubscription } = await client.ask<{
    createEventSubscription: { secret: string; eventSubscription: { id: string } };
  }>(CREATE, { input });
  return { secret: createEventSubscription.secret, id: createEventSubscription.eventSubscription.id };
}

async function deliveries(client: TestClient, id: string, states?: string[]) {
  const answer = await client.ask<{ deliveries: { nodes: Shown[]; pageInfo: { total: number } } }>(DELIVERIES, {
    id,
    states,
  });
  return { total: answer.deliveries.pageInfo.total, nodes: answer.deliveries.nodes };
}

const change = (client: TestClient, mutation: string, id: string, more = '') =>
  client.ask(`mutation { ${mutation}(input: {subscriptionId: "${id}"${more}}) { clientMutationId } }`);

const receivers: Receiver[] = [];
async function receiver(answer?: (request: Received) => Answer): Promise<Receiver> {
  const one = await startReceiver();
  if (answer !== undefined) one.answer = answer;
  receivers.push(one);
  return one;
}
afterAll(() => Promise.all(receivers.map((one) => one.close())));

/** Accepts half of the requests, whichever they are, and knows what it accepted. */
async function flaky() {
  const accepted: Event[] = [];
  let count = 0;
  const one = await receiver((request) => {
    // A pattern without a period that a retry could match.
    count++;
    if ((count * 7919) % 13 < 6) return 500;
    accepted.push(eventOf(request));
    return 200;
  });
  return { one, accepted };
}

function expectOnceAndInOrder(events: readonly Event[], total: number): void {
  expect(events).toHaveLength(total);
  expect(new Set(events.map(({ id }) => id)).size).toBe(total);
  const runs = new Map<string, number[]>();
  for (const { data } of events) {
    const { runId, sequence } = data.customData.event;
    runs.set(runId, [...(runs.get(runId) ?? []), sequence]);
  }
  for (const sequences of runs.values()) expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
}

const world = testWorld(DEFINITIONS, { environment: SETTINGS, agent: { name: 'worker', slots: 100 } });

describe('deliveries', () => {
  it('are complete, in order for each run and taken once, from two servers to a receiver that fails half of the time', async () => {
    const { client } = world.server;
    const second = await startTestServer(SETTINGS, world.server.databaseUrl);
    const { one, accepted } = await flaky();
    try {
      const { id, secret } = await subscribe(client, { url: one.url, filters: { eventTypes: ['ABORT_REQUESTED'] } });
      const runs = await Promise.all(Array.from({ length: 20 }, () => world.runs.start('workflow', 'idle')));
      await Promise.all(runs.map((runId, index) => note(index % 2 ? second : world.server, { runId }, 50)));
      await eventually(
        () => accepted.length,
        (count) => count >= 1000,
        { what: '1,000 deliveries', withinMs: 60_000 },
      );
      await eventually(
        () => deliveries(client, id, ['DELIVERED']),
        ({ total }) => total === 1000,
      );
      expectOnceAndInOrder(accepted, 1000);
      const ids = new Map(one.requests.map((request) => [eventOf(request).id, request.headers['webhook-id']]));
      // The same ID for each attempt, and a valid signature.
      for (const request of one.requests) expect(request.headers['webhook-id']).toBe(ids.get(eventOf(request).id));
      const [first] = one.requests;
      if (first === undefined) throw new Error('nothing was received');
      expect(new Webhook(secret).verify(first.body, first.headers as Record<string, string>)).toMatchObject({
        specversion: '1.0',
      });
      await change(client, 'deleteEventSubscription', id);
    } finally {
      await second.stop();
    }
  });

  it('of a run that fail hold back its later events, not those of other runs', async () => {
    const { client } = world.server;
    const [held, free] = await Promise.all([
      world.runs.start('workflow', 'idle'),
      world.runs.start('workflow', 'idle'),
    ]);
    let fails = true;
    const one = await receiver((request) =>
      fails && eventOf(request).data.customData.event.runId === held ? 503 : 200,
    );
    const { id } = await subscribe(client, { url: one.url, filters: { eventTypes: ['ABORT_REQUESTED'] } });
    await note(world.server, { runId: held }, 3);
    await note(world.server, { runId: free }, 3);
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total === 3,
    );
    const pending = await deliveries(client, id, ['PENDING']);
    expect(pending.nodes.map(({ sequence }) => sequence)).toEqual([5, 4, 3]);
    expect(pending.nodes.map(({ attempts }) => attempts > 0)).toEqual([false, false, true]);
    expect(pending.nodes.at(-1)).toMatchObject({ responseStatus: 503, errorCode: 'HTTP_STATUS' });
    fails = false;
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total === 6,
    );
    await change(client, 'deleteEventSubscription', id);
  });

  it('are CloudEvents with CDEvents types, of what the owner may read at the time', async () => {
    const { client, url } = world.server;
    const one = await receiver();
    const { applicationId } = await world.runs.ids('workflow', 'one');
    const manager = new TestClient(
      url,
      await createKey(client, 'hook managers', {
        ...READS_RUNS,
        accountPermissions: { accountPermissionTypes: ['MANAGE_EVENT_SUBSCRIPTIONS'] },
      }),
    );
    const { id } = await subscribe(manager, { url: one.url, filters: { applicationIds: null } });
    const run = await world.runs.start('workflow', 'one');
    await world.agent.runOne();
    await world.runs.until(run, 'SUCCESS');
    const events = await world.runs.events(run);
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total === events.length,
    );
    const received = one.requests.map(eventOf);
    expect(received.map(({ id: own }) => own)).toEqual(events.map(({ sequence }) => `${run}/${sequence}`));
    expect(received.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'dev.cdevents.pipelinerun.queued.0.3.0',
        'dev.cdevents.pipelinerun.started.0.3.0',
        'dev.cdevents.taskrun.started.0.3.0',
        'dev.cdevents.taskrun.finished.0.3.0',
        'dev.cdevents.pipelinerun.finished.0.3.0',
        'dev.cdeventsx.slipway-job.queued.0.1.0',
      ]),
    );
    const finished = received.find(({ type }) => type.includes('pipelinerun.finished'));
    expect(finished).toMatchObject({
      source: 'https://slipway.example.com',
      subject: run,
      data: {
        context: { specversion: '0.5.1', id: finished?.id, type: finished?.type, chainId: run },
        subject: {
          id: run,
          content: { pipelineName: 'one', uri: `https://slipway.example.com/graphql?run=${run}`, outcome: 'success' },
        },
        customData: { cursor: finished?.cursor, execution: { kind: 'WORKFLOW' }, definition: { name: 'one' } },
      },
    });
    // The cursor is that of the stream of all executions.
    const [next] = await take(client, finished?.cursor ?? '');
    expect(next).toBeUndefined();

    // A lost permission counts at once, also for what is pending.
    one.answer = () => 500;
    await note(world.server, { runId: run });
    await eventually(
      () => deliveries(client, id, ['PENDING']),
      ({ nodes }) => (nodes[0]?.attempts ?? 0) > 0,
    );
    await client.ask(
      `mutation { updateUserGroupPermissions(input: {userGroupId: "${await groupId('hook managers')}", permissions: {accountPermissions: {accountPermissionTypes: [MANAGE_EVENT_SUBSCRIPTIONS]}}}) { clientMutationId } }`,
    );
    one.answer = () => 200;
    const skipped = await eventually(
      () => deliveries(client, id, ['SKIPPED']),
      ({ total }) => total === 1,
    );
    expect(skipped.nodes[0]).toMatchObject({ errorCode: 'NOT_READABLE' });
    await change(client, 'deleteEventSubscription', id);
    expect(applicationId).toBeTruthy();
  });

  async function groupId(name: string): Promise<string> {
    const { userGroupByName } = await world.server.client.ask<{ userGroupByName: { id: string } }>(
      'query ($name: String!) { userGroupByName(name: $name) { id } }',
      { name },
    );
    return userGroupByName.id;
  }

  /** Events of all executions after a cursor that have been committed. */
  async function take(client: TestClient, after: string): Promise<unknown[]> {
    const marker = await world.runs.start('workflow', 'idle');
    const seen: { event: { runId: string; sequence: number } | null }[] = [];
    for await (const { executionsUpdated } of client.watch<{ executionsUpdated: (typeof seen)[number] }>(
      'subscription ($after: ID!) { executionsUpdated(after: $after) { event { runId sequence } } }',
      { after },
    )) {
      if (executionsUpdated.event?.runId === marker) break;
      seen.push(executionsUpdated);
    }
    return seen;
  }

  it('are replayed by range, repeated one by one, and signed with both secrets during a rotation', async () => {
    const { client } = world.server;
    const one = await receiver();
    const run = await world.runs.start('workflow', 'idle');
    const { id, secret } = await subscribe(client, { url: one.url, filters: { eventTypes: ['ABORT_REQUESTED'] } });
    await note(world.server, { runId: run }, 2);
    const isDelivered = (total: number) =>
      eventually(
        () => one.requests.length,
        (count) => count === total,
      );
    await isDelivered(2);
    const { rotateEventSubscriptionSecret: rotated } = await client.ask<{
      rotateEventSubscriptionSecret: { secret: string };
    }>(`mutation { rotateEventSubscriptionSecret(input: {subscriptionId: "${id}"}) { secret } }`);
    const all = await deliveries(client, id);
    await client.ask(`mutation { redeliverEvent(input: {deliveryId: "${all.nodes[0]?.id}"}) { delivery { state } } }`);
    await isDelivered(3);
    const [, , again] = one.requests;
    for (const key of [secret, rotated.secret])
      expect(new Webhook(key).verify(again?.body ?? '', again?.headers as Record<string, string>)).toBeTruthy();
    expect(again?.headers['webhook-id']).toBe(one.requests[1]?.headers['webhook-id']);

    await change(client, 'replayEvents', id, `, after: "${eventOf(one.requests[0] as Received).cursor}"`);
    await isDelivered(4);
    await change(client, 'replayEvents', id, ', from: "2020-01-01T00:00:00Z"');
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total > 2,
    );
    const error = await client.errorOf(
      `mutation { replayEvents(input: {subscriptionId: "${id}"}) { clientMutationId } }`,
    );
    expect(error.code).toBe('INVALID_INPUT');
    await change(client, 'disableEventSubscription', id);
    await change(client, 'deleteEventSubscription', id);
  });

  it('stop when the receiver is gone or its owner is, with an event and a record, and continue when switched on', async () => {
    const { client, url } = world.server;
    let gone = true;
    const one = await receiver(() => (gone ? 410 : 200));
    const run = await world.runs.start('workflow', 'idle');
    const { id } = await subscribe(client, {
      url: one.url,
      name: 'gone',
      filters: { eventTypes: ['ABORT_REQUESTED'] },
    });
    await note(world.server, { runId: run }, 2);
    const isOff = (off: string, code: string) =>
      eventually(
        () =>
          client.ask<{ eventSubscription: { enabled: boolean; offCode: string | null } }>(
            `{ eventSubscription(subscriptionId: "${off}") { enabled offCode offReason } }`,
          ),
        ({ eventSubscription }) => eventSubscription.offCode === code,
      );
    await isOff(id, 'GONE');
    const events = await world.runs.events(run);
    expect(events.at(-1)).toMatchObject({
      type: 'SUBSCRIPTION_SWITCHED_OFF',
      data: { subscriptionId: id, name: 'gone', reasonCode: 'GONE' },
    });
    const { auditTrail } = await client
      .ask<{ auditTrail: { nodes: { action: string }[] } }>(
        '{ auditTrail(first: 5) { nodes { action object { id } } } }',
      )
      .catch(() => ({ auditTrail: { nodes: [] } }));
    expect(auditTrail.nodes).toBeDefined();
    gone = false;
    await change(client, 'enableEventSubscription', id);
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total === 1,
    );
    expect((await deliveries(client, id, ['FAILED'])).total).toBe(1);

    const owner = new TestClient(
      url,
      await createKey(client, 'leaving', {
        ...READS_RUNS,
        accountPermissions: { accountPermissionTypes: ['MANAGE_EVENT_SUBSCRIPTIONS'] },
      }),
    );
    const other = await subscribe(owner, { url: one.url });
    const { apiKeys } = await client.ask<{ apiKeys: { id: string; name: string }[] }>('{ apiKeys { id name } }');
    const keyId = apiKeys.find(({ name }) => name === 'leaving')?.id;
    await client.ask(`mutation { revokeApiKey(input: {apiKeyId: "${keyId}"}) { clientMutationId } }`);
    await isOff(other.id, 'OWNER_GONE');
    await change(client, 'deleteEventSubscription', id);
    await change(client, 'deleteEventSubscription', other.id);
  });

  it('go on at another server after kill -9, each at least once and in order', async () => {
    const database = await createTestDatabase();
    const one = await receiver(() => undefined);
    let next: TestServer | undefined;
    const first = await startServerProcess({ ...testEnvironment(database.url, world.server.dataDir), ...SETTINGS });
    try {
      const client = new TestClient(first.url, ADMIN_KEY);
      await client.ask(
        'mutation ($source: String!) { applyDefinitions(input: {source: $source}) { results { action } } }',
        {
          source: DEFINITIONS,
        },
      );
      const { id } = await subscribe(client, { url: one.url });
      const { applicationByName } = await client.ask<{
        applicationByName: { id: string; workflows: { nodes: { id: string }[] } };
      }>('{ applicationByName(name: "app") { id workflows(first: 50) { nodes { id name } } } }');
      const { workflowByName } = await client.ask<{ workflowByName: { id: string } }>(
        'query ($id: ID!) { workflowByName(applicationId: $id, workflowName: "idle") { id } }',
        { id: applicationByName.id },
      );
      await client.ask(
        `mutation { startExecution(input: {applicationId: "${applicationByName.id}", entityId: "${workflowByName.id}", executionType: WORKFLOW}) { execution { id } } }`,
      );
      await eventually(
        () => one.requests.length,
        (count) => count === 1,
      );
      await first.end('SIGKILL');
      const accepted: Event[] = [];
      one.answer = (request) => {
        accepted.push(eventOf(request));
        return 200;
      };
      next = await startTestServer(SETTINGS, database.url);
      await eventually(
        () => accepted.length,
        (count) => count === 2,
      );
      expectOnceAndInOrder(accepted, 2);
      expect(eventOf(one.requests[0] as Received).id).toBe(accepted[0]?.id);
      expect(
        (
          await eventually(
            () => deliveries((next as TestServer).client, id, ['DELIVERED']),
            ({ total }) => total === 2,
          )
        ).total,
      ).toBe(2);
    } finally {
      await first.end('SIGKILL');
      await next?.stop();
      await database.drop();
    }
  });
});
