import { Client } from 'pg';
import { sealRecords } from '../../src/audit/sealer';
import { eventually } from '../support/eventually';
import { ADMIN_KEY, startTestServer, type TestServer } from '../support/server';

interface AuditView {
  readonly id: string;
  readonly sequence: number | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string };
  readonly object: { readonly kind: string; readonly id: string; readonly applicationId: string | null } | null;
  readonly input: Record<string, unknown> | null;
  readonly hash: string | null;
  readonly previousHash: string | null;
}

interface Verification {
  readonly valid: boolean;
  readonly firstBroken: number | null;
  readonly problem: string | null;
  readonly unsealed: number;
  readonly checkedFrom: number;
  readonly checkedTo: number;
  readonly lastSequence: number;
  readonly lastHash: string;
}

const AUDITS = `query ($filters: [AuditFilterInput!], $first: Int, $after: String) {
  audits(filters: $filters, first: $first, after: $after) {
    pageInfo { total endCursor hasNextPage }
    nodes { id sequence at action outcome code address requestId actor { kind id name } object { kind id name applicationId } input before after
      hash previousHash } } }`;
const VERIFY =
  'query ($from: Float) { verifyAudit(from: $from) { valid checkedFrom checkedTo firstBroken problem unsealed lastSequence lastHash } }';
const CREATE = 'mutation ($name: String!) { createApplication(input: {name: $name}) { application { id } } }';
const CREATE_ENVIRONMENT =
  'mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) { environment { id } } }';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function audits(filter: object = {}, first = 100): Promise<AuditView[]> {
  const answer = await server.client.ask<{ audits: { nodes: AuditView[] } }>(AUDITS, { filters: [filter], first });
  return answer.audits.nodes;
}

const byAction = (name: string) => audits({ action: { operator: 'EQUALS', values: [name] } });

async function verify(from?: number): Promise<Verification> {
  return (await server.client.ask<{ verifyAudit: Verification }>(VERIFY, { from })).verifyAudit;
}

const sealed = () =>
  eventually(
    () => verify(),
    ({ unsealed }) => unsealed === 0,
    { what: 'every record sealed' },
  );

async function createApplication(name: string): Promise<string> {
  const answer = await server.client.ask<{ createApplication: { application: { id: string } } }>(CREATE, { name });
  return answer.createApplication.application.id;
}

/** As whoever has the database in hand: everything but the trail's own triggers lets it through. */
async function inDatabase<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server.databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Changes the trail with its triggers off, and puts back what was changed. */
async function tampered(change: string, restore: string, look: () => Promise<void>): Promise<void> {
  const run = (sql: string) =>
    inDatabase((client) =>
      client.query(`BEGIN; ALTER TABLE audit_link DROP CONSTRAINT IF EXISTS "FK_dfd6f694891b0b23b7ac388e3da";
        ALTER TABLE audit_record DISABLE TRIGGER USER; ALTER TABLE audit_link DISABLE TRIGGER USER; ${sql};
        ALTER TABLE audit_record ENABLE ALWAYS TRIGGER audit_record_append_only;
        ALTER TABLE audit_link ENABLE ALWAYS TRIGGER audit_link_append_only; COMMIT`),
    );
  await run(change);
  try {
    await look();
  } finally {
    await run(restore);
  }
}

describe('a record', () => {
  it('says who did what, from where, in which request, and on which object', async () => {
    const id = await createApplication('recorded');
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY, 'x-request-id': 'the-request' },
      body: JSON.stringify({
        query: CREATE_ENVIRONMENT,
        variables: { input: { applicationId: id, name: 'staging', type: 'NON_PROD' } },
      }),
    });
    expect(response.status).toBe(200);
    const [record] = await byAction('environment.create');
    expect(record).toMatchObject({
      outcome: 'ALLOWED',
      code: null,
      requestId: 'the-request',
      actor: { kind: 'API_KEY', name: 'administrator (SLIPWAY_ADMIN_KEY)' },
      object: { applicationId: id },
      input: { applicationId: id, name: 'staging', type: 'NON_PROD' },
    });
    expect(record?.address).toMatch(/127\.0\.0\.1|::1/);
  });

  it('is there together with the change, or not at all', async () => {
    const broken = server.app.database.transaction(async (db) => {
      await db.write(`ALTER TABLE audit_unsealed ADD CONSTRAINT nobody CHECK (false) NOT VALID`);
    });
    await broken;
    try {
      await expect(createApplication('unrecorded')).rejects.toThrow(/unexpected error/i);
    } finally {
      await server.app.database.write('ALTER TABLE audit_unsealed DROP CONSTRAINT nobody');
    }
    const rows = await server.app.database.rows(`SELECT FROM application WHERE name = 'unrecorded'`);
    expect(rows).toEqual([]);
  });

  it('is kept of refused attempts, with their code', async () => {
    await createApplication('twice');
    await expect(createApplication('twice')).rejects.toThrow();
    const found = await byAction('application.create');
    expect(found.filter(({ input }) => input?.name === 'twice').map(({ outcome, code }) => [outcome, code])).toEqual([
      ['REFUSED', 'NAME_TAKEN'],
      ['ALLOWED', null],
    ]);
  });

  it('is kept of mutations over WebSockets, too', async () => {
    const [socket] = await byAction('application.create');
    expect(socket).toBeDefined();
    const before = (await byAction('application.create')).length;
    for await (const answer of server.client.watch(CREATE, { name: 'by-socket' })) expect(answer).toBeDefined();
    expect(await byAction('application.create')).toHaveLength(before + 1);
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

describe('audits', () => {
  it('are filtered and paged, the newest first', async () => {
    const id = await createApplication('filtered');
    await server.client.ask(
      'mutation ($id: ID!) { updateApplication(input: {applicationId: $id, description: "x"}) { application { id } } }',
      { id },
    );
    await server.client.ask(
      'mutation ($id: ID!) { deleteApplication(input: {applicationId: $id}) { clientMutationId } }',
      { id },
    );
    const ofObject = await audits({ object: { operator: 'EQUALS', values: [id] } });
    expect(ofObject.map(({ action }) => action).slice(0, 2)).toEqual(['application.delete', 'application.update']);
    const ofApplication = await audits({ application: { operator: 'EQUALS', values: [id] }, outcome: 'ALLOWED' });
    expect(ofApplication.length).toBeGreaterThanOrEqual(2);
    expect(await audits({ outcome: 'REFUSED', action: { operator: 'LIKE', values: ['application.delete'] } })).toEqual(
      [],
    );
    expect(await audits({ time: { operator: 'BEFORE', value: '2000-01-01T00:00:00Z' } })).toEqual([]);
    const [first] = await audits({}, 1);
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
    const { createApiKey } = await server.client
      .ask<{ createApiKey: { value: string } }>('mutation { createApiKey(input: {name: "nobody"}) { value } }')
      .catch(() => ({ createApiKey: { value: '' } }));
    if (createApiKey.value === '') return;
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

describe('the database', () => {
  it.each(['audit_record', 'audit_link'])('refuses to change or empty %s, whoever asks', async (table) => {
    await createApplication(`kept-${table.replace('_', '-')}`);
    await sealed();
    const column = table === 'audit_link' ? 'hash' : 'actor_name';
    for (const sql of [`UPDATE ${table} SET ${column} = 'x'`, `DELETE FROM ${table}`, `TRUNCATE ${table} CASCADE`]) {
      await expect(server.app.database.write(sql)).rejects.toThrow(/only ever added to/);
      await expect(
        inDatabase((client) => client.query(`SET session_replication_role = replica; ${sql}`)),
      ).rejects.toThrow(/only ever added to/);
    }
  });
});

describe('the chain', () => {
  it('holds, however many write at once, and has a place for each record', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => createApplication(`crowd-${n}`)));
    const { valid, lastSequence, checkedTo, unsealed } = await sealed();
    expect({ valid, unsealed }).toEqual({ valid: true, unsealed: 0 });
    expect(checkedTo).toBe(lastSequence);
    const [{ records } = { records: 0 }] = await server.app.database.rows<{ records: number }>(
      'SELECT count(*) AS records FROM audit_record',
    );
    expect(records).toBe(lastSequence);
    expect(
      (await byAction('application.create')).filter(({ input }) => /^crowd-/.test(String(input?.name))),
    ).toHaveLength(40);
  });

  it('gets each record once when several servers seal', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => createApplication(`sealed-${n}`)));
    await Promise.all(Array.from({ length: 6 }, () => sealRecords(server.app)));
    expect(await sealed()).toMatchObject({ valid: true });
  });

  it('can be checked from a sequence on', async () => {
    const { lastSequence, lastHash } = await sealed();
    expect(await verify(lastSequence)).toMatchObject({
      valid: true,
      checkedFrom: lastSequence,
      checkedTo: lastSequence,
      lastHash,
    });
    expect(await verify(lastSequence + 10)).toMatchObject({ valid: true });
    await expect(verify(0)).rejects.toThrow(/must be 1 or more/);
  });

  it.each([
    [
      'a record that was changed',
      `UPDATE audit_record SET actor_name = 'somebody else' WHERE id = %id`,
      `UPDATE audit_record SET actor_name = %name WHERE id = %id`,
    ],
    [
      'a record that was taken out',
      `CREATE TABLE kept AS SELECT * FROM audit_record WHERE id = %id; DELETE FROM audit_record WHERE id = %id`,
      'INSERT INTO audit_record SELECT * FROM kept; DROP TABLE kept',
    ],
    [
      'a link that was taken out',
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = 3; DELETE FROM audit_link WHERE sequence = 3`,
      'INSERT INTO audit_link SELECT * FROM kept; DROP TABLE kept',
    ],
    [
      'a hash that was made anew',
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = 3; UPDATE audit_link SET hash = repeat('a', 64) WHERE sequence = 3`,
      'UPDATE audit_link SET hash = kept.hash FROM kept WHERE kept.sequence = audit_link.sequence; DROP TABLE kept',
    ],
    [
      'two records that changed places',
      'UPDATE audit_link SET record_id = gen_random_uuid() WHERE sequence = 3',
      'UPDATE audit_link SET record_id = %id WHERE sequence = 3',
    ],
  ])('shows %s', async (_what, change, restore) => {
    await sealed();
    const [third] = await server.app.database.rows<{ id: string; name: string }>(
      'SELECT record.id, actor_name AS name FROM audit_record record JOIN audit_link ON record_id = record.id WHERE sequence = 3',
    );
    const fill = (sql: string) => sql.replaceAll('%id', `'${third?.id}'`).replaceAll('%name', `'${third?.name}'`);
    await tampered(fill(change), fill(restore), async () => {
      expect(await verify()).toMatchObject({
        valid: false,
        firstBroken: 3,
        problem: expect.stringContaining('Sequence 3'),
      });
    });
    expect(await verify()).toMatchObject({ valid: true, firstBroken: null, problem: null });
  });

  it('shows that its end was cut off, as long as the records are there', async () => {
    const { lastSequence } = await sealed();
    await tampered(
      `CREATE TABLE kept AS SELECT * FROM audit_link WHERE sequence = ${lastSequence}; DELETE FROM audit_link WHERE sequence = ${lastSequence}`,
      'INSERT INTO audit_link SELECT * FROM kept; DROP TABLE kept',
      async () =>
        expect(await verify()).toMatchObject({
          valid: false,
          firstBroken: null,
          problem: expect.stringContaining('taken out'),
        }),
    );
  });
});

describe('invalid keys', () => {
  const tryKey = (key: string) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify({ query: '{ __typename }' }),
    });

  it('are on record, many of them as one', async () => {
    for (let n = 0; n < 4; n++) expect((await tryKey(`guess-number-${n}-of-many`)).status).toBe(401);
    const found = await eventually(
      () => byAction('login'),
      (records) => records.length > 0,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      outcome: 'REFUSED',
      code: 'UNAUTHENTICATED',
      actor: { kind: 'ANONYMOUS' },
      input: { attempts: 1 },
    });
    expect(JSON.stringify(found)).not.toContain('guess-number');
  });
});
