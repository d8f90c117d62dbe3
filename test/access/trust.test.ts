import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { matchesPattern, namesTenant } from '../../src/access/trust/matchTrustRule';
import { Client } from '../../src/client/client';
import {
  CreateTrustRuleDocument,
  type CreateTrustRuleInput,
  DeleteTrustRuleDocument,
  TrustRulesDocument,
  UpdateTrustRuleDocument,
} from '../../src/client/generated';
import { slipway } from '../cli/program';
import { TestClient } from '../support/client';
import { eventually } from '../support/eventually';
import { type OidcProvider, startOidcProvider } from '../support/oidcProvider';
import { listen } from '../support/ports';
import { ADMIN_KEY } from '../support/server';
import { testWorld } from '../support/world';

const AUDIENCE = 'https://slipway.example.com';
const MAIN = 'repo:octo-org/shop:ref:refs/heads/main';
const FORK = 'repo:octo-evil/shop:ref:refs/heads/main';

const { server, agent } = testWorld(
  `
kind: Application
name: app
---
kind: Workflow
application: app
name: flow
tasks:
  one: { run: "true", labels: { nowhere: "true" } }
---
kind: Application
name: shop
---
kind: Service
application: shop
name: web
---
kind: Environment
application: shop
name: prod
type: PROD
---
kind: Workflow
application: shop
name: deploy
environment: prod
services: [web]
variables: [{ name: VERSION }]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: shop
name: release
variables: [{ name: VERSION }]
stages:
  - elements: [{ name: prod, workflow: deploy, variables: { VERSION: "\${VERSION}" } }]
`,
  { environment: { SLIPWAY_TRUST_HTTP_ISSUERS: 'true' } },
);

let provider: OidcProvider;
let issuer = '';
let groupId = '';
let client: Client;
beforeAll(async () => {
  provider = await startOidcProvider([MAIN, FORK]);
  issuer = provider.issuer;
  client = new Client(server.url, ADMIN_KEY);
  const { createUserGroup } = await server.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
    `mutation { createUserGroup(input: {name: "CI", permissions: {appPermissions: [
      {permissionType: ALL, actions: [READ, EXECUTE_WORKFLOW, EXECUTE_PIPELINE], applications: {filterType: ALL}}]}}) { userGroup { id } } }`,
  );
  groupId = createUserGroup.userGroup.id;
});
afterAll(() => provider.stop());

const tokenFor = (subject: string, audience = AUDIENCE) => provider.token(subject, audience);

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
  it('gives a key that can own no event subscription, which would stop with it', async () => {
    const id = await createRule();
    const { body } = await exchange(await tokenFor(MAIN));
    await server.client.ask(
      `mutation { updateUserGroupPermissions(input: {userGroupId: "${groupId}", permissions: {
        accountPermissions: {accountPermissionTypes: [MANAGE_EVENT_SUBSCRIPTIONS]},
        appPermissions: [{permissionType: ALL, actions: [READ, EXECUTE_WORKFLOW, EXECUTE_PIPELINE], applications: {filterType: ALL}}]}}) { clientMutationId } }`,
    );
    const refused = await new TestClient(server.url, body.apiKey).errorOf(
      'mutation { createEventSubscription(input: {url: "https://hooks.example.com"}) { secret } }',
    );
    expect(refused.details.errors).toEqual([expect.objectContaining({ field: 'owner', rule: 'SHORT_LIVED_OWNER' })]);
    await deleteRule(id);
  });

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
    // The last character of a signature has unused bits, so this one is as valid as the first.
    const respelled = token.slice(0, -1) + String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
    expect(await exchange(respelled)).toMatchObject({
      status: 401,
      body: { error: { message: expect.stringContaining('exchanged before') } },
    });
    // An exchange that uses the rule while it is deleted: its key is committed once the deletion waits for it.
    const { database } = server.app;
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    await database.write('UPDATE api_key SET trust_rule_id = NULL WHERE id = $1', [body.apiKeyId]);
    let deleting: Promise<unknown> | undefined;
    await database.transaction(async (db) => {
      await db.rows('SELECT FROM trust_rule WHERE id = $1 FOR UPDATE', [id]);
      deleting = deleteRule(id);
      await eventually(
        () => database.rows(waiting, []),
        (rows) => rows.length > 0,
      );
      await db.write('UPDATE api_key SET trust_rule_id = $2 WHERE id = $1', [body.apiKeyId, id]);
    });
    await deleting;
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
    // Every repository of the issuer has such a branch.
    const claims = [{ name: 'ref', pattern: 'refs/heads/main' }];
    expect(await rules({ subject: '*', claims })).toEqual(['subject TOO_WIDE']);
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

describe('a CI job without a stored key', () => {
  const recipe = async (name: string) => parse(await readFile(join(__dirname, '../../examples/ci', name), 'utf8'));

  /** Runs the commands of a recipe as a CI system does, while an agent runs the job of the release. */
  async function run(script: string, environment: Readonly<Record<string, string>>) {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-ci-'));
    await symlink(join(__dirname, '../../bin/slipway.cjs'), join(folder, 'slipway'));
    const path = [folder, join(process.execPath, '..'), process.env.PATH].join(delimiter);
    const job = spawn('sh', ['-ec', script], {
      cwd: folder,
      env: { PATH: path, SLIPWAY_URL: server.url, SLIPWAY_DATA_DIR: folder, ...environment },
    });
    const printed = Promise.all([text(job.stdout), text(job.stderr)]);
    const ended = once(job, 'exit');
    await Promise.race([agent.runOne(), ended]);
    const [code] = await ended;
    const [out, err] = await printed;
    const read = (file: string) => readFile(join(folder, file), 'utf8').catch(() => '');
    const left = { summary: await read('summary.md'), outputs: await read('slipway.env') };
    await rm(folder, { recursive: true });
    return { code, out, err, ...left };
  }

  it('releases by the recipe for GitLab, with one sign-in for all commands', async () => {
    const id = await createRule();
    const { release } = (await recipe('gitlab.yml')) as { release: { script: string[] } };
    const environment = {
      SLIPWAY_ID_TOKEN: await tokenFor(MAIN),
      CI_COMMIT_SHA: 'abc',
      CI_JOB_URL: 'x',
      CI_PIPELINE_ID: '7',
    };
    const ended = await run(release.script.join('\n'), environment);
    expect([ended.code, ended.err]).toEqual([0, expect.stringContaining(`trust rule "shop" as ${MAIN}`)]);
    expect(ended.summary).toContain('## shop/release: ✅ SUCCESS');
    expect(ended.outputs).toMatch(/^SLIPWAY_RUN_ID=\S+\nSLIPWAY_RUN_STATUS=SUCCESS\n/);
    await deleteRule(id);
  });

  it('releases by the recipe for GitHub, with the token of the job', async () => {
    const id = await createRule({ audience: server.url });
    const { jobs } = (await recipe('github.yml')) as { jobs: { release: { steps: { id?: string; run?: string }[] } } };
    const step = jobs.release.steps.find((one) => one.id === 'release')?.run ?? '';
    const asked: (string | undefined)[] = [];
    const tokens = await listen(
      createServer(async (request, response) => {
        const audience = new URL(request.url ?? '', 'http://x').searchParams.get('audience') ?? '';
        asked.push(request.headers.authorization, audience);
        response.end(JSON.stringify({ value: await tokenFor(MAIN, audience) }));
      }),
    );
    const ended = await run(step, {
      ...{ GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'summary.md', GITHUB_OUTPUT: 'slipway.env' },
      ...{ ACTIONS_ID_TOKEN_REQUEST_URL: `${tokens.url}/token?v=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job' },
      ...{ GITHUB_SHA: 'def', GITHUB_RUN_ID: '8', GITHUB_SERVER_URL: 'x', GITHUB_REPOSITORY: 'y' },
    });
    expect(ended.code).toBe(0);
    expect(asked).toEqual(['Bearer of-the-job', server.url]);
    expect(ended.summary).toContain('## shop/release: ✅ SUCCESS');
    expect(ended.outputs).toMatch(/^run-id=\S+\nrun-status=SUCCESS\n/);
    await tokens.close();
    await deleteRule(id);
  });

  it('manages its rule with slipway trust', async () => {
    const create = [
      'trust',
      'create',
      'by hand',
      '--issuer',
      issuer,
      '--subject',
      MAIN,
      '--group',
      'CI',
      '--for',
      'app',
    ];
    expect((await slipway(server.url, create)).code).toBe(0);
    expect((await slipway(server.url, ['trust', 'update', 'by hand', '--claim', 'repository=*', '--off'])).code).toBe(
      0,
    );
    expect((await slipway(server.url, ['trust'])).out).toMatch(/by hand \(off\) .*repository=\*/);
    expect((await slipway(server.url, ['trust', 'delete', 'by hand'])).code).toBe(0);
    const { code, err } = await slipway(server.url, ['runs'], {
      SLIPWAY_API_KEY: '',
      SLIPWAY_ID_TOKEN: await tokenFor(MAIN),
    });
    expect([code, err]).toEqual([3, expect.stringContaining('UNAUTHENTICATED')]);
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
