import { remindApprovers } from '../../../src/runs/approvals/remindApprovers';
import { TestClient } from '../../support/client';
import { createKey, READS_RUNS } from '../../support/keys';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: use
variables: [{ name: SIZE, default: none }, { name: NOTE, default: none }]
tasks: { use: { run: "true" } }
---
kind: Pipeline
application: app
name: form
stages:
  - name: Ask
    elements:
      - name: manager
        approval:
          approvers: [Team]
          inputs:
            - { name: SIZE, type: choice, choices: [small, large], default: small }
            - { name: NOTE, required: true, max_length: 20, description: Reason of the release }
            - { name: MORE }
  - name: Use
    elements:
      - { name: big, workflow: use, skip_condition: 'stages["Ask"]["manager"].outputs.SIZE == "small"' }
      - { name: use, workflow: use, variables: { SIZE: "\${stages.Ask.manager.outputs.SIZE}", NOTE: "\${steps.manager.outputs.NOTE}/\${steps.manager.outputs.MORE:-none}" } }
---
kind: Pipeline
application: app
name: slow
stages:
  - elements:
      - name: manager
        approval:
          approvers: [Team]
          timeout: 1d
          remind_after: 1h
          escalate: [{ after: 90m, to: [Deputies] }, { after: 30m, to: Leads }]
`;

interface Shown {
  readonly approvalId: string;
  readonly status: string;
  readonly reminders: number;
  readonly approvers: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly value: string | null }[];
  readonly variables: readonly { readonly name: string; readonly value: string | null }[];
  readonly escalations: readonly { readonly to: readonly string[]; readonly taken: boolean }[];
}

describe('an approval with a form', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);
  let member: TestClient;
  let deputy: TestClient;
  beforeAll(async () => {
    member = new TestClient(server.url, await createKey(server.client, 'Team', READS_RUNS, 'Tess'));
    deputy = new TestClient(server.url, await createKey(server.client, 'Deputies', READS_RUNS, 'Dana'));
    await createKey(server.client, 'Leads', READS_RUNS);
  });

  const shown = async (id: string): Promise<Shown> => {
    const { applicationId: a } = await runs.ids('pipeline', 'form');
    const { approvalDetails } = await server.client.ask<{ approvalDetails: { approvalDetails: Shown[] } }>(
      `query ($a: ID!, $e: ID!) { approvalDetails(applicationId: $a, executionId: $e, includeDecided: true) { approvalDetails {
        approvalId status reminders inputs { name value } triggeredBy { name } escalations { to taken } ... on UserGroupApprovalDetails { approvers variables { name value } } } } }`,
      { a, e: id },
    );
    const last = approvalDetails.approvalDetails.at(-1);
    if (last === undefined) throw new Error('no approval');
    return last;
  };
  const decide = async (
    id: string,
    inputs: object | undefined,
    { action = 'APPROVE', client = member, key = 'inputs' } = {},
  ) => {
    const { applicationId } = await runs.ids('pipeline', 'form');
    const { approvalId } = await shown(id);
    return client.ask(
      'mutation ($input: ApproveOrRejectApprovalsInput!) { approveOrRejectApprovals(input: $input) { success } }',
      {
        input: {
          ...{ applicationId, executionId: id, approvalId, action },
          [key]: inputs && Object.entries(inputs).map(([name, value]) => ({ name, value })),
        },
      },
    );
  };
  const mine = async (client: TestClient) => {
    const { approvals } = await client.ask<{ approvals: { nodes: { execution: { id: string } }[] } }>(
      '{ approvals(mine: true) { nodes { execution { id } } } }',
    );
    return approvals.nodes.map(({ execution }) => execution.id);
  };
  const later = (minutes: number) =>
    remindApprovers({ ...server.app, clock: { now: () => new Date(Date.now() + minutes * 60_000) } });
  const timed = async (id: string) =>
    (await runs.events(id)).filter(({ type }) => /^APPROVAL_(REMINDED|ESCALATED)$/.test(type));

  it('passes values to later stages, conditions, history and audit', async () => {
    const id = await runs.start('pipeline', 'form');
    await expect(decide(id, { SIZE: 'huge', OTHER: 'x', MORE: 'y'.repeat(1001) })).rejects.toThrow(
      /inputs\.OTHER.*inputs\.SIZE.*inputs\.NOTE.*inputs\.MORE/,
    );
    await expect(decide(id, { NOTE: 'no' }, { action: 'REJECT' })).rejects.toThrow('a rejection takes no inputs');
    expect(await shown(id)).toMatchObject({
      status: 'WAITING',
      inputs: [{ value: null }, { value: null }, { value: null }],
    });
    await decide(id, { SIZE: 'large', NOTE: 'hotfix' });
    await decide(id, { SIZE: 'large', NOTE: 'hotfix' }, { key: 'variableInputs' });
    expect((await shown(id)).variables).toContainEqual({ name: 'SIZE', value: 'large' });
    await expect(decide(id, { SIZE: 'small', NOTE: 'hotfix' })).rejects.toThrow('NOT_WAITING');
    const jobs = [await agent.claimOne(), await agent.claimOne()];
    expect(jobs.map(({ env }) => [env.SIZE, env.NOTE]).sort()).toEqual([
      ['large', 'hotfix/none'],
      ['none', 'none'],
    ]);
    for (const job of jobs) await agent.start(job);
    for (const job of jobs) await agent.finish(job, { exitCode: 1 });
    await runs.until(id, 'FAILED');
    const { applicationId } = await runs.ids('pipeline', 'form');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    const again = [await agent.claimOne(), await agent.claimOne()];
    expect(again.map(({ env }) => env.SIZE).sort()).toEqual(['large', 'none']);
    for (const job of again) await agent.start(job);
    for (const job of again) await agent.finish(job);
    await runs.until(id, 'SUCCESS');
    const { execution, audits } = await server.client.ask<{
      execution: object;
      audits: { nodes: { after: object }[] };
    }>(
      `query ($id: ID!) { execution(executionId: $id) { history { action text } ... on PipelineExecution {
         pipelineStageExecutions { ... on ApprovalStageExecution { outputs { name value } } } } }
       audits(first: 10, filters: [{ action: { values: ["approval.decide"], operator: EQUALS } }]) { nodes { after } } }`,
      { id },
    );
    expect(execution).toMatchObject({
      history: [{ action: 'STARTED' }, { action: 'APPROVED', text: 'SIZE=large, NOTE=hotfix' }, { action: 'RESUMED' }],
      pipelineStageExecutions: [
        {
          outputs: [
            { name: 'NOTE', value: 'hotfix' },
            { name: 'SIZE', value: 'large' },
          ],
        },
        {},
        {},
      ],
    });
    const inputs = [
      { name: 'SIZE', choice: 'large' },
      { name: 'NOTE', value: '[text, 6 characters]' },
    ];
    expect(audits.nodes).toContainEqual({ after: expect.objectContaining({ status: 'APPROVED', inputs }) });
    expect((await runs.events(id)).find(({ type }) => type === 'APPROVAL_DECIDED')?.data).toMatchObject({
      inputs: [
        { name: 'SIZE', value: 'large' },
        { name: 'NOTE', value: 'hotfix' },
      ],
    });
  });

  it('skips stages by its values, and is requested again in a rerun', async () => {
    const id = await runs.start('pipeline', 'form');
    await decide(id, { NOTE: 'ok', MORE: 'all' });
    expect((await agent.runOne()).env).toMatchObject({ SIZE: 'small', NOTE: 'ok/all' });
    const { pipelineStageExecutions: stages } = await runs.until(id, 'SUCCESS');
    expect(stages).toMatchObject([{}, { pipelineStepName: 'big', status: 'SKIPPED' }, { status: 'SUCCESS' }]);
    const { applicationId } = await runs.ids('pipeline', 'form');
    await server.client.ask(
      'mutation ($input: RerunExecutionInput!) { rerunExecution(input: $input) { execution { id } } }',
      { input: { applicationId, executionId: id } },
    );
    await decide(id, { NOTE: 'again' });
    expect((await agent.runOne()).env).toMatchObject({ SIZE: 'small', NOTE: 'again/none' });
    await runs.until(id, 'SUCCESS');
  });

  it('reminds and escalates exactly once, however many servers sweep', async () => {
    const id = await runs.start('pipeline', 'slow');
    await later(29);
    expect(await timed(id)).toEqual([]);
    expect([(await mine(member)).includes(id), (await mine(deputy)).includes(id)]).toEqual([true, false]);
    await Promise.all([later(31), later(31), later(31)]);
    await Promise.all([later(61), later(61)]);
    const data = async () => (await timed(id)).map(({ type, data: own }) => [type, own.to ?? own.reminder]);
    expect(await data()).toEqual([
      ['APPROVAL_ESCALATED', ['Leads']],
      ['APPROVAL_REMINDED', 1],
    ]);
    expect((await mine(deputy)).includes(id)).toBe(false);
    // After a downtime, all escalations and one reminder.
    await Promise.all([later(10 * 60), later(10 * 60)]);
    expect((await data()).slice(2)).toEqual([
      ['APPROVAL_ESCALATED', ['Deputies']],
      ['APPROVAL_REMINDED', 2],
    ]);
    expect(await shown(id)).toMatchObject({
      ...{ reminders: 2, approvers: ['Team', 'Leads', 'Deputies'] },
      escalations: [
        { to: ['Leads'], taken: true },
        { to: ['Deputies'], taken: true },
      ],
    });
    expect((await mine(deputy)).includes(id)).toBe(true);
    for (let hours = 11; hours < 23; hours += 1) await later(hours * 60);
    expect(await shown(id)).toMatchObject({ reminders: 10 });
    await decide(id, undefined, { client: deputy });
    await runs.until(id, 'SUCCESS');
    await later(30 * 60);
    expect((await timed(id)).length).toBe(12);
  });
});
