import { APP, type RunView } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;
const pipeline = (name: string, stages: string, keys = '') =>
  `---\nkind: Pipeline\napplication: app\nname: ${name}\n${keys}\nstages:\n${stages}\n`;

const variables = 'variables: [{ name: VERSION, default: "1" }, { name: OPTIONAL }]';
const CHAIN = 200;

const DEFINITIONS =
  APP +
  workflow(
    'choice',
    `  build: { run: "true", register: COMMIT }
  old: { run: "true", if: 'VERSION < 2', depends_on: [build] }
  new: { run: "true", if: 'VERSION >= 2', depends_on: [build] }
  after: { run: "true", depends_on: [old, new] }
  set: { run: "true", if: 'COMMIT == "c1" && WHERE == "staging" && SLIPWAY_ENVIRONMENT_TYPE == "NON_PROD"', depends_on: [build] }
  clean: { run: "true", if: 'tasks.old.status == "SKIPPED" && tasks.new.status == "SUCCESS"', depends_on: [after] }`,
    `environment: staging\n${variables}`,
  ) +
  workflow(
    'grid',
    `  test: { run: "true", matrix: { os: [linux, darwin], node: [20, 22] }, if: 'matrix.os != "darwin" || MATRIX_NODE == 22', ignore_failure: true }
  all: { run: "true", if: 'tasks.test.status == "SUCCESS"', depends_on: [test] }
  worst: { run: "true", if: 'tasks.test.exit_code == 3 && tasks["test[os=linux,node=22]"].status == "SUCCESS"', depends_on: [test] }`,
  ) +
  workflow(
    'broken',
    `  first: { run: "true", if: 'UNSET == 1', depends_on: [zero], retries: 3 }
  zero: { run: "true" }
  then: { run: "true", depends_on: [first] }`,
    'environment: staging',
  ) +
  workflow('asks', `  one: { run: "true", if: 'has(vars.OPTIONAL) && OPTIONAL == "x"' }`, variables) +
  workflow('guarded', `  one: { run: "true", if: 'has(vars.OPTIONAL) && vars.OPTIONAL == "x"' }`, variables) +
  workflow(
    'texts',
    `  one: { run: "true", if: 'VERSION.startsWith("1.") && VERSION.endsWith("10") && vars.VERSION.contains(".1") && VERSION == 1.1' }
  two: { run: "true", if: 'string(vars["VERSION"]) + "-x" == "1.10-x" && "v1.10".endsWith(VERSION)', depends_on: [one] }
  three: { run: "true", matrix: { v: ["1.10"] }, if: 'matrix.v.endsWith("10") && matrix["v"] < 2 && matrix.v != "1.1" && VERSION in ["1.10"] && !(VERSION in ["1.1"])', depends_on: [two] }`,
    variables,
  ) +
  workflow('typed', `  one: { run: "true", if: 'VERSION < "b" && VERSION < 3' }`, variables) +
  workflow(
    'chain',
    Array.from(
      { length: CHAIN },
      (_, n) => `  t${n}: { run: "true", if: 'false'${n === 0 ? '' : `, depends_on: [t${n - 1}]`} }`,
    ).join('\n'),
    'mode: SEQUENTIAL\nmax_parallel: 1',
  ) +
  workflow(
    'resumed',
    `  skip: { run: "true", if: 'VERSION == 2' }\n  fail: { run: "true", depends_on: [skip] }`,
    variables,
  ) +
  pipeline(
    'found',
    `  - elements: [{ name: a, workflow: plain }]
  - elements: [{ name: b, workflow: plain, skip_condition: 'steps.a.variables.FOUND.endsWith("0") && VERSION.startsWith("1")' }]`,
    variables,
  ) +
  workflow('plain', '  one: { run: "true", register: FOUND }') +
  pipeline(
    'release',
    `  - name: Build
    elements: [{ name: build, workflow: plain }]
  - name: Sign-off
    elements:
      - { name: manager, approval: { approvers: [Managers] }, skip_condition: 'VERSION == "1"' }
  - name: Ship
    elements:
      - { name: web, workflow: plain, skipCondition: 'steps.build.variables.FOUND == "nothing"' }
      - { name: docs, workflow: plain, skip_condition: 'stages["Sign-off"].status == "SKIPPED" && steps.manager.reason_code == "CONDITION_TRUE"' }`,
    variables,
  ) +
  pipeline(
    'condition-text-as-number',
    `  - { name: Prod, elements: [{ name: dep, workflow: plain, skip_condition: 'VERSION == "1.1"' }] }
  - { name: More, elements: [{ name: more, workflow: plain, skip_condition: 'steps.dep.variables.FOUND == "1.1" || NUMBER == 2' }] }`,
    'variables: [{ name: VERSION, required: true, allowed_values: ["1.1", "1.10"] }, { name: NUMBER, type: number, default: "1.10" }]',
  ) +
  pipeline(
    'none',
    `  - elements: [{ name: a, workflow: plain, skip_condition: 'true' }]
  - elements: [{ name: b, workflow: plain, skip_condition: 'steps.a.status == "SKIPPED"' }]`,
  ) +
  pipeline(
    'unclear',
    `  - elements: [{ name: a, workflow: plain }]
  - elements:
      - { name: b, workflow: plain, skip_condition: 'steps.a.variables.FOUND < 2' }
      - { name: c, workflow: plain }
  - elements: [{ name: d, workflow: plain }]`,
  );

describe('conditions', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const version = (value: string, name = 'VERSION') => ({
    variableInputs: [{ name, variableValue: { type: 'NAME', value } }],
  });
  const ends = ({ tasks }: RunView) => (tasks ?? []).map(({ name, status }) => `${name} ${status}`);
  const stageEnds = ({ pipelineStageExecutions }: RunView) =>
    (pipelineStageExecutions ?? []).map(({ pipelineStepName, status, reasonCode }) =>
      [pipelineStepName, status, reasonCode].join(' '),
    );
  /** Runs all jobs, with `results` by task. */
  async function runAll(results: Readonly<Record<string, object>> = {}): Promise<string[]> {
    const done: string[] = [];
    for (let jobs = await agent.claim(10, 0); jobs.length > 0; jobs = await agent.claim(10, 0)) {
      await agent.start(...jobs);
      for (const job of jobs) {
        done.push(job.task);
        await agent.finish(job, results[job.task]);
      }
    }
    return done.sort();
  }

  it('pass variables to text functions as text, even if they look like numbers', async () => {
    const id = await runs.start('workflow', 'texts', version('1.10'));
    expect(await runAll()).toEqual(['one', 'three[v=1.10]', 'two']);
    expect((await runs.read(id)).status).toBe('SUCCESS');
    const found = await runs.start('pipeline', 'found');
    await runAll({ one: { outputs: [{ name: 'FOUND', value: '2.0' }] } });
    expect(stageEnds(await runs.until(found, 'SUCCESS'))).toEqual(['a SUCCESS ', 'b SKIPPED CONDITION_TRUE']);
  });

  it('condition-text-as-number: text stays text, and a reason shows the given value', async () => {
    const input = { variableInputs: [...version('1.10').variableInputs, ...version('2.0', 'NUMBER').variableInputs] };
    const id = await runs.start('pipeline', 'condition-text-as-number', input);
    expect(await runAll({ one: { outputs: [{ name: 'FOUND', value: '1.10' }] } })).toEqual(['one']);
    const run = await runs.read(id);
    expect(stageEnds(run)).toEqual(['dep SUCCESS ', 'more SKIPPED CONDITION_TRUE']);
    const reason =
      'its skip condition is true: steps.dep.variables.FOUND == "1.1" || NUMBER == 2 (steps.dep.variables.FOUND = "1.10", NUMBER = 2.0)';
    expect(run.pipelineStageExecutions?.[1]?.reason).toBe(reason);
    const events = (await runs.events(id)).map(({ data }) => data.reason);
    expect(events).toContain(reason);
  });

  it('of tasks decide which run; dependents of a skipped task run', async () => {
    const id = await runs.start('workflow', 'choice', version('2'));
    const set = { outputs: [{ name: 'COMMIT', value: 'c1' }] };
    expect(await runAll({ build: set })).toEqual(['after', 'build', 'clean', 'new', 'set']);
    const run = await runs.read(id);
    expect(run.status).toBe('SUCCESS');
    const old = await runs.task(id, 'old');
    expect(old).toMatchObject({
      status: 'SKIPPED',
      reasonCode: 'CONDITION_FALSE',
      jobs: [],
      tries: 0,
      ignoredFailure: false,
    });
    expect(old.reason).toBe('its condition is false: VERSION < 2 (VERSION = "2")');
    const events = (await runs.events(id)).filter(({ type, data }) => type === 'TASK_STATUS' && data.name === 'old');
    expect(events.map(({ data }) => [data.from, data.to, data.reasonCode])).toEqual([
      ['QUEUED', 'SKIPPED', 'CONDITION_FALSE'],
    ]);
  });

  it('see the values of their own run', async () => {
    const id = await runs.start('workflow', 'choice');
    expect(await runAll({ build: { outputs: [{ name: 'COMMIT', value: 'c2' }] } })).toEqual(['after', 'build', 'old']);
    expect(ends(await runs.read(id))).toEqual([
      'build SUCCESS',
      'new SKIPPED',
      'old SUCCESS',
      'set SKIPPED',
      'after SUCCESS',
      'clean SKIPPED',
    ]);
  });

  it('of combinations see their own values, and the worst status of an earlier matrix', async () => {
    const id = await runs.start('workflow', 'grid');
    const done = await runAll({ 'test[os=darwin,node=22]': { exitCode: 3 } });
    expect(done).toEqual(['test[os=darwin,node=22]', 'test[os=linux,node=20]', 'test[os=linux,node=22]', 'worst']);
    const run = await runs.read(id);
    expect(ends(run)).toContain('test[os=darwin,node=20] SKIPPED');
    expect((await runs.task(id, 'all')).reason).toBe(
      'its condition is false: tasks.test.status == "SUCCESS" (tasks.test.status = "FAILED")',
    );
    expect(run.status).toBe('SUCCESS');
  });

  it('that can’t be evaluated fail the task once, before it starts', async () => {
    const id = await runs.start('workflow', 'broken');
    await runAll();
    const first = await runs.task(id, 'first');
    expect(first).toMatchObject({ status: 'FAILED', reasonCode: 'CONDITION_ERROR', jobs: [], tries: 0 });
    expect(first.reason).toBe(
      'its condition can’t be decided, because there is no "UNSET": UNSET == 1 (UNSET = nothing)',
    );
    expect(ends(await runs.read(id))).toEqual(['zero SUCCESS', 'first FAILED', 'then SKIPPED']);
    expect((await runs.task(id, 'then')).reasonCode).toBe('NOT_STARTED');
  });

  it('can test for a variable without a value', async () => {
    expect((await runs.read(await runs.start('workflow', 'asks'))).failureCode).toBe('TASK_FAILED');
    expect(await runs.read(await runs.start('workflow', 'guarded'))).toMatchObject({ status: 'SUCCESS' });
    const id = await runs.start('workflow', 'guarded', version('x', 'OPTIONAL'));
    expect(await runAll()).toEqual(['one']);
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('that compare values without an order are errors', async () => {
    const id = await runs.start('workflow', 'typed', version('a'));
    expect((await runs.task(id, 'one')).reason).toContain('"a" and 3 have no order');
    expect((await runs.read(id)).status).toBe('FAILED');
  });

  it('survive any value that a task sets', async () => {
    for (const value of [
      `${'['.repeat(16_000)}${']'.repeat(16_000)}`,
      '{"__proto__": 1}',
      '1'.repeat(18),
      'x'.repeat(32_768),
    ]) {
      const id = await runs.start('workflow', 'choice', version('2'));
      const set = { outputs: [{ name: 'COMMIT', value }] };
      expect(await runAll({ build: set })).toEqual(['after', 'build', 'clean', 'new']);
      expect((await runs.task(id, 'set')).reason?.length).toBeLessThan(500);
    }
  });

  it('skip a long chain at once', async () => {
    const id = await runs.start('workflow', 'chain');
    const run = await runs.read(id);
    expect(run.status).toBe('SUCCESS');
    expect(new Set(run.tasks?.map(({ status }) => status))).toEqual(new Set(['SKIPPED']));
  });

  it('of kept tasks are not reevaluated by a resume', async () => {
    const id = await runs.start('workflow', 'resumed');
    await runAll({ fail: { exitCode: 1 } });
    const { applicationId } = await runs.ids('workflow', 'resumed');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    expect(await runAll()).toEqual(['fail']);
    expect(ends(await runs.read(id))).toEqual(['skip SKIPPED', 'fail SUCCESS']);
  });

  it('of kept tasks are reevaluated on request, with the values of the resume', async () => {
    const id = await runs.start('workflow', 'resumed');
    await runAll({ fail: { exitCode: 1 } });
    const { applicationId } = await runs.ids('workflow', 'resumed');
    const input = { applicationId, workflowExecutionId: id, reevaluateSkipped: true, ...version('2') };
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input },
    );
    expect(await runAll()).toEqual(['fail', 'skip']);
    expect(ends(await runs.read(id))).toEqual(['skip SUCCESS', 'fail SUCCESS']);
  });

  it('of elements skip approvals and workflows by earlier results and values', async () => {
    const id = await runs.start('pipeline', 'release');
    await runAll({ one: { outputs: [{ name: 'FOUND', value: 'nothing' }] } });
    const run = await runs.read(id);
    expect(run.status).toBe('SUCCESS');
    expect(stageEnds(run)).toEqual([
      'build SUCCESS ',
      'manager SKIPPED CONDITION_TRUE',
      'web SKIPPED CONDITION_TRUE',
      'docs SKIPPED CONDITION_TRUE',
    ]);
    const web = run.pipelineStageExecutions?.find((one) => one.pipelineStepName === 'web');
    expect(web?.reason).toBe(
      'its skip condition is true: steps.build.variables.FOUND == "nothing" (steps.build.variables.FOUND = "nothing")',
    );
    expect(await runs.approvals(id)).toEqual([]);
  });

  it('that are false do not skip an element', async () => {
    const id = await runs.start('pipeline', 'release', version('2'));
    const set = { one: { outputs: [{ name: 'FOUND', value: 'much' }] } };
    await runAll(set);
    expect((await runs.read(id)).status).toBe('WAITING');
    await runs.decide(id, 'APPROVE');
    await runAll(set);
    expect(stageEnds(await runs.read(id))).toEqual([
      'build SUCCESS ',
      'manager SUCCESS ',
      'web SUCCESS ',
      'docs SUCCESS ',
    ]);
  });

  it('may skip a whole pipeline', async () => {
    const run = await runs.read(await runs.start('pipeline', 'none'));
    expect(run.status).toBe('SUCCESS');
    expect(stageEnds(run)).toEqual(['a SKIPPED CONDITION_TRUE', 'b SKIPPED CONDITION_TRUE']);
  });

  it('of elements that can’t be evaluated end the pipeline before the stage; it can be resumed', async () => {
    const id = await runs.start('pipeline', 'unclear');
    await runAll({ one: { outputs: [{ name: 'FOUND', value: 'text' }] } });
    const run = await runs.read(id);
    expect(run).toMatchObject({ status: 'FAILED', failureCode: 'CONDITION_ERROR' });
    expect(stageEnds(run)).toEqual([
      'a SUCCESS ',
      'b FAILED CONDITION_ERROR',
      'c SKIPPED NOT_STARTED',
      'd SKIPPED NOT_STARTED',
    ]);
    const { applicationId } = await runs.ids('pipeline', 'unclear');
    const resume = (from?: string) =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        { input: { applicationId, pipelineExecutionId: id, pipelineStageName: from } },
      );
    await resume();
    expect((await runs.read(id)).failureCode).toBe('CONDITION_ERROR');
    await resume('STAGE 1');
    expect(await runAll({ one: { outputs: [{ name: 'FOUND', value: '1' }] } })).toEqual(['one', 'one', 'one']);
    expect(stageEnds(await runs.read(id))).toEqual([
      'a SUCCESS ',
      'b SKIPPED CONDITION_TRUE',
      'c SUCCESS ',
      'd SUCCESS ',
    ]);
  });
});
