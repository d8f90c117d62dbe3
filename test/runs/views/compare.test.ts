import type { Permissions } from '../../../src/client/generated';
import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { comparedResults, leavesOf } from '../../../src/runs/views/comparisons';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, build: string, more = '') => `---
kind: Workflow
application: app
name: ${name}
${more}
variables: [{ name: LEVEL, default: low }]
tasks:
  build: { run: "${build}" }
  test: { run: "true", depends_on: [build] }
`;
const pipeline = `---
kind: Pipeline
application: app
name: flow
variables: [{ name: LEVEL, default: low }]
stages:
  - name: Build
    elements: [{ name: make, workflow: make }]
  - name: Deploy
    elements: [{ name: to prod, workflow: deploy, environment: prod }]
`;

interface Value {
  readonly name: string;
  readonly a: string | null;
  readonly b: string | null;
}
interface Outcome {
  readonly status: string;
  readonly attempt: number;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
}
interface Compared {
  readonly stage: string | null;
  readonly name: string;
  readonly different: boolean;
  readonly a: Outcome | null;
  readonly b: Outcome | null;
}
interface Comparison {
  readonly definition: Value[] | null;
  readonly inputs: Value[];
  readonly images: Value[];
  readonly variables: Value[];
  readonly stages: Compared[];
  readonly tasks: Compared[];
  readonly omitted: number;
}

const QUERY = `query ($a: ID!, $b: ID!, $attemptA: Int, $attemptB: Int) {
  compareExecutions(a: $a, b: $b, attemptA: $attemptA, attemptB: $attemptB) {
    definition { name a b } inputs { name a b } images { name a b } variables { name a b } omitted
    stages { stage name different a { ...one } b { ...one } } tasks { stage name different a { ...one } b { ...one } } } }
  fragment one on ResultOfOne { status attempt exitCode durationMs }`;

describe('compareExecutions', () => {
  const { server, runs, agent } = testWorld(
    APP +
      workflow('make', 'make', 'services: [web]') +
      workflow('deploy', 'up', `environment: \${environment}`) +
      pipeline,
  );

  const compare = async (a: string, b: string, more: object = {}, client = server.client) =>
    (await client.ask<{ compareExecutions: Comparison }>(QUERY, { a, b, ...more })).compareExecutions;
  const level = (value: string) => ({
    variableInputs: [{ name: 'LEVEL', variableValue: { type: 'NAME', value } }],
    serviceInputs: [{ name: 'web', image: `web:${value}` }],
  });
  const short = (list: readonly Compared[]) =>
    list.map(({ stage, name, different, a, b }) => [stage, name, different, a?.status, b?.status]);

  it('lists the differences between two runs of a workflow', async () => {
    const first = await runs.start('workflow', 'make', level('low'));
    await agent.runOne({ outputs: [{ name: 'VERSION', value: '1' }] });
    await agent.runOne();
    await runs.apply(workflow('make', 'make all', 'services: [web]').replace('  test:', '  check:'));
    const second = await runs.start('workflow', 'make', level('high'));
    await agent.runOne({ outputs: [{ name: 'VERSION', value: '2' }] });
    await agent.runOne({ exitCode: 3 });
    const comparison = await compare(first, second);
    expect(comparison).toMatchObject({
      inputs: [{ name: 'LEVEL', a: 'low', b: 'high' }],
      images: [{ name: 'web', a: 'web:low', b: 'web:high' }],
      variables: [{ name: 'VERSION', a: '1', b: '2' }],
      stages: [],
      omitted: 0,
    });
    expect(comparison.definition).toContainEqual({ name: 'tasks.build.run', a: 'make', b: 'make all' });
    expect(comparison.definition).toContainEqual({ name: 'tasks.check.dependsOn', a: null, b: '["build"]' });
    expect(short(comparison.tasks)).toEqual([
      [null, 'test', true, 'SUCCESS', undefined],
      [null, 'check', true, undefined, 'FAILED'],
      [null, 'build', false, 'SUCCESS', 'SUCCESS'],
    ]);
    expect(comparison.tasks[1]?.b).toEqual({
      status: 'FAILED',
      attempt: 1,
      exitCode: 3,
      durationMs: expect.any(Number),
    });
    const all = `query ($a: ID!, $b: ID!) { compareExecutions(a: $a, b: $b, includeEqual: true) {
      images { name different } definition { name a b different } } }`;
    const { compareExecutions } = await server.client.ask<{ compareExecutions: Comparison }>(all, {
      a: first,
      b: second,
    });
    expect(compareExecutions.images).toEqual([{ name: 'web', different: true }]);
    expect(compareExecutions.definition).toContainEqual({
      ...{ name: 'tasks.test.run', a: 'true', b: null, different: true },
    });
    expect(compareExecutions.definition?.at(-1)).toMatchObject({ different: false });
    const same = await compare(second, second);
    expect(same).toMatchObject({ definition: [], inputs: [], images: [], variables: [] });
    expect(same.tasks.some(({ different }) => different)).toBe(false);
  });

  it('compares two attempts of a run, each in its own state', async () => {
    const id = await runs.start('pipeline', 'flow', { serviceInputs: level('low').serviceInputs });
    await agent.runOne();
    await agent.runOne();
    await agent.runOne({ exitCode: 1, outputs: [] });
    await runs.until(id, 'FAILED');
    const { applicationId } = await runs.ids('pipeline', 'flow');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id, pipelineStageName: 'Deploy' } },
    );
    await agent.runOne({ outputs: [{ name: 'URL', value: 'http://x' }] });
    await agent.runOne();
    await runs.until(id, 'SUCCESS');
    const comparison = await compare(id, id, { attemptA: 1, attemptB: 2 });
    expect(short(comparison.stages)).toEqual([
      ['Deploy', 'to prod', true, 'FAILED', 'SUCCESS'],
      ['Build', 'make', false, 'SUCCESS', 'SUCCESS'],
    ]);
    expect(comparison.stages.map(({ a, b }) => [a?.attempt, b?.attempt])).toEqual([
      [1, 2],
      [1, 1],
    ]);
    expect(short(comparison.tasks)).toEqual([
      ['Deploy › to prod', 'build', true, 'FAILED', 'SUCCESS'],
      ['Deploy › to prod', 'test', true, 'SKIPPED', 'SUCCESS'],
      ['Build › make', 'build', false, 'SUCCESS', 'SUCCESS'],
      ['Build › make', 'check', false, 'SUCCESS', 'SUCCESS'],
    ]);
    expect(comparison).toMatchObject({
      definition: [],
      inputs: [],
      variables: [{ name: 'Deploy › to prod › URL', a: null, b: 'http://x' }],
    });
  });

  it('reports another environment', async () => {
    const start = async (environment: string) => {
      const id = await runs.start('workflow', 'deploy', {
        variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: environment } }],
      });
      await runs.abort(id);
      return id;
    };
    const { inputs } = await compare(await start('staging'), await start('prod'));
    expect(inputs).toEqual([{ name: 'environment', a: 'staging', b: 'prod' }]);
  });

  it('rejects executions that can’t be compared', async () => {
    const flow = await runs.start('pipeline', 'flow', { serviceInputs: level('low').serviceInputs });
    const make = await runs.start('workflow', 'make', level('low'));
    await expect(compare(flow, make)).rejects.toThrow('INVALID_INPUT: An execution of a pipeline');
    await expect(compare(flow, flow, { attemptB: 2 })).rejects.toThrow('attemptB must be from 1 to 1');
    await expect(compare(flow, '01a1fde6-77b0-740d-b857-a367d0a2b8ae')).rejects.toThrow('NOT_FOUND');
    await runs.abort(flow);
    await runs.abort(make);
  });

  it('hides definitions and members that the caller may not see', async () => {
    const watchers: Permissions = {
      appPermissions: [
        {
          permissionType: 'DEPLOYMENT',
          actions: ['READ'],
          applications: { filterType: 'ALL' },
          deployments: { filterTypes: ['PRODUCTION_ENVIRONMENTS'] },
        },
      ],
    };
    const watcher = new TestClient(server.url, await createKey(server.client, 'Watchers', watchers));
    await runs.apply(
      pipeline
        .replace('name: flow', 'name: both')
        .replace('{ name: make, workflow: make }', '{ name: to staging, workflow: deploy, environment: staging }'),
    );
    const id = await runs.start('pipeline', 'both');
    await agent.runOne({ outputs: [{ name: 'URL', value: 'http://x' }] });
    const comparison = await compare(id, id, {}, watcher);
    expect(comparison.stages.map(({ name }) => name)).toEqual(['to staging', 'to prod']);
    expect(comparison).toMatchObject({ definition: null, tasks: [], variables: [] });
    expect((await compare(id, id)).tasks.map(({ stage, name }) => [stage, name])).toEqual([
      ['Build › to staging', 'build'],
      ['Build › to staging', 'test'],
    ]);
    await runs.abort(id);
  });
});

test('bounds a comparison of many results, and shows differences first', () => {
  const result = (index: number, status: string) => ({
    stage: null,
    name: `task ${index}`,
    status,
    reasonCode: null,
    exitCode: null,
    attempt: 1,
    durationMs: index,
  });
  const a = Array.from({ length: 5000 }, (_, index) => result(index, 'SUCCESS'));
  const b = Array.from({ length: 5000 }, (_, index) => result(index, index === 4999 ? 'FAILED' : 'SUCCESS'));
  const { listed, omitted } = comparedResults(a, b);
  expect([listed.length, omitted, listed[0]?.name]).toEqual([500, 4500, 'task 4999']);
});

test('flattens a definition into paths, by name where possible', () => {
  const leaves = leavesOf({
    stages: [{ name: 'A b', elements: [{ name: 'x', n: 1 }] }],
    env: { A: 'a' },
    none: null,
    list: [],
    more: [1, 2],
  });
  expect([...leaves]).toEqual([
    ['stages["A b"].elements.x.n', '1'],
    ['env.A', 'a'],
    ['more', '[1,2]'],
  ]);
});
