import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { canonicalPipeline, canonicalWorkflow } from '../../../src/catalog/language/canonical';
import type { ExecutionStatus } from '../../../src/contract/statuses';
import type { PipelineDefinition } from '../../../src/catalog/language/pipeline';
import { graphFormats, renderGraph } from '../../../src/runs/views/renderGraph';
import { pipelineGraph, workflowGraph } from '../../../src/runs/views/workflowGraph';
import type { WorkflowDefinition } from '../../../src/catalog/language/workflow';
import { parsed } from '../../catalog/language/errorsOf';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const SOURCE = `kind: Workflow
application: app
name: ship
on_failure: collect
tasks:
  build: { run: make, name: 'Build "it"' }
  test:
    run: make test
    matrix: { os: [linux, darwin], node: [20, 22] }
    depends_on: [build]
  pack: { run: make pack, depends_on: [test], on_failure: explain, if: 'tasks.test.status == "SUCCESS"' }
  sign: { run: make sign, depends_on: [test] }
  notes: { run: make notes, depends_on: ["test[os=linux,node=22]"], name: '<b>"]; click n0 href "javascript:alert(1)" %% é' }
  explain: { run: ./explain.sh, type: forensic }
  collect: { run: ./collect.sh, type: forensic }
  back: { run: ./back.sh, type: restore }
`;

const PIPELINE = `kind: Pipeline
application: app
name: release
stages:
  - name: build
    elements: [{ name: build, workflow: ship }]
  - name: Check
    elements:
      - { name: again, workflow: ship, skip_condition: 'steps.build.status == "SKIPPED"' }
      - { name: manager, approval: { approvers: [Managers] } }
  - elements: [{ name: last, workflow: ship }, { name: other, workflow: ship }]
`;

const pipelineIn = (source: string): PipelineDefinition => {
  const document = parsed(source).documents[0]?.document;
  if (document?.kind !== 'Pipeline') throw new Error('the source defines no pipeline');
  return canonicalPipeline(document.definition);
};

const elementStates = new Map<string, readonly ExecutionStatus[]>([
  ['build', ['SUCCESS']],
  ['again', ['SKIPPED']],
  ['manager', ['WAITING']],
  ['last', ['QUEUED']],
  ['other', ['QUEUED']],
]);

const definitionIn = (source: string): WorkflowDefinition => {
  const document = parsed(source).documents[0]?.document;
  if (document?.kind !== 'Workflow') throw new Error('the source defines no workflow');
  return canonicalWorkflow(document.definition);
};

const states = new Map<string, readonly ExecutionStatus[]>([
  ['build', ['SUCCESS']],
  ['test[os=linux,node=20]', ['SUCCESS']],
  ['test[os=linux,node=22]', ['SUCCESS']],
  ['test[os=darwin,node=20]', ['FAILED']],
  ['test[os=darwin,node=22]', ['RUNNING']],
  ['pack', ['QUEUED']],
  ['sign', ['QUEUED']],
  ['notes', ['SKIPPED']],
  ['explain', ['SUCCESS', 'FAILED']],
]);

const golden = (name: string): string => readFileSync(join(__dirname, 'golden', name), 'utf8');
const endings = { JSON: 'json.txt', MERMAID: 'mmd', DOT: 'dot', ASCII: 'txt' } as const;

describe('the graph of a workflow', () => {
  const definition = definitionIn(SOURCE);

  it.each(graphFormats)('as %s matches the golden files', (format) => {
    const collapsed = workflowGraph(definition, { expanded: false, states: null });
    expect(renderGraph(collapsed, format)).toBe(golden(`definition.${endings[format]}`));
    const live = workflowGraph(definition, { expanded: true, states });
    expect(renderGraph(live, format)).toBe(golden(`execution.${endings[format]}`));
  });

  it.each(graphFormats)('of a pipeline as %s matches the golden file', (format) => {
    const graph = pipelineGraph(pipelineIn(PIPELINE), elementStates);
    expect(renderGraph(graph, format)).toBe(golden(`pipeline.${endings[format]}`));
  });

  it('summarizes its combinations when collapsed', () => {
    const { nodes } = workflowGraph(definition, { expanded: false, states });
    expect(nodes.find(({ name }) => name === 'test')).toEqual({
      ...{ name: 'test', label: 'test', type: 'normal', level: 1, dependsOn: ['build'] },
      ...{ condition: null, onFailure: null, group: null },
      combinations: 4,
      state: { status: 'RUNNING', counts: { SUCCESS: 2, FAILED: 1, RUNNING: 1 } },
    });
  });

  it('has as many edges as nodes if one matrix waits for another', () => {
    const many = `[${Array.from({ length: 500 }, (_, index) => index).join(', ')}]`;
    const wide = definitionIn(
      `kind: Workflow\napplication: app\nname: w\ntasks:\n  a: { run: x, matrix: { n: ${many} } }\n  b: { run: x, matrix: { n: ${many} }, depends_on: [a] }\n`,
    );
    const text = renderGraph(workflowGraph(wide, { expanded: true, states: null }), 'DOT');
    expect(text.match(/ -> /g)).toHaveLength(1000);
  });

  it('is not drawn with more than 10,000 nodes, unless it is collapsed', () => {
    const many = `[${Array.from({ length: 10_000 }, (_, index) => index).join(', ')}]`;
    const wide = definitionIn(
      `kind: Workflow\napplication: app\nname: w\ntasks: { a: { run: x, matrix: { n: ${many} } } }\n`,
    );
    expect(workflowGraph(wide, { expanded: true, states: null }).nodes).toHaveLength(10_000);
    const wider = { ...wide, tasks: { ...wide.tasks, ...definition.tasks } } as WorkflowDefinition;
    expect(() => workflowGraph(wider, { expanded: true, states: null })).toThrow('at most 10000 are drawn');
    expect(workflowGraph(wide, { expanded: false, states: null }).nodes).toHaveLength(1);
  });

  it('escapes labels', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('"]\nend', '\\', '\\"', '`', ']]')),
        (label) => {
          const own = {
            ...definition,
            tasks: { one: { ...definition.tasks.build, displayName: label, dependsOn: [] } },
          };
          const graph = workflowGraph(own as WorkflowDefinition, { expanded: false, states: null });
          expect(renderGraph(graph, 'MERMAID')).toMatch(/^flowchart TD\n {2}n0\["[A-Za-z0-9 ._=,#;<>/-]*"\]\n$/);
          expect(renderGraph(graph, 'DOT')).toMatch(
            /^digraph workflow \{\n {2}node \[shape=box\];\n {2}n0 \[label="(?:[^"\\\n]|\\.)*"\];\n\}\n$/,
          );
          expect(renderGraph(graph, 'ASCII')).toMatch(/^level 0\n {2}one[\x20-\x7e]*\n$/);
          expect(JSON.parse(renderGraph(graph, 'JSON')).nodes[0].label).toBe(label);
        },
      ),
    );
  });
});

describe('workflowGraph', () => {
  const { server, runs } = testWorld(`${APP}---\n${SOURCE}---\n${PIPELINE}`, { agent: null });

  const graph = async (args: string) =>
    (
      await server.client.ask<{ workflowGraph: { text: string; nodeCount: number } }>(
        `{ workflowGraph(${args}) { text nodeCount } }`,
      )
    ).workflowGraph;

  it('shows a definition, and the current state of an execution', async () => {
    const { entityId } = await runs.ids('workflow', 'ship');
    expect((await graph(`workflowId: "${entityId}", format: MERMAID`)).text).toBe(golden('definition.mmd'));
    const agent = await ProtocolAgent.register(server.url);
    const id = await runs.start('workflow', 'ship');
    await agent.start(await agent.claimOne());
    const { text, nodeCount } = await graph(`executionId: "${id}", matrix: EXPANDED, format: ASCII`);
    expect(nodeCount).toBe(11);
    expect(text).toContain('build                    "Build \\u{22}it\\u{22}"; RUNNING'.replaceAll('\\u{22}', '"'));
    expect(text).toContain('test[os=darwin,node=20]  after build; QUEUED');
    await runs.abort(id);
  });

  it('shows a pipeline, and each attempt of its execution', async () => {
    const { entityId } = await runs.ids('pipeline', 'release');
    expect((await graph(`pipelineId: "${entityId}", format: ASCII`)).text).toContain(
      'manager  after build; stage Check; approval',
    );
    const id = await runs.start('pipeline', 'release');
    const states = async (executionId: string, more = '') => {
      const { text } = await graph(`executionId: "${executionId}"${more}`);
      const { nodes } = JSON.parse(text) as { nodes: { name: string; state: { status: string } | null }[] };
      return nodes.flatMap(({ name, state }) => (state === null ? [] : [[name, state.status]]));
    };
    const elements = ['build', 'again', 'manager', 'last', 'other'];
    expect(await states(id)).toEqual(elements.map((name) => [name, 'QUEUED']));
    await runs.abort(id);
    const { applicationId } = await runs.ids('pipeline', 'release');
    await server.client.ask(
      `mutation { rerunExecution(input: { applicationId: "${applicationId}", executionId: "${id}" }) { execution { id } } }`,
    );
    const skipped = (name: string) => [name, 'SKIPPED'];
    expect(await states(id, ', attempt: 1')).toEqual([['build', 'ABORTED'], ...elements.slice(1).map(skipped)]);
    expect(await states(id, ', attempt: 2')).toEqual(elements.map((name) => [name, 'QUEUED']));
    await expect(graph(`executionId: "${id}", attempt: 3`)).rejects.toThrow('NOT_FOUND');
    const members = await runs.read(id);
    expect(
      await states(members.pipelineStageExecutions?.[0]?.workflowExecutionId ?? '', ', attempt: 1'),
    ).toContainEqual(['build', 'QUEUED']);
    await runs.abort(id);
  });

  it.each([
    ['', 'Give exactly one of workflowId, pipelineId and executionId.'],
    ['workflowId: "a", executionId: "b"', 'Give exactly one of workflowId, pipelineId and executionId.'],
    ['workflowId: "a", attempt: 1', 'attempt can be given with executionId only'],
    ['workflowId: "a"', 'NOT_FOUND'],
    ['executionId: "a"', 'NOT_FOUND'],
  ])('refuses (%s)', async (args, message) => {
    await expect(graph(args === '' ? 'format: JSON' : args)).rejects.toThrow(message);
  });
});
