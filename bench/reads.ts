import autocannon from 'autocannon';
import type { Client as PgClient } from 'pg';
import { runAgent } from '../src/agent/agent';
import { readAgentConfig } from '../src/kernel/config';
import { ExecutionsWithStagesDocument, ExecutionWithStagesDocument, VersionDocument } from '../src/client/generated';
import type { ApolloAnswer, ApolloOrder } from './apolloPeer';
import { apply, KEY, row, start, untilFinal } from './harness';
import { onDatabase, type Place, quietLog } from './place';
import { cpuOf, Helper, type ServerProcess, startServerProcess } from './processes';
import { SIX_STAGES } from './queries';
import { ratio } from './rounds';
import { noWork } from './throughput';

const EXECUTIONS = 20_000;
const CONNECTIONS = 32;
const SECONDS = 4;

/** Where the same operation is sent, with different variables. */
interface Target {
  readonly url: string;
  readonly pid: number;
  readonly query: string;
  readonly variables: readonly object[];
}

interface Figures {
  readonly perSecond: number;
  readonly cpu: number;
}

const STAGES =
  'pipelineStageExecutions { pipelineStageElementId pipelineStageName pipelineStepName status workflowExecutionId }';
const peerQueries = {
  version: '{ version }',
  one: `query One($id: ID!) { execution(id: $id) { id status ${STAGES} } }`,
  newest: `query Newest($applicationId: ID!) {
    executions(applicationId: $applicationId, limit: 50) { id status pipelineName application { name } ${STAGES} } }`,
};

/** Requests per second and CPU time of a request, next to Apollo Server, which has neither keys nor rights nor limits. */
export async function benchReads(place: Place): Promise<void> {
  const server = await startServerProcess(place);
  const { applicationId, ids } = await fill(server, EXECUTIONS);
  const helper = new Helper('apolloPeer');
  const order: ApolloOrder = { databaseUrl: await place.newDatabase(), executions: EXECUTIONS };
  const peer = await helper.ask<ApolloAnswer>({ ...order });
  const ours = { url: `${server.url}/graphql`, pid: server.pid };
  const theirs = { url: peer.url, pid: helper.pid };
  const byId = (of: readonly string[]) => of.map((id) => ({ id }));
  const pairs: readonly (readonly [name: string, ours: Target, theirs: Target])[] = [
    [
      '{ version }',
      { ...ours, query: VersionDocument.toString(), variables: [{}] },
      { ...theirs, query: peerQueries.version, variables: [{}] },
    ],
    [
      'one execution with its 6 stages',
      { ...ours, query: ExecutionWithStagesDocument.toString(), variables: byId(ids) },
      { ...theirs, query: peerQueries.one, variables: byId(peer.ids) },
    ],
    [
      'newest 50 with their stages',
      { ...ours, query: ExecutionsWithStagesDocument.toString(), variables: [{ applicationId }] },
      { ...theirs, query: peerQueries.newest, variables: [{ applicationId: peer.applicationId }] },
    ],
  ];
  for (const [name, our, their] of pairs) {
    const figures: [Figures, Figures][] = [];
    await load(our, 2);
    await load(their, 2);
    for (let round = 0; round < place.rounds; round++) figures.push([await load(our), await load(their)]);
    const shown = (pick: (figures: Figures) => number) =>
      ratio(
        figures.map(([our]) => pick(our)),
        figures.map(([, their]) => pick(their)),
      );
    row(
      `${name}, requests/s (× Apollo Server)`,
      shown(({ perSecond }) => perSecond),
    );
    row(
      `    server CPU per request, µs`,
      shown(({ cpu }) => cpu),
    );
  }
  await helper.end();
  await server.stop();
}

const HISTORY = { small: 100_000, large: 1_000_000 } as const;

/** The same reads with ten times the history. It must not matter. */
export async function benchHistory(place: Place): Promise<void> {
  const targets: Target[][] = [];
  const servers: ServerProcess[] = [];
  for (const executions of [HISTORY.large, HISTORY.small]) {
    const server = await startServerProcess(place);
    const { applicationId, ids } = await fill(server, executions);
    const at = { url: `${server.url}/graphql`, pid: server.pid };
    servers.push(server);
    targets.push([
      { ...at, query: ExecutionsWithStagesDocument.toString(), variables: [{ applicationId }] },
      { ...at, query: ExecutionWithStagesDocument.toString(), variables: ids.map((id) => ({ id })) },
    ]);
  }
  for (const [index, name] of ['newest 50 with their stages', 'one execution with its 6 stages'].entries()) {
    const figures: number[][] = targets.map(() => []);
    for (let round = -2; round < place.rounds; round++) {
      for (const [n, list] of targets.entries()) {
        const target = list[index];
        if (target === undefined) continue;
        const { perSecond } = await load(target);
        // The first two rounds fill caches and compile functions.
        if (round >= 0) figures[n]?.push(1000 / perSecond);
      }
    }
    const [large = [], small = []] = figures;
    row(`${name}, ms a request: 1,000,000 / 100,000 executions`, ratio(large, small));
  }
  for (const server of servers) await server.stop();
}

async function load({ url, pid, query, variables }: Target, seconds = SECONDS): Promise<Figures> {
  const requests = variables.map((of) => ({ body: JSON.stringify({ query, variables: of }) }));
  let clients = 0;
  const cpu = cpuOf(pid);
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': KEY },
    connections: CONNECTIONS,
    duration: seconds,
    requests,
    setupClient(client) {
      const at = (clients++ * 61) % requests.length;
      client.setRequests([...requests.slice(at), ...requests.slice(0, at)].slice(0, 200));
    },
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} bad answers, ${result.errors} errors`);
  return { perSecond: result.requests.average, cpu: (cpuOf(pid) - cpu) / result.requests.total };
}

/** One pipeline execution that ran, copied many times. */
async function fill(
  server: ServerProcess,
  executions: number,
): Promise<{ applicationId: string; ids: readonly string[] }> {
  const applicationId = await apply(server.client, SIX_STAGES);
  const config = readAgentConfig(server.agentEnvironment(4));
  const agent = runAgent({ config, log: quietLog, execute: noWork });
  const id = await start(server.client, applicationId, 'pipeline', 'six');
  await untilFinal(server, id);
  agent.drain();
  await agent.finished;
  return onDatabase(server.databaseUrl, async (client) => {
    const rebuildIndexes = await dropIndexes(client, [
      'execution',
      'execution_attempt',
      'stage_execution',
      'attempt_element',
    ]);
    const at = `timestamptz '2026-01-01' + n * interval '1 second'`;
    const own = made(`'${id}'`);
    const copies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      execution: { id: own, run_id: own, created_at: at, started_at: at, idempotency_key: 'NULL' },
      execution_attempt: { execution_id: own },
      stage_execution: { id: made('t.id'), execution_id: own },
      attempt_element: { stage_execution_id: made('t.stage_execution_id'), execution_id: own },
    };
    await Promise.all(
      Object.entries(copies).map(([table, changed]) =>
        onDatabase(server.databaseUrl, (copier) => copyRow(copier, table, id, executions, changed)),
      ),
    );
    await rebuildIndexes();
    await client.query('VACUUM ANALYZE execution, execution_attempt, stage_execution, attempt_element');
    const { rows } = await client.query<{ id: string }>(
      'SELECT id FROM execution WHERE id <> $1 ORDER BY md5(id::text) LIMIT 2000',
      [id],
    );
    return { applicationId, ids: rows.map((execution) => execution.id) };
  });
}

/** Copies the rows of an execution in a table. */
async function copyRow(
  client: PgClient,
  table: string,
  executionId: string,
  copies: number,
  changed: Readonly<Record<string, string>>,
): Promise<void> {
  // Copies of rows that were checked are not checked again.
  await client.query('SET session_replication_role = replica; SET synchronous_commit = off');
  const key = table === 'execution' ? 'id' : 'execution_id';
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER'`,
    [table],
  );
  const names = rows.map(({ name }) => name);
  await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map((name) => changed[name] ?? `t.${name}`).join(', ')}
     FROM generate_series(1, ${copies}) n, ${table} t WHERE t.${key} = $1`,
    [executionId],
  );
}

/** Drops all indexes that no constraint needs. The function that it returns builds them again. */
async function dropIndexes(client: PgClient, tables: readonly string[]): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = ANY ($1::text[]::regclass[])
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [tables],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return async () => {
    await client.query(`SET maintenance_work_mem = '512MB'`);
    for (const { definition } of rows) await client.query(definition);
  };
}

/** The ID of the n-th copy. Like those of the server, IDs increase with time. */
const made = (id: string) => `(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || right(${id}::text, 12))::uuid`;
