import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, rest: string) => `---\nkind: Workflow\napplication: app\nname: ${name}\n${rest}\n`;

const release = workflow(
  'release',
  `variables: [{ name: VERSION, default: "7" }, { name: SKIP, default: "no" }]
env: { SHARED: caller }
tasks:
  first: { run: "true" }
  lib:
    workflow: build
    depends_on: [first]
    if: SKIP == "no"
    variables: { TAG: "v\${VERSION}" }
    outputs: { LIB: IMAGE }
  after: { run: "true", depends_on: [lib], artifacts: { from: [{ source: "lib/compile", optional: true }] } }`,
);
const build = (command: string) =>
  workflow(
    'build',
    `variables: [{ name: TAG, required: true }, { name: MODE, default: fast }]
outputs: { IMAGE: "reg/\${TAG}-\${SHA}" }
tasks:
  compile: { run: "${command}", matrix: { os: [a, b] } }
  test: { run: "true", depends_on: [compile], if: 'MODE == "fast" && tasks.compile.status == "SUCCESS"', env: { ALL: "\${TAG}/\${MODE}" } }
  inner: { workflow: notes, depends_on: [test], variables: { OF: "\${TAG}" }, outputs: [SHA] }`,
  );
const notes = workflow(
  'notes',
  `variables: [{ name: OF }]
outputs: [SHA]
tasks: { write: { run: "true" } }`,
);

describe('a task that runs a workflow', () => {
  const { server, runs, agent } = testWorld(APP + release + build('make') + notes);
  const statuses = async (id: string) =>
    Object.fromEntries((await runs.read(id)).tasks?.map(({ name, status }) => [name, status]) ?? []);

  it('runs its tasks, which see its variables only, and takes its outputs', async () => {
    const id = await runs.start('workflow', 'release');
    expect(await statuses(id)).toEqual({ first: 'QUEUED', lib: 'QUEUED', after: 'QUEUED' });
    await agent.runOne();
    const compiling = await agent.claim();
    expect(compiling.map(({ task }) => task)).toEqual(['lib/compile[os=a]', 'lib/compile[os=b]']);
    expect(compiling[0]?.env).toMatchObject({ TAG: 'v7', MODE: 'fast', MATRIX_OS: 'a' });
    expect(Object.keys(compiling[0]?.env ?? {})).not.toEqual(expect.arrayContaining(['VERSION']));
    expect(compiling[0]?.env.SHARED).toBeUndefined();
    await agent.start(...compiling);
    await agent.finishAll(compiling);
    expect((await agent.runOne()).env).toMatchObject({ ALL: 'v7/fast' });
    const write = await agent.runOne({ outputs: [{ name: 'SHA', value: 'abc' }] });
    expect(write).toMatchObject({ task: 'lib/inner/write', env: { OF: 'v7' } });
    const after = await agent.runOne();
    expect(after).toMatchObject({ task: 'after', env: { LIB: 'reg/v7-abc', SHARED: 'caller', VERSION: '7' } });
    expect(after.env).not.toHaveProperty('TAG');
    expect((await runs.read(id)).status).toBe('SUCCESS');
    expect(await statuses(id)).toMatchObject({ lib: 'SUCCESS', 'lib/inner': 'SUCCESS', 'lib/inner/write': 'SUCCESS' });
  });

  it('keeps tasks of it that have passed when a run resumes', async () => {
    const id = await runs.start('workflow', 'release');
    await agent.work(
      () => runs.is(id, 'FAILED'),
      ({ task }) => task === 'lib/test',
    );
    expect(await statuses(id)).toMatchObject({ 'lib/test': 'FAILED', lib: 'SKIPPED', after: 'SKIPPED' });
    const { applicationId } = await runs.ids('workflow', 'release');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map(({ task }) => task)).toEqual(['lib/test', 'lib/inner/write', 'after']);
    expect((await statuses(id))['lib/compile[os=a]']).toBe('SUCCESS');
  });

  it('is skipped as a whole, and plans name its tasks', async () => {
    const id = await runs.start('workflow', 'release', {
      variableInputs: [{ name: 'SKIP', variableValue: { type: 'NAME', value: 'yes' } }],
    });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map(({ task }) => task)).toEqual(['first', 'after']);
    expect(await statuses(id)).toEqual({ first: 'SUCCESS', lib: 'SKIPPED', after: 'SUCCESS' });
  });

  it('is a box with its tasks in the graph of a run', async () => {
    const id = await runs.start('workflow', 'release');
    await agent.runOne();
    const graph = async (args: string) =>
      (
        await server.client.ask<{ workflowGraph: { text: string } }>(
          `query ($id: ID!) { workflowGraph(executionId: $id, ${args}) { text } }`,
          { id },
        )
      ).workflowGraph.text;
    const { nodes, groups } = JSON.parse(await graph('matrix: EXPANDED'));
    const shape = (all: Record<string, unknown>[]) => all.map(({ name, group, level }) => [name, group, level]);
    expect(shape(nodes)).toEqual([
      ['first', null, 0],
      ['lib/compile[os=a]', 'lib/compile', 1],
      ['lib/compile[os=b]', 'lib/compile', 1],
      ['lib/test', 'lib', 2],
      ['lib/inner/write', 'lib/inner', 3],
      ['after', null, 4],
    ]);
    expect(groups).toMatchObject([
      { name: 'lib', type: 'workflow', workflow: 'build', group: null, condition: 'SKIP == "no"', state: {} },
      { name: 'lib/compile', type: 'matrix', group: 'lib' },
      { name: 'lib/inner', type: 'workflow', workflow: 'notes', group: 'lib', state: { status: 'QUEUED' } },
    ]);
    const lines = (await graph('format: DOT')).split('\n').map((line) => line.trim());
    // `after` waits for the last task of the box, which is the last of the box in it.
    expect(lines.filter((line) => line.includes('->'))).toEqual([
      ...['n0 -> n1;', 'n1 -> n2;', 'n2 -> n3;', 'n3 -> n4;'],
    ]);
    expect(lines.filter((line) => line.startsWith('subgraph'))).toEqual([
      'subgraph cluster_w0 {',
      'subgraph cluster_w1 {',
    ]);
    expect(await graph('format: MERMAID')).toMatch(
      /subgraph w0\["lib.*\n {4}n1.*\n {4}n2.*\n {4}subgraph w1.*\n {6}n3/,
    );
    const text = await graph('format: ASCII');
    expect(text).toContain('level 3\n  lib/inner/write');
    expect(text).toMatch(
      /boxes\n {2}lib +workflow build; if SKIP == "no"; [A-Z]+\n {2}lib\/inner +workflow notes; QUEUED\n/,
    );
    expect(await graph('format: ASCII, calls: COLLAPSED')).not.toContain('lib/');
    await runs.abort(id);
  });

  it('gets a new revision with a change of that workflow, which can’t be deleted', async () => {
    const apply = async (source: string) =>
      (
        await server.client.ask<{ applyDefinitions: { results: { name: string; action: string }[] } }>(
          'mutation ($source: String!) { applyDefinitions(input: { source: $source, format: YAML }) { results { name action } } }',
          { source },
        )
      ).applyDefinitions.results;
    expect(await apply(release)).toEqual([{ name: 'release', action: 'UNCHANGED' }]);
    const running = await runs.start('workflow', 'release');
    expect(await apply(build('make all'))).toEqual([
      { name: 'build', action: 'UPDATED' },
      { name: 'release', action: 'UPDATED' },
    ]);
    await agent.runOne();
    // A run stays with the revision that it started with.
    expect((await agent.claimOne()).command).toBe('make');
    await runs.abort(running);
    const broken = server.client.ask(
      'mutation ($source: String!) { applyDefinitions(input: { source: $source, format: YAML }) { results { name } } }',
      { source: build('x').replace('IMAGE:', 'OTHER:') },
    );
    await expect(broken).rejects.toThrow(/would break the workflow "release".* has no output "IMAGE"/);
    const { workflow: exported } = await server.client.ask<{ workflow: { definition: string } }>(
      'query ($id: ID!) { workflow(workflowId: $id) { definition } }',
      { id: (await runs.ids('workflow', 'release')).entityId },
    );
    expect(exported.definition).toContain('workflow: build');
    expect(exported.definition).not.toContain('lib/test');
  });
});
