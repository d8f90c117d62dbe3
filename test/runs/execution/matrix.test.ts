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
