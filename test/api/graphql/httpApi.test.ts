import { once } from 'node:events';
import http from 'node:http';
import { alice, postJson, secret, startServer, type TestServer, until } from '../../support/graphqlHarness';

let server: TestServer;

describe('the API over HTTP', () => {
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  it.each([
    ['x-api-key', { 'x-api-key': 'key-of-alice' }],
    ['authorization', { authorization: 'Bearer key-of-alice' }],
    ['authorization, whatever the case', { authorization: 'bearer  key-of-alice ' }],
  ])('identifies the actor by the header %s', async (_name, headers) => {
    const { status, body } = await server.post('{ me }', { headers });
    expect({ status, data: body.data }).toEqual({ status: 200, data: { me: 'alice' } });
  });

  it.each([
    ['no key', {}],
    ['an unknown key', { 'x-api-key': 'guess' }],
    ['an empty key', { 'x-api-key': '' }],
    ['a key without "Bearer"', { authorization: 'key-of-alice' }],
  ])('returns UNAUTHENTICATED for %s, and executes nothing', async (_name, headers) => {
    const before = server.contexts.length;
    const {
      status,
      headers: answered,
      body,
    } = await server.post('{ __typename }', { headers: headers as Record<string, string> });
    expect(status).toBe(401);
    expect(answered.get('www-authenticate')).toBe('Bearer');
    expect(body.data).toBeUndefined();
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
    expect(server.contexts.length).toBe(before);
  });

  it('returns UNAVAILABLE if keys can’t be checked, and hides the cause', async () => {
    const { status, body } = await server.post('{ me }', { headers: { 'x-api-key': 'key-of-outage' } });
    expect(status).toBe(503);
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAVAILABLE', retryable: true });
    expect(JSON.stringify(body)).not.toContain('5432');
  });

  it('returns INTERNAL with only an ID if checking a key fails unexpectedly', async () => {
    const { status, body } = await server.post('{ me }', { headers: { 'x-api-key': 'key-of-defect' } });
    expect(status).toBe(500);
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'INTERNAL', errorId: expect.any(String) });
    expect(JSON.stringify(body)).not.toContain(secret);
  });

  it('returns an error with its code and details', async () => {
    const { status, body } = await server.post('{ refused me }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ refused: null, me: 'alice' });
    expect(body.errors).toEqual([
      {
        message: 'Somebody was faster.',
        locations: [{ line: 1, column: 3 }],
        path: ['refused'],
        extensions: { code: 'CONFLICT', retryable: true, version: 7 },
      },
    ]);
  });

  it.each(['broken', 'wrongType'])(
    'shows only an id of the unexpected error of "%s", and logs it with its stack',
    async (field) => {
      const { body } = await server.post(`{ ${field} }`);
      const { code, errorId } = body.errors?.[0]?.extensions ?? {};
      expect(code).toBe('INTERNAL');
      expect(JSON.stringify(body)).not.toContain(secret);
      expect(JSON.stringify(body)).not.toContain('.ts');
      const line = server.lines.find((candidate) => candidate.errorId === errorId);
      expect(line).toMatchObject({
        path: field,
        error: { message: expect.stringContaining(secret), stack: expect.stringContaining('at ') },
      });
    },
  );

  it('returns UNAVAILABLE if a resolver loses the database', async () => {
    const { body } = await server.post('{ outage }');
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'UNAVAILABLE', retryable: true });
  });

  it.each([
    ['GRAPHQL_PARSE_FAILED', '{ me', undefined],
    ['GRAPHQL_VALIDATION_FAILED', '{ nothing }', undefined],
    ['GRAPHQL_VALIDATION_FAILED', '{ echo(at: "2026-02-30T00:00:00Z") }', undefined],
    ['BAD_USER_INPUT', 'query ($at: DateTime) { echo(at: $at) }', { at: 'yesterday' }],
    ['BAD_USER_INPUT', 'query ($at: DateTime!) { echo(at: $at) }', {}],
  ])('keeps the standard code %s', async (code, query, variables) => {
    const { status, body } = await server.post(query, variables && { variables });
    expect(status).toBe(400);
    expect(body.errors?.[0]?.extensions).toEqual({ code, retryable: false });
  });

  it('rejects a subscription by POST, but runs a query from a document that also has one', async () => {
    const { status, body } = await server.post('subscription { events { n } }');
    expect(status).toBe(400);
    expect(body.errors?.[0]?.extensions.code).toBe('INVALID_INPUT');
    const both = { query: 'query A { me } subscription B { events { n } }', operationName: 'A' };
    expect((await postJson(`${server.url}/graphql`, both, alice)).body.data).toEqual({ me: 'alice' });
  });

  it('allows introspection with any valid key', async () => {
    const { body } = await server.post('{ __schema { queryType { name } } }');
    expect(body.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  it('rejects a body of more than 1 MiB, announced or not, and stays up', async () => {
    const huge = JSON.stringify({ query: `{ me } # ${'x'.repeat(1024 ** 2)}` });
    const announced = await postJson(`${server.url}/graphql`, huge, alice);
    expect(announced).toMatchObject({ status: 413, body: { error: { code: 'TOO_LARGE', limit: 1024 ** 2 } } });
    const req = http.request(`${server.url}/graphql`, {
      method: 'POST',
      headers: { ...alice, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    });
    req.on('error', () => undefined);
    for (let i = 0; i < 20; i += 1) req.write('x'.repeat(64 * 1024));
    const [response] = (await once(req, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(413);
    response.resume();
    req.destroy();
    expect((await server.post('{ me }')).status).toBe(200);
  });

  it.each([
    [400, 'INVALID_INPUT', 'POST', 'application/json', '{"query": '],
    [415, 'INVALID_INPUT', 'POST', 'text/plain', '{"query":"{ me }"}'],
    [405, 'INVALID_INPUT', 'PUT', 'application/json', '{"query":"{ me }"}'],
  ])('returns %i %s for an invalid request', async (status, code, method, type, body) => {
    const response = await fetch(`${server.url}/graphql`, {
      method,
      headers: { ...alice, 'content-type': type },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: expect.objectContaining({ code, message: expect.any(String), retryable: false }),
    });
  });

  it('accepts queries by GET, and names the other methods', async () => {
    const response = await fetch(`${server.url}/graphql?query={me}`, { headers: alice });
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ data: { me: 'alice' } })]);
    const put = await fetch(`${server.url}/graphql`, { method: 'PUT', headers: alice });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it('returns 404 in JSON for an unknown path', async () => {
    const response = await fetch(`${server.url}/nothing/here?x=1`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        code: 'NOT_FOUND',
        message: 'There is nothing at GET /nothing/here.',
        retryable: false,
        method: 'GET',
        path: '/nothing/here',
      },
    });
  });

  it('gives each request an ID, the client’s own if it is safe', async () => {
    const idFor = async (given?: string) =>
      (await fetch(`${server.url}/healthz`, { headers: given ? { 'x-request-id': given } : {} })).headers.get(
        'x-request-id',
      );
    expect(await idFor('trace-1:2.3')).toBe('trace-1:2.3');
    expect(await idFor('x'.repeat(100))).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('aborts the signal of a request whose client disconnects, without logging an error', async () => {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const own = await startServer({ held });
    const begun = own.begun();
    const req = http.request(`${own.url}/graphql`, {
      method: 'POST',
      headers: { ...alice, 'content-type': 'application/json' },
    });
    req.on('error', () => undefined);
    req.end('{"query":"{ held }"}');
    const { signal } = await begun;
    req.destroy();
    await until(() => signal.aborted);
    letGo();
    await own.stop();
    expect(own.lines.filter(({ level }) => Number(level) > 30)).toEqual([]);
  });
});
