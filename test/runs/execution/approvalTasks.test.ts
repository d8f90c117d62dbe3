import { expireApprovals } from '../../../src/runs/sweep';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;

const DEFINITIONS = `${APP}${workflow(
  'ship',
  `  build: { run: "true", register: TAG }
  ask:
    depends_on: [build]
    approval:
      approvers: [Managers]
      message: 'Ship \${TAG}\${{ tasks.build.status == "SUCCESS" ? "" : " unbuilt" }}?'
      timeout: 1h
      inputs: [{ name: SIZE, type: choice, choices: [small, large], default: small }]
  deploy: { run: "true", depends_on: [ask] }
  more: { run: "true", depends_on: [ask], if: 'SIZE == "large"' }`,
  'outputs: [SIZE]',
)}${workflow(
  'gate',
  `  ask: { approval: { approvers: [Managers], timeout: 1h } }
  after: { run: "true", depends_on: [ask] }`,
  'on_failure: report',
).replace('tasks:\n', 'tasks:\n  report: { type: forensic, run: "true" }\n')}${workflow(
  'wide',
  `  ask: { approval: { approvers: [Managers] } }
  beside: { run: "true" }
  other: { run: "true" }
  after: { run: "true", depends_on: [ask, beside] }`,
  'max_parallel: 1',
)}${workflow(
  'skipping',
  `  ask: { if: 'ASK == "yes"', approval: { approvers: [Managers] } }
  after: { run: "true", depends_on: [ask] }`,
  'variables: [{ name: ASK, default: "no" }]',
)}---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: ship, workflow: ship }]
  - elements: [{ name: skip, workflow: skipping, variables: { ASK: "\${steps.ship.outputs.SIZE}" } }]
---
kind: Pipeline
application: app
name: gated
stages: [{ elements: [{ name: gate, workflow: gate }] }]
`;

describe('an approval between tasks', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  interface Seen {
    readonly status: string;
    readonly whyNotRunning: readonly { readonly code: string; readonly userGroups: readonly string[] }[];
    readonly availableActions: readonly { readonly action: string; readonly allowed: boolean; readonly code: string }[];
    readonly history: readonly {
      readonly action: string;
      readonly step: string | null;
      readonly text: string | null;
    }[];
  }
  const seen = async (id: string) =>
    (
      await server.client.ask<{ execution: Seen }>(
        `query ($id: ID!) { execution(executionId: $id) { status whyNotRunning { code userGroups }
          availableActions { action allowed code } history { action step text } } }`,
        { id },
      )
    ).execution;
  const details = async (id: string) => {
    const { applicationId: a } = await runs.ids('workflow', 'ship');
    const { approvalDetails } = await server.client.ask<{ approvalDetails: { approvalDetails: object[] } }>(
      `query ($a: ID!, $e: ID!) { approvalDetails(applicationId: $a, executionId: $e, includeDecided: true) { approvalDetails {
        status message stageName stepName taskName run { id status } execution { id } taskExecution { name status approvals { status } } } } }`,
      { a, e: id },
    );
    return approvalDetails.approvalDetails;
  };
  const act = async (mutation: string, input: object) => {
    const { applicationId } = await runs.ids('workflow', 'ship');
    const named = mutation === 'continueExecution' ? 'pauseExecution' : mutation;
    const type = `${named.charAt(0).toUpperCase()}${named.slice(1)}Input`;
    const field = mutation === 'retryTask' ? 'taskExecution { id }' : 'execution { id }';
    await server.client.ask(`mutation ($input: ${type}!) { ${mutation}(input: $input) { ${field} } }`, {
      input: { applicationId, ...input },
    });
  };
  const member = async (id: string) => (await runs.read(id)).pipelineStageExecutions?.[0]?.workflowExecutionId ?? '';
  const statuses = async (id: string) => (await runs.read(id)).tasks?.map(({ name, status }) => `${name} ${status}`);

  it('makes task, workflow, stage and run WAITING, and passes values to later tasks', async () => {
    const id = await runs.start('pipeline', 'release');
    await agent.runOne({ outputs: [{ name: 'TAG', value: 'v7' }] });
    const run = await runs.until(id, 'WAITING');
    const shipping = await member(id);
    expect(run.pipelineStageExecutions?.[0]).toMatchObject({ status: 'WAITING' });
    expect(await runs.read(shipping)).toMatchObject({ status: 'WAITING' });
    expect(await runs.task(shipping, 'ask')).toMatchObject({ status: 'WAITING', tries: 0 });
    expect(await details(id)).toEqual([
      {
        ...{ status: 'WAITING', message: 'Ship v7?', stageName: 'STAGE 1', stepName: 'ship', taskName: 'ask' },
        ...{ run: { id, status: 'WAITING' }, execution: { id } },
        taskExecution: { name: 'ask', status: 'WAITING', approvals: [{ status: 'WAITING' }] },
      },
    ]);
    const { whyNotRunning, availableActions } = await seen(id);
    expect(whyNotRunning).toEqual([{ code: 'APPROVAL', userGroups: ['Managers'] }]);
    expect(availableActions.find(({ action }) => action === 'approve')).toMatchObject({ code: 'FORBIDDEN' });
    await runs.decide(id, 'APPROVE', 'go', [{ name: 'SIZE', value: 'large' }]);
    expect((await agent.runOne()).env).toMatchObject({ SIZE: 'large', TAG: 'v7' });
    expect(await runs.read(shipping)).toMatchObject({ status: 'RUNNING' });
    expect((await agent.runOne()).task).toBe('more');
    // The output reaches the next stage, whose approval its condition skips.
    expect((await agent.runOne()).task).toBe('after');
    await runs.until(id, 'SUCCESS');
    expect((await seen(id)).history).toMatchObject([
      {},
      { action: 'APPROVED', step: 'ship › ask', text: 'go; SIZE=large' },
    ]);
    const types = (await runs.events(id)).map(({ type }) => type);
    expect(types.filter((type) => /^APPROVAL_(REQUESTED|DECIDED)$/.test(type))).toEqual([
      'APPROVAL_REQUESTED',
      'APPROVAL_DECIDED',
    ]);
    expect(types.filter((type) => type === 'JOB_QUEUED').length).toBe(4);
  });

  it('is kept by a resume of tasks, and requested again by a resume of stages', async () => {
    const id = await runs.start('pipeline', 'release');
    await agent.runOne({ outputs: [{ name: 'TAG', value: 'v8' }] });
    await runs.until(id, 'WAITING');
    await runs.decide(id, 'APPROVE');
    await agent.runOne({ exitCode: 1 });
    await runs.until(id, 'FAILED');
    await act('resumeExecution', { pipelineExecutionId: id, granularity: 'TASK' });
    const again = await agent.claimOne();
    expect([again.task, again.env.SIZE]).toEqual(['deploy', 'small']);
    await agent.start(again);
    await agent.finish(again, { exitCode: 1 });
    await runs.until(id, 'FAILED');
    await act('resumeExecution', { pipelineExecutionId: id, granularity: 'STAGE' });
    await agent.runOne({ outputs: [{ name: 'TAG', value: 'v9' }] });
    await runs.until(id, 'WAITING');
    expect(await details(id)).toMatchObject([{ status: 'APPROVED' }, { status: 'WAITING', message: 'Ship v9?' }]);
    await runs.abort(id);
    expect(await runs.until(id, 'ABORTED')).toBeTruthy();
    expect(await details(id)).toMatchObject([{}, { status: 'ABORTED', taskExecution: { status: 'SKIPPED' } }]);
  });

  it('fails when it is rejected or expires, and is requested again by a resume', async () => {
    const id = await runs.start('workflow', 'gate');
    expect(await seen(id)).toMatchObject({ status: 'WAITING', whyNotRunning: [{ code: 'APPROVAL' }] });
    expect(await details(id)).toMatchObject([
      { stageName: 'gate', stepName: 'ask', taskName: 'ask', run: { id }, execution: { id } },
    ]);
    await runs.decide(id, 'REJECT', 'not today');
    expect((await agent.runOne()).task).toBe('report');
    const rejected = await runs.until(id, 'FAILED');
    expect(rejected.tasks?.find(({ name }) => name === 'ask')).toMatchObject({
      status: 'FAILED',
      reasonCode: 'REJECTED',
    });
    expect(rejected.failureDetails).toContain('rejected by a manager: not today');
    await act('resumeWorkflowExecution', { workflowExecutionId: id });
    await runs.until(id, 'WAITING');
    await expireApprovals({ ...server.app, clock: { now: () => new Date(Date.now() + 2 * 3_600_000) } });
    expect((await agent.runOne()).task).toBe('report');
    const expired = await runs.until(id, 'FAILED');
    expect(expired.tasks?.find(({ name }) => name === 'ask')).toMatchObject({
      status: 'FAILED',
      reasonCode: 'EXPIRED',
    });
    await act('rerunExecution', { executionId: id });
    await runs.until(id, 'WAITING');
    await runs.decide(id, 'APPROVE');
    expect((await agent.runOne()).task).toBe('after');
    await runs.until(id, 'SUCCESS');
    expect((await details(id)).map((one) => (one as { status: string }).status)).toEqual([
      'REJECTED',
      'EXPIRED',
      'APPROVED',
    ]);
  });

  it('does not count toward max_parallel, and is withdrawn by a failure', async () => {
    const id = await runs.start('workflow', 'wide');
    expect(await statuses(id)).toEqual(['ask WAITING', 'beside QUEUED', 'other QUEUED', 'after QUEUED']);
    const job = await agent.claimOne();
    await agent.start(job);
    expect(await runs.read(id)).toMatchObject({ status: 'RUNNING' });
    await act('pauseExecution', { executionId: id });
    await agent.finish(job);
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await runs.decide(id, 'APPROVE');
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await act('continueExecution', { executionId: id });
    const rest = [(await agent.runOne()).task, (await agent.runOne()).task];
    expect([job.task, ...rest].sort()).toEqual(['after', 'beside', 'other']);
    await runs.until(id, 'SUCCESS');

    const failing = await runs.start('workflow', 'wide');
    await agent.runOne({ exitCode: 1 });
    await runs.until(failing, 'FAILED');
    expect(await details(failing)).toMatchObject([{ status: 'ABORTED', taskExecution: { status: 'SKIPPED' } }]);
    await act('resumeWorkflowExecution', { workflowExecutionId: failing });
    expect(await details(failing)).toMatchObject([{ status: 'ABORTED' }, { status: 'WAITING' }]);
    await runs.abort(failing);
    await runs.until(failing, 'ABORTED');
  });

  it('makes a stage WAITING whose workflow begins with it', async () => {
    const id = await runs.start('pipeline', 'gated');
    const { pipelineStageExecutions } = await runs.until(id, 'WAITING');
    expect(pipelineStageExecutions).toMatchObject([{ status: 'WAITING' }]);
    await runs.decide(id, 'APPROVE');
    await agent.runOne();
    await runs.until(id, 'SUCCESS');
  });
});
