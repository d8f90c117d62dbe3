import { buildSchema, getIntrospectionQuery, parse } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { systemActor } from '../../../src/access/actor';
import { addressGroup } from '../../../src/api/http/addressGroup';
import { guardCallers } from '../../../src/api/http/guards';
import { localCounts } from '../../../src/kernel/database/sharedCounts';
import { createLimits } from '../../../src/api/graphql/limits';
import { Refusal } from '../../../src/kernel/errors';
import { eventually } from '../../support/eventually';
import { Reading } from '../../support/reading';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, startTestServer, type TestServer } from '../../support/server';
import { startServer as startSmallServer } from '../../support/graphqlHarness';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
  readonly extensions?: { readonly cost?: { readonly requested: number; readonly limit: number } };
}

let server: TestServer;
const clients: Client[] = [];

beforeAll(async () => {
  server = await startTestServer({ SLIPWAY_MAX_QUERY_COST: '5000', SLIPWAY_MAX_SUBSCRIPTIONS: '3' });
});
afterEach(() => Promise.all(clients.splice(0).map((client) => client.dispose())));
afterAll(() => server.stop());

async function post(query: string, variables: object = {}, { url = server.url, key = ADMIN_KEY } = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

function connect(): Client {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: ADMIN_KEY },
    retryAttempts: 0,
  });
  clients.push(client);
  return client;
}

/** First result, or the error that rejected the operation. */
function bySocket(client: Client, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  return new Promise((resolve) => {
    client.subscribe(
      { query, variables },
      {
        next: (answer) => resolve(answer as Answer),
        error: (errors) => resolve({ errors } as Answer),
        complete: () => undefined,
      },
    );
  });
}

async function byEvents(query: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': ADMIN_KEY },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, text: await response.text() };
}

const nested = (levels: number): string =>
  levels === 0 ? 'id' : `application { environments(first: 1) { nodes { ${nested(levels - 1)} } } }`;
const deep = `{ executions(first: 1) { nodes { ${nested(5)} } } }`;
const costly = '{ applications(first: 100) { nodes { environments(first: 100) { nodes { id } } } } }';
const many = (text: (n: number) => string) => `{ ${Array.from({ length: 70 }, (_, n) => text(n)).join(' ')} }`;

describe('an operation that is too large', () => {
  it.each([
    ['QUERY_TOO_DEEP', deep, { requested: 18, limit: 15 }],
    ['QUERY_TOO_COSTLY', costly, { requested: 10_201, limit: 5000 }],
    ['QUERY_TOO_LARGE', many((n) => `a${n}: version`), { part: 'rootFields', requested: 70, limit: 30 }],
    [
      'QUERY_TOO_LARGE',
      `{ applications { nodes ${many((n) => `a${n}: id`)} } }`,
      { part: 'aliases', requested: 70, limit: 60 },
    ],
    [
      'QUERY_TOO_LARGE',
      `{ applications { nodes ${many(() => 'id @skip(if: false)')} } }`,
      { part: 'directives', requested: 70, limit: 60 },
    ],
  ])('is refused with %s on every transport', async (code, query, details) => {
    const { status, body } = await post(query);
    expect(body.data).toBeUndefined();
    expect({ status, error: body.errors?.[0]?.extensions }).toEqual({
      status: 400,
      error: { code, retryable: false, ...details },
    });
    expect((await bySocket(connect(), query)).errors?.[0]?.extensions).toMatchObject({ code, ...details });
    const events = await byEvents(query);
    expect(events).toMatchObject({ status: 400, text: expect.stringContaining(code) });
  });

  it('is not executed, not even in part', async () => {
    const mutation = many((n) => `a${n}: createApplication(input: {name: "part-${n}"}) { clientMutationId }`);
    expect((await post(`mutation ${mutation}`)).status).toBe(400);
    const { body } = await post('{ applicationByName(name: "part-0") { id } }');
    expect(body.errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('is rejected for its tokens before the rest is parsed', async () => {
    const { status, body } = await post(`{ ${'version '.repeat(16_000)} }`);
    expect({ status, code: body.errors?.[0]?.extensions.code }).toEqual({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
  });

  it('is refused as a subscription, too', async () => {
    const query = `subscription { executionUpdated(executionId: "x") { ${nested(6)} } }`;
    expect((await bySocket(connect(), query)).errors?.[0]?.extensions.code).toBe('QUERY_TOO_DEEP');
  });

  it('is refused as a batch', async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY },
      body: JSON.stringify([{ query: '{ version }' }, { query: '{ version }' }]),
    });
    expect(response.status).toBe(400);
  });
});

describe('the cost', () => {
  it('is in the response on every transport', async () => {
    const query = 'query ($n: Int) { applications(first: $n) { nodes { id } pageInfo { hasNextPage } } }';
    expect((await post(query, { n: 7 })).body.extensions?.cost).toEqual({ requested: 9, limit: 5000 });
    expect((await bySocket(connect(), query, { n: 20 })).extensions?.cost).toEqual({ requested: 22, limit: 5000 });
    expect((await byEvents('{ applications { nodes { id } } }')).text).toContain(
      '"cost":{"requested":51,"limit":5000}',
    );
  });

  const schema = buildSchema(`
    type Query { one: Thing things(first: Int, limit: Int): ThingConnection all: [Thing!]! names: [String] either: [Either] }
    type Thing { id: ID name: String others: [Thing] things(first: Int, limit: Int): ThingConnection }
    type ThingConnection { nodes: [Thing!]! edges: [Edge!]! total: Int }
    type Edge { node: Thing cursor: String }
    type Else { thing: Thing }
    union Either = Thing | Else`);
  const limits = createLimits(schema, { maxCost: 1e9 });
  const cost = (query: string, variables: object = {}) =>
    limits.check(parse(query), null, variables as Record<string, unknown>)?.requested;

  it.each([
    ['{ __typename }', 0],
    ['{ names }', 0],
    ['{ one { id name } }', 1],
    ['{ all { id } }', 50],
    ['{ all { others { id } } }', 50 + 50 * 50],
    ['{ things { nodes { id } } }', 1 + 50],
    ['{ things(first: 3) { nodes { id } total } }', 1 + 3],
    ['{ things(limit: 3) { edges { node { id } } } }', 1 + 3 * 2],
    ['{ things(first: 3) { nodes { things(first: 4) { nodes { id } } } } }', 1 + 3 * (1 + 1 + 4)],
    ['{ things(first: 3) { nodes { others { id } } } }', 1 + 3 * (1 + 50)],
    ['{ things(first: 3) { ...page } } fragment page on ThingConnection { nodes { id } }', 1 + 3],
    ['{ either { ... on Thing { id } ... on Else { thing { id } } } }', 50 * 2],
    ['{ things(first: -5) { nodes { id } } }', 1 + 1],
  ])('of %s is %i', (query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  it('depends on variables, their defaults, and the defaults of arguments', () => {
    const query = 'query ($n: Int = 5) { things(first: $n) { nodes { id } } }';
    expect([cost(query), cost(query, { n: 10 }), cost(query, { n: null }), cost(query, { n: 'x' })]).toEqual([
      6, 11, 51, 51,
    ]);
  });

  it('of nested fragments is computed quickly', () => {
    const levels = 40;
    const fragments = Array.from({ length: levels }, (_, n) =>
      n === levels - 1
        ? `fragment f${n} on Thing { id }`
        : `fragment f${n} on Thing { ...f${n + 1} x: things { nodes { ...f${n + 1} } } y: things { nodes { ...f${n + 1} } } }`,
    );
    const query = `{ one { ...f0 } } ${fragments.join(' ')}`;
    expect(() => createLimits(schema, { maxDepth: 1000 }).check(parse(query), null, {})).toThrow(/at most/);
  });
});

describe('introspection', () => {
  it('passes the limits with GraphiQL’s query', async () => {
    for (const query of [
      getIntrospectionQuery(),
      getIntrospectionQuery({
        schemaDescription: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    ]) {
      const { status, body } = await post(query);
      expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined });
    }
  });

  it('can be switched off, on every transport', async () => {
    const closed = await startTestServer({ SLIPWAY_INTROSPECTION: 'false' });
    try {
      const { body } = await post('{ __schema { types { name } } }', {}, closed);
      expect(body.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
      expect((await post('{ version __typename }', {}, closed)).body.errors).toBeUndefined();
      const answers = new Reading(closed.url, '{ __schema { types { name } } }');
      await expect(answers.next()).rejects.toBeDefined();
    } finally {
      await closed.stop();
    }
  });
});

describe('a key that sends too many requests', () => {
  it('must wait, and is told how long', async () => {
    const limited = await startTestServer({ SLIPWAY_RATE_PER_SECOND: '1', SLIPWAY_RATE_BURST: '3' });
    try {
      const began = performance.now();
      const answers = await Promise.all(Array.from({ length: 6 }, () => post('{ version }', {}, limited)));
      const seconds = (performance.now() - began) / 1000;
      const answered = answers.filter(({ status }) => status === 200).length;
      // The burst, plus one for each second that the requests took.
      expect(answered).toBeGreaterThanOrEqual(3);
      expect(answered).toBeLessThanOrEqual(3 + Math.floor(seconds));
      const refused = answers.find(({ status }) => status === 429);
      expect(refused?.body.errors?.[0]?.extensions).toEqual({
        code: 'RATE_LIMITED',
        retryable: true,
        retryAfterSeconds: 1,
      });
      expect(refused?.headers.get('retry-after')).toBe('1');
      const closed = new Promise<number>((resolve) => {
        const client = createClient({
          url: `${limited.url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: { apiKey: ADMIN_KEY },
          retryAttempts: 0,
          lazy: false,
          onNonLazyError: () => undefined,
          on: { closed: (event) => resolve((event as { code: number }).code) },
        });
        clients.push(client);
      });
      expect(await closed).toBe(1013);
    } finally {
      await limited.stop();
    }
  });
});

describe('streams', () => {
  it('are limited for each key, over all transports', async () => {
    const runs = new Runs(server);
    await runs.apply(`${APP}---\nkind: Workflow\napplication: app\nname: waits\ntasks:\n  one: { run: "true" }\n`);
    // No agent takes this job.
    const id = await runs.start('workflow', 'waits');
    const query = `subscription { executionUpdated(executionId: "${id}") { id } }`;
    const opened = [connect(), connect(), connect()];
    for (const client of opened) expect((await bySocket(client, query)).data).toEqual({ executionUpdated: { id } });
    const refused = { code: 'TOO_MANY_SUBSCRIPTIONS', retryable: true, limit: 3 };
    expect((await bySocket(connect(), query)).errors?.[0]?.extensions).toEqual(refused);
    expect(await byEvents(query)).toMatchObject({ status: 429, text: expect.stringContaining(refused.code) });
    expect((await post('{ version }')).status).toBe(200);
    await opened[0]?.dispose();
    await eventually(
      () => bySocket(connect(), query),
      ({ data }) => data != null,
    );
  });

  it('are limited on each connection', async () => {
    const small = await startSmallServer();
    try {
      const { client } = small.connect();
      for (let n = 0; n < 100; n++) client.subscribe({ query: 'subscription { events { n } }' }, ignored);
      const refusal = await bySocket(client, 'subscription { events { n } }');
      expect(refusal.errors?.[0]?.extensions).toMatchObject({ code: 'TOO_MANY_SUBSCRIPTIONS', limit: 100 });
      expect((await bySocket(small.connect().client, '{ me }')).data).toEqual({ me: 'alice' });
    } finally {
      await small.stop();
    }
  });
});

const ignored = { next: () => undefined, error: () => undefined, complete: () => undefined };

describe('trying keys', () => {
  beforeAll(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  });
  afterAll(() => {
    jest.useRealTimers();
  });
  const clock = { now: () => new Date() };
  const failed: string[] = [];
  const guard = guardCallers(
    async ({ key }) => {
      if (key.startsWith('valid')) return systemActor;
      throw new Refusal('UNAUTHENTICATED', 'This API key is not valid.');
    },
    { perSecond: 0, burst: 1 },
    { clock, counts: localCounts, onFailure: (address) => failed.push(address) },
  );
  const codeOf = (key: string, address: string) =>
    guard({ key, address }).then(
      () => 'OK',
      (error: unknown) =>
        error instanceof Refusal ? `${error.code} ${error.details.retryAfterSeconds ?? ''}`.trim() : String(error),
    );

  it('slows down, except for recently valid keys and other addresses', async () => {
    expect(await codeOf('valid-1', '10.0.0.1')).toBe('OK');
    for (let n = 0; n < 10; n++) expect(await codeOf(`guess-${n}`, '10.0.0.1')).toBe('UNAUTHENTICATED');
    expect(await codeOf('guess-x', '10.0.0.1')).toBe('RATE_LIMITED 1');
    expect(await codeOf('valid-2', '10.0.0.1')).toBe('RATE_LIMITED 1');
    expect(await codeOf('valid-1', '10.0.0.1')).toBe('OK');
    expect(await codeOf('guess-x', '10.0.0.2')).toBe('UNAUTHENTICATED');
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      const wait = Number(/\d+/.exec(await codeOf('guess-y', '10.0.0.1'))?.[0]);
      waits.push(wait);
      jest.advanceTimersByTime(wait * 1000);
      expect(await codeOf(`guess-z${n}`, '10.0.0.1')).toBe('UNAUTHENTICATED');
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    jest.advanceTimersByTime(15 * 60_000);
    for (let n = 0; n < 9; n++) expect(await codeOf(`guess-w${n}`, '10.0.0.1')).toBe('UNAUTHENTICATED');
    expect(await codeOf('valid-2', '10.0.0.1')).toBe('OK');
    // Attempts that were rejected without a check don't count: they would only make the record longer.
    expect(failed).toHaveLength(10 + 1 + 8 + 9);
  });

  it('with the same key slows down only that key', async () => {
    for (let n = 0; n < 10; n++) expect(await codeOf('an old key', '10.0.0.3')).toBe('UNAUTHENTICATED');
    expect(await codeOf('an old key', '10.0.0.3')).toBe('RATE_LIMITED 1');
    expect(await codeOf('valid-3', '10.0.0.3')).toBe('OK');
    expect(await codeOf('another key', '10.0.0.3')).toBe('UNAUTHENTICATED');
  });

  it('counts an IPv6 network as one address', () => {
    expect(addressGroup('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::9'));
    expect(addressGroup('2001:db8:1:3::9')).not.toBe(addressGroup('2001:db8:1:2::9'));
    expect([addressGroup('::1'), addressGroup('fe80::1%eth0'), addressGroup('')]).toEqual([
      '0:0:0:0',
      'fe80:0:0:0',
      '',
    ]);
  });
});

describe('headers', () => {
  it.each(['/healthz', '/graphql', '/nowhere', '/agent/v1/claim'])(
    'of %s tell browsers not to render it',
    async (path) => {
      const response = await fetch(`${server.url}${path}`);
      await response.text();
      const header = (name: string) => response.headers.get(name);
      expect(header('x-content-type-options')).toBe('nosniff');
      expect(header('x-frame-options')).toBe('DENY');
      expect(header('referrer-policy')).toBe('no-referrer');
      expect(header('cross-origin-resource-policy')).toBe('same-origin');
      expect(header('content-security-policy')).toContain("default-src 'none'");
    },
  );

  it('of a form, which another site could submit, are rejected', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': type, 'x-api-key': ADMIN_KEY },
        body: JSON.stringify({ query: '{ version }' }),
      });
      expect(response.status).toBe(415);
    }
  });
});
