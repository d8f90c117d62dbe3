import { Reading } from '../../support/reading';
import { eventually } from '../../support/eventually';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { AUDITS, Auditor, type AuditView, CREATE } from './auditor';
import { testServer } from '../../support/world';

const CREATE_ENVIRONMENT =
  'mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) { environment { id } } }';

const server = testServer();
let auditor: Auditor;
beforeAll(async () => {
  auditor = new Auditor(server);
});

describe('a record', () => {
  it('names the actor, the action, the address, the request and the object', async () => {
    const id = await auditor.createApplication('recorded');
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY, 'x-request-id': 'the-request' },
      body: JSON.stringify({
        query: CREATE_ENVIRONMENT,
        variables: { input: { applicationId: id, name: 'staging', type: 'NON_PROD' } },
      }),
    });
    expect(response.status).toBe(200);
    const [record] = await auditor.byAction('environment.create');
    expect(record).toMatchObject({
      outcome: 'ALLOWED',
      code: null,
      requestId: 'the-request',
      actor: { kind: 'API_KEY', name: 'administrator (SLIPWAY_ADMIN_KEY)' },
      before: null,
    });
    expect(record?.object).toEqual({
      kind: 'environment',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'staging',
      applicationId: id,
    });
    expect(record?.input).toEqual({ applicationId: id, name: 'staging', type: 'NON_PROD' });
    expect(record?.address).toMatch(/127\.0\.0\.1|::1/);
  });

  it('is written together with the change, or not at all', async () => {
    const broken = server.app.database.transaction(async (db) => {
      await db.write(`ALTER TABLE audit_unsealed ADD CONSTRAINT nobody CHECK (false) NOT VALID`);
    });
    await broken;
    try {
      await expect(auditor.createApplication('unrecorded')).rejects.toThrow(/unexpected error/i);
    } finally {
      await server.app.database.write('ALTER TABLE audit_unsealed DROP CONSTRAINT nobody');
    }
    const rows = await server.app.database.rows(`SELECT FROM application WHERE name = 'unrecorded'`);
    expect(rows).toEqual([]);
  });

  it('is written for refused attempts, with their code', async () => {
    await auditor.createApplication('twice');
    await expect(auditor.createApplication('twice')).rejects.toThrow();
    const found = await auditor.byAction('application.create');
    expect(found.filter(({ input }) => input?.name === 'twice').map(({ outcome, code }) => [outcome, code])).toEqual([
      ['REFUSED', 'NAME_TAKEN'],
      ['ALLOWED', null],
    ]);
  });

  it('is written for mutations over WebSockets, too', async () => {
    const [socket] = await auditor.byAction('application.create');
    expect(socket).toBeDefined();
    const before = (await auditor.byAction('application.create')).length;
    expect(await new Reading(server.url, CREATE, { name: 'by-socket' }).rest()).toHaveLength(1);
    expect(await auditor.byAction('application.create')).toHaveLength(before + 1);
  });

  it('never holds a secret', async () => {
    const secrets = [
      'hunter2-hunter2',
      'swk_abcdefghijkl_0123456789abcdef0123456789',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abcdefgh',
    ];
    const source = `kind: Application\nname: secretive\ndescription: "${secrets[1]} and ${secrets[2]}"\n---\nkind: Environment\napplication: secretive\nname: e\ntype: PROD\nvariables: { DB_PASSWORD: "${secrets[0]}" }\n`;
    await server.client.ask(
      'mutation ($source: String!) { applyDefinitions(input: {source: $source, format: YAML}) { results { action } } }',
      { source },
    );
    await server.client.ask(CREATE, { name: `x ${secrets[1]}` }).catch(() => undefined);
    const { createAgentToken } = await server.client.ask<{ createAgentToken: { value: string } }>(
      'mutation { createAgentToken(input: {name: "t"}) { value } }',
    );
    const rows = await server.app.database.rows('SELECT to_jsonb(record) AS record FROM audit_record record');
    const text = JSON.stringify(rows);
    expect(text).toContain('definitions.apply');
    expect(text).toContain('agentToken.create');
    for (const secret of [...secrets, createAgentToken.value, ADMIN_KEY]) expect(text).not.toContain(secret);
  });
});

describe('before and after', () => {
  it('are recorded for resources, however they are changed', async () => {
    const id = await auditor.createApplication('changed');
    const UPDATE =
      'mutation ($id: ID!, $d: String) { updateApplication(input: {applicationId: $id, description: $d}) { application { id } } }';
    await server.client.ask(UPDATE, { id, d: 'one' });
    await server.client.ask(
      'mutation ($source: String!) { applyDefinitions(input: {source: $source, format: YAML}) { results { action } } }',
      {
        source:
          'kind: Application\nname: changed\ndescription: two\n---\nkind: Service\napplication: changed\nname: web\n',
      },
    );
    const found = (await auditor.audits({ application: { operator: 'EQUALS', values: [id] } })).map(
      ({ action, object, before, after }) => [action, object?.kind, before?.description, after?.description],
    );
    expect(found).toEqual(
      expect.arrayContaining([
        ['application.create', 'application', undefined, null],
        ['application.update', 'application', null, 'one'],
        ['definitions.apply', 'application', 'one', 'two'],
        ['definitions.apply', 'service', undefined, null],
      ]),
    );
    expect(found).toHaveLength(4);
  });

  it('are recorded for users, groups and keys, without credentials', async () => {
    const group =
      'mutation { createUserGroup(input: {name: "auditors", permissions: {accountPermissions: {accountPermissionTypes: [VIEW_AUDITS]}}}) { userGroup { id } } }';
    const { createUserGroup } = await server.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(group);
    const made = await auditor.audits({ object: { operator: 'EQUALS', values: [createUserGroup.userGroup.id] } });
    expect(made).toMatchObject([
      { action: 'userGroup.create', after: { name: 'auditors', accountPermissions: ['VIEW_AUDITS'] } },
    ]);
  });
});

describe('audits', () => {
  it('are filtered and paged, newest first', async () => {
    const id = await auditor.createApplication('filtered');
    await server.client.ask(
      'mutation ($id: ID!) { updateApplication(input: {applicationId: $id, description: "x"}) { application { id } } }',
      { id },
    );
    await server.client.ask(
      'mutation ($id: ID!) { deleteApplication(input: {applicationId: $id}) { clientMutationId } }',
      { id },
    );
    const ofObject = await auditor.audits({ object: { operator: 'EQUALS', values: [id] } });
    expect(ofObject.map(({ action }) => action).slice(0, 2)).toEqual(['application.delete', 'application.update']);
    const ofApplication = await auditor.audits({
      application: { operator: 'EQUALS', values: [id] },
      outcome: 'ALLOWED',
    });
    expect(ofApplication.length).toBeGreaterThanOrEqual(2);
    expect(
      await auditor.audits({ outcome: 'REFUSED', action: { operator: 'LIKE', values: ['application.delete'] } }),
    ).toEqual([]);
    expect(await auditor.audits({ time: { operator: 'BEFORE', value: '2000-01-01T00:00:00Z' } })).toEqual([]);
    const [first] = await auditor.audits({}, 1);
    const actor = { operator: 'EQUALS', values: [first?.actor.id] };
    const page = await server.client.ask<{
      audits: { pageInfo: { endCursor: string; total: number }; nodes: AuditView[] };
    }>(AUDITS, {
      filters: [{ actor }],
      first: 2,
    });
    const next = await server.client.ask<{ audits: { nodes: AuditView[] } }>(AUDITS, {
      filters: [{ actor }],
      first: 2,
      after: page.audits.pageInfo.endCursor,
    });
    expect(new Set([...page.audits.nodes, ...next.audits.nodes].map((one) => one.id)).size).toBe(4);
    expect(page.audits.pageInfo.total).toBeGreaterThan(4);
  });

  it('need VIEW_AUDITS', async () => {
    const { createUserGroup } = await server.client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      'mutation { createUserGroup(input: {name: "nobodies"}) { userGroup { id } } }',
    );
    const { createApiKey } = await server.client.ask<{ createApiKey: { value: string } }>(
      'mutation ($ids: [ID!]!) { createApiKey(input: {name: "nobody", userGroupIds: $ids}) { value } }',
      { ids: [createUserGroup.userGroup.id] },
    );
    for (const query of ['{ audits { nodes { id } } }', '{ verifyAudit { valid } }']) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': createApiKey.value },
        body: JSON.stringify({ query }),
      });
      const answer = (await response.json()) as { errors: { extensions: { code: string } }[] };
      expect(answer.errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
  });
});

describe('invalid keys', () => {
  const tryKey = (key: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ query: '{ __typename }' }),
    });

  it('are recorded, many of them as one record', async () => {
    for (let n = 0; n < 4; n++) expect((await tryKey(`guess-number-${n}-of-many`)).status).toBe(401);
    const found = await eventually(
      () => auditor.byAction('login'),
      (records) => records.length > 0,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ outcome: 'REFUSED', code: 'UNAUTHENTICATED', requestId: null, object: null });
    expect(found[0]?.actor).toEqual({ kind: 'ANONYMOUS', id: 'anonymous', name: 'nobody' });
    expect([found[0]?.input, found[0]?.before, found[0]?.after]).toEqual([{ attempts: 1 }, null, null]);
    expect(JSON.stringify(found)).not.toContain('guess-number');
    const asAgent = await fetch(`${server.url}/agent/v1/claim`, {
      method: 'POST',
      headers: { authorization: 'Bearer swa_x' },
    });
    expect(asAgent.status).toBe(401);
    // Failures after the first one are written together at the end of the minute.
    expect(await auditor.byAction('login')).toHaveLength(1);
  });

  it('are recorded even if the server stops within the minute', async () => {
    const { url, stop } = await startTestServer({}, server.databaseUrl);
    for (let n = 0; n < 3; n++) {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'x-api-key': 'another-guess' } });
      expect(response.status).toBe(401);
    }
    await stop();
    const found = await auditor.byAction('login');
    expect(found.map(({ input }) => input?.attempts)).toEqual(expect.arrayContaining([1, 2]));
  });
});
