// Long because its tests share one world and one kind of receiver.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
  SLIPWAY_PUBLIC_URL: 'https://slipway.example.com',
};

const SHA = '0123456789abcdef0123456789abcdef01234567';
const SHIP = `
kind: Workflow
application: app
name: ship
environment: staging
services: [web]
variables: [{ name: COMMIT, default: "${SHA}" }]
tasks: { put: { run: "true", deploys: true } }
`;

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
          content: { pipelineName: 'one', uri: `https://slipway.example.com/runs/${run}`, outcome: 'success' },
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
    const skipped = await eventually(
      () => deliveries(client, id, ['SKIPPED']),
      ({ nodes }) => nodes.some(({ type }) => type === 'ABORT_REQUESTED'),
    );
    expect(skipped.nodes.every(({ errorCode }) => errorCode === 'NOT_READABLE')).toBe(true);
    one.answer = () => 200;
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
    // A delivery whose result is not recorded yet is pending, so that it can't be repeated.
    const isDelivered = async (total: number) => {
      await eventually(
        () => one.requests.length,
        (count) => count === total,
      );
      await eventually(
        () => deliveries(client, id, ['PENDING']),
        (pending) => pending.total === 0,
      );
    };
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
    const { audits } = await client.ask<{ audits: { nodes: { action: string }[] } }>(
      '{ audits(first: 10) { nodes { action } } }',
    );
    expect(audits.nodes.map(({ action }) => action)).toContain('eventSubscription.disable');
    gone = false;
    await change(client, 'enableEventSubscription', id);
    await eventually(
      () => deliveries(client, id, ['DELIVERED']),
      ({ total }) => total === 2,
    );
    expect((await deliveries(client, id, ['FAILED'])).total).toBe(0);

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
    await client.ask(`mutation { revokeApiKey(input: {id: "${keyId}"}) { clientMutationId } }`);
    await isOff(other.id, 'OWNER_GONE');
    await change(client, 'deleteEventSubscription', id);
    await change(client, 'deleteEventSubscription', other.id);
  });

  it('reach Slack, Teams, GitHub and GitLab in their own formats, with the token from the secrets', async () => {
    const { client } = world.server;
    await world.runs.apply(SHIP);
    const { applicationId } = await world.runs.ids('workflow', 'ship');
    await client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'GIT_TOKEN', secretValue: 'a-token-of-a-host' },
    });
    const one = await receiver(({ method, path }) => {
      if (method === 'GET') return { status: 200, body: [] };
      return path.endsWith('/deployments') ? { status: 201, body: { id: 42 } } : { status: 201, body: {} };
    });
    const host = {
      applicationId,
      tokenSecret: 'GIT_TOKEN',
      repository: 'acme/shop',
      commit: '$' + '{{ vars.COMMIT }}',
    };
    const filters = { eventTypes: ['EXECUTION_STATUS'], statuses: ['SUCCESS'] };
    const made = [
      await subscribe(client, { applicationId, format: 'SLACK', url: `${one.url}/slack/secret`, filters }),
      await subscribe(client, { applicationId, format: 'TEAMS', url: `${one.url}/teams/secret`, filters }),
      await subscribe(client, { ...host, format: 'GITHUB', url: `${one.url}/github` }),
      await subscribe(client, { ...host, format: 'GITLAB', url: `${one.url}/gitlab` }),
    ];
    const { eventSubscription } = await client.ask<{ eventSubscription: { url: string } }>(
      `{ eventSubscription(subscriptionId: "${made[0]?.id}") { url } }`,
    );
    expect(eventSubscription.url).toBe(`${one.url}/…`);
    const run = await world.runs.start('workflow', 'ship', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await world.agent.runOne();
    await world.runs.until(run, 'SUCCESS');
    for (const { id } of made)
      await eventually(
        () => deliveries(client, id),
        ({ nodes, total }) => total > 0 && nodes.every(({ state }) => state === 'DELIVERED'),
      );
    const sent = (path: string) => one.requests.filter((request) => request.path.startsWith(path));
    const bodies = (path: string) => sent(path).map(({ body }) => JSON.parse(body || 'null'));
    const link = `https://slipway.example.com/runs/${run}`;
    expect(await client.ask(`{ execution(executionId: "${run}") { executionUrl } }`)).toEqual({
      execution: { executionUrl: link },
    });
    expect(bodies('/slack/secret')[0]).toMatchObject({ text: 'ship is SUCCESS' });
    expect(JSON.stringify(bodies('/slack/secret')[0])).toContain(`<${link}|ship is SUCCESS>`);
    expect(bodies('/teams/secret')[0]).toMatchObject({
      type: 'message',
      attachments: [{ content: { type: 'AdaptiveCard', actions: [{ url: link }] } }],
    });
    const hub = '/github/repos/acme/shop';
    expect(bodies(`${hub}/statuses/${SHA}`).at(-1)).toEqual({
      ...{ state: 'success', context: 'slipway/ship', description: 'SUCCESS', target_url: link },
    });
    expect(bodies(`${hub}/deployments/42/statuses`).map(({ state }) => state)).toEqual(['in_progress', 'success']);
    expect(sent(hub).every(({ headers }) => headers.authorization === 'Bearer a-token-of-a-host')).toBe(true);
    const lab = '/gitlab/projects/acme%2Fshop';
    expect(bodies(`${lab}/statuses/${SHA}`).at(-1)).toMatchObject({ state: 'success', name: 'slipway/ship' });
    expect(sent(`${lab}/deployments`).map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'POST']);
    for (const { id } of made) await change(client, 'deleteEventSubscription', id);
  });

  it('are accepted by the receiver in docs/webhooks.md', async () => {
    const { client } = world.server;
    const page = readFileSync(join(__dirname, '../../../docs/webhooks.md'), 'utf8');
    const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const secret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
    const child = spawn(process.execPath, ['-e', program], {
      cwd: join(__dirname, '../../..'),
      env: { PATH: process.env.PATH ?? '', PORT: '0', WEBHOOK_SECRET: secret },
    });
    try {
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      await eventually(
        () => output,
        (text) => text.includes('listening on'),
      );
      const url = `http://127.0.0.1:${/listening on (\d+)/.exec(output)?.[1]}/`;
      const { id } = await subscribe(client, { url, secret });
      const { testEventSubscription } = await client.ask<{ testEventSubscription: { delivered: boolean } }>(
        `mutation { testEventSubscription(input: {subscriptionId: "${id}"}) { delivered error } }`,
      );
      expect(testEventSubscription).toMatchObject({ delivered: true, error: null });
      expect(output).toContain('dev.cdeventsx.slipway-subscription.tested.0.1.0');
      await change(client, 'deleteEventSubscription', id);
    } finally {
      child.kill();
    }
  });

  it('go on at another server after kill -9, each at least once and in order', async () => {
    const database = await createTestDatabase();
    const one = await receiver(() => undefined);
    let next: TestServer | undefined;
    const first = await startServerProcess({
      ...testEnvironment(database.url, world.server.dataDir),
      ...SETTINGS,
      SLIPWAY_LEASE_SECONDS: '2',
    });
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
