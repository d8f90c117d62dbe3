import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import {
  commitMutation,
  type ConcreteRequest,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  getSingularSelector,
  Network,
  Observable,
  RecordSource,
  requestSubscription,
  Store,
} from 'relay-runtime';
import { WebSocket } from 'ws';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { ADMIN_KEY } from '../../support/server';
import { testWorld } from '../../support/world';

/** The snippets need python3, which a machine for tests need not have. */
const canRunPython = spawnSync('python3', ['--version']).status === 0;
const testWithPython = canRunPython ? it : it.skip;

/**
 * Each client library runs a query, a mutation that starts an execution, and a subscription to it, as its own manual
 * says.
 */
const { server, runs } = testWorld(
  'kind: Application\nname: app\n---\nkind: Workflow\napplication: app\nname: flow\ntasks:\n  one: { run: "true" }\n',
  { agent: null },
);
const key = { 'x-api-key': ADMIN_KEY };
const START =
  'mutation Start($input: StartExecutionInput!) { startExecution(input: $input) { execution { id status } } }';
const EVENTS =
  'subscription Events($id: ID!) { executionEvents(executionId: $id, after: "0") { cursor event { type } } }';

let applicationId: string;
let entityId: string;
beforeAll(async () => {
  ({ applicationId, entityId } = await runs.ids('workflow', 'flow'));
});
const input = () => ({ applicationId, entityId, executionType: 'WORKFLOW' });
const webSockets = () =>
  createWsClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { apiKey: ADMIN_KEY },
    lazyCloseTimeout: 0,
  });

interface Events {
  readonly executionEvents: { readonly event: { readonly type: string } };
}
interface Started {
  readonly startExecution: { readonly execution: { readonly id: string } };
}

describe('Apollo Client', () => {
  it('runs a query, a mutation and a subscription', async () => {
    const socket = webSockets();
    const link = ApolloLink.split(
      ({ query }) => {
        const definition = getMainDefinition(query);
        return definition.kind === 'OperationDefinition' && definition.operation === 'subscription';
      },
      new GraphQLWsLink(socket),
      new HttpLink({ uri: `${server.url}/graphql`, headers: key }),
    );
    const cache = new InMemoryCache({ possibleTypes: { Execution: ['PipelineExecution', 'WorkflowExecution'] } });
    const client = new ApolloClient({ link, cache });
    const query = gql`query Apps { applicationByName(name: "app") { name } }`;
    expect((await client.query({ query })).data).toMatchObject({ applicationByName: { name: 'app' } });
    const { data } = await client.mutate<Started>({ mutation: gql(START), variables: { input: input() } });
    const id = data?.startExecution.execution.id ?? '';
    const types: (string | undefined)[] = [];
    const over = new Promise<void>((resolve, reject) => {
      client.subscribe<Events>({ query: gql(EVENTS), variables: { id } }).subscribe({
        next: ({ data: item }) => types.push(item?.executionEvents.event.type),
        error: reject,
        complete: resolve,
      });
    });
    await runs.abort(id);
    await over;
    expect(types).toContain('ABORT_REQUESTED');
    client.stop();
    await socket.dispose();
  });
});

describe('urql', () => {
  it('runs a query, a mutation and a subscription over graphql-sse', async () => {
    const events = createSseClient({ url: `${server.url}/graphql/stream`, headers: key });
    const client = new Client({
      url: `${server.url}/graphql`,
      preferGetMethod: true,
      fetchOptions: { headers: key },
      exchanges: [
        fetchExchange,
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: events.subscribe(
                { query, variables: variables as Record<string, unknown> },
                { ...sink, next: (value) => sink.next(value as Parameters<typeof sink.next>[0]) },
              ),
            }),
          }),
        }),
      ],
    });
    const { data } = await client.query('query Apps { applicationByName(name: "app") { name } }', {}).toPromise();
    expect(data).toMatchObject({ applicationByName: { name: 'app' } });
    const started = await client.mutation<Started>(START, { input: input() }).toPromise();
    const id = started.data?.startExecution.execution.id ?? '';
    await runs.abort(id);
    const types: (string | undefined)[] = [];
    await new Promise<void>((resolve) => {
      const { unsubscribe } = client.subscription<Events>(EVENTS, { id }).subscribe(({ data: item, hasNext }) => {
        types.push(item?.executionEvents.event.type);
        if (item?.executionEvents.event.type === 'EXECUTION_STATUS' && types.includes('ABORT_REQUESTED')) {
          setImmediate(() => unsubscribe());
          resolve();
        }
        if (hasNext === false) resolve();
      });
    });
    expect(types).toContain('ABORT_REQUESTED');
    events.dispose();
  });
});

describe('graphql-sse and graphql-ws', () => {
  it('run queries, mutations and subscriptions with their own clients', async () => {
    const sse = createSseClient({ url: `${server.url}/graphql/stream`, headers: key });
    const socket = webSockets();
    for (const client of [sse, socket]) {
      const first = async <T>(query: string, variables = {}) =>
        (await client.iterate<T>({ query, variables }).next()).value as { readonly data: T };
      expect((await first('{ version }')).data).toEqual({ version: expect.any(String) });
      const { id } = (await first<Started>(START, { input: input() })).data.startExecution.execution;
      await runs.abort(id);
      const types: (string | undefined)[] = [];
      for await (const { data } of client.iterate<Events>({ query: EVENTS, variables: { id } }))
        types.push(data?.executionEvents.event.type);
      expect(types).toContain('ABORT_REQUESTED');
    }
    sse.dispose();
    await socket.dispose();
  });
});

describe('Relay', () => {
  const source = `
    graphql\`query RelayQuery($count: Int!) { ...Relay_list @arguments(count: $count) }\`;
    graphql\`
      fragment Relay_list on Query
      @refetchable(queryName: "RelayListPaginationQuery")
      @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
        executions(first: $count, after: $cursor) @connection(key: "Relay_executions") {
          edges { node { id status application { id ...Relay_application } } }
        }
      }\`;
    graphql\`fragment Relay_application on Application @refetchable(queryName: "RelayApplicationQuery") { name }\`;
    graphql\`mutation RelayStartMutation($input: StartExecutionInput!) { startExecution(input: $input) { execution { id status } } }\`;
    graphql\`subscription RelayEventsSubscription($id: ID!) { executionEvents(executionId: $id, after: "0") { cursor event { type } } }\`;
  `;
  let folder: string;
  const artifact = (name: string): ConcreteRequest => require(join(folder, '__generated__', `${name}.graphql.js`));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-relay-'));
    await writeFile(join(folder, 'Relay.js'), source);
    const schema = await (await fetch(`${server.url}/schema.graphql`)).text();
    await writeFile(join(folder, 'schema.graphql'), schema);
    const config = { src: '.', schema: './schema.graphql', language: 'javascript', eagerEsModules: false };
    await writeFile(join(folder, 'relay.config.json'), JSON.stringify(config));
    await promisify(execFile)(require('relay-compiler'), ['relay.config.json'], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compiles the schema, and runs a query, its next page, a refetch by node, a mutation and a subscription', async () => {
    for (let n = 0; n < 3; n++) await runs.abort(await runs.start('workflow', 'flow'));
    const socket = webSockets();
    const environment = new Environment({
      store: new Store(new RecordSource()),
      network: Network.create(
        async ({ text: query }, variables) => {
          const headers = { ...key, 'content-type': 'application/json' };
          const body = JSON.stringify({ query, variables });
          const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
          return (await response.json()) as GraphQLResponse;
        },
        ({ text: query }, variables) =>
          Observable.create((sink) =>
            socket.subscribe({ query: query ?? '', variables }, sink as Parameters<typeof socket.subscribe>[1]),
          ),
      ),
    });
    await fetchQuery(environment, artifact('RelayQuery'), { count: 2 }).toPromise();
    const page = () => {
      const operation = createOperationDescriptor(artifact('RelayQuery'), { count: 2 });
      const { data } = environment.lookup(operation.fragment);
      const selector = getSingularSelector(require(join(folder, '__generated__/Relay_list.graphql.js')), data);
      return environment.lookup(selector as NonNullable<typeof selector>).data as {
        readonly executions: {
          readonly edges: readonly {
            readonly node: { readonly id: string; readonly application: { readonly id: string } };
          }[];
          readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
        };
      };
    };
    const { edges, pageInfo } = page().executions;
    expect([edges.length, pageInfo.hasNextPage]).toEqual([2, true]);
    const next = { count: 2, cursor: pageInfo.endCursor };
    await fetchQuery(environment, artifact('RelayListPaginationQuery'), next).toPromise();
    expect(page().executions.edges.length).toBeGreaterThan(2);
    const id = edges[0]?.node.application.id ?? '';
    const refetched = await fetchQuery(environment, artifact('RelayApplicationQuery'), { id }).toPromise();
    expect(refetched).toMatchObject({ node: { __id: id } });
    const started = await new Promise<Started>((resolve, reject) => {
      commitMutation(environment, {
        ...{ mutation: artifact('RelayStartMutation'), variables: { input: input() }, onError: reject },
        onCompleted: (data) => resolve(data as unknown as Started),
      });
    });
    const executionId = started.startExecution.execution.id;
    await runs.abort(executionId);
    const types: string[] = [];
    await new Promise<void>((resolve, reject) => {
      requestSubscription(environment, {
        ...{ subscription: artifact('RelayEventsSubscription'), variables: { id: executionId } },
        onNext: (data) => types.push((data as unknown as Events).executionEvents.event.type),
        ...{ onError: reject, onCompleted: () => resolve() },
      });
    });
    expect(types).toContain('ABORT_REQUESTED');
    await socket.dispose();
  });
});

describe('Python', () => {
  testWithPython('reads an execution and its events with the snippets of docs/clients.md', async () => {
    const page = await readFile(join(__dirname, '../../../docs/clients.md'), 'utf8');
    const program = [...page.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, text]) => text).join('\n');
    const id = await runs.start('workflow', 'flow');
    await runs.abort(id);
    const env = { PATH: process.env.PATH ?? '', SLIPWAY_URL: server.url, SLIPWAY_API_KEY: ADMIN_KEY, RUN: id };
    const { stdout } = await promisify(execFile)('python3', ['-c', program], { env });
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_line, index) => index + 1));
    expect(stdout).toContain('ABORT_REQUESTED');
  });
});

describe('node', () => {
  it('finds every type by its ID, with the rights of its own query', async () => {
    const stranger = new TestClient(server.url, await createKey(server.client, 'strangers'));
    const { userGroups } = await server.client.ask<{ userGroups: { nodes: { id: string }[] } }>(
      '{ userGroups { nodes { id } } }',
    );
    const groupId = userGroups.nodes[0]?.id ?? '';
    for (const [type, id] of Object.entries({ Application: applicationId, Workflow: entityId, UserGroup: groupId })) {
      const { node } = await server.client.ask<{ node: object }>(
        'query ($id: ID!) { node(id: $id) { id __typename } }',
        { id },
      );
      expect(node).toEqual({ id, __typename: type });
      const hidden = await stranger.errorOf('query ($id: ID!) { node(id: $id) { id } }', { id });
      expect(hidden.code).toBe('NOT_FOUND');
    }
  });
});
