import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { matchesPattern, namesTenant } from '../../src/access/trust/matchTrustRule';
import { Client } from '../../src/client/client';
import {
  CreateTrustRuleDocument,
  type CreateTrustRuleInput,
  DeleteTrustRuleDocument,
  TrustRulesDocument,
  UpdateTrustRuleDocument,
} from '../../src/client/generated';
import { listen } from '../support/ports';
import { ADMIN_KEY } from '../support/server';
import { testWorld } from '../support/world';

const AUDIENCE = 'https://slipway.example.com';
const MAIN = 'repo:octo-org/shop:ref:refs/heads/main';
const FORK = 'repo:octo-evil/shop:ref:refs/heads/main';

const { server } = testWorld(
  'kind: Application\nname: app\n---\nkind: Workflow\napplication: app\nname: flow\ntasks:\n  one: { run: "true" }\n',
  { agent: null, environment: { SLIPWAY_TRUST_HTTP_ISSUERS: 'true' } },
);

/** A real provider (oidc-provider), in a process of its own: it is an ES module. */
let provider: ChildProcess;
let issuer = '';
async function startProvider(): Promise<void> {
  const script = join(__dirname, '../support/oidcProvider.mjs');
  const clients = [MAIN, FORK].map((id) => `${id}=secret`);
  provider = spawn(process.execPath, [script, new URL(issuer).port, 'first', ...clients], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(provider.stdout ?? provider, 'data');
}
async function stopProvider(): Promise<void> {
  provider.kill('SIGKILL');
  await once(provider, 'exit');
}

let groupId = '';
let client: Client;
beforeAll(async () => {
  const { url, close } = await listen(createServer());
  await close();
  issuer = url;
  await startProvider();
  client = new Client(server.url, ADMIN_KEY);
  const { createUserGroup } = await server.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
    `mutation { createUserGroup(input: {name: "CI", permissions: {appPermissions: [
      {permissionType: ALL, actions: [READ, EXECUTE_WORKFLOW], applications: {filterType: ALL}}]}}) { userGroup { id } } }`,
  );
  groupId = createUserGroup.userGroup.id;
});
afterAll(() => stopProvider());

async function tokenFor(subject: string, resource = AUDIENCE): Promise<string> {
  const body = new URLSearchParams({
    ...{ client_id: subject, client_secret: 'secret', grant_type: 'client_credentials', resource },
  });
  const response = await fetch(`${issuer}/token`, { method: 'POST', body });
  return ((await response.json()) as { access_token: string }).access_token;
}

interface Exchanged {
  readonly status: number;
  readonly body: {
    readonly apiKey: string;
    readonly apiKeyId: string;
    readonly expiresAt: string;
    readonly error?: { readonly code: string; readonly message: string };
  };
}

async function exchange(token: string): Promise<Exchanged> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}/auth/exchange`, { method: 'POST', headers });
  return { status: response.status, body: (await response.json()) as Exchanged['body'] };
}

async function createRule(more: Partial<CreateTrustRuleInput> = {}): Promise<string> {
  const subject = 'repo:octo-org/shop:*';
  const input = { name: 'shop', issuer, audience: AUDIENCE, subject, userGroupIds: [groupId], ...more };
  return (await client.ask(CreateTrustRuleDocument, { input })).createTrustRule.trustRule.id;
}
const deleteRule = (trustRuleId: string) => client.ask(DeleteTrustRuleDocument, { input: { trustRuleId } });

describe('a trust rule', () => {
  it('gives a CI job a key that acts as the rule and its subject, once for each token', async () => {
    const id = await createRule({ lifetimeSeconds: 120, claims: [{ name: 'repository', pattern: 'octo-org/shop' }] });
    const token = await tokenFor(MAIN);
    const { status, body } = await exchange(token);
    expect(status).toBe(200);
    const lifetimeMs = Date.parse(body.expiresAt) - Date.now();
    expect(lifetimeMs).toBeGreaterThan(0);
    expect(lifetimeMs).toBeLessThanOrEqual(120_000);
    const job = new Client(server.url, body.apiKey);
    const executionId = await job.start({ application: 'app', workflow: 'flow' });
    const { value: first } = await client.watchExecution(executionId, { after: '0' }).next();
    expect(first?.event?.actor).toMatchObject({ kind: 'API_KEY', name: `shop (${MAIN})` });
    const { audits } = await server.client.ask<{ audits: { nodes: { action: string; actor: { name: string } }[] } }>(
      '{ audits(first: 20) { nodes { action actor { name } } } }',
    );
    const own = audits.nodes.filter(({ actor }) => actor.name === `shop (${MAIN})`).map(({ action }) => action);
    expect(own).toEqual(expect.arrayContaining(['trustRule.exchange', 'execution.start']));
    expect(await exchange(token)).toMatchObject({
      status: 401,
      body: { error: { message: expect.stringContaining('exchanged before') } },
    });
    await deleteRule(id);
    await expect(job.start({ application: 'app', workflow: 'flow' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  it('refuses other subjects, audiences and claims, and every token while it is switched off', async () => {
    const id = await createRule({ claims: [{ name: 'repository', pattern: 'octo-org/other' }] });
    const update = (input: object) => client.ask(UpdateTrustRuleDocument, { input: { trustRuleId: id, ...input } });
    const invalid = { status: 401, body: { error: { code: 'UNAUTHENTICATED' } } };
    const refused = { status: 403, body: { error: { code: 'FORBIDDEN', subject: expect.any(String) } } };
    expect(await exchange(await tokenFor(MAIN))).toMatchObject(refused);
    await update({ claims: [] });
    expect(await exchange(await tokenFor(FORK))).toMatchObject(refused);
    expect(await exchange(await tokenFor(MAIN, 'https://another.example.com'))).toMatchObject(invalid);
    await update({ enabled: false });
    expect(await exchange(await tokenFor(MAIN))).toMatchObject(invalid);
    await update({ enabled: true });
    const { body } = await exchange(await tokenFor(MAIN));
    await update({ lifetimeSeconds: 60 });
    const job = new Client(server.url, body.apiKey);
    expect(await job.start({ application: 'app', workflow: 'flow' })).toEqual(expect.any(String));
    await update({ subject: MAIN });
    await expect(job.start({ application: 'app', workflow: 'flow' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await deleteRule(id);
  });

  it('accepts no unsigned, changed or foreign token', async () => {
    const id = await createRule();
    expect((await exchange(await tokenFor(MAIN))).status).toBe(200);
    const token = await tokenFor(MAIN);
    const [header = '', claims = ''] = token.split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const own = Buffer.from(JSON.stringify({ iss: server.url, sub: MAIN, aud: AUDIENCE })).toString('base64url');
    for (const forged of [`${none}.${claims}.`, `${header}.${claims}.AAAA`, `${header}.${own}.AAAA`, 'a.b.c', 'x'])
      expect((await exchange(forged)).status).toBe(401);
    await deleteRule(id);
  });

  it('must name its tenant, an issuer with HTTPS, groups that exist and a lifetime within bounds', async () => {
    const rules = async (more: Partial<CreateTrustRuleInput>) => {
      const error = await createRule({ name: 'wrong', ...more }).catch((thrown: unknown) => thrown);
      return (error as { details: { errors: { field: string; rule: string }[] } }).details.errors.map(
        ({ field, rule }) => `${field} ${rule}`,
      );
    };
    expect(await rules({ subject: 'repo:*' })).toEqual(['subject TOO_WIDE']);
    expect(await rules({ issuer: 'ftp://example.com', lifetimeSeconds: 5 })).toEqual([
      'issuer URL',
      'lifetimeSeconds RANGE',
    ]);
    expect(await rules({ userGroupIds: [] })).toEqual(['userGroupIds NOT_EMPTY']);
    const id = await createRule({ subject: 'repo:*', claims: [{ name: 'repository', pattern: 'octo-org/shop' }] });
    expect((await client.ask(TrustRulesDocument)).trustRules).toMatchObject([{ id, name: 'shop' }]);
    await deleteRule(id);
  });
});

describe('patterns', () => {
  it.each([
    ['repo:a/b:*', 'repo:a/b:ref:x', true],
    ['repo:a/b:*', 'repo:a/bc:ref:x', false],
    ['*', '', true],
    ['a*b', 'ab', true],
    ['a*b', 'a', false],
    ['ab*ba', 'aba', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a.c', 'abc', false],
    ['', '', true],
  ])('%s matches %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it('with a star name two whole parts before it', () => {
    expect(['repo:octo-org/*', 'project_path:group/app:*', 'exact'].every(namesTenant)).toBe(true);
    expect(['*', 'repo:*', 'repo:octo*', '*:octo-org/shop'].some(namesTenant)).toBe(false);
  });
});
