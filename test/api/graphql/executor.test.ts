import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  print,
  typeFromAST,
  validate,
} from 'graphql';
import pino from 'pino';
import { authenticate } from '../../../src/access/authenticate';
import { executionRows, stageRows, taskRows } from '../../../src/api/executions/executionRows';
import { toGraphqlError } from '../../../src/api/graphql/errors';
import { createExecutor, type Execute } from '../../../src/api/graphql/executor';
import { resolvers } from '../../../src/api/graphql/resolvers';
import { buildGraphqlSchema } from '../../../src/api/graphql/schema';
import * as generated from '../../../src/client/generated';
import { Loaders } from '../../../src/kernel/loaders';
import { FLOW } from '../../support/definitions';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { ADMIN_KEY } from '../../support/server';
import { type Node, sourceFiles } from '../../support/sourceFiles';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}${FLOW}---
kind: Workflow
application: app
name: put
environment: staging
services: [web]
tasks:
  put: { run: "true", artifacts: [report.txt] }
  broken: { run: "false", depends_on: [put] }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: flow, workflow: flow }]
  - elements: [{ name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: put, workflow: put }]
`;
const log = pino({ level: 'silent' });

const world = testWorld(DEFINITIONS);
const schema = buildGraphqlSchema(resolvers);
const ids: Record<string, string> = {};
let noRights = '';

beforeAll(async () => {
  const { server, runs, agent } = world;
  const { client } = server;
  const run = await runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  await agent.work(() => runs.is(run, 'WAITING'));
  await runs.decide(run, 'APPROVE', 'fine');
  await agent.work(
    () => runs.is(run, 'FAILED'),
    ({ task }) => task === 'broken',
  );
  const found = await client.ask<{
    execution: { application: { id: string }; pipeline: { id: string }; workflowExecutions: Flow[] };
  }>(
    `query ($run: ID!) { execution(executionId: $run) { application { id } ... on PipelineExecution {
      pipeline { id } workflowExecutions { id workflow { id } tasks { id jobs { id } } } } } }`,
    { run },
  );
  const { application, pipeline, workflowExecutions } = found.execution;
  const flow = workflowExecutions.at(-1);
  Object.assign(ids, { run, application: application.id, pipeline: pipeline.id, flow: flow?.id ?? '' });
  Object.assign(ids, { workflow: flow?.workflow.id, task: flow?.tasks[0]?.id, job: flow?.tasks[0]?.jobs[0]?.id });
  noRights = await createKey(client, 'sees nothing');
});

interface Flow {
  readonly id: string;
  readonly workflow: { readonly id: string };
  readonly tasks: readonly { readonly id: string; readonly jobs: readonly { readonly id: string }[] }[];
}

/** Handwritten queries, and all strings in this project's tests that are valid queries. */
function queries(): DocumentNode[] {
  const readyMade = Object.values(generated).flatMap((one) =>
    one instanceof generated.TypedDocumentString ? [one.toString()] : [],
  );
  const written = ['test/access', 'test/api', 'test/catalog', 'test/runs', 'test/cli', 'test/docs'].flatMap((folder) =>
    sourceFiles(folder).flatMap(({ nodes }) => nodes.flatMap(textOf)),
  );
  const texts = [...readyMade, ...written.filter((text) => /^\s*(query\b|\{\s*\w+)/.test(text))].map((text) =>
    text.replace(
      /\$(app|run|flow|workflow|pipeline|job)\b(?=")/g,
      (_, name) => ids[name === 'app' ? 'application' : name] ?? '',
    ),
  );
  const documents = new Map<string, DocumentNode>();
  for (const text of texts) {
    const document = parsed(text);
    const isQuery = document?.definitions.some(
      (one) => one.kind === 'OperationDefinition' && one.operation === 'query',
    );
    if (document !== undefined && isQuery && getOperationAST(document)) documents.set(print(document), document);
  }
  return [...documents.values()];
}

function textOf(node: Node): string[] {
  if (node.type === 'StringLiteral') return [String(node.value)];
  if (node.type !== 'TemplateLiteral') return [];
  // Tests usually insert the id of a run into a template.
  return [(node.quasis as { cooked: string }[]).map(({ cooked }) => cooked).join(ids.run ?? '')];
}

function parsed(text: string): DocumentNode | undefined {
  try {
    const document = parse(text);
    return validate(schema, document).length === 0 ? document : undefined;
  } catch {
    return undefined;
  }
}

/** Variables for an operation: ids of the world, or ids that don't exist. */
function variablesOf(document: DocumentNode, known: boolean): Record<string, unknown> {
  const { variableDefinitions = [] } = getOperationAST(document) ?? {};
  return Object.fromEntries(
    variableDefinitions.map(({ variable: { name }, type }) => {
      const inputType = typeFromAST(schema, type) as GraphQLInputType;
      return [name.value, valueFor(inputType, name.value, known)];
    }),
  );
}

function valueFor(type: GraphQLInputType, name: string, known: boolean): unknown {
  const inner = getNullableType(type);
  if (isListType(inner)) return [valueFor(inner.ofType, name, known)];
  if (isEnumType(inner)) return inner.getValues()[0]?.name;
  if (isInputObjectType(inner)) {
    const required = Object.values(inner.getFields()).filter((one) => isNonNullType(one.type));
    return Object.fromEntries(required.map((one) => [one.name, valueFor(one.type, one.name, known)]));
  }
  const scalars: Record<string, unknown> = {
    Int: 3,
    Float: 3,
    Boolean: true,
    DateTime: '2026-01-01T00:00:00Z',
    JSON: {},
  };
  if (inner.name in scalars) return scalars[inner.name];
  if (inner.name === 'ID') return known ? idFor(name) : '018f0000-0000-7000-8000-000000000000';
  return /name$/i.test(name) ? 'app' : 'release';
}

const idFor = (name: string): string | undefined =>
  Object.entries({
    application: /application|^app/i,
    flow: /workflowExecution|^flow/i,
    workflow: /workflow/i,
    pipeline: /pipeline(?!Exec)/i,
    job: /job/i,
    task: /task/i,
    run: /./,
  }).flatMap(([of, pattern]) => (pattern.test(name) ? [ids[of]] : []))[0];

/** Both answers to an operation, as clients see them. */
async function bothAnswers(document: DocumentNode, variables: Record<string, unknown>, key: string) {
  const { app } = world.server;
  const actor = await authenticate(app, key);
  const answer = async (run: Execute) => {
    const request = { id: 'test', address: '127.0.0.1', transport: 'http', signal: new AbortController().signal };
    const contextValue = { app, actor, request, loaders: new Loaders(app) };
    return shown(await run({ schema, document, variableValues: variables, contextValue }));
  };
  const compiled = createExecutor(schema, 1);
  return { compiled: await answer(compiled), plain: await answer(execute) };
}

function shown({ data, errors = [] }: ExecutionResult): unknown {
  const formatted = errors.map((error) => toGraphqlError(error, log));
  // Errors of fields that are resolved in parallel come in any order.
  const sorted = formatted.map((error) => JSON.stringify(error)).sort();
  return JSON.parse(
    JSON.stringify({ data, errors: sorted }).replace(/[0-9a-f-]{36}(?=\.")|"errorId\\":\\"[^"]*/g, 'ID'),
  );
}

describe('compiled queries', () => {
  it('return the same as graphql-js, with all errors', async () => {
    const documents = queries();
    expect(documents.length).toBeGreaterThan(150);
    const seen = { data: 0, errors: 0 };
    for (const [index, document] of documents.entries()) {
      // Answers without rights and answers about unknown ids have the same errors.
      const refused = index % 2 === 0 ? ([false, ADMIN_KEY] as const) : ([true, noRights] as const);
      for (const [known, key] of [[true, ADMIN_KEY] as const, refused]) {
        const variables = variablesOf(document, known);
        const { compiled, plain } = await bothAnswers(document, variables, key);
        const of = { query: print(document), variables };
        expect({ of, answer: compiled }).toEqual({ of, answer: plain });
        const { errors } = plain as { errors: readonly string[] };
        seen[errors.length > 0 ? 'errors' : 'data'] += 1;
      }
    }
    expect(Math.min(seen.data, seen.errors)).toBeGreaterThan(100);
  });
});

describe('rows with the columns that an operation shows', () => {
  /** Fields that need no arguments, each with its selection. */
  function fieldsOf(typeName: string): Map<string, string> {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`${typeName} has no fields`);
    const fields = Object.values(type.getFields()).filter(({ args }) => args.every((arg) => !isNonNullType(arg.type)));
    return new Map(
      fields.map(({ name, type: of }) => [name, isCompositeType(getNamedType(of)) ? `${name} { __typename }` : name]),
    );
  }

  const places = {
    PipelineExecution: (fields: string) =>
      `{ execution(executionId: "$run") { ... on PipelineExecution { ${fields} } } }`,
    WorkflowExecution: (fields: string) =>
      `{ execution(executionId: "$flow") { ... on WorkflowExecution { ${fields} } } }`,
    WorkflowStageExecution: (fields: string) =>
      `{ execution(executionId: "$run") { ... on PipelineExecution { pipelineStageExecutions { ... on WorkflowStageExecution { ${fields} } } } } }`,
    ApprovalStageExecution: (fields: string) =>
      `{ execution(executionId: "$run") { ... on PipelineExecution { pipelineStageExecutions { ... on ApprovalStageExecution { ${fields} } } } } }`,
    TaskExecution: (fields: string) =>
      `{ execution(executionId: "$flow") { ... on WorkflowExecution { tasks { ${fields} } } } }`,
  };

  it.each(Object.entries(places))('show each field of %s alone as they do with all others', async (typeName, place) => {
    const { client } = world.server;
    const ask = (fields: string) =>
      client.ask<object>(place(fields).replace(/\$(run|flow)/g, (_, name) => ids[name] ?? ''));
    const fields = fieldsOf(typeName);
    const together = await ask([...fields.values()].join(' '));
    const alone = await Promise.all([...fields].map(async ([name, field]) => [name, valuesAt(await ask(field), name)]));
    expect(Object.fromEntries(alone)).toEqual(
      Object.fromEntries([...fields.keys()].map((name) => [name, valuesAt(together, name)])),
    );
  });

  /** Values of a field at the first depth where it occurs. */
  function valuesAt(data: unknown, name: string): unknown[] {
    if (Array.isArray(data)) return data.flatMap((one) => valuesAt(one, name));
    if (typeof data !== 'object' || data === null) return [];
    if (name in data) return [Reflect.get(data, name)];
    return Object.values(data).flatMap((one) => valuesAt(one, name));
  }

  it('lists each field with a resolver and a column’s name', () => {
    const of = { PipelineExecution: executionRows, WorkflowExecution: executionRows, TaskExecution: taskRows };
    const all = { ...of, WorkflowStageExecution: stageRows, ApprovalStageExecution: stageRows };
    const missing = Object.entries(all).flatMap(([typeName, { options, whole }]) => {
      const type = schema.getType(typeName);
      const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
      return fields.flatMap(({ name, resolve }) =>
        resolve && name in whole && !(name in options.needs) ? [name] : [],
      );
    });
    expect(missing).toEqual([]);
  });

  it('are read without the other columns, and never once for each execution', async () => {
    const { server } = world;
    const sent: string[] = [];
    const before = server.app.database.traffic.beforeFlush;
    server.app.database.traffic.beforeFlush = (statements) => sent.push(...statements);
    try {
      await server.client.ask(
        '{ executions(limit: 9) { nodes { id ... on PipelineExecution { pipelineStageExecutions { pipelineStepName startedAt } } } } }',
      );
    } finally {
      server.app.database.traffic.beforeFlush = before;
    }
    const stages = sent.filter((text) => text.includes('stage_execution stage'));
    expect(stages).toHaveLength(1);
    expect(stages[0]?.split('FROM')[0]?.replace(/\s+/g, ' ')).toBe(
      `SELECT stage.step_name AS "pipelineStepName", (stage.started_at AT TIME ZONE 'UTC')::text AS "startedAt", stage.id AS "id", stage.execution_id AS "executionId", stage.kind AS "kind", stage.attempt AS "shownIn" `,
    );
  });
});
