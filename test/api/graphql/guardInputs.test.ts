// Long because the generated tests, their cases and the requests outside GraphQL share one server.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { refusalCodes } from '../../../src/kernel/errors';
import { postJson } from '../../support/graphqlHarness';
import { createKey, READS_RUNS } from '../../support/keys';
import { ADMIN_KEY, AGENT_TOKEN } from '../../support/server';
import { DEFINITIONS } from '../../cli/world';
import type { Reply } from '../../support/protocolAgent';
import { testWorld } from '../../support/world';

const world = testWorld(DEFINITIONS);
const schema = buildSchema(readFileSync(join(__dirname, '../../../schema/schema.graphql'), 'utf8'));

const NUL = 'a\0b';
const HALF = 'stop it \ud83d';
/** Variables may have longer values than other texts. */
const LONG = 'x'.repeat(20_001);
const LONGEST = 'x'.repeat(65_537);
const PAST = '9999-12-31T23:59:59-23:59';

/** Values that the type accepts, but a database or a command may not. */
const hostile: Readonly<Record<string, readonly unknown[]>> = {
  String: [NUL, HALF, LONG],
  ID: [NUL, HALF, LONG],
  Int: [-1, 2 ** 31 - 1],
  Float: [-1, 1.5, 2 ** 53 + 2, 1e300],
  Number: [-1, 1.5, 2 ** 53 + 2, 1e300],
};
/** Values that the type rejects: each fails the whole operation, so each has its own. */
const mistyped: Readonly<Record<string, readonly unknown[]>> = {
  Int: [1.5, 2 ** 53 + 2, 1e300, NUL],
  DateTime: [PAST, 1e300, NUL, HALF, LONG],
};

/** Ways to reach fields of types other than the root. */
const parents: Readonly<Record<string, string>> = {
  Application: 'applicationByName(name: "app") { ...on Application {',
  Workflow: 'workflow(workflowId: "WORKFLOW") { ...on Workflow {',
  Pipeline: 'pipeline(pipelineId: "PIPELINE") { ...on Pipeline {',
  Revision: 'pipeline(pipelineId: "PIPELINE") { revision {',
  PipelineExecution: 'execution(executionId: "RUN") { ...on PipelineExecution {',
  WorkflowExecution: 'execution(executionId: "MEMBER") { ...on WorkflowExecution {',
  Environment: 'environment(environmentId: "ENVIRONMENT") { ...on Environment {',
  Service: 'service(serviceId: "SERVICE") { ...on Service {',
  Viewer: 'viewer { ...on Viewer {',
  Agent: 'agents(first: 1) { nodes { ',
  Artifact: 'artifacts(first: 1) { nodes { ',
  ArtifactSource: 'service(serviceId: "SERVICE") { artifactSources { ',
  TagDefinition: 'tags(first: 1) { nodes { ',
  Template: 'templates(first: 1) { nodes { ',
  TemplateRevision: 'templates(first: 1) { nodes { revision { ',
  Trigger: 'triggers(first: 1) { nodes { ',
  TriggerVersion: 'triggers(first: 1) { nodes { versions(first: 1) { nodes { ',
  User: 'users(first: 1) { nodes { ',
  UserGroup: 'userGroups(first: 1) { nodes { ',
  EventSubscription: 'eventSubscriptions(first: 1) { nodes { ',
};
/** Reachable only in a subscription; its arguments are those of `executions`. */
const notReached = ['ExecutionsSnapshot'];

/** Existing ids, so that a value reaches its statement. */
const ids: Record<string, string> = {};
beforeAll(async () => {
  const { applicationId, entityId } = await world.runs.ids('pipeline', 'release');
  const workflow = await world.runs.ids('workflow', 'flow');
  const run = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  const job = await world.agent.claimOne();
  Object.assign(ids, { applicationId, entityId, pipelineId: entityId, workflowId: workflow.entityId });
  Object.assign(ids, { executionId: run, runId: run, pipelineExecutionId: run, a: run, b: run, jobId: job.jobId });
  ids.workflowExecutionId = job.executionId;
  const of = await world.server.client.ask<Record<'environments' | 'services', { nodes: { id: string }[] }>>(
    '{ environments(first: 1) { nodes { id } } services(first: 1) { nodes { id } } }',
  );
  ids.environmentId = of.environments.nodes[0]?.id ?? '';
  ids.serviceId = of.services.nodes[0]?.id ?? '';
});

const unknownId = '00000000-0000-7000-8000-000000000000';

/** A value that the field accepts. */
function sample(name: string, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(name, type.ofType);
  if (isListType(type)) return [sample(name, type.ofType)];
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(({ type: of }) => isNonNullType(of));
    return Object.fromEntries(required.map((field) => [field.name, sample(field.name, field.type)]));
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  const simple: Readonly<Record<string, unknown>> = { Int: 1, Float: 1, Number: 1, Boolean: false };
  if (type.name === 'ID') return ids[name] ?? unknownId;
  if (type.name === 'DateTime') return '2026-01-01T00:00:00Z';
  return simple[type.name] ?? 'x';
}

interface Try {
  /** `abortExecution(input.reason)`. */
  readonly place: string;
  readonly type: string;
  readonly value: unknown;
  readonly args: Readonly<Record<string, unknown>>;
}

type Values = Readonly<Record<string, readonly unknown[]>>;

/** Combines each leaf of an argument's type with each value; everything else gets samples. */
function* variants(
  name: string,
  type: GraphQLInputType,
  values: Values,
): Generator<[string, string, unknown, unknown]> {
  if (isNonNullType(type)) return yield* variants(name, type.ofType, values);
  if (isListType(type)) {
    for (const [place, leaf, value, built] of variants(name, type.ofType, values))
      yield [place.replace(name, `${name}[0]`), leaf, value, [built]];
    return;
  }
  if (isInputObjectType(type)) {
    const base = sample(name, type) as object;
    for (const field of Object.values(type.getFields())) {
      for (const [place, leaf, value, built] of variants(field.name, field.type, values))
        yield [`${name}.${place}`, leaf, value, { ...base, [field.name]: built }];
    }
    return;
  }
  for (const given of values[type.name] ?? []) {
    const value = given === LONG && name === 'value' ? LONGEST : given;
    yield [name, type.name, value, value];
  }
}

function triesOf(field: GraphQLField<unknown, unknown>, values: Values): Try[] {
  const required = field.args.filter(({ type }) => isNonNullType(type));
  const base = () => Object.fromEntries(required.map((arg) => [arg.name, sample(arg.name, arg.type)]));
  return field.args.flatMap((arg) =>
    [...variants(arg.name, arg.type, values)].map(([place, type, value, built]) => ({
      place: `${field.name}(${place})`,
      type,
      value,
      args: { ...base(), [arg.name]: built },
    })),
  );
}

const selectionOf = (type: GraphQLOutputType): string => (isLeafType(getNamedType(type)) ? '' : '{ __typename }');

/** One field of an operation, with its variables. */
function called(alias: string, field: GraphQLField<unknown, unknown>, args: Readonly<Record<string, unknown>>) {
  const given = field.args.filter(({ name }: GraphQLArgument) => name in args);
  const uses = given.map(({ name }) => `${name}: $${alias}_${name}`).join(', ');
  return {
    declared: given.map(({ name, type }) => `$${alias}_${name}: ${type}`),
    text: `${alias}: ${field.name}(${uses}) ${selectionOf(field.type)}`,
    variables: Object.fromEntries(given.map(({ name }) => [`${alias}_${name}`, args[name]])),
  };
}

interface WireError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

async function send(kind: string, parent: string | undefined, field: GraphQLField<unknown, unknown>, tries: Try[]) {
  const calls = tries.map(({ args }, index) => called(`f${index}`, field, args));
  const inside = calls.map(({ text }) => text).join('\n');
  const around = parent === undefined ? inside : `${fill(parent)} ${inside} } }`;
  const query = `${kind} (${calls.flatMap(({ declared }) => declared).join(', ')}) { ${around} }`;
  const variables = Object.assign({}, ...calls.map((one) => one.variables));
  const { body } = await postJson(`${world.server.url}/graphql`, { query, variables }, { 'x-api-key': ADMIN_KEY });
  return (body.errors ?? []) as readonly WireError[];
}

const fill = (text: string): string =>
  text
    .replace('WORKFLOW', ids.workflowId ?? '')
    .replace('PIPELINE', ids.pipelineId ?? '')
    .replace('MEMBER', ids.workflowExecutionId ?? '')
    .replace('ENVIRONMENT', ids.environmentId ?? '')
    .replace('SERVICE', ids.serviceId ?? '')
    .replace('RUN', ids.runId ?? '');

interface Answered extends Try {
  readonly code: string;
  readonly fields: readonly string[];
}

const answered = (one: Try, error: WireError | undefined): Answered => {
  const errors = (error?.extensions.errors ?? []) as { field: string }[];
  return { ...one, code: String(error?.extensions.code ?? 'OK'), fields: errors.map(({ field }) => field) };
};

/** Sends many values in one operation: each field has its own result, or its own error with its alias in the path. */
async function ask(kind: string, parent: string | undefined, field: GraphQLField<unknown, unknown>, tries: Try[]) {
  const found: Answered[] = [];
  for (let from = 0; from < tries.length; from += 30) {
    const part = tries.slice(from, from + 30);
    const errors = await send(kind, parent, field, part);
    for (const [index, one] of part.entries())
      found.push(
        answered(
          one,
          errors.find(({ path = [] }) => path.includes(`f${index}`) || path.length === 0),
        ),
      );
  }
  return found;
}

async function askStream(field: GraphQLField<unknown, unknown>, one: Try): Promise<Answered> {
  const { declared, text, variables } = called('f0', field, one.args);
  const response = await fetch(`${world.server.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-api-key': ADMIN_KEY },
    body: JSON.stringify({ query: `subscription (${declared.join(', ')}) { ${text} }`, variables }),
  });
  let received = '';
  for await (const chunk of response.body ?? []) {
    received += Buffer.from(chunk as Uint8Array).toString();
    if (received.includes('data: {') && received.endsWith('\n\n')) break;
  }
  const data = /data: (\{.*)/.exec(received)?.[1] ?? received;
  return answered(one, (JSON.parse(data) as { errors?: WireError[] }).errors?.[0]);
}

const graphqlCodes = ['BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED', 'BAD_REQUEST'];
const cataloged = new Set(['OK', ...graphqlCodes, ...Object.keys(refusalCodes)].filter((code) => code !== 'INTERNAL'));

/** Results with a code that isn't in the catalog, and the API locations that return them. */
const wrong = (all: readonly Answered[]) =>
  all
    .filter(({ code }) => !cataloged.has(code))
    .map(({ place, value, code }) => `${place} ${JSON.stringify(value).slice(0, 40)}: ${code}`);

describe.each(['Query', 'Mutation', 'Subscription'])('every argument of %s', (root) => {
  const type = schema.getType(root);
  const fields = isObjectType(type) ? Object.values(type.getFields()).filter(({ args }) => args.length > 0) : [];

  it('returns only cataloged codes, whatever the value', async () => {
    expect(fields.length).toBeGreaterThan(5);
    const all: Answered[] = [];
    for (const field of fields) {
      const tries = triesOf(field, hostile);
      if (root !== 'Subscription') all.push(...(await ask(root.toLowerCase(), undefined, field, tries)));
      else for (const one of tries) all.push(await askStream(field, one));
    }
    expect(all.length).toBeGreaterThan(50);
    expect(wrong(all)).toEqual([]);
    const bad = all.filter(({ type: of, value }) => of === 'Float' && !Number.isSafeInteger(value));
    expect(bad.filter(({ code }) => code !== 'INVALID_INPUT').map(({ place }) => place)).toEqual([]);
    if (root !== 'Mutation') return;
    const texts = all.filter(
      ({ type: of, place }) => of === 'String' && !/\.(source|secretValue|payload)\)|\.filters\[/.test(place),
    );
    expect(texts.length).toBeGreaterThan(300);
    const unnamed = texts.filter(
      ({ code, fields: named, place }) => code !== 'INVALID_INPUT' || !named.some((one) => place.endsWith(`.${one})`)),
    );
    expect(unnamed.map(({ place, value, code }) => `${place} ${code} ${String(value).slice(0, 10)}`)).toEqual([]);
  });

  it('accepts only integers for Int and times for DateTime', async () => {
    const tries = fields.flatMap((field) => triesOf(field, mistyped).map((one) => ({ field, one })));
    const found = await Promise.all(
      tries
        .filter(({ one }) => !/(first|limit|offset)\)$/.test(one.place))
        .map(async ({ field, one }) =>
          root === 'Subscription' ? askStream(field, one) : (await ask(root.toLowerCase(), undefined, field, [one]))[0],
        ),
    );
    expect(new Set(found.map((one) => one?.code))).toEqual(new Set(['BAD_USER_INPUT']));
  });
});

it('every argument of other fields returns only cataloged codes', async () => {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const all: Answered[] = [];
  for (const { name, getFields } of types.filter(({ name }) => !/^__|^(Query|Mutation|Subscription)$/.test(name))) {
    const fields = Object.values(getFields.call(schema.getType(name))).filter(({ args }) => args.length > 0);
    if (fields.length === 0 || notReached.includes(name)) continue;
    expect(Object.keys(parents)).toContain(name);
    for (const field of fields) all.push(...(await ask('query', parents[name], field, triesOf(field, hostile))));
  }
  expect(all.length).toBeGreaterThan(20);
  expect(wrong(all)).toEqual([]);
});

describe('text-that-postgres-refuses, non-integer-for-integer', () => {
  it('rejects the text, names its field, and changes nothing', async () => {
    const abort = 'mutation ($input: AbortExecutionInput!) { abortExecution(input: $input) { execution { status } } }';
    const input = { applicationId: ids.applicationId, executionId: ids.runId };
    for (const [text, rule] of [
      [HALF, 'BAD_CHARACTER'],
      [NUL, 'BAD_CHARACTER'],
      [LONG, 'MAX_LENGTH'],
    ]) {
      const refused = await world.server.client.errorOf(abort, { input: { ...input, reason: text } });
      expect(refused).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
      expect(refused.details.errors).toEqual([
        { field: 'reason', value: null, rule, message: expect.stringContaining('reason') },
      ]);
    }
    expect(await world.runs.is(ids.runId ?? '', 'RUNNING', 'QUEUED')).toBe(true);
    const start = 'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }';
    const pipeline = { ...(await world.runs.ids('pipeline', 'asking')), executionType: 'PIPELINE' };
    const variableInputs = [{ name: 'COLOR', variableValue: { type: 'NAME', value: HALF } }];
    const started = await world.server.client.errorOf(start, { input: { ...pipeline, notes: NUL, variableInputs } });
    expect((started.details.errors as { field: string }[]).map(({ field }) => field).sort()).toEqual([
      'notes',
      'variableInputs[0].variableValue.value',
    ]);
    const verify = await world.server.client.errorOf('{ verifyAudit(from: 1.5) { valid } }');
    expect(verify).toMatchObject({ code: 'INVALID_INPUT', details: { errors: [{ field: 'from', rule: 'INTEGER' }] } });
  });

  it('finds nothing for a name or an ID that can’t exist', async () => {
    for (const text of [NUL, HALF]) {
      const byName = await world.server.client.errorOf(
        'query ($name: String!) { userGroupByName(name: $name) { id } }',
        {
          name: text,
        },
      );
      expect(byName.code).toBe('NOT_FOUND');
      const filters = [{ name: { operator: 'IN', values: [text] } }];
      const found = await world.server.client.ask<{ applications: { nodes: unknown[] } }>(
        'query ($filters: [ApplicationFilter!]) { applications(filters: $filters) { nodes { id } } }',
        { filters },
      );
      expect(found.applications.nodes).toEqual([]);
    }
  });
});

interface Answers {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly WireError[];
}

const operate = async (query: string, variables = {}, key = ADMIN_KEY): Promise<Answers> =>
  (await postJson(`${world.server.url}/graphql`, { query, variables }, { 'x-api-key': key })).body as Answers;

describe('aliased-mutations-null', () => {
  it('returns a result for each mutation of an operation', async () => {
    const create = (name: string) => `createApplication(input: {name: "${name}"}) { application { name } }`;
    const { data, errors } = await operate(`mutation { a: ${create('x1')} b: ${create('x1')} c: ${create('x2')} }`);
    expect(data).toEqual({ a: { application: { name: 'x1' } }, b: null, c: { application: { name: 'x2' } } });
    expect(errors).toEqual([
      { message: expect.any(String), locations: expect.any(Array), path: ['b'], extensions: expect.any(Object) },
    ]);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NAME_TAKEN', retryable: false });
  });

  it('audits each, and keeps an idempotency key for each', async () => {
    const ofApplication = await world.runs.ids('pipeline', 'gated');
    const input = (key: string) => ({ ...ofApplication, executionType: 'PIPELINE', idempotencyKey: key });
    const start = (name: string) => `${name}: startExecution(input: $${name}) { execution { id } }`;
    const types = ['a', 'b', 'c', 'd'].map((name) => `$${name}: StartExecutionInput!`).join(', ');
    const { data, errors } = await operate(`mutation (${types}) { ${['a', 'b', 'c', 'd'].map(start).join(' ')} }`, {
      a: input('one'),
      b: { ...input('one'), notes: 'another' },
      c: input('one'),
      d: input('two'),
    });
    expect(data?.c).toEqual(data?.a);
    expect([data?.b, data?.d === null, JSON.stringify(data?.d) === JSON.stringify(data?.a)]).toEqual([
      null,
      false,
      false,
    ]);
    expect(errors?.map(({ path, extensions: { code } }) => [path, code])).toEqual([[['b'], 'IDEMPOTENCY_CONFLICT']]);
    const { audits } = await world.server.client.ask<{ audits: { nodes: { outcome: string; code: string }[] } }>(
      '{ audits(first: 4) { nodes { outcome code } } }',
    );
    expect(audits.nodes.map(({ outcome, code }) => code ?? outcome).sort()).toEqual([
      'ALLOWED',
      'ALLOWED',
      'ALLOWED',
      'IDEMPOTENCY_CONFLICT',
    ]);
  });

  it('returns other queries if one lacks permissions', async () => {
    const key = await createKey(world.server.client, 'Readers', READS_RUNS);
    const unknown = `executionId: "${unknownId}"`;
    const { data, errors } = await operate(
      `{ version audits { nodes { id } } agents { nodes { id } } execution(${unknown}) { id } restorePreview(runId: "${unknownId}") { allowed } executionEvents(${unknown}) { nodes { type } } }`,
      {},
      key,
    );
    const refused = { audits: null, agents: null, execution: null, restorePreview: null, executionEvents: null };
    expect(data).toEqual({ version: expect.any(String), ...refused });
    expect(errors?.map(({ path }) => path?.[0]).sort()).toEqual(Object.keys(refused).sort());
  });
});

/** The value with each of its parts replaced by what its type or a database may not accept. */
function* alterations(value: unknown): Generator<unknown> {
  for (const other of [NUL, HALF, LONG, -1, 1.5, 1e300, null, [], {}]) yield other;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const altered of alterations(part)) {
      yield Array.isArray(value) ? [altered] : { ...value, [key]: altered };
    }
  }
}

describe('requests outside of GraphQL', () => {
  const outcome = async (response: Response): Promise<string> => {
    const { error } = (await response.json()) as { error?: { code: string } };
    return error?.code ?? 'OK';
  };

  it('are rejected with INVALID_INPUT by the agent protocol', async () => {
    const register = (body: object) =>
      fetch(`${world.server.url}/agent/v1/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${AGENT_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'a', slots: 1, ...body }),
      }).then(outcome);
    const bodies = [NUL, HALF].flatMap((text) => [
      { name: text },
      { version: text },
      { labels: { [text]: 'x' } },
      { labels: { x: text } },
    ]);
    bodies.push(...[1.5, -1, 1e300].map((slots) => ({ slots }) as never));
    expect(new Set(await Promise.all(bodies.map(register)))).toEqual(new Set(['INVALID_INPUT']));
  });

  it('return only cataloged codes from the agent protocol, whatever a field holds', async () => {
    const id = await world.runs.start('workflow', 'doubtful');
    const job = (await world.agent.claim(10)).find(({ executionId }) => executionId === id);
    if (job === undefined) throw new Error('no job came');
    await world.agent.start(job);
    const { jobId, token } = job;
    const log = `jobs/${jobId}/log`;
    const end = {
      exitCode: 1,
      signal: 'SIGHUP',
      reason: 'AGENT_ERROR',
      message: 'x',
      commandStarted: true,
      logBytes: 0,
    };
    const bodies: Readonly<Record<string, unknown>> = {
      claim: { slots: 1, waitMs: 0 },
      start: { jobs: [{ jobId, token }] },
      renew: { jobs: [{ jobId, token }], waitMs: 0 },
      [log]: { offset: 0, frames: [{ stream: 'stdout', at: '2026-01-01T00:00:00Z', text: 'x' }] },
      finish: { results: [{ jobId, token, ...end, outputs: [{ name: 'A', value: 'x' }] }] },
    };
    const codes: string[] = [];
    const send = async (verb: string, body: unknown) => {
      const reply = await world.agent.post(verb, body, verb === log ? token : undefined);
      const entries = [reply.body.jobs, reply.body.results].flat() as (Reply['body'] | undefined)[];
      const all = [reply.body.error?.code, ...entries.map((entry) => entry?.code)].filter((code) => code !== undefined);
      codes.push(...all.map(String), ...(reply.status >= 500 ? [`${reply.status}`] : []));
    };
    for (const [verb, body] of Object.entries(bodies)) {
      await Promise.all([...alterations(body)].map((altered) => send(verb, altered)));
    }
    expect(codes.length).toBeGreaterThan(150);
    expect(codes.filter((code) => !cataloged.has(code))).toEqual([]);
  });

  it('end a job with any text, and keep no output changed', async () => {
    for (const end of [
      { exitCode: 1, reason: `A${HALF}`, message: `${NUL}${HALF}`, signal: HALF.slice(-2) },
      { outputs: [{ name: 'OUT', value: HALF }] },
      { outputs: [{ name: NUL, value: 'x' }] },
    ]) {
      const id = await world.runs.start('workflow', 'doubtful');
      const jobs = (await world.agent.claim(10)).filter(({ executionId }) => executionId === id);
      const [job] = jobs;
      if (job === undefined) throw new Error('no job came');
      await world.agent.start(job);
      const { logged, taken } = {
        logged: await world.agent.log(job, 0, `${NUL}${HALF}`),
        taken: await world.agent.finish(job, end),
      };
      expect([logged.status, taken.body.results]).toEqual([200, [{ jobId: job.jobId, ok: true }]]);
      const { reason } = await world.runs.task(id, job.task);
      expect(reason).toEqual(expect.stringMatching(/\ufffd|unpaired surrogate|no name/));
      await world.runs.abort(id);
    }
  });

  it('find no artifact for a name or an ID that can’t exist', async () => {
    for (const id of ['%00', 'a%00b', '%ED%A0%BD', 'x'.repeat(5_000), unknownId]) {
      const response = await fetch(`${world.server.url}/artifacts/${id}`, { headers: { 'x-api-key': ADMIN_KEY } });
      expect(['NOT_FOUND', 'INVALID_INPUT']).toContain(await outcome(response));
    }
  });

  it('are rejected by streams for an invalid cursor, variable or Last-Event-ID', async () => {
    const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const cursors = [
      cursor('events', 'x', 1e300, unknownId, 1),
      cursor('events', 'x', 1.5, unknownId, 1),
      cursor('events', HALF, 1, unknownId, 1),
      cursor('events', 'x', 1, unknownId, 1.5),
      '1.5',
      '-1',
      '9007199254740993',
      '%00',
      'x'.repeat(5_000),
    ];
    const queries = [
      'subscription { executionsUpdated { cursor } }',
      'subscription { approvalsRequested { cursor } }',
      `subscription { executionEvents(executionId: "${ids.runId}") { cursor } }`,
    ];
    for (const query of queries) {
      for (const after of cursors) {
        const response = await fetch(`${world.server.url}/graphql/stream?query=${encodeURIComponent(query)}`, {
          headers: { 'x-api-key': ADMIN_KEY, accept: 'text/event-stream', 'last-event-id': after },
        });
        expect(await response.text()).toContain('"code":"INVALID_INPUT"');
      }
    }
    const variables = encodeURIComponent(JSON.stringify({ after: NUL }));
    const query = encodeURIComponent('subscription ($after: ID) { executionsUpdated(after: $after) { cursor } }');
    const url = `${world.server.url}/graphql/stream?query=${query}&variables=`;
    const headers = { 'x-api-key': ADMIN_KEY, accept: 'text/event-stream' };
    expect(await (await fetch(`${url}${variables}`, { headers })).text()).toContain('"code":"INVALID_INPUT"');
    expect(await outcome(await fetch(`${url}1.5`, { headers }))).toBe('INVALID_INPUT');
    const time = cursor('executions', '-271821-04-20T00:00:00.000Z', unknownId);
    const pages = await world.server.client.errorOf(
      'query ($after: String) { executions(after: $after) { nodes { id } } }',
      {
        after: time,
      },
    );
    expect(pages.code).toBe('INVALID_INPUT');
  });
});
