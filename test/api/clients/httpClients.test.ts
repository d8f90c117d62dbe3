import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { auditServer } from 'graphql-http';
import { WebSocket } from 'ws';
import { Client } from '../../../src/client/client';
import {
  DeleteRegisteredOperationDocument,
  ListRunsDocument,
  RegisterOperationsDocument,
} from '../../../src/client/generated';
import manifest from '../../../schema/operations.json';
import { codeOf } from '../../support/client';
import { ADMIN_KEY, startTestServer, type TestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const { server, runs } = testWorld(
  'kind: Application\nname: app\n---\nkind: Workflow\napplication: app\nname: flow\ntasks:\n  one: { run: "true" }\n',
  { agent: null },
);
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const key = { 'x-api-key': ADMIN_KEY };

interface Answer {
  readonly status: number;
  readonly body: {
    readonly data?: Record<string, unknown>;
    readonly errors?: readonly { extensions: { code: string } }[];
  };
}

async function post(url: string, body: object): Promise<Answer> {
  const headers = { ...key, 'content-type': 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function get(
  url: string,
  parameters: Record<string, string>,
  headers: Record<string, string> = key,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`, { headers });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
const errorIn = ({ status, body }: Answer) => [status, body.errors?.[0]?.extensions.code];

const version = manifest.operations.find(({ name }) => name === 'Version');
const hash = version?.id ?? '';

/** Requests of the audits, with a key. */
const withKey: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), ...key } });

it.each(['/graphql', '/api/graphql'])('%s passes every audit of GraphQL over HTTP', async (path) => {
  const results = await auditServer({ url: `${server.url}${path}`, fetchFn: withKey });
  expect(results.length).toBeGreaterThan(50);
  const failed = results.flatMap((one) => (one.status === 'ok' ? [] : [`${one.status}: ${one.name}: ${one.reason}`]));
  expect(failed).toEqual([]);
});

describe('a persisted operation', () => {
  it('is found by its hash in each notation, over POST and GET', async () => {
    expect(hashOf(version?.body ?? '')).toBe(hash);
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const answers = [
      await post(server.url, { extensions }),
      await post(server.url, { documentId: `sha256:${hash}` }),
      await get(server.url, { documentId: hash }),
      await get(server.url, { extensions: JSON.stringify(extensions) }),
    ];
    for (const { status, body } of answers) expect([status, body.data]).toEqual([200, { version: expect.any(String) }]);
  });

  it('that is unknown is refused with a code of its own, and a wrong hash is an error', async () => {
    expect(errorIn(await get(server.url, { documentId: '0'.repeat(64) }))).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND']);
    expect(errorIn(await post(server.url, { documentId: 'guess' }))).toEqual([400, 'INVALID_INPUT']);
    expect(errorIn(await post(server.url, { documentId: hash, query: '{ viewer { name } }' }))).toEqual([
      400,
      'INVALID_INPUT',
    ]);
  });

  it('is learned from a request with text and hash, as Apollo Client sends it', async () => {
    const sent: unknown[] = [];
    const counted: typeof fetch = (input, init) => {
      sent.push(JSON.parse(String(init?.body)).query);
      return fetch(input, init);
    };
    const http = new HttpLink({ uri: `${server.url}/graphql`, headers: key, fetch: counted });
    const link = new PersistedQueryLink({ sha256: hashOf }).concat(http);
    const apollo = new ApolloClient({ link, cache: new InMemoryCache() });
    const query = gql`query Mine { viewer { name } }`;
    for (let n = 0; n < 2; n++) {
      const { data } = await apollo.query({ query, fetchPolicy: 'no-cache' });
      expect(data).toMatchObject({ viewer: { name: expect.any(String) } });
    }
    expect(sent).toEqual([undefined, expect.stringContaining('Mine'), undefined]);
    apollo.stop();
  });

  it('needs no text from our client, over any transport', async () => {
    const id = await runs.start('workflow', 'flow');
    await runs.abort(id);
    for (const more of [{}, { transport: 'websocket', webSocketImpl: WebSocket }] as const) {
      const client = new Client(server.url, ADMIN_KEY, { persisted: true, ...more });
      expect((await client.ask(ListRunsDocument, { first: 5 })).executions.nodes).toHaveLength(1);
      const types: unknown[] = [];
      for await (const { event } of client.watchExecution(id, { after: '0' })) types.push(event?.type);
      expect(types).toContain('ABORT_REQUESTED');
      client.close();
    }
  });
});

describe('GET', () => {
  it('executes queries with variables, and refuses mutations, subscriptions and requests without a key', async () => {
    const query = 'query ($name: String!) { applicationByName(name: $name) { name } }';
    const { body } = await get(server.url, { query, variables: '{"name":"app"}' });
    expect(body.data).toEqual({ applicationByName: { name: 'app' } });
    const mutation = 'mutation { createApplication(input: {name: "other"}) { application { id } } }';
    expect(errorIn(await get(server.url, { query: mutation }))).toEqual([405, 'INVALID_INPUT']);
    const subscription = 'subscription { approvalsRequested { cursor } }';
    expect(errorIn(await get(server.url, { query: subscription }))).toEqual([400, 'INVALID_INPUT']);
    expect(errorIn(await get(server.url, { query }, {}))).toEqual([401, 'UNAUTHENTICATED']);
    expect(errorIn(await get(server.url, { query, variables: '{' }))).toEqual([400, 'INVALID_INPUT']);
    expect(await codeOf(server.client.ask('{ applicationByName(name: "other") { id } }'))).toBe('NOT_FOUND');
  });
});

describe('a server of registered operations', () => {
  let strict: TestServer;
  let folder: string;
  const inFolder = '{ viewer { administrator } }';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-operations-'));
    await writeFile(join(folder, 'mine.graphql'), `${inFolder}\n`);
    await writeFile(join(folder, 'relay.json'), JSON.stringify({ [hashOf('{ version }')]: '{ version }' }));
    const environment = { SLIPWAY_OPERATIONS: 'registered', SLIPWAY_OPERATIONS_DIR: folder };
    strict = await startTestServer(environment, server.databaseUrl);
  });
  afterAll(async () => {
    await strict.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('executes ready-made operations and those of its folder, by text and by hash, and refuses the rest', async () => {
    for (const query of [version?.body, inFolder, '{ version }']) {
      expect((await post(strict.url, { query })).status).toBe(200);
      expect((await get(strict.url, { documentId: hashOf(query ?? '') })).status).toBe(200);
    }
    const query = '{ viewer { name } }';
    expect(errorIn(await post(strict.url, { query }))).toEqual([403, 'OPERATION_NOT_REGISTERED']);
    expect(errorIn(await post(strict.url, { query, documentId: hashOf(query) }))).toEqual([
      403,
      'OPERATION_NOT_REGISTERED',
    ]);
    const stranger = '{ approvalsRequested { cursor } }';
    for await (const error of streamErrors(`subscription ${stranger}`)) expect(error).toBe('OPERATION_NOT_REGISTERED');
  });

  it('executes what an administrator registers on any server, until it is deleted', async () => {
    const text = '{ viewer { name } }';
    const client = new Client(server.url, ADMIN_KEY);
    const input = { documents: [text, text] };
    const { operations } = (await client.ask(RegisterOperationsDocument, { input })).registerOperations;
    expect(operations).toMatchObject([{ hash: hashOf(text), names: ['query'] }, { hash: hashOf(text) }]);
    expect((await get(strict.url, { documentId: hashOf(text) })).status).toBe(200);
    await client.ask(DeleteRegisteredOperationDocument, { input: { hash: hashOf(text) } });
    const again = await startTestServer({ SLIPWAY_OPERATIONS: 'registered' }, server.databaseUrl);
    expect(errorIn(await post(again.url, { query: text }))).toEqual([403, 'OPERATION_NOT_REGISTERED']);
    await again.stop();
    const wrong = client.ask(RegisterOperationsDocument, { input: { documents: ['{ nothing }'] } });
    await expect(wrong).rejects.toMatchObject({ code: 'INVALID_INPUT', details: { errors: [{ rule: 'DOCUMENT' }] } });
  });

  /** Codes of the errors of a subscription by each transport. */
  async function* streamErrors(query: string): AsyncGenerator<string> {
    const accept = { accept: 'text/event-stream', 'content-type': 'application/json', ...key };
    const body = JSON.stringify({ query });
    const response = await fetch(`${strict.url}/graphql/stream`, { method: 'POST', headers: accept, body });
    yield ((await response.json()) as Answer['body']).errors?.[0]?.extensions.code ?? '';
    const { TypedDocumentString } = await import('../../../src/client/generated.js');
    const client = new Client(strict.url, ADMIN_KEY, { transport: 'websocket', webSocketImpl: WebSocket });
    yield await codeOf(client.stream(new TypedDocumentString(query), {}).next());
    client.close();
  }
});

describe('the schema', () => {
  it('is served with its version, and not again to those who have it', async () => {
    for (const path of ['schema.graphql', 'operations.json', 'schemas/definitions.json']) {
      const response = await fetch(`${server.url}/${path}`);
      const etag = response.headers.get('etag') ?? '';
      expect([response.status, etag]).toEqual([200, `"${hashOf(await response.text())}"`]);
      const again = await fetch(`${server.url}/${path}`, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
  });
});
