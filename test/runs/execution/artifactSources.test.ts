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

  it('are found when the workflow that left them gets another name in the middle of the run', async () => {
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
    // What starts now has the new name in its definitions.
    await runs.start('pipeline', 'release');
    const next = await agent.claimOne();
    await agent.start(next);
    await upload(next, 'a.txt');
    await agent.finish(next);
    expect(await claimed()).toEqual({ inputs: ['a.txt'], missing: [] });
    await agent.runOne();
    await rename('build');
  });

  it('are those of tasks that succeeded: not what a failed try or its handler has left', async () => {
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
});
