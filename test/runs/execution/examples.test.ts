import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually';
import { startAgentProcess, type TestProcess } from '../../support/processes';
import { Runs, type RunView } from '../../support/runs';
import { startTestServer, type TestServer } from '../../support/server';

const folder = join(__dirname, '../../../examples/workflows');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

/** Final statuses of the tasks of each example; `!` marks an ignored failure. */
const expected: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'matrix.yaml': {
    'test[os=darwin,node=22]': 'SUCCESS',
    'test[os=linux,node=20]': 'SUCCESS',
    'test[os=linux,node=22,coverage=yes]': 'SUCCESS',
    'test[os=windows,node=22]': 'SUCCESS',
    report: 'SUCCESS',
    image: 'SUCCESS',
  },
  'dynamic-matrix.yaml': {
    list: 'SUCCESS',
    'test[package=api]': 'SUCCESS',
    'test[package=web]': 'SUCCESS',
    test: 'SUCCESS',
    report: 'SUCCESS',
  },
  'exit-codes.yaml': { changes: 'FAILED!', serve: 'SUCCESS' },
  'cache.yaml': { install: 'SUCCESS', again: 'SUCCESS' },
  'modes.yaml': { slow: 'SUCCESS', fast: 'SUCCESS', after: 'SUCCESS' },
  'conditions.yaml': {
    build: 'SUCCESS',
    region: 'SKIPPED',
    scale: 'SUCCESS',
    single: 'SKIPPED',
    'test[os=darwin]': 'FAILED!',
    'test[os=linux]': 'SUCCESS',
    'test[os=windows]': 'SKIPPED',
    report: 'SUCCESS',
  },
  'retries.yaml': { flaky: 'SUCCESS' },
  'failure-strategy.yaml': { 'warm-up': 'FAILED!', switch: 'SUCCESS' },
  'ignored-failure.yaml': { report: 'FAILED!', release: 'SUCCESS' },
  'failure-handlers.yaml': { migrate: 'FAILED!', release: 'SUCCESS' },
  'finally.yaml': { up: 'SUCCESS', test: 'FAILED!' },
  'variables.yaml': { version: 'SUCCESS', facts: 'SUCCESS', check: 'SUCCESS' },
  'workflow-task.yaml': {
    'api/build': 'SUCCESS',
    'api/test': 'SUCCESS',
    api: 'SUCCESS',
    'web/build': 'SUCCESS',
    'web/test': 'SKIPPED',
    web: 'SUCCESS',
    publish: 'SUCCESS',
  },
  'templates.yaml': { build: 'SUCCESS', lint: 'SUCCESS', test: 'SUCCESS', publish: 'SUCCESS' },
  'working-folder.yaml': { write: 'SUCCESS', clean: 'SUCCESS' },
  'secrets.yaml': { deploy: 'SUCCESS' },
  'task-graph.toml': { build: 'SUCCESS', lint: 'FAILED!', test: 'SUCCESS', version: 'SUCCESS', publish: 'SUCCESS' },
};

/** Failure handlers that ran alongside them, with their results. */
const handlers: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'failure-handlers.yaml': [['diagnose', 'SUCCESS']],
};

describe('the examples', () => {
  let server: TestServer;
  let agent: TestProcess;
  let runs: Runs;

  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server, 'examples');
    agent = startAgentProcess(server.url, server.dataDir, 'worker', { SLIPWAY_AGENT_SLOTS: '4' });
    await runs.apply(read('application.yaml'));
    const { applicationByName } = await server.client.ask<{ applicationByName: { id: string } }>(
      '{ applicationByName(name: "examples") { id } }',
    );
    await server.client.ask(
      'mutation ($id: ID!) { setSecret(input: {applicationId: $id, name: "DEPLOY_TOKEN", secretValue: "not for the log"}) { warnings } }',
      { id: applicationByName.id },
    );
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    await server.stop();
  });

  it('are all covered', () => {
    const files = readdirSync(folder).filter((file) => /\.(yaml|toml)$/.test(file) && file !== 'application.yaml');
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.entries(expected))('%s runs on a real agent', async (file, ends) => {
    const format = file.endsWith('.toml') ? 'TOML' : 'YAML';
    const { applyDefinitions } = await server.client.ask<{ applyDefinitions: { results: { name: string }[] } }>(
      `mutation ($source: String!, $format: DefinitionFormat!) {
        applyDefinitions(input: { source: $source, format: $format, application: "examples" }) { results { name } } }`,
      { source: read(file), format },
    );
    const name = applyDefinitions.results[0]?.name ?? '';
    const run = await runs.until(await runs.start('workflow', name), 'SUCCESS', 'FAILED', 'ABORTED');
    expect(endsOf(run)).toEqual(ends);
    expect(run.status).toBe('SUCCESS');
    const handled = await eventually(
      () => handlersOf(run.id),
      (all) => all.every(({ endedAt }) => endedAt !== null),
    );
    expect(handled.map(({ name, status }) => [name, status])).toEqual(handlers[file] ?? []);
  });

  const handlersOf = async (id: string) => {
    const { execution } = await server.client.ask<{
      execution: { forensicExecutions: { name: string; status: string; endedAt: string | null }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { forensicExecutions { name status endedAt } } } }`,
      { id },
    );
    return execution.forensicExecutions;
  };
});

const endsOf = ({ tasks }: RunView) =>
  Object.fromEntries(
    (tasks ?? []).map(({ name, status, ignoredFailure }) => [name, `${status}${ignoredFailure ? '!' : ''}`]),
  );
