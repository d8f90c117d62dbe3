import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, findBreakingChanges, validateSchema } from 'graphql';
import { firstGenSchema } from '../../../src/api/firstgen/dialect';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema, schemaText } from '../../../src/api/graphql/schema';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: wait
tasks:
  hold: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: hold, workflow: wait }]
`;

const world = testWorld(DEFINITIONS, { agent: null });
const dialect = firstGenSchema(buildGraphqlSchema(resolvers));
const read = (...path: string[]) => readFileSync(join(__dirname, ...path), 'utf8');

interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown>;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function post(query: string, variables: object = {}, key = ADMIN_KEY, path = '/api/graphql?accountId=a') {
  const response = await fetch(`${world.server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query, variables }),
  });
  const { data = {}, errors = [] } = (await response.json()) as Partial<Answer>;
  return { status: response.status, data, errors } as Answer;
}

async function rest(method: string, path: string, body?: object) {
  const response = await fetch(`${world.server.url}${path}`, {
    method,
    headers: { 'x-api-key': ADMIN_KEY, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const messagesOf = ({ errors }: Answer) => errors.map(({ message, extensions }) => [extensions.code, message]);

describe('the dialect', () => {
  it('breaks nothing of FirstGen’s contract', () => {
    const changes = findBreakingChanges(buildSchema(read('contract.graphql')), dialect);
    expect(changes.map(({ description }) => description)).toEqual([]);
  });

  it('is a valid schema, and matches the committed one (npm run schema)', () => {
    expect(validateSchema(dialect)).toEqual([]);
    expect(read('../../../schema/firstgen.graphql')).toBe(schemaText(dialect));
  });
});

describe('the FirstGen endpoint', () => {
  it('answers at all its addresses, with numbers for times and strings for IDs', async () => {
    const query = `query ($name: String!, $filters: [ApplicationFilter]) {
      applicationByName(name: $name) { id createdAt }
      applications(limit: 1000, filters: $filters) { nodes { name } pageInfo { limit offset total hasMore } }
    }`;
    const answers = await Promise.all(
      ['/api/graphql', '/api/graphql?accountId=a', '/gateway/api/graphql', '/gateway/api/graphql?accountId=a'].map(
        (path) => post(query, { name: 'app', filters: [null] }, ADMIN_KEY, path),
      ),
    );
    for (const { status, data, errors } of answers) {
      expect([status, errors]).toEqual([200, []]);
      expect(data).toEqual({
        applicationByName: { id: expect.any(String), createdAt: expect.any(Number) },
        applications: { nodes: [{ name: 'app' }], pageInfo: { limit: 500, offset: 0, total: 1, hasMore: false } },
      });
    }
  });

  it('filters by times in milliseconds', async () => {
    const query = `query ($from: DateTime!) { executions(limit: 5, filters: [{ creationTime: { operator: AFTER, value: $from } },
      { creationTime: { operator: BEFORE, value: 4102444800000 } }]) { nodes { createdAt } } }`;
    const id = await world.runs.start('pipeline', 'release');
    const { data } = await post(`{ execution(executionId: "${id}") { createdAt } }`);
    const { createdAt } = data.execution as { createdAt: number };
    expect((await post(query, { from: createdAt - 1 })).data).toEqual({ executions: { nodes: [{ createdAt }] } });
    expect((await post(query, { from: `${createdAt + 1}` })).data).toEqual({ executions: { nodes: [] } });
    expect(messagesOf(await post(query, { from: '2026-01-01T00:00:00Z' }))).toEqual([
      ['BAD_USER_INPUT', expect.stringContaining('whole number of milliseconds')],
    ]);
    await world.runs.abort(id);
  });

  it('refuses a null that the one schema does not allow', async () => {
    expect(messagesOf(await post('mutation { resumeExecution { execution { id } } }'))).toEqual([
      ['INVALID_INPUT', 'input must be given and must not be null.'],
    ]);
    const group = 'mutation { createUserGroup(input: { name: "g", userIds: [null] }) { userGroup { id } } }';
    expect(messagesOf(await post(group))).toEqual([
      ['INVALID_INPUT', 'userIds[0] must be given and must not be null.'],
    ]);
  });

  it('never widens a permission whose filter it does not support', async () => {
    const input = {
      name: 'narrow',
      permissions: {
        appPermissions: [
          {
            permissionType: 'SERVICE',
            actions: ['READ'],
            applications: { filterType: 'ALL' },
            services: { serviceIds: ['x'] },
          },
        ],
      },
    };
    const create = 'mutation ($input: CreateUserGroupInput!) { createUserGroup(input: $input) { userGroup { id } } }';
    expect(messagesOf(await post(create, { input }))).toEqual([['UNSUPPORTED', expect.stringContaining('serviceIds')]]);
    const { data } = await post('{ audits(limit: 1) { nodes { action outcome } } }');
    expect(data).toEqual({ audits: { nodes: [{ action: 'userGroup.create', outcome: expect.any(String) }] } });
  });

  it('takes empty notification settings, and refuses those that would send a message', async () => {
    const create = `mutation ($input: CreateUserGroupInput!) { createUserGroup(input: $input) {
      userGroup { name notificationSettings { groupEmailAddresses } } } }`;
    const empty = {
      groupEmailAddresses: [],
      microsoftTeamsWebhookUrl: '',
      sendMailToNewMembers: false,
      sendNotificationToMembers: false,
      slackNotificationSetting: { slackChannelName: '', slackWebhookURL: '' },
    };
    const made = await post(create, { input: { name: 'silent', ssoSetting: null, notificationSettings: empty } });
    expect([made.errors, made.data]).toEqual([
      [],
      { createUserGroup: { userGroup: { name: 'silent', notificationSettings: null } } },
    ]);
    for (const [field, settings] of [
      ['groupEmailAddresses', { groupEmailAddresses: ['ops@example.com'] }],
      ['sendNotificationToMembers', { sendNotificationToMembers: true }],
      ['slackNotificationSetting.slackWebhookURL', { slackNotificationSetting: { slackWebhookURL: 'https://x.test' } }],
    ] as const) {
      const refused = await post(create, { input: { name: 'loud', notificationSettings: { ...empty, ...settings } } });
      expect(messagesOf(refused)).toEqual([
        ['UNSUPPORTED', expect.stringContaining(`notificationSettings.${field} is not supported`)],
      ]);
    }
  });

  it('has pages of memberships', async () => {
    await createKey(world.server.client, 'readers');
    const { data, errors } = await post(`mutation {
      createUser(input: { name: "Ada", email: "ada@example.com" }) { user { id name } }
    }`);
    expect(errors).toEqual([]);
    const { user } = data.createUser as { user: { id: string } };
    const found = await post(`{ userGroupByName(name: "readers") { id } }`);
    const groupId = (found.data.userGroupByName as { id: string }).id;
    const add = `mutation ($input: AddUserToUserGroupInput!) { addUserToUserGroup(input: $input) {
      userGroup { name users(limit: 5) { nodes { name } pageInfo { total } } } } }`;
    expect(await post(add, { input: { userId: user.id, userGroupId: groupId } })).toMatchObject({
      data: {
        addUserToUserGroup: {
          userGroup: { name: 'readers', users: { nodes: [{ name: 'Ada' }], pageInfo: { total: 1 } } },
        },
      },
      errors: [],
    });
    const membership = `{ user(id: "${user.id}") { externalUserId userGroups(limit: 1, offset: 0) { nodes { name } pageInfo { total hasMore } } } }`;
    expect((await post(membership)).data).toEqual({
      user: {
        externalUserId: null,
        userGroups: { nodes: [{ name: 'readers' }], pageInfo: { total: 1, hasMore: false } },
      },
    });
  });

  it('answers empty lists and null for what Slipway does not have, and refuses changes of it', async () => {
    const query = `{
      cloudProvider(cloudProviderId: "x") { id ... on AwsCloudProvider { ceHealthStatus { isHealthy } } }
      cloudProviders(limit: 5) { nodes { id } pageInfo { total } }
      connectors(limit: 5) { nodes { ... on GitConnector { URL } } pageInfo { hasMore } }
      secretManagerByName(name: "x") { id }
      ssoProviders(limit: 5) { nodes { id } }
      applicationByName(name: "app") { gitSyncConfig { branch } }
    }`;
    expect(await post(query)).toEqual({
      status: 200,
      data: {
        cloudProvider: null,
        cloudProviders: { nodes: [], pageInfo: { total: 0 } },
        connectors: { nodes: [], pageInfo: { hasMore: false } },
        secretManagerByName: null,
        ssoProviders: { nodes: [] },
        applicationByName: { gitSyncConfig: null },
      },
      errors: [],
    });
    const create = `mutation ($p: CreateCloudProviderInput!) {
      createCloudProvider(input: $p) { cloudProvider { id } }
      createApplication(input: { name: "beside", isManualTriggerAuthorized: false }) { application { name } }
    }`;
    const secret = 'AKIA-not-for-the-audit-trail';
    const p = { cloudProviderType: 'AWS', awsCloudProvider: { manualCredentials: { accessKey: secret } } };
    const answer = await post(create, { p });
    expect(answer.data).toEqual({ createCloudProvider: null, createApplication: { application: { name: 'beside' } } });
    expect(messagesOf(answer)).toEqual([['UNSUPPORTED', expect.stringContaining('agents')]]);
    const [audits] = await world.server.app.database.rows<{ n: number; leaks: boolean }>(
      `SELECT count(*)::int AS n, bool_or(audit_record::text LIKE '%' || $1 || '%') AS leaks FROM audit_record WHERE action = 'cloudProvider.create'`,
      [secret],
    );
    expect(audits).toEqual({ n: 1, leaks: false });
  });

  it('uses the messages that FirstGen’s clients look for', async () => {
    const nobody = await createKey(world.server.client, 'nobody');
    const id = '00000000-0000-7000-8000-000000000000';
    const query = `{
      execution(executionId: "${id}") { id }
      user(id: "${id}") { id }
      userGroup(userGroupId: "x") { id }
      application(applicationId: "${id}") { id }
    }`;
    expect(messagesOf(await post(query)).sort()).toEqual([
      ['NOT_FOUND', 'No User Group exists'],
      ['NOT_FOUND', 'User does not exist'],
      ['NOT_FOUND', expect.stringContaining('User not authorized')],
      ['NOT_FOUND', 'execution does not exist'],
    ]);
    const create = 'mutation { createApplication(input: { name: "app" }) { application { id } } }';
    expect(messagesOf(await post(create))).toEqual([['NAME_TAKEN', expect.stringContaining('Duplicate name')]]);
    expect(messagesOf(await post(create, {}, nobody))).toEqual([
      ['FORBIDDEN', expect.stringContaining('User not authorized')],
    ]);
    // Compiled queries have the same messages.
    for (let use = 0; use < 4; use++) {
      const { errors } = await post('query ($id: String!) { execution(executionId: $id) { id } }', { id });
      expect(errors.map(({ message }) => message)).toEqual(['execution does not exist']);
    }
    expect((await post(query, {}, 'wrong')).status).toBe(401);
  });

  it('refuses over REST in an envelope, whatever is wrong with the request', async () => {
    const put = async (headers: Record<string, string>, body: string) => {
      const response = await fetch(`${world.server.url}/api/executions/x?appId=y`, { method: 'PUT', headers, body });
      const { responseMessages, ...rest } = (await response.json()) as { responseMessages: { code: string }[] };
      expect(rest).toEqual({ metaData: {}, resource: null });
      return [response.status, ...responseMessages.map(({ code }) => code)];
    };
    const key = { 'x-api-key': ADMIN_KEY };
    const json = { 'content-type': 'application/json' };
    expect(await put({ ...key, 'content-type': 'text/plain' }, 'x')).toEqual([415, 'INVALID_INPUT']);
    expect(await put({ ...key, ...json }, '{')).toEqual([400, 'INVALID_INPUT']);
    expect(await put({ ...key, ...json }, '{}')).toEqual([400, 'INVALID_INPUT']);
    expect(await put(json, '{}')).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('interrupts an execution over REST, and reads its status', async () => {
    const id = await world.runs.start('pipeline', 'release');
    const path = `/gateway/api/executions/${id}?routingId=a`;
    const { body: paused } = await rest('PUT', path, { executionInterruptType: 'PAUSE_ALL' });
    expect(paused).toMatchObject({
      resource: { executionUuid: id, executionInterruptType: 'PAUSE_ALL' },
      responseMessages: [],
    });
    expect((await rest('PUT', path, { executionInterruptType: 'ROLLBACK' })).body).toMatchObject({
      resource: null,
      responseMessages: [{ code: 'UNSUPPORTED', level: 'ERROR' }],
    });
    expect((await rest('PUT', path, { executionInterruptType: 'constructor' })).status).toBe(400);
    const aborted = await rest('PUT', `/api/executions/${id}?routingId=a`, { executionInterruptType: 'ABORT_ALL' });
    expect([aborted.status, aborted.body.responseMessages]).toEqual([200, []]);
    await world.runs.until(id, 'ABORTED');
    expect(await rest('GET', `/api/external/v1/executions/${id}/status?accountId=a`)).toEqual({
      status: 200,
      body: { status: 'ABORTED' },
    });
    const missing = await rest('PUT', '/api/executions/x?appId=y', { executionInterruptType: 'ABORT_ALL' });
    expect([missing.status, missing.body.responseMessages]).toEqual([
      404,
      [{ code: 'NOT_FOUND', level: 'ERROR', message: 'execution does not exist' }],
    ]);
    const { audits } = await world.server.client.ask<{ audits: { nodes: { action: string; code: string | null }[] } }>(
      '{ audits(first: 20) { nodes { action code } } }',
    );
    expect(audits.nodes).toEqual(
      expect.arrayContaining([
        { action: 'execution.interrupt', code: 'UNSUPPORTED' },
        { action: 'execution.abort', code: 'NOT_FOUND' },
      ]),
    );
  });
});
