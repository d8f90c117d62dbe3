import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import DataLoader from 'dataloader';
import { Pool } from 'pg';
import { answerOrders } from './processes';

/**
 * Apollo Server on node:http with tables that hold just what is shown. No API keys, rights or limits. The order is the
 * URL of an empty database, the answer is where it listens.
 */
export interface ApolloOrder {
  readonly databaseUrl: string;
  readonly executions: number;
}

export interface ApolloAnswer {
  readonly url: string;
  readonly applicationId: string;
  readonly ids: readonly string[];
}

interface ExecutionRow {
  readonly id: string;
  readonly applicationId: string;
}

const TABLES = `
  CREATE TABLE application (id uuid PRIMARY KEY, name text NOT NULL);
  CREATE TABLE pipeline_execution (id uuid PRIMARY KEY, application_id uuid NOT NULL, pipeline_name text NOT NULL,
    status text NOT NULL, created_at timestamptz NOT NULL);
  CREATE TABLE stage_execution (execution_id uuid, position integer, pipeline_stage_element_id text NOT NULL,
    pipeline_stage_name text NOT NULL, pipeline_step_name text NOT NULL, status text NOT NULL,
    workflow_execution_id uuid NOT NULL, PRIMARY KEY (execution_id, position));
  INSERT INTO application VALUES (gen_random_uuid(), 'bench')`;
const FILL = [
  `INSERT INTO pipeline_execution SELECT gen_random_uuid(), (SELECT id FROM application), 'six', 'SUCCESS',
     timestamptz '2026-01-01' + n * interval '1 second' FROM generate_series(1, $1::int) n`,
  `INSERT INTO stage_execution SELECT id, n, 'element-' || n, 'Stage ' || n, 'step ' || n, 'SUCCESS', gen_random_uuid()
     FROM pipeline_execution, generate_series(1, 6) n WHERE $1::int > 0`,
];
const INDEX = 'CREATE INDEX newest ON pipeline_execution (application_id, created_at DESC, id DESC)';

const TYPES = `
  type Query {
    version: String!
    execution(id: ID!): PipelineExecution
    executions(applicationId: ID!, limit: Int!): [PipelineExecution!]!
  }
  type Application { id: ID! name: String! }
  type PipelineExecution {
    id: ID!
    status: String!
    pipelineName: String!
    application: Application!
    pipelineStageExecutions: [PipelineStageExecution!]!
  }
  type PipelineStageExecution {
    pipelineStageElementId: String!
    pipelineStageName: String!
    pipelineStepName: String!
    status: String!
    workflowExecutionId: String
  }`;

const EXECUTION = `SELECT id, application_id AS "applicationId", pipeline_name AS "pipelineName", status
  FROM pipeline_execution`;
const statements = {
  one: `${EXECUTION} WHERE id = $1`,
  newest: `${EXECUTION} WHERE application_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`,
  applications: 'SELECT id, name FROM application WHERE id = ANY ($1::uuid[])',
  stages: `SELECT execution_id AS "executionId", pipeline_stage_element_id AS "pipelineStageElementId",
    pipeline_stage_name AS "pipelineStageName", pipeline_step_name AS "pipelineStepName", status,
    workflow_execution_id AS "workflowExecutionId"
    FROM stage_execution WHERE execution_id = ANY ($1::uuid[]) ORDER BY execution_id, position`,
};

answerOrders(async ({ databaseUrl, executions }: ApolloOrder): Promise<ApolloAnswer & object> => {
  const pool = new Pool({ connectionString: databaseUrl, max: 10, idleTimeoutMillis: 0 });
  await pool.query(TABLES);
  for (const sql of FILL) await pool.query(sql, [executions]);
  await pool.query(INDEX);
  await pool.query('VACUUM ANALYZE');
  const ids = (await pool.query<{ id: string }>('SELECT id FROM pipeline_execution ORDER BY id LIMIT 2000')).rows;
  const [application] = (await pool.query<{ id: string }>('SELECT id FROM application')).rows;

  const rows = async <Row extends object>(name: keyof typeof statements, ...values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>({ name, text: statements[name], values })).rows;
  const newContext = () => ({
    stages: new DataLoader(async (of: readonly string[]) => {
      const found = new Map(of.map((id): [string, object[]] => [id, []]));
      for (const stage of await rows<{ executionId: string }>('stages', of)) found.get(stage.executionId)?.push(stage);
      return of.map((id) => found.get(id) ?? []);
    }),
    applications: new DataLoader(async (of: readonly string[]) => {
      const found = new Map((await rows<{ id: string }>('applications', of)).map((row) => [row.id, row]));
      return of.map((id) => found.get(id));
    }),
  });
  type Context = ReturnType<typeof newContext>;
  const resolvers = {
    Query: {
      version: () => '1.0.0',
      execution: async (_: unknown, { id }: { id: string }) => (await rows('one', id))[0],
      executions: (_: unknown, { applicationId, limit }: { applicationId: string; limit: number }) =>
        rows('newest', applicationId, limit),
    },
    PipelineExecution: {
      application: ({ applicationId }: ExecutionRow, _: unknown, { applications }: Context) =>
        applications.load(applicationId),
      pipelineStageExecutions: ({ id }: ExecutionRow, _: unknown, { stages }: Context) => stages.load(id),
    },
  };
  const apollo = new ApolloServer<Context>({
    typeDefs: TYPES,
    resolvers,
    plugins: [ApolloServerPluginCacheControlDisabled()],
    persistedQueries: false,
    stopOnTerminationSignals: false,
  });
  await apollo.start();
  const server = createServer(async (request, response) => {
    const headers = new HeaderMap();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const {
      status,
      headers: answered,
      body,
    } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body: JSON.parse(await textOf(request)) },
      context: async () => newContext(),
    });
    response.writeHead(status ?? 200, Object.fromEntries(answered));
    response.end(body.kind === 'complete' ? body.string : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    applicationId: application?.id ?? '',
    ids: ids.map(({ id }) => id),
  };
});

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
