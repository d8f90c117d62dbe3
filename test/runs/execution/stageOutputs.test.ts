import { createHash } from 'node:crypto';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const DEFINITIONS = `${
  APP +
  workflow(
    'p1',
    '  make: { run: "true", register: TAG }',
    `variables: [{ name: BASE, default: registry }]\noutputs: { TAG: "\${TAG}", IMAGE: "\${BASE}/\${TAG}", NEVER: "\${UNSET}" }`,
  ) +
  workflow(
    'p2',
    '  use: { run: "true" }\n  more: { run: "true", depends_on: [use] }',
    'variables: [{ name: TAG, default: none }, { name: COUNT, type: number, default: 0 }]',
  ) +
  workflow(
    'p3',
    `  use: { run: "true" }
  save: { type: restore, run: "true", artifacts: [state.txt] }
  put-back: { type: restore, run: "true", depends_on: [save], artifacts: { from: save } }`,
    'variables: [{ name: IMAGE, default: none }]',
  )
}---
kind: Pipeline
application: app
name: chain
variables: [{ name: BASE, default: a }]
stages:
  - { name: One, elements: [{ name: one, workflow: p1 }] }
  - name: Two
    elements:
      - { name: two, workflow: p3, variables: { IMAGE: "\${stages.One.one.outputs.IMAGE}" } }
      - { name: apart, workflow: p2 }
---
kind: Pipeline
application: app
name: both
variables: [{ name: PREFIX, default: x }, { name: SKIP, default: "no" }]
stages:
  - { name: One, elements: [{ name: one, workflow: p1, skip_condition: 'SKIP == "yes"' }] }
  - name: Ask
    elements:
      - name: ask
        skip_condition: 'stages["One"]["one"].outputs.TAG != "v7"'
        approval: { approvers: [Managers], message: 'Ship \${PREFIX}-\${stages.One.one.outputs.IMAGE}?' }
  - name: Two
    elements:
      - { name: two, workflow: p2, skip_condition: 'steps["one"].outputs.IMAGE == ""', variables: { TAG: "\${PREFIX}\${stages.One.one.outputs.TAG}" } }
  - name: Three
    elements:
      - { name: three, workflow: p2, variables: { TAG: "\${steps.one.variables.TAG}", COUNT: "\${steps.one.outputs.NEVER:-3}" } }
---
kind: Pipeline
application: app
name: failing
variables: [{ name: SKIP, default: "no" }]
stages:
  - { name: One, elements: [{ name: one, workflow: p1, skip_condition: 'SKIP == "yes"' }] }
  - name: Two
    elements:
      - { name: two, workflow: p2, variables: { COUNT: "\${steps.one.outputs.TAG}" } }
      - { name: never, workflow: p2 }
`;

interface Outputs {
  readonly pipelineStageExecutions: readonly {
    readonly pipelineStepName: string;
    readonly outputs?: readonly { readonly name: string; readonly value: string | null }[];
  }[];
}

describe('outputs of a stage', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  const tag = (value: string) => ({ outputs: [{ name: 'TAG', value }] });
  const given = (name: string, value: string) => ({
    variableInputs: [{ name, variableValue: { type: 'NAME', value } }],
  });

  it('stage-outputs: reach values, conditions and messages of later stages; a resume keeps them', async () => {
    // A given value that looks like a reference stays text.
    const id = await runs.start('pipeline', 'both', given('PREFIX', `\${steps.one.outputs.TAG}`));
    await agent.runOne(tag('v7'));
    await runs.until(id, 'WAITING');
    const { approvalDetails } = (
      await server.client.ask<{ approvalDetails: { approvalDetails: { message: string }[] } }>(
        'query ($a: ID!, $e: ID!) { approvalDetails(applicationId: $a, executionId: $e) { approvalDetails { message } } }',
        { a: (await runs.ids('pipeline', 'both')).applicationId, e: id },
      )
    ).approvalDetails;
    expect(approvalDetails).toEqual([{ message: `Ship \${steps.one.outputs.TAG}-registry/v7?` }]);
    await runs.decide(id, 'APPROVE');
    const use = await agent.runOne();
    expect(use.env).toMatchObject({ TAG: `\${steps.one.outputs.TAG}v7`, COUNT: '0' });
    await agent.runOne({ exitCode: 1 });
    await runs.until(id, 'FAILED');
    const { execution } = await server.client.ask<{ execution: Outputs }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { pipelineStageExecutions {
        pipelineStepName ... on WorkflowStageExecution { outputs { name value } workflowExecution { outputs { name value } } } } } } }`,
      { id },
    );
    const outputs = [
      { name: 'IMAGE', value: 'registry/v7' },
      { name: 'NEVER', value: null },
      { name: 'TAG', value: 'v7' },
    ];
    expect(execution.pipelineStageExecutions).toEqual([
      { pipelineStepName: 'one', outputs, workflowExecution: { outputs } },
      { pipelineStepName: 'ask' },
      { pipelineStepName: 'two', outputs: [], workflowExecution: { outputs: [] } },
      { pipelineStepName: 'three', outputs: [], workflowExecution: null },
    ]);
    const { applicationId } = await runs.ids('pipeline', 'both');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    expect((await agent.runOne()).env.TAG).toBe(`\${steps.one.outputs.TAG}v7`);
    await agent.runOne();
    expect((await agent.runOne()).env).toMatchObject({ TAG: 'v7', COUNT: '3' });
    await agent.runOne();
    await runs.until(id, 'SUCCESS');
  });

  it('follow an extension and its restore, whose tasks exchange files', async () => {
    const { client } = server;
    const id = await runs.start('pipeline', 'chain');
    await agent.runOne(tag('v1'));
    const first = [await agent.runOne(), await agent.runOne(), await agent.runOne()];
    expect(first.map(({ task, env }) => [task, env.IMAGE ?? env.TAG]).sort()).toEqual([
      ['more', 'none'],
      ['use', 'a/v1'],
      ['use', 'none'],
    ]);
    await runs.until(id, 'SUCCESS');
    const stages = async () => {
      const { execution } = await client.ask<{ execution: { pipelineStageExecutions: unknown[] } }>(
        `query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { pipelineStageExecutions { pipelineStepName
          ... on WorkflowStageExecution { outputs { name value } workflowExecution { inputVariables { name value } } } } } } }`,
        { id },
      );
      return execution.pipelineStageExecutions;
    };
    const before = await stages();
    expect(JSON.stringify(before)).toMatch(/"IMAGE","value":"a\/v1"[\s\S]*"IMAGE","value":"a\/v1"/);
    await client.ask('mutation ($input: AddImagesToRunInput!) { addImagesToRun(input: $input) { run { status } } }', {
      input: { runId: id, ...given('BASE', 'b') },
    });
    expect((await agent.runOne(tag('v2'))).task).toBe('make');
    // The stage's other element uses neither the variable nor the output, so it is kept.
    expect((await agent.runOne()).env.IMAGE).toBe('b/v2');
    await runs.until(id, 'SUCCESS');
    expect(JSON.stringify(await stages())).toContain('"IMAGE","value":"b/v2"');

    await client.ask('mutation ($input: RestoreRunInput!) { restoreRun(input: $input) { run { status } } }', {
      input: { runId: id },
    });
    const save = await agent.claimOne();
    expect([save.task, save.env.IMAGE]).toEqual(['save', 'a/v1']);
    await agent.start(save);
    const data = Buffer.from('state');
    await agent.upload(save, 'state.txt', data, sha256(data));
    await agent.finish(save);
    const putBack = await agent.claimOne();
    expect(putBack).toMatchObject({ task: 'put-back', inputs: [{ name: 'state.txt', sha256: sha256(data) }] });
    await agent.start(putBack);
    expect(await (await agent.download(putBack, putBack.inputs[0]?.artifactId ?? '')).text()).toBe('state');
    await agent.finish(putBack);
    await runs.until(id, 'SUCCESS');
    expect(await stages()).toEqual(before);
  });

  it('of kept elements fill references of the latest definition, as far as they were declared', async () => {
    const change = (from: string, to: string) => runs.apply(DEFINITIONS.replaceAll(from, to));
    const { applicationId } = await runs.ids('pipeline', 'chain');
    const id = await runs.start('pipeline', 'chain');
    await agent.runOne(tag('v1'));
    await agent.work(
      () => runs.is(id, 'FAILED'),
      () => true,
    );
    const resume = () =>
      server.client.ask(
        'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
        { input: { applicationId, pipelineExecutionId: id, definition: 'LATEST' } },
      );
    await change('stages.One.one.outputs.IMAGE', 'stages.One.one.outputs.TAG');
    await resume();
    const again: string[] = [];
    await agent.work(
      () => runs.is(id, 'FAILED'),
      ({ task, env }) => {
        if (task === 'use') again.push(env.IMAGE ?? '');
        return true;
      },
    );
    expect(again.sort()).toEqual(['', 'v1']);
    // A new output of a workflow that is kept with its old revision has no value.
    await runs.apply(
      DEFINITIONS.replaceAll('outputs.IMAGE', 'outputs.NEW').replace('outputs: { TAG', 'outputs: { NEW: x, TAG'),
    );
    await resume();
    const { failureDetails } = await runs.until(id, 'FAILED');
    expect(failureDetails).toContain(
      `\${stages.One.one.outputs.NEW} has no value: the workflow of "one" as it ran has no such output`,
    );
    await runs.apply(DEFINITIONS);
  });

  it('fail an element whose reference has no value, and never reach a command as text', async () => {
    const elements = async (run: string, values: Parameters<typeof runs.start>[2]) => {
      const id = await runs.start('pipeline', run, values);
      if (values === undefined) await agent.runOne(tag('seven'));
      const { pipelineStageExecutions = [] } = await runs.until(id, 'FAILED');
      return pipelineStageExecutions.slice(1).map(({ status, reasonCode, reason }) => [status, reasonCode, reason]);
    };
    expect(await elements('failing', given('SKIP', 'yes'))).toEqual([
      [
        'FAILED',
        'REFERENCE_UNFILLED',
        `its variable COUNT can’t be filled: \${steps.one.outputs.TAG} has no value: the element "one" ended SKIPPED`,
      ],
      ['SKIPPED', 'NOT_STARTED', 'not started, because another element of the stage can’t begin'],
    ]);
    expect(await elements('failing', undefined)).toEqual([
      ['FAILED', 'BAD_VALUE', 'its variable COUNT "seven" is not a number.'],
      ['SKIPPED', 'NOT_STARTED', expect.anything()],
    ]);
  });

  it('that can’t be filled leave a run that can be resumed from the stage that they failed', async () => {
    const { applicationId } = await runs.ids('pipeline', 'failing');
    const id = await runs.start('pipeline', 'failing', given('SKIP', 'yes'));
    const { pipelineStageExecutions = [] } = await runs.until(id, 'FAILED');
    const failed = pipelineStageExecutions.find(({ status }) => status === 'FAILED');
    expect(failed?.reasonCode).toBe('REFERENCE_UNFILLED');
    const { resumeExecution } = await server.client.ask<{ resumeExecution: { execution: { attempt: number } } }>(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { attempt } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    expect(resumeExecution.execution.attempt).toBe(2);
    await runs.until(id, 'FAILED');
  });
});
