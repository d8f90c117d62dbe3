import { combinationsOf, type MatrixEntry } from '../../../src/catalog/language/combinations';
import { dependencyOf, matrixValues, nodesOf } from '../../../src/catalog/language/matrix';
import { taskNodes } from '../../../src/catalog/language/taskGraph';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const matrix = 'matrix: { os: [linux, darwin], node: [22, 20] }';
const WIDE = 300;
const wide = `matrix: { n: [${Array.from({ length: WIDE }, (_, index) => index).join(', ')}] }`;

const DEFINITIONS =
  APP +
  workflow(
    'grid',
    `  test: { run: "true", ${matrix}, env: { STEP: test } }
  pack: { run: "true", depends_on: [test] }
  linux: { run: "true", depends_on: ["test[node=22,os=linux]"] }`,
  ) +
  workflow('narrow', `  test: { run: "true", ${matrix} }\n  other: { run: "true", ${matrix} }`, 'max_parallel: 3') +
  workflow(
    'files',
    `  make: { run: "true", matrix: { os: [linux, darwin] }, artifacts: [out.txt] }
  take: { run: "true", depends_on: [make], artifacts: { from: make } }
  one: { run: "true", depends_on: [make], artifacts: { from: make } }`,
  ) +
  workflow(
    'limited',
    '  test: { run: "true", matrix: { n: [1, 2, 3, 4], max_parallel: 2 } }\n  other: { run: "true" }',
  ) +
  ['true', 'false', 'null']
    .map((fast) =>
      workflow(
        `fast-${fast}`,
        `  test: { run: "true", matrix: { n: [1, 2, 3, 4], fail_fast: ${fast} } }\n  other: { run: "true" }`,
        'max_parallel: 4',
      ),
    )
    .join('') +
  workflow(
    'listed',
    `  list: { run: "true" }
  test: { run: "true", depends_on: [list], matrix: { os: [a, b], n: { from: LIST } }, if: 'matrix.n != "3"', artifacts: [out.txt] }
  pack: { run: "true", depends_on: [test], artifacts: { from: [{ source: test, optional: true }] } }`,
  ) +
  workflow('wide', `  a: { run: "true", ${wide} }\n  b: { run: "true", ${wide}, depends_on: [a] }`);

const GRID = ['test[os=darwin,node=20]', 'test[os=darwin,node=22]', 'test[os=linux,node=20]', 'test[os=linux,node=22]'];

describe('a matrix', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  it('is a task for each combination, sorted, with its values as variables', async () => {
    const id = await runs.start('workflow', 'grid');
    expect((await runs.read(id)).tasks?.map((task) => task.name)).toEqual([...GRID, 'linux', 'pack']);
    const jobs = await agent.claim();
    expect(jobs.map((job) => job.task)).toEqual(GRID);
    expect(jobs[1]?.env).toMatchObject({ MATRIX_OS: 'darwin', MATRIX_NODE: '22', STEP: 'test', SLIPWAY_TASK: GRID[1] });
    await runs.abort(id);
  });

  it('releases dependents of all combinations after the last, and of one after that one', async () => {
    const id = await runs.start('workflow', 'grid');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    const [last, ...others] = jobs;
    const linux = others.find((job) => job.task === GRID[3]);
    if (last === undefined || linux === undefined) throw new Error('the combinations did not come');
    await agent.finish(linux);
    expect((await agent.runOne()).task).toBe('linux');
    for (const job of others) if (job !== linux) await agent.finish(job);
    expect(await agent.claim(10, 0)).toEqual([]);
    await agent.finish(last);
    expect((await agent.runOne()).task).toBe('pack');
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('stays within max_parallel of the workflow', async () => {
    const id = await runs.start('workflow', 'narrow');
    const names: string[] = [];
    for (let jobs = await agent.claim(); jobs.length > 0; jobs = await agent.claim(10, 0)) {
      expect(jobs.length).toBeLessThanOrEqual(3);
      await agent.start(...jobs);
      for (const job of jobs) {
        names.push(job.task);
        await agent.finish(job);
      }
    }
    expect(names).toHaveLength(8);
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('keeps its combinations through a resume', async () => {
    const id = await runs.start('workflow', 'grid');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs) await agent.finish(job, job.task === GRID[2] ? { exitCode: 1 } : {});
    expect((await runs.read(id)).status).toBe('FAILED');
    const { applicationId } = await runs.ids('workflow', 'grid');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    const done = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(done.map((job) => job.task).sort()).toEqual(['linux', 'pack', GRID[2]].sort());
    const { tasks } = await runs.read(id);
    expect(tasks?.map((task) => task.name)).toEqual([...GRID, 'linux', 'pack']);
  });

  it('passes on the files of all combinations', async () => {
    const id = await runs.start('workflow', 'files');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs) {
      const name = `${job.env.MATRIX_OS}.txt`;
      const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
      expect((await agent.upload(job, name, Buffer.alloc(0), sha256)).status).toBe(201);
      await agent.finish(job);
    }
    const [take] = await agent.claim();
    expect(take?.inputs.map((input) => input.name)).toEqual(['darwin.txt', 'linux.txt']);
    await runs.abort(id);
  });

  it('runs at most max_parallel of its combinations, and says so', async () => {
    const id = await runs.start('workflow', 'limited');
    const jobs = await agent.claim();
    expect(jobs.map((job) => job.task)).toEqual(['other', 'test[n=1]', 'test[n=2]']);
    const { execution } = await server.client.ask<{
      execution: { whyNotRunning: { code: string; message: string }[] };
    }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { whyNotRunning { code message } } } }',
      { id },
    );
    expect(execution.whyNotRunning).toContainEqual({
      code: 'MATRIX_LIMIT',
      message: 'Task "test[n=3]" waits for other combinations of its matrix: at most 2 of them run at once.',
    });
    await agent.start(...jobs);
    const [other, first, second] = jobs;
    if (!other || !first || !second) throw new Error('the combinations did not come');
    await agent.finish(other);
    await agent.finish(first);
    const [third] = await agent.claim(10, 0);
    expect(third?.task).toBe('test[n=3]');
    await agent.finish(second);
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it.each([
    ['true', ['ABORTED FAIL_FAST', 'FAILED EXIT_CODE', 'SKIPPED NOT_STARTED', 'SKIPPED NOT_STARTED', 'SUCCESS null']],
    ['null', ['FAILED EXIT_CODE', 'SKIPPED NOT_STARTED', 'SKIPPED NOT_STARTED', 'SUCCESS null', 'SUCCESS null']],
    ['false', ['FAILED EXIT_CODE', 'SUCCESS null', 'SUCCESS null', 'SUCCESS null', 'SUCCESS null']],
  ])('with fail_fast: %s ends as it says after a failure', async (fast, ends) => {
    const id = await runs.start('workflow', `fast-${fast}`);
    const jobs = (await agent.claim(3)).toSorted((a, b) => (a.task < b.task ? -1 : 1));
    const [other, bad, good] = jobs;
    if (!other || !bad || !good) throw new Error('the combinations did not come');
    await agent.start(...jobs);
    await agent.finish(bad, { exitCode: 1 });
    await agent.finish(good, fast === 'true' ? { exitCode: 143, reason: 'CANCELLED' } : {});
    await agent.finish(other);
    await agent.work(() => runs.is(id, 'FAILED'));
    const { tasks } = await runs.read(id);
    expect(tasks?.map(({ status, reasonCode }) => `${status} ${reasonCode}`).sort()).toEqual(ends);
    if (fast !== 'true') return;
    expect(tasks?.find(({ status }) => status === 'ABORTED')?.reason).toBe(
      `canceled, because "${bad.task}" of its matrix failed`,
    );
  });

  it('takes a list that an earlier task makes', async () => {
    const id = await runs.start('workflow', 'listed');
    await agent.runOne({ outputs: [{ name: 'LIST', value: '["1", 2, "3"]' }] });
    const jobs = await agent.claim();
    expect(jobs.map((job) => job.task)).toEqual([
      'test[os=a,n=1]',
      'test[os=a,n=2]',
      'test[os=b,n=1]',
      'test[os=b,n=2]',
    ]);
    expect(jobs[1]?.env).toMatchObject({ MATRIX_OS: 'a', MATRIX_N: '2' });
    await agent.start(...jobs);
    const [first, ...others] = jobs;
    if (!first) throw new Error('the combinations did not come');
    const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    for (const job of others)
      await agent.upload(job, `${job.env.MATRIX_OS}${job.env.MATRIX_N}.txt`, Buffer.alloc(0), sha256);
    for (const job of others) await agent.finish(job);
    await agent.finish(first, { exitCode: 1 });
    expect((await runs.read(id)).status).toBe('FAILED');

    // A resume keeps the combinations that passed.
    const { applicationId } = await runs.ids('workflow', 'listed');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    expect((await agent.runOne()).task).toBe('test[os=a,n=1]');
    const [pack] = await agent.claim();
    expect(pack?.inputs.map((input) => input.name)).toEqual(['a2.txt', 'b1.txt', 'b2.txt']);
    await runs.abort(id);
    const names = (await runs.read(id)).tasks?.map(({ name, status }) => `${name} ${status}`);
    expect(names).toEqual(expect.arrayContaining(['test SUCCESS', 'test[os=a,n=3] SKIPPED', 'test[os=b,n=2] SUCCESS']));
    expect(names).toHaveLength(9);
  });

  it.each([
    ['[]', 'SUCCESS', 'test SKIPPED EMPTY_MATRIX'],
    ['{"a": 1}', 'FAILED', 'test FAILED BAD_MATRIX'],
    ['[{}]', 'FAILED', 'test FAILED BAD_MATRIX'],
    [JSON.stringify(Array.from({ length: 501 }, (_, n) => n)), 'FAILED', 'test FAILED BAD_MATRIX'],
  ] as const)('ends a task whose list is %s', async (value, status, end) => {
    const id = await runs.start('workflow', 'listed');
    await agent.runOne({ outputs: [{ name: 'LIST', value }] });
    if (status === 'SUCCESS') await agent.work(() => runs.is(id, 'SUCCESS'));
    const run = await runs.read(id);
    expect(run.status).toBe(status);
    const own = run.tasks?.find(({ name }) => name === 'test');
    expect(`${own?.name} ${own?.status} ${own?.reasonCode}`).toBe(end);
  });

  it('has a number of edges that grows linearly with its size', async () => {
    const id = await runs.start('workflow', 'wide');
    const [{ edges } = { edges: 0 }] = await server.app.database.rows<{ edges: number }>(
      `SELECT count(*)::int AS edges FROM task_dependency
       WHERE task_id IN (SELECT id FROM task_execution WHERE execution_id = $1 UNION ALL SELECT id FROM task_gate WHERE execution_id = $1)`,
      [id],
    );
    expect(edges).toBe(2 * WIDE);
    await runs.abort(id);
  });
});

/** The examples of GitHub Actions' documentation for `include` and `exclude`. */
describe('combinations', () => {
  const combine = (matrix: Record<string, string[]>, include: MatrixEntry[] = [], exclude: MatrixEntry[] = []) =>
    combinationsOf({
      matrix: Object.entries(matrix).map(([name, values]) => ({ name, values })),
      matrixRules: { include, exclude, maxParallel: null, failFast: null },
    }).all.map((one) => Object.fromEntries(one));

  it('are extended by include, or added by it', () => {
    const include: MatrixEntry[] = [
      { color: 'green' },
      { color: 'pink', animal: 'cat' },
      { fruit: 'apple', shape: 'circle' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ];
    expect(combine({ fruit: ['apple', 'pear'], animal: ['cat', 'dog'] }, include)).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
  });

  it('are only those of include if there is no list', () => {
    expect(
      combine({}, [
        { site: 'a', dc: '1' },
        { site: 'b', dc: '2' },
      ]),
    ).toHaveLength(2);
  });

  it('are left out by exclude before include adds some', () => {
    const lists = { os: ['linux', 'mac', 'win'], version: ['12', '14'], env: ['s', 'p'] };
    const exclude: MatrixEntry[] = [
      { os: 'mac', version: '12', env: 'p' },
      { os: 'win', version: '14' },
    ];
    const all = combine(lists, [{ os: 'win', version: '14', env: 'x' }], exclude);
    expect(all).toHaveLength(12 - 3 + 1);
    expect(all).not.toContainEqual({ os: 'win', version: '14', env: 's' });
    expect(all).toContainEqual({ os: 'win', version: '14', env: 'x' });
  });

  it('are named by their values, or by those of the lists alone', () => {
    const include: MatrixEntry[] = [{ os: 'mac', cc: 'clang' }, { os: 'bsd' }];
    const rules = { include, exclude: [], maxParallel: null, failFast: null };
    const one = { matrix: [{ name: 'os', values: ['linux', 'mac'] }], matrixRules: rules };
    const tasks = { t: one } as unknown as Parameters<typeof dependencyOf>[1];
    expect(nodesOf('t', one)).toEqual(['t[os=bsd]', 't[os=linux]', 't[os=mac,cc=clang]']);
    for (const text of ['t[os=mac,cc=clang]', 't[cc=clang,os=mac]', 't[os=mac]']) {
      expect(dependencyOf(text, tasks)).toEqual({ node: 't[os=mac,cc=clang]' });
    }
    expect(dependencyOf('t[cc=clang]', tasks)).toBeUndefined();
  });
});

describe('names of combinations', () => {
  const task = {
    matrix: [
      { name: 'os', values: ['linux', 'mac'] },
      { name: 'node', values: ['22', '20'] },
    ],
  };

  it('are sorted, with the axes as written', () => {
    expect(nodesOf('t', task)).toEqual([
      't[os=linux,node=20]',
      't[os=linux,node=22]',
      't[os=mac,node=20]',
      't[os=mac,node=22]',
    ]);
    expect(nodesOf('t', { matrix: [] })).toEqual(['t']);
  });

  it('can be parsed', () => {
    expect([...matrixValues('t[os=a b,node=1.2]', task)]).toEqual([
      ['os', 'a b'],
      ['node', '1.2'],
    ]);
    expect([...matrixValues('t', task)]).toEqual([]);
  });

  it('are found with axes in any order, unless they name no combination', () => {
    const tasks = { t: task, u: { matrix: [] } } as unknown as Parameters<typeof dependencyOf>[1];
    expect(dependencyOf('t[node=22,os=mac]', tasks)).toEqual({ node: 't[os=mac,node=22]' });
    expect(dependencyOf('t', tasks)).toEqual({ all: 't' });
    expect(dependencyOf('u', tasks)).toEqual({ node: 'u' });
    for (const none of ['t[os=mac]', 't[os=mac,node=21]', 't[os=mac,node=22,x=1]', 't[', 'u[a=b]', 'v', 'toString']) {
      expect(dependencyOf(none, tasks)).toBeUndefined();
    }
  });

  it('are in the order of the graph', () => {
    const base = { type: 'normal', matrix: [], dependsOn: [] };
    const tasks = {
      z: base,
      b: { ...task, type: 'normal', dependsOn: ['z'] },
      a: { ...base, dependsOn: ['b[os=mac,node=20]'] },
    };
    const nodes = taskNodes(tasks as unknown as Parameters<typeof taskNodes>[0]);
    expect(nodes.map(({ name, level }) => [name, level])).toEqual([
      ['z', 0],
      ...nodesOf('b', task).map((name) => [name, 1]),
      ['a', 2],
    ]);
  });
});
