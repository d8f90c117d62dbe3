import { APP } from '../support/runs';
import { slipway, startSlipway } from './program';
import { testWorld } from '../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: careful
variables: [{ name: COLOR, default: red }]
tasks:
  migrate: { run: "true", failure_strategy: { wait: 1h } }
  switch: { run: "true", depends_on: [migrate] }
---
kind: Workflow
application: app
name: build
tasks:
  lint: { run: "true" }
  unit: { run: "true" }
---
kind: Workflow
application: app
name: lenient
variables: [{ name: COLOR, default: red }]
tasks:
  scan: { run: "true", failure_strategy: ignore }
  maybe: { run: "true", if: 'COLOR == "blue"' }
  put: { run: "true", depends_on: [scan] }
---
kind: Pipeline
application: app
name: release
stages:
  - elements:
      - { name: one, workflow: careful }
      - { name: two, workflow: careful }
`;

const { server, runs, agent } = testWorld(DEFINITIONS);
let url: string;
beforeAll(async () => {
  url = server.url;
});

const failing =
  (...names: string[]) =>
  ({ task }: { task: string }) =>
    names.includes(task);

describe('slipway intervene', () => {
  it('decides about the named failure, which run show suggests', async () => {
    const id = await runs.start('pipeline', 'release');
    const waiting = async () => (await slipway(url, ['run', 'show', id])).out.match(/slipway intervene/g)?.length === 2;
    await agent.work(waiting, failing('migrate'));
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway intervene ${id} … --at "one/migrate"`);
    const either = await slipway(url, ['intervene', id, 'ignore', '--at', 'migrate']);
    expect([either.code, either.err]).toEqual([2, expect.stringMatching(/Several failures[\s\S]*--at "two\/migrate"/)]);
    const decide = (target: string, action: string) =>
      slipway(url, ['intervene', id, action, '--at', target, '--reason', 'seen it', '--yes']);
    expect(await decide('two/migrate', 'mark-as-success')).toMatchObject({
      code: 0,
      out: expect.stringContaining('two/migrate: MARK_AS_SUCCESS.'),
    });
    expect(await decide('two/migrate', 'fail')).toMatchObject({
      code: 3,
      err: expect.stringContaining('--at "migrate"'),
    });
    expect((await decide('one/migrate', 'retry')).code).toBe(0);
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });
});

describe('slipway retry', () => {
  it('retries a failed task while its workflow runs, and explains refusals', async () => {
    const id = await runs.start('workflow', 'build');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    const [lint, unit] = ['lint', 'unit'].map((name) => jobs.find(({ task }) => task === name));
    if (lint === undefined || unit === undefined) throw new Error('both tasks are to be claimed');
    const early = await slipway(url, ['retry', id, 'lint']);
    expect([early.code, early.err]).toEqual([3, expect.stringMatching(/^NOT_RETRYABLE: /)]);
    await agent.finish(lint, { exitCode: 1 });
    const stale = await slipway(url, ['retry', id, 'lint', '--expected-version', '1']);
    expect([stale.code, stale.err]).toEqual([3, expect.stringMatching(/^CONFLICT: .*at version/)]);
    const retried = await slipway(url, ['retry', id, 'lint', '--reason', 'the database is up', '--json']);
    expect([retried.code, JSON.parse(retried.out)]).toEqual([
      0,
      { taskExecution: expect.objectContaining({ name: 'lint', status: 'QUEUED' }) },
    ]);
    await agent.finish(unit);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await slipway(url, ['retry', id, 'lnit'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('lint ('),
    });
  });
});

describe('slipway resume and rerun', () => {
  it('of a workflow accept values, the mode and options for repeated tasks', async () => {
    const id = await runs.start('workflow', 'lenient');
    await agent.work(() => runs.is(id, 'FAILED'), failing('scan', 'put'));
    const preview = async (...args: string[]) =>
      JSON.parse((await slipway(url, ['resume', id, '--dry-run', '--json', ...args])).out) as {
        tasksThatRun: string[];
      };
    expect((await preview()).tasksThatRun).toEqual(['put']);
    expect((await preview('--rerun-ignored-failures')).tasksThatRun.sort()).toEqual(['put', 'scan']);
    expect((await preview('--reevaluate-skipped')).tasksThatRun.sort()).toEqual(['maybe', 'put']);
    const all = [
      '--reevaluate-skipped',
      '--var',
      'COLOR=blue',
      '--execution-mode',
      'sequential',
      '--max-parallel',
      '1',
    ];
    const resuming = startSlipway(url, ['resume', id, '--yes', ...all]);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await resuming.ended).toMatchObject({ code: 0, out: expect.stringMatching(/SUCCESS +maybe/) });
    const { execution } = await server.client.ask<{ execution: object }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { mode maxParallel } } }',
      { id },
    );
    expect(execution).toEqual({ mode: 'SEQUENTIAL', maxParallel: 1 });
  });

  it('reject options of the other kind of run, and name the run in their advice', async () => {
    const id = await runs.start('workflow', 'build');
    const foreign = await slipway(url, ['resume', id, '--stage', 'x', '--ask-inputs']);
    expect([foreign.code, foreign.err]).toEqual([
      2,
      expect.stringContaining('--stage, --ask-inputs: only for runs of pi'),
    ]);
    const running = await slipway(url, ['rerun', id, '--yes']);
    expect([running.code, running.err]).toEqual([3, expect.stringContaining(`"slipway run show ${id}"`)]);
    await runs.abort(id);
    await agent.work(() => runs.is(id, 'ABORTED'));
    const pipeline = await runs.start('pipeline', 'release');
    const mine = await slipway(url, ['resume', pipeline, '--var', 'COLOR=blue']);
    expect([mine.code, mine.err]).toEqual([2, expect.stringContaining('--var: only for runs of workflows')]);
  });
});
