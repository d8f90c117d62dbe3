import { execute, parse } from 'graphql';
import { authenticate } from '../../../src/access/authenticate';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';
import { Loaders } from '../../../src/kernel/loaders';
import type { Database, Db } from '../../../src/kernel/database/database';
import { FLOW } from '../../support/definitions';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}${FLOW}---
kind: Workflow
application: app
name: put
environment: staging
services: [web]
tasks:
  put: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: flow, workflow: flow }]
  - elements: [{ name: put, workflow: put }]
`;

const STAGES =
  '... on PipelineExecution { pipelineStageExecutions { pipelineStageName status ... on WorkflowStageExecution { workflowExecutionId } } }';
const QUERIES = {
  execution: `query ($run: ID!) { execution(executionId: $run) { id status ${STAGES} } }`,
  newest: `query ($app: String!) { executions(limit: 20, filters: [{ application: { operator: EQUALS, values: [$app] } }]) {
    nodes { id status application { name } ${STAGES} } pageInfo { endCursor } } }`,
  'a later page': `query ($app: String!, $after: String!) { executions(first: 20, after: $after, filters: [{ application: { operator: EQUALS, values: [$app] } }]) {
    nodes { id status ${STAGES} } } }`,
  tasks: `query ($flow: ID!) { execution(executionId: $flow) { ... on WorkflowExecution { tasks { name status startedAt jobs { id } } } } }`,
  'a page of a log': `query ($job: ID!) { jobLog(jobId: $job) { final } }`,
  'a rare tag': `query { executions(limit: 20, filters: [{ tag: { tags: [{ name: "rare", value: "yes" }] } }]) { nodes { id } } }`,
  'artifacts of a service': `query ($app: ID!) { application(applicationId: $app) { services { nodes {
    artifactSources { name artifacts(limit: 5) { nodes { image collectedAt } } } } } } }`,
  deployments: `query ($app: ID!) { application(applicationId: $app) { environments { nodes { name deployments { status service { name } } } } } }`,
};

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows that scans read from tables, whether or not they passed a condition. */
function rowsRead(plan: Plan): number {
  const { 'Rows Removed by Filter': removed = 0, Plans: inner = [] } = plan;
  const own = /Scan/.test(plan['Node Type']) ? (plan['Actual Rows'] + removed) * plan['Actual Loops'] : 0;
  return own + inner.reduce((sum, one) => sum + rowsRead(one), 0);
}

const schema = buildGraphqlSchema(resolvers);

describe('hot reads', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    const run = await runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
    await agent.work(() => runs.is(run, 'SUCCESS'));
    const { execution } = await server.client.ask<{
      execution: {
        application: { id: string };
        workflowExecutions: { id: string; tasks: { jobs: { id: string }[] }[] }[];
      };
    }>(
      `query ($run: ID!) { execution(executionId: $run) { application { id } ... on PipelineExecution {
        workflowExecutions { id tasks { jobs { id } } } } } }`,
      { run },
    );
    const [flow] = execution.workflowExecutions;
    const job = flow?.tasks[0]?.jobs[0]?.id ?? '';
    await server.client.ask(
      'mutation ($run: ID!) { attachTag(input: {entityId: $run, entityType: DEPLOYMENT, name: "rare", value: "yes"}) { clientMutationId } }',
      { run },
    );
    Object.assign(ids, { run, app: execution.application.id, flow: flow?.id ?? '', job });
  });

  /** Adds older executions like the first one. */
  async function grow(from: number, to: number): Promise<void> {
    const { database } = server.app;
    const made = (of: string) => `overlay(overlay(md5(${of}) placing '7' from 13) placing '8' from 17)::uuid`;
    const copies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      execution: {
        id: made("'e' || n"),
        run_id: made("'e' || n"),
        created_at: `t.created_at - n * interval '1 minute'`,
      },
      execution_attempt: { execution_id: made("'e' || n") },
      stage_execution: { id: made("'s' || n || t.id"), execution_id: made("'e' || n") },
      attempt_element: {
        execution_id: made("'e' || n"),
        stage_execution_id: made("'s' || n || t.stage_execution_id"),
      },
    };
    for (const [table, changed] of Object.entries(copies)) {
      const columns = await database.rows<{ name: string }>(
        `SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'`,
        [table],
      );
      const names = columns.map(({ name }) => name);
      await database.rows(
        `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map((name) => changed[name] ?? `t.${name}`).join(', ')}
         FROM ${table} t, generate_series($2::int, $3::int) n WHERE t.${table === 'execution' ? 'id' : 'execution_id'} = $1`,
        [ids.run, from, to],
      );
      await database.rows(`ANALYZE ${table}`);
    }
    // Each earlier run brought the same image of one repository, and a new one of another.
    await database.rows(
      `INSERT INTO deployment SELECT (jsonb_populate_record(t, jsonb_build_object('id', ${made("'d' || n || image.name")},
         'number', -4 * n - 2 * image.attempt, 'end_number', -4 * n - 2 * image.attempt + 1, 'image', image.name,
         'execution_id', ${made("'e' || n")}, 'run_id', ${made("'e' || n")}, 'attempt', image.attempt,
         'started_at', t.started_at - n * interval '1 minute'))).*
       FROM deployment t, generate_series($2::int, $3::int) n
       CROSS JOIN LATERAL (VALUES ('web:1', 1), ('new:' || n, 2)) AS image (name, attempt) WHERE t.run_id = $1`,
      [ids.run, from, to],
    );
    await database.rows(
      `INSERT INTO deployed_image SELECT id, number, service_id, environment_id, image, md5(image), split_part(image, ':', 1),
         md5(split_part(image, ':', 1)), started_at FROM deployment WHERE image LIKE 'new:%' ON CONFLICT DO NOTHING`,
    );
    for (const table of ['deployment', 'deployed_image']) await database.rows(`ANALYZE ${table}`);
  }

  /**
   * Statements of each query, and the rows that they read. Forces index scans, because small tables are otherwise read
   * whole.
   */
  async function costs(): Promise<Record<string, { statements: number; rows: number }>> {
    const { client, app } = server;
    const actor = await authenticate(app, ADMIN_KEY);
    const found: Record<string, { statements: number; rows: number }> = {};
    const { executions } = await client.ask<{ executions: { pageInfo: { endCursor: string } } }>(QUERIES.newest, ids);
    const variableValues = { ...ids, after: executions.pageInfo.endCursor };
    for (const [name, query] of Object.entries(QUERIES)) {
      const sent: [string, readonly unknown[]][] = [];
      const database: Database = Object.create(app.database, {
        rows: {
          value: (sql: string, parameters: readonly unknown[] = []) => {
            sent.push([sql, parameters]);
            return app.database.rows(sql, parameters);
          },
        },
        together: { value: <T>(work: (db: Db) => Promise<T>) => work(database) },
      });
      const own = { ...app, database };
      const request = { id: 'test', address: '127.0.0.1', transport: 'http', signal: new AbortController().signal };
      const contextValue = { app: own, actor, request, loaders: new Loaders(own) };
      const { errors } = await execute({ schema, document: parse(query), variableValues, contextValue });
      expect(errors).toBeUndefined();
      let read = 0;
      await app.database.snapshot(async (db) => {
        await db.rows('SET LOCAL enable_seqscan = off');
        for (const [sql, parameters] of sent) {
          const [plan] = await db.rows<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
            `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
            parameters,
          );
          read += plan === undefined ? 0 : rowsRead(plan['QUERY PLAN'][0].Plan);
        }
      });
      found[name] = { statements: sent.length, rows: read };
    }
    return found;
  }

  it('send the same statements and read the same rows for any number of executions', async () => {
    await grow(1, 50);
    const few = await costs();
    await grow(51, 1000);
    const many = await costs();
    const statements = (of: typeof few) => Object.entries(of).map(([name, cost]) => [name, cost.statements]);
    expect(statements(few)).toEqual([
      ['execution', 2],
      ['newest', 3],
      ['a later page', 2],
      ['tasks', 3],
      ['a page of a log', 5],
      ['a rare tag', 2],
      ['artifacts of a service', 4],
      ['deployments', 4],
    ]);
    expect(statements(many)).toEqual(statements(few));
    // A plan for more rows may be a better one.
    const grown = Object.entries(many).filter(([name, { rows }]) => rows > 1.2 * (few[name]?.rows ?? 0));
    expect(grown).toEqual([]);
  });
});
