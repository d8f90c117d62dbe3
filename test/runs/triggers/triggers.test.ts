import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Permissions } from '../../../src/client/generated';
import { Refusal } from '../../../src/kernel/errors';
import { newId } from '../../../src/kernel/ids';
import { fireTriggers } from '../../../src/runs/triggers/fireTriggers';
import { codeOf, TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: ship
environment: prod
services: [web]
on_freeze: REFUSE
variables: [{ name: VERSION, default: none }]
tasks: { deploy: { run: "true" } }
---
kind: Workflow
application: app
name: check
variables: [{ name: OF, default: none }]
tasks: { look: { run: "true" } }
---
kind: Trigger
application: app
name: push
on: { webhook: { provider: GITHUB, events: [push], branches: main } }
if: payload.sender.login != "robot"
start: { workflow: check }
variables: { OF: "\${{ commit }}" }
---
kind: Trigger
application: app
name: image
on: { image: { registry: OCI, repository: registry.test/web, service: web, tags: 'v\\d+' } }
start: { workflow: ship }
variables: { VERSION: "\${{ image.tag }}" }
retry: { for: 1h, every: 10m }
---
kind: Trigger
application: app
name: after
on: { execution: { workflow: check, statuses: [ABORTED] } }
start: { workflow: check }
variables: { OF: "\${{ execution.id }}" }
---
kind: Trigger
application: app
name: named
on: { webhook: { provider: CUSTOM, secrets: [HOOK] } }
if: payload.token == "open"
start: { workflow: check }
variables: { OF: "\${{ payload.of }}" }
`;

interface FiringView {
  id: string;
  status: string;
  reasonCode: string | null;
  reason: string | null;
  payload: unknown;
  execution: { id: string; cause: { actor?: { kind: string; name: string; owner: string } } } | null;
}
const FIRINGS = `query ($a: ID!, $name: String!) { triggerByName(applicationId: $a, triggerName: $name) { id version
  firings { nodes { id status reasonCode reason payload
    execution { id cause { ... on ExecutedByTrigger { actor { kind name owner } } } } } }
  condition { ... on OnWebhook { webhookDetails { webhookURL rejected } } ... on OnNewArtifact { webhookDetails { webhookURL rejected } } } } }`;
const ROTATE =
  'mutation ($input: RotateTriggerWebhookInput!) { rotateTriggerWebhook(input: $input) { webhookSecret } }';

describe('triggers', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });
  let applicationId: string;
  let other: TestServer;
  beforeAll(async () => {
    applicationId = (await runs.ids('workflow', 'check')).applicationId;
    // Firings are carried out when a test asks for it.
    await server.sweeper.pause();
    other = await startTestServer({}, server.databaseUrl);
    await other.sweeper.pause();
  });
  afterAll(() => other?.stop());

  interface View {
    id: string;
    version: number;
    firings: { nodes: FiringView[] };
    condition: { webhookDetails?: { webhookURL: string; rejected: number } };
  }
  const view = async (name: string, client = server.client): Promise<View> =>
    (await client.ask<{ triggerByName: View }>(FIRINGS, { a: applicationId, name })).triggerByName;
  const firingsOf = async (name: string) => (await view(name)).firings.nodes;
  const carryOut = () => fireTriggers(server.app);
  const rotate = async (name: string, what = {}) => {
    const { id: triggerId } = await view(name);
    const input = { triggerId, secret: true, ...what };
    const { rotateTriggerWebhook } = await server.client.ask<{ rotateTriggerWebhook: { webhookSecret: string } }>(
      ROTATE,
      { input },
    );
    return rotateTriggerWebhook.webhookSecret;
  };
  const send = async (url: string, path: string, body: string, headers: Record<string, string>) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', body, headers });
    return {
      status: response.status,
      body: (await response.json()) as { id: string; duplicate: boolean; status: string },
    };
  };
  const github = (secret: string, body: string, delivery: string, event = 'push') => ({
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  });

  it('starts one execution for a delivery that two servers get', async () => {
    const secret = await rotate('push');
    const path = (await view('push')).condition.webhookDetails?.webhookURL ?? '';
    const body = JSON.stringify({
      ...{
        ref: 'refs/heads/main',
        after: 'c0ffee',
        sender: { login: 'ada' },
        hook: { config: { secret: 'tell-me-not' } },
      },
      big: 12345678901234567890n.toString(),
    });
    const headers = github(secret, body, 'd-1');
    const answers = await Promise.all([server, other, server, other].map(({ url }) => send(url, path, body, headers)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map((one) => one.body.id)).size).toBe(1);
    expect(answers.filter((one) => !one.body.duplicate)).toHaveLength(1);
    // The signature does not cover the ID of the delivery, so the body counts.
    const replayed = await send(other.url, path, body, { ...headers, 'x-github-delivery': 'd-2' });
    expect(replayed.body).toMatchObject({ duplicate: true, id: answers[0]?.body.id });
    await Promise.all([carryOut(), fireTriggers(other.app)]);
    const [firing, ...more] = await firingsOf('push');
    expect(more).toEqual([]);
    expect(firing).toMatchObject({ status: 'STARTED', payload: { hook: { config: { secret: '[hidden]' } } } });
    expect(firing?.execution?.cause.actor).toMatchObject({ kind: 'TRIGGER', name: 'push', owner: expect.any(String) });
    const { execution } = await server.client.ask<{ execution: { inputVariables: { name: string; value: string }[] } }>(
      '{ execution(executionId: "ID") { inputVariables { name value } } }'.replace('ID', firing?.execution?.id ?? ''),
    );
    expect(execution.inputVariables).toEqual([{ name: 'OF', value: 'c0ffee' }]);
  });

  it('refuses bad signatures, unknown addresses and large bodies, and filters events', async () => {
    const secret = await rotate('push');
    const path = (await view('push')).condition.webhookDetails?.webhookURL ?? '';
    const count = (await firingsOf('push')).length;
    const body = '{"ref":"refs/heads/main","sender":{"login":"robot"}}';
    const good = github(secret, body, 'd-3');
    expect((await send(server.url, path, `${body} `, good)).status).toBe(401);
    expect((await send(server.url, path, body, { 'content-type': 'application/json' })).status).toBe(401);
    expect((await send(server.url, '/hooks/unknown', body, good)).status).toBe(404);
    expect((await send(server.url, `/hooks/${'a'.repeat(43)}`, body, good)).status).toBe(404);
    const large = `"${'x'.repeat(1_100_000)}"`;
    expect((await send(server.url, path, large, github(secret, large, 'd-4'))).status).toBe(413);
    const broken = '{"ref":';
    expect((await send(server.url, path, broken, github(secret, broken, 'd-5'))).status).toBe(400);
    expect((await firingsOf('push')).length).toBe(count);
    expect((await send(server.url, path, body, good)).body.status).toBe('FILTERED');
    const feature = '{"ref":"refs/heads/feature","sender":{"login":"ada"}}';
    expect((await send(server.url, path, feature, github(secret, feature, 'd-6'))).body.status).toBe('FILTERED');
    expect((await send(server.url, path, '{}', github(secret, '{}', 'd-7'))).body.status).toBe('FILTERED');
    const codes = (await firingsOf('push')).slice(0, 3).map(({ reasonCode }) => reasonCode);
    expect(codes).toEqual(['EVENT_NOT_WANTED', 'EVENT_NOT_WANTED', 'CONDITION_FALSE']);
    // A new secret and the one before it are both accepted; a new address replaces the old one at once.
    const next = await rotate('push', { path: true });
    const moved = (await view('push')).condition.webhookDetails?.webhookURL ?? '';
    expect(moved).not.toBe(path);
    const known = [secret, next].map(async (one, index) => {
      const text = JSON.stringify({ ref: 'x', index });
      return (await send(server.url, moved, text, github(one, text, `d-8-${index}`))).status;
    });
    expect(await Promise.all(known)).toEqual([202, 202]);
  });

  it('refuses deliveries whose secret can’t be read, and counts a body once if nothing else is signed', async () => {
    const path = (await view('named')).condition.webhookDetails?.webhookURL ?? '';
    const unsigned = { 'content-type': 'application/json' };
    expect((await send(server.url, path, '{"token":"open"}', unsigned)).status).toBe(401);
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { clientMutationId } }', {
      input: { applicationId, name: 'HOOK', secretValue: 'hook-secret' },
    });
    const signed = async (body: string, id: string) => {
      const { 'x-hub-signature-256': signature } = github('hook-secret', body, id);
      const headers = { ...unsigned, 'x-request-id': id, 'x-hub-signature-256': signature };
      return (await send(other.url, path, body, headers)).body;
    };
    expect(await signed('{"token":"hunter22"}', 'n-1')).toMatchObject({ status: 'FILTERED', duplicate: false });
    expect(await signed('{"token":"hunter22"}', 'n-2')).toMatchObject({ duplicate: true });
    expect(await signed('{"token":"open","of":"\\u0000"}', 'n-3')).toMatchObject({ status: 'FAILED' });
    const [unstorable, secret] = await firingsOf('named');
    expect(unstorable).toMatchObject({ reasonCode: 'CONDITION_ERROR' });
    expect(secret?.reason).toBe('The condition is false: payload.token == "open"');
  });

  it('maps an image to its service, and repeats a start that a freeze refuses', async () => {
    const secret = await rotate('image');
    const path = (await view('image')).condition.webhookDetails?.webhookURL ?? '';
    const event = (repository: string, tag: string, id: string) => ({
      ...{ id, action: 'push', request: { host: 'registry.test' } },
      target: {
        repository,
        tag,
        digest: `sha256:${'0'.repeat(64)}`,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
      },
    });
    const body = JSON.stringify({
      events: [
        event('web', 'v7', 'e1'),
        event('web', 'edge', 'e2'),
        event('api', 'v7', 'e\0'),
        event('api', 'v7', 'e'.repeat(5000)),
      ],
    });
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/vnd.docker.distribution.events.v2+json',
    };
    expect((await send(server.url, path, body, { ...headers, authorization: 'Bearer no' })).status).toBe(401);
    const freeze = await server.client.ask<{ createFreeze: { freeze: { id: string } } }>(
      'mutation ($input: CreateFreezeInput!) { createFreeze(input: $input) { freeze { id } } }',
      { input: { name: 'now', reason: 'closed', from: '2020-01-01T00:00:00Z' } },
    );
    expect((await send(server.url, path, body, headers)).status).toBe(202);
    // Another author changes the trigger: the firing keeps the version that its event met, with its `retry`.
    await runs.apply(DEFINITIONS.replace('retry: { for: 1h, every: 10m }', ''));
    await server.app.database.write(
      `UPDATE start_trigger SET author = jsonb_set(author, '{id}', to_jsonb($1::text)) WHERE name = 'image'`,
      [newId()],
    );
    jest.spyOn(server.app.abilities, 'accessNow').mockRejectedValueOnce(new Refusal('UNAVAILABLE', 'Not now.'));
    const due = 'UPDATE trigger_firing SET next_at = now() WHERE next_at IS NOT NULL';
    await carryOut();
    expect((await firingsOf('image')).find(({ status }) => status === 'PENDING')?.reasonCode).toBe('UNAVAILABLE');
    await server.app.database.write(due);
    await carryOut();
    const refused = (await firingsOf('image')).find(({ status }) => status === 'PENDING');
    expect(refused).toMatchObject({ reasonCode: 'ENVIRONMENT_FROZEN' });
    await server.client.ask(
      'mutation ($input: DeleteFreezeInput!) { deleteFreeze(input: $input) { clientMutationId } }',
      {
        input: { freezeId: freeze.createFreeze.freeze.id },
      },
    );
    await server.app.database.write(due);
    await carryOut();
    const outcomes = (await firingsOf('image')).map(({ status, reasonCode }) => [status, reasonCode]);
    expect(outcomes.sort()).toEqual([
      ['FILTERED', 'EVENT_NOT_WANTED'],
      ['FILTERED', 'EVENT_NOT_WANTED'],
      ['FILTERED', 'EVENT_NOT_WANTED'],
      ['STARTED', null],
    ]);
  });

  it('fires at the end of an execution, and never for an execution that it caused', async () => {
    const started = await runs.start('workflow', 'check');
    await runs.abort(started);
    await carryOut();
    const [first] = await firingsOf('after');
    expect(first).toMatchObject({ status: 'STARTED' });
    await runs.abort(first?.execution?.id ?? '');
    await carryOut();
    const after = await firingsOf('after');
    expect(after).toHaveLength(2);
    expect(after[0]).toMatchObject({ status: 'SKIPPED', reasonCode: 'TRIGGER_CYCLE' });
  });

  it('never has more rights than its author has at that moment', async () => {
    const permissions: Permissions = {
      appPermissions: [
        { permissionType: 'DEPLOYMENT', actions: ['EXECUTE_WORKFLOW'], applications: { filterType: 'ALL' } },
        { permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } },
      ],
    };
    const deployer = new TestClient(server.url, await createKey(server.client, 'deployers', permissions));
    const { entityId } = await runs.ids('workflow', 'check');
    const input = {
      ...{ applicationId, name: 'mine', action: { entityId, executionType: 'WORKFLOW' } },
      condition: { conditionType: 'ON_WEBHOOK', webhookConditionInput: { webhookSourceType: 'STANDARD' } },
    };
    const CREATE =
      'mutation ($input: CreateTriggerInput!) { createTrigger(input: $input) { trigger { id } webhookSecret } }';
    const reader = new TestClient(
      server.url,
      await createKey(server.client, 'readers', {
        appPermissions: [{ permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } }],
      }),
    );
    expect(await codeOf(reader.ask(CREATE, { input }))).toBe('FORBIDDEN');
    const job = new TestClient(server.url, await createKey(server.client, 'jobs', permissions));
    await server.app.database.write("UPDATE api_key SET trust_rule_id = $1 WHERE name = 'jobs'", [newId()]);
    await expect(job.ask(CREATE, { input })).rejects.toThrow('The trigger "mine" would stop');
    const made = await deployer.ask<{ createTrigger: { trigger: { id: string }; webhookSecret: string } }>(CREATE, {
      input,
    });
    const { webhookSecret } = made.createTrigger;
    const path = (await view('mine', deployer)).condition.webhookDetails?.webhookURL ?? '';
    expect((await view('mine', reader)).condition.webhookDetails).toBeNull();
    const deliver = async (id: string, at = new Date()) => {
      const signature = new Webhook(webhookSecret).sign(id, at, '{}');
      const stamp = String(Math.floor(at.getTime() / 1000));
      const headers = { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signature };
      return (await send(server.url, path, '{}', headers)).status;
    };
    expect(await deliver('m-1')).toBe(202);
    expect(await deliver('m-0', new Date(Date.now() - 600_000))).toBe(401);
    await carryOut();
    const { userGroups } = await server.client.ask<{ userGroups: { nodes: { id: string; name: string }[] } }>(
      '{ userGroups { nodes { id name } } }',
    );
    const group = userGroups.nodes.find(({ name }) => name === 'deployers');
    await server.client.ask(
      'mutation ($input: UpdateUserGroupPermissionsInput!) { updateUserGroupPermissions(input: $input) { clientMutationId } }',
      {
        input: {
          userGroupId: group?.id,
          permissions: {
            appPermissions: [{ permissionType: 'WORKFLOW', actions: ['READ'], applications: { filterType: 'ALL' } }],
          },
        },
      },
    );
    expect(await deliver('m-2')).toBe(202);
    await carryOut();
    const outcomes = (await firingsOf('mine')).map(({ status, reasonCode }) => [status, reasonCode]);
    expect(outcomes).toEqual([
      ['REFUSED', 'FORBIDDEN'],
      ['STARTED', null],
    ]);
  });

  it('tells what a sample event would do, and starts nothing', async () => {
    const TEST = `query ($input: TestTriggerInput!) { testTrigger(input: $input) { starts reasonCode reason
      variables { name value } images { service image } problems { code refuses } } }`;
    const { id: triggerId, firings } = await view('push');
    const test = async (input: object) =>
      (await server.client.ask<{ testTrigger: { starts: boolean } }>(TEST, { input })).testTrigger;
    const payload = JSON.stringify({ ref: 'refs/heads/main', after: 'abc', sender: { login: 'ada' } });
    expect(await test({ triggerId, event: 'push', payload })).toMatchObject({
      ...{ starts: true, variables: [{ name: 'OF', value: 'abc' }] },
    });
    expect(await test({ triggerId, event: 'push', payload: '{"ref":"refs/heads/main"}' })).toMatchObject({
      ...{ starts: false, reasonCode: 'CONDITION_ERROR' },
    });
    expect((await view('push')).firings.nodes).toHaveLength(firings.nodes.length);
    const image = await view('image');
    const pushed = JSON.stringify({ repository: 'registry.test/web', tag: 'v9' });
    expect(await test({ triggerId: image.id, payload: pushed })).toMatchObject({
      images: [{ service: 'web', image: 'registry.test/web:v9' }],
    });
  });

  it('reads what triggers of a list refer to with one statement', async () => {
    const rows = jest.spyOn(server.app.database, 'rows');
    const LIST = `query ($hooks: Boolean!) {
      triggers { nodes { id firings { nodes { id } } versions { nodes { number definition } }
        condition { triggerConditionType ... on OnWebhook { webhookDetails @include(if: $hooks) { webhookURL } }
          ... on OnNewArtifact { webhookDetails @include(if: $hooks) { webhookURL } } } } }
      executions { nodes { cause { ... on ExecutedByTrigger { trigger { name } } } } } }`;
    const statements = async (hooks: boolean) => {
      rows.mockClear();
      await server.client.ask(LIST, { hooks });
      const sql = rows.mock.calls.map(([text]) => text);
      const count = (part: RegExp) => sql.filter((text) => part.test(text)).length;
      return {
        firings: count(/FROM trigger_firing/),
        versions: count(/FROM start_trigger_version/),
        triggers: count(/FROM start_trigger AS row/),
        hooks: count(/FROM trigger_hook/),
      };
    };
    // Triggers: the list itself, those of versions, and those of executions. With addresses also the configuration.
    expect(await statements(false)).toMatchObject({ firings: 1, versions: 1, hooks: 0 });
    expect(await statements(true)).toMatchObject({ firings: 1, versions: 1, hooks: 1 });
    // Also when the query is compiled.
    expect(await statements(true)).toMatchObject({ hooks: 1 });
    expect((await statements(true)).triggers).toBeLessThanOrEqual(4);
  });
});
