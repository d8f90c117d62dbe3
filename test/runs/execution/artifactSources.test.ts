import { createHash } from 'node:crypto';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks:
  pack: { run: "true", artifacts: [a.txt], on_failure: collect }
  collect: { run: "true", type: forensic, artifacts: [c.txt] }
---
kind: Workflow
application: app
name: test
tasks:
  task: { run: "true", artifacts: { from: build.pack } }
  whole: { run: "true", artifacts: { from: build }, depends_on: [task] }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: build }]
  - elements: [{ name: test, workflow: test }]
---
kind: Workflow
application: app
name: coin
variables: [{ name: SIDE, default: heads }]
tasks:
  flip: { run: "true" }
  heads: { run: "true", if: SIDE == "heads", depends_on: [flip], artifacts: [heads.txt] }
  tails: { run: "true", if: SIDE == "tails", depends_on: [flip], artifacts: [tails.txt] }
  use: { run: "true", depends_on: [heads, tails], artifacts: { from: [heads, tails] } }
  strict: { run: "true", depends_on: [use], artifacts: { from: [heads, { source: flip, optional: true }] } }
---
kind: Workflow
application: app
name: pack
variables: [{ name: KIND, default: full }]
tasks:
  build: { run: "true", matrix: { os: [linux, darwin], arch: [arm] }, artifacts: [x] }
  docs: { run: "true", if: KIND == "full", artifacts: [x] }
---
kind: Workflow
application: app
name: take
tasks:
  docs: { run: "true", artifacts: { from: [pack.docs, { element: never }] } }
  one: { run: "true", depends_on: [docs], artifacts: { from: { element: second, task: "build[arch=arm,os=linux]" } } }
  stage: { run: "true", depends_on: [one], artifacts: { from: { stage: Again, task: build } } }
  all: { run: "true", depends_on: [stage], artifacts: { from: [pack, { element: first }] } }
---
kind: Pipeline
application: app
name: twice
stages:
  - elements: [{ name: first, workflow: pack, variables: { KIND: small } }]
  - name: Again
    elements:
      - { name: second, workflow: pack, variables: { KIND: small } }
      - { name: never, workflow: pack, skip_condition: 'steps["first"].status == "SUCCESS"' }
  - name: Take
    elements: [{ name: take, workflow: take }]
`;

describe('files of an earlier stage', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const upload = async (job: Awaited<ReturnType<ProtocolAgent['claimOne']>>, name: string) => {
    const data = Buffer.from(name);
    const { status } = await agent.upload(job, name, data, createHash('sha256').update(data).digest('hex'));
    expect(status).toBe(201);
  };
  const claimed = async () => {
    const { inputs, missing } = await agent.runOne();
    return { inputs: inputs.map(({ name }) => name), missing };
  };

  it('are found if their workflow is renamed during the run', async () => {
    const id = await runs.start('pipeline', 'release');
    const pack = await agent.claimOne();
    await agent.start(pack);
    await upload(pack, 'a.txt');
    const { entityId: workflowId } = await runs.ids('workflow', 'build');
    const rename = (name: string) =>
      server.client.ask(
        'mutation ($input: UpdateWorkflowInput!) { updateWorkflow(input: $input) { workflow { name } } }',
        { input: { workflowId, name } },
      );
    await rename('compile');
    await agent.finish(pack);
    expect(await claimed()).toEqual({ inputs: ['a.txt'], missing: [] });
    expect(await claimed()).toEqual({ inputs: ['a.txt'], missing: [] });
    await runs.until(id, 'SUCCESS');
    // Runs that start now have the new name in their definitions.
    await runs.start('pipeline', 'release');
    const next = await agent.claimOne();
    await agent.start(next);
    await upload(next, 'a.txt');
    await agent.finish(next);
    expect(await claimed()).toEqual({ inputs: ['a.txt'], missing: [] });
    await agent.runOne();
    await rename('build');
  });

  it('are those of successful tasks, not of failed tries or handlers', async () => {
    const id = await runs.start('pipeline', 'release');
    const failed = await agent.claimOne();
    await agent.start(failed);
    await upload(failed, 'b.txt');
    await agent.finish(failed, { exitCode: 1 });
    const handler = await agent.claimOne();
    await agent.start(handler);
    await upload(handler, 'c.txt');
    await agent.finish(handler);
    await runs.until(id, 'FAILED');
    const { applicationId } = await runs.ids('pipeline', 'release');
    await server.client.ask(
      'mutation ($input: RerunExecutionInput!) { rerunExecution(input: $input) { execution { id } } }',
      { input: { applicationId, executionId: id } },
    );
    const again = await agent.claimOne();
    await agent.start(again);
    await upload(again, 'a.txt');
    await agent.finish(again);
    await agent.runOne();
    expect(await claimed()).toEqual({ inputs: ['a.txt'], missing: [] });
  });

  it('optional-files-of-skipped: skipped and optional sources may leave no files', async () => {
    const id = await runs.start('workflow', 'coin');
    await agent.runOne();
    const heads = await agent.claimOne();
    expect(heads.task).toBe('heads');
    await agent.start(heads);
    await upload(heads, 'heads.txt');
    await agent.finish(heads);
    expect(await claimed()).toEqual({ inputs: ['heads.txt'], missing: [] });
    expect(await claimed()).toEqual({ inputs: ['heads.txt'], missing: [] });
    await runs.until(id, 'SUCCESS');
    // A source that ran but uploaded nothing is missing.
    await runs.start('workflow', 'coin');
    await agent.runOne();
    await agent.runOne();
    expect(await claimed()).toEqual({ inputs: [], missing: ['heads'] });
    await agent.runOne();
  });

  it('are found by stage, element and task when a workflow runs twice, and after a resume', async () => {
    const { warnings } = (
      await server.client.ask<{ validateDefinition: { warnings: { rule: string; message: string }[] } }>(
        'query ($source: String!) { validateDefinition(source: $source) { warnings { rule message } } }',
        { source: DEFINITIONS },
      )
    ).validateDefinition;
    expect(warnings.map(({ rule }) => rule)).toEqual(['AMBIGUOUS_ARTIFACT_SOURCE']);
    const id = await runs.start('pipeline', 'twice');
    for (const element of ['first', 'second']) {
      for (const job of [await agent.claimOne(), await agent.claimOne()]) {
        await agent.start(job);
        await upload(job, `${element}-${job.env.MATRIX_OS}`);
        await agent.finish(job);
      }
    }
    const second = ['second-darwin', 'second-linux'];
    const last = async () => {
      expect(await claimed()).toEqual({ inputs: ['second-linux'], missing: [] });
      expect(await claimed()).toEqual({ inputs: second, missing: [] });
      const all = await agent.claimOne();
      expect(all.inputs.map(({ name }) => name).sort()).toEqual(['first-darwin', 'first-linux', ...second]);
      await agent.start(all);
      return all;
    };
    expect(await claimed()).toEqual({ inputs: [], missing: [] });
    await agent.finish(await last(), { exitCode: 1 });
    await runs.until(id, 'FAILED');
    const { applicationId } = await runs.ids('pipeline', 'twice');
    const resume = (granularity: string) =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        { input: { applicationId, pipelineExecutionId: id, granularity } },
      );
    await resume('STAGE');
    expect(await claimed()).toEqual({ inputs: [], missing: [] });
    await agent.finish(await last());
    await runs.until(id, 'SUCCESS');
  });
});
