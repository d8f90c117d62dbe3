import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

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
  )
}---
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
    // A given value that reads like a reference stays a text.
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

  it('fail the element that nothing fills, and never reach a command as text', async () => {
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
});
