import { TestClient } from '../../support/client';
import { statusesOf } from '../../../src/engine/machine';
import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks:
  lint: { run: "true" }
  unit: { run: "true" }
  integration: { run: "true", depends_on: [lint, unit] }
  pack: { run: "true", depends_on: [integration] }
---
kind: Workflow
application: app
name: deploy
environment: \${environment}
services: [web]
tasks:
  deploy: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: build, workflow: build }]
  - elements:
      - { name: left, workflow: deploy, environment: staging }
      - { name: right, workflow: build }
  - elements: [{ name: manager, approval: { approvers: [Managers], timeout: 1h } }]
  - elements: [{ name: live, workflow: deploy, environment: prod }]
---
kind: Pipeline
application: app
name: parallel
stages:
  - elements:
      - { name: right, workflow: build }
      - { name: manager, approval: { approvers: [Managers], timeout: 1h } }
  - elements: [{ name: last, workflow: build }]
`;

interface Attempt {
  readonly attempt: number;
  readonly kind: string;
  readonly status: string | null;
  readonly fromStage: string | null;
  readonly reason: string | null;
}

describe('resume', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const release = () => runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:1' }] });
  const fail =
    (...tasks: string[]) =>
    (job: { task: string }) =>
      tasks.includes(job.task);
  const applicationId = async () => (await runs.ids('pipeline', 'release')).applicationId;
  const resume = async (
    id: string,
    more: Readonly<Record<string, unknown>> = {},
    client: TestClient = server.client,
  ) => {
    const input = { applicationId: await applicationId(), pipelineExecutionId: id, ...more };
    const { resumeExecution } = await client.ask<{ resumeExecution: { execution: { id: string; status: string } } }>(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id status } } }',
      { input },
    );
    return resumeExecution.execution;
  };
  const attempts = async (id: string): Promise<readonly Attempt[]> => {
    const { execution } = await server.client.ask<{ execution: { attempts: Attempt[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { attempts { attempt kind status fromStage reason } } }',
      { id },
    );
    return execution.attempts;
  };
  const failedInStage2 = async (...tasks: string[]): Promise<string> => {
    const id = await release();
    let builds = 0;
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => tasks.includes(job.task) && (job.task !== 'integration' || ++builds > 1),
    );
    return id;
  };
  const statuses = async (id: string) => (await runs.read(id)).pipelineStageExecutions?.map((stage) => stage.status);

  it('resumes from the failed stage with the mutation of a FirstGen script', async () => {
    const id = await failedInStage2('deploy');
    expect(await statuses(id)).toEqual(['SUCCESS', 'FAILED', 'SUCCESS', 'SKIPPED', 'SKIPPED']);
    const { resumeExecution } = await server.client.ask<{
      resumeExecution: { execution: { id: string; status: string } };
    }>(
      `mutation { resumeExecution(input: {applicationId: "${await applicationId()}", pipelineExecutionId: "${id}", pipelineStageName: "STAGE 2"}) { execution { status id } } }`,
    );
    expect(resumeExecution.execution).toEqual({ id, status: 'RESUMING' });
    const ran = await agent.work(() => runs.is(id, 'WAITING'));
    expect(ran.map((job) => job.task).sort()).toEqual(['deploy', 'integration', 'lint', 'pack', 'unit']);
    await runs.decide(id, 'APPROVE');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await attempts(id)).toEqual([
      { attempt: 1, kind: 'START', status: 'FAILED', fromStage: null, reason: null },
      { attempt: 2, kind: 'RESUME', status: 'SUCCESS', fromStage: 'STAGE 2', reason: null },
    ]);
    const events = await runs.events(id);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
    const path = events.filter((event) => event.type === 'EXECUTION_STATUS' && event.executionId === id);
    expect(path.map((event) => event.data.to)).toEqual([
      'RUNNING',
      'FAILED',
      'RUNNING',
      'WAITING',
      'RUNNING',
      'SUCCESS',
    ]);
  });

  it('reruns only the failed elements of a stage with FAILED_ONLY', async () => {
    const id = await failedInStage2('deploy');
    await resume(id, { pipelineStageName: 'STAGE 2', parallelMode: 'FAILED_ONLY' });
    const ran = await agent.work(() => runs.is(id, 'WAITING'));
    expect(ran.map((job) => job.task)).toEqual(['deploy']);
    expect(await statuses(id)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'WAITING', 'QUEUED']);
    await runs.abort(id);
  });

  it('keeps tasks that succeeded with granularity TASK, and shows them as reused', async () => {
    const id = await failedInStage2('integration');
    const member = (await runs.read(id)).pipelineStageExecutions?.[2]?.workflowExecutionId;
    await resume(id, { pipelineStageName: 'STAGE 2', granularity: 'TASK' });
    const ran = await agent.work(() => runs.is(id, 'WAITING'));
    expect(ran.map((job) => job.task)).toEqual(['integration', 'pack']);
    expect((await runs.read(id)).pipelineStageExecutions?.[2]?.workflowExecutionId).toBe(member);
    const { execution } = await server.client.ask<{
      execution: { attempt: number; tasks: { name: string; reused: boolean; attempt: number }[] };
    }>(
      'query ($id: ID!) { execution(executionId: $id) { attempt ... on WorkflowExecution { tasks { name reused attempt } } } }',
      { id: member },
    );
    expect(execution).toEqual({
      attempt: 2,
      tasks: [
        { name: 'lint', reused: true, attempt: 1 },
        { name: 'unit', reused: true, attempt: 1 },
        { name: 'integration', reused: false, attempt: 2 },
        { name: 'pack', reused: false, attempt: 2 },
      ],
    });
    await runs.abort(id);
  });

  it('resumes from an earlier stage and from a rejected approval, repeatedly', async () => {
    const id = await release();
    await agent.work(() => runs.is(id, 'WAITING'));
    await runs.decide(id, 'REJECT', 'no');
    await resume(id);
    expect((await runs.read(id)).status).toBe('WAITING');
    expect((await runs.approvals(id)).map((approval) => approval.status)).toEqual(['REJECTED', 'WAITING']);
    await runs.abort(id);
    await resume(id, { pipelineStageName: 'STAGE 1', reason: 'from the beginning' });
    await agent.work(() => runs.is(id, 'WAITING'));
    await runs.decide(id, 'APPROVE');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect((await attempts(id)).map((one) => [one.kind, one.status, one.fromStage])).toEqual([
      ['START', 'REJECTED', null],
      ['RESUME', 'ABORTED', 'STAGE 3'],
      ['RESUME', 'SUCCESS', 'STAGE 1'],
    ]);
  });

  it('rejects unknown and unreached stages, other applications and stale versions', async () => {
    const id = await failedInStage2('deploy');
    const before = await runs.events(id);
    await expect(resume(id, { pipelineStageName: 'STAGE 9' })).rejects.toThrow('STAGE_NOT_FOUND');
    await expect(resume(id, { pipelineStageName: 'STAGE 4' })).rejects.toThrow('STAGE_NOT_EXECUTED');
    await expect(resume(id, { applicationId: '01a1fde6-77b0-740d-b857-a367d0a2b8ae' })).rejects.toThrow(
      /^NOT_FOUND.*does not belong to the application/,
    );
    const alone = await runs.start('workflow', 'build');
    const { execution } = await server.client.ask<{ execution: { workflowExecutions: { id: string }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on PipelineExecution { workflowExecutions { id } } } }',
      { id },
    );
    await expect(resume(alone)).rejects.toThrow(/^NOT_FOUND.*use resumeWorkflowExecution to continue it/);
    await runs.abort(alone);
    await expect(resume(execution.workflowExecutions[0]?.id ?? '')).rejects.toThrow(/^NOT_FOUND.*resumeExecution/);
    await expect(resume(id, { expectedVersion: 1 })).rejects.toThrow('CONFLICT');
    expect(await runs.events(id)).toEqual(before);
  });

  it('requests an approval again that was withdrawn after a failure, also with FAILED_ONLY', async () => {
    const id = await runs.start('pipeline', 'parallel');
    await agent.work(() => runs.is(id, 'FAILED'), fail('unit'));
    expect(await statuses(id)).toEqual(['FAILED', 'SKIPPED', 'SKIPPED']);
    await resume(id, { parallelMode: 'FAILED_ONLY' });
    await agent.work(() => runs.is(id, 'WAITING'));
    await runs.decide(id, 'APPROVE');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect((await runs.approvals(id)).map((approval) => approval.status)).toEqual(['ABORTED', 'APPROVED']);
  });

  it('previews without writing, and accepts the plan only while it is current', async () => {
    const id = await failedInStage2('integration');
    const before = await runs.events(id);
    const choice = { pipelineStageName: 'STAGE 2', granularity: 'TASK' };
    const { resumePreview } = await server.client.ask<{ resumePreview: Record<string, unknown> }>(
      `query ($input: ResumeExecutionInput!) { resumePreview(input: $input) { allowed refusals { code } planToken askedAgain environments { name }
        willRun { stageName stepName tasksThatRun tasksKept } kept { stepName } } }`,
      { input: { applicationId: await applicationId(), pipelineExecutionId: id, ...choice } },
    );
    expect(resumePreview).toMatchObject({
      allowed: true,
      refusals: [],
      askedAgain: ['manager'],
      kept: [{ stepName: 'build' }],
      willRun: [
        { stepName: 'left', tasksThatRun: [], tasksKept: ['deploy'] },
        { stepName: 'right', tasksThatRun: ['integration', 'pack'], tasksKept: ['lint', 'unit'] },
        { stepName: 'manager' },
        { stepName: 'live' },
      ],
    });
    expect((resumePreview.environments as { name: string }[]).map((one) => one.name).sort()).toEqual([
      'prod',
      'staging',
    ]);
    expect(await runs.events(id)).toEqual(before);
    await expect(resume(id, { pipelineStageName: 'STAGE 2', planToken: resumePreview.planToken })).rejects.toThrow(
      'PLAN_STALE',
    );
    await resume(id, { ...choice, planToken: resumePreview.planToken });
    await runs.abort(id);
    await expect(resume(id, { ...choice, planToken: resumePreview.planToken })).rejects.toThrow('PLAN_STALE');
  });

  it('accepts exactly one of fifty concurrent requests, over two servers', async () => {
    const second = await startTestServer({}, server.databaseUrl);
    try {
      const id = await failedInStage2('deploy');
      const clients = Array.from(
        { length: 50 },
        (_, n) => new TestClient(n % 2 === 0 ? server.url : second.url, ADMIN_KEY),
      );
      const outcomes = await Promise.all(
        clients.map((client) =>
          resume(id, { pipelineStageName: 'STAGE 2' }, client).then(
            () => 'taken',
            (error: Error) => error.message.split(':')[0],
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'CONFLICT')).toHaveLength(49);
      expect(await attempts(id)).toHaveLength(2);
      await runs.abort(id);
    } finally {
      await second.stop();
    }
  });

  it('resumes a standalone workflow, and reruns a final execution', async () => {
    const id = await runs.start('workflow', 'build');
    await agent.work(() => runs.is(id, 'FAILED'), fail('unit'));
    expect((await runs.read(id)).tasks?.map((task) => task.status)).toEqual([
      'SUCCESS',
      'FAILED',
      'SKIPPED',
      'SKIPPED',
    ]);
    const { applicationId: application } = await runs.ids('workflow', 'build');
    await server.client.ask(
      `mutation { resumeWorkflowExecution(input: {applicationId: "${application}", workflowExecutionId: "${id}"}) { execution { status } } }`,
    );
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => job.task)).toEqual(['unit', 'integration', 'pack']);
    await server.client.ask(
      `mutation { rerunExecution(input: {applicationId: "${application}", executionId: "${id}"}) { execution { status } } }`,
    );
    const again = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(again.map((job) => job.task)).toEqual(['lint', 'unit', 'integration', 'pack']);
    expect((await attempts(id)).map((one) => one.kind)).toEqual(['START', 'RESUME', 'RERUN']);
  });

  describe.each(['pipeline', 'workflow'] as const)('of a %s that is', (kind) => {
    it.each(statusesOf(kind === 'pipeline' ? 'run' : 'workflow'))('%s', async (status) => {
      const id = kind === 'pipeline' ? await release() : await runs.start('workflow', 'build');
      await runs.abort(id);
      const active = ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'].includes(status);
      await server.app.database.write(
        `UPDATE execution SET status = $2, ended_at = CASE WHEN $3 THEN NULL ELSE ended_at END WHERE id = $1`,
        [id, status, active],
      );
      const application = await applicationId();
      const outcome = await (kind === 'pipeline'
        ? resume(id)
        : server.client.ask(
            `mutation { resumeWorkflowExecution(input: {applicationId: "${application}", workflowExecutionId: "${id}"}) { execution { status } } }`,
          )
      ).then(
        () => 'taken',
        (error: Error) => error.message.split(':')[0],
      );
      const resumable = ['FAILED', 'ERROR', 'ABORTED', 'EXPIRED', 'REJECTED'].includes(status);
      expect(outcome).toBe(resumable ? 'taken' : status === 'RESUMING' ? 'CONFLICT' : 'NOT_RESUMABLE');
      const { executions } = await server.client.ask<{ executions: { nodes: { id: string }[] } }>(
        'query ($id: String!) { executions(filters: [{resumable: true, execution: {operator: EQUALS, values: [$id]}}]) { nodes { id } } }',
        { id },
      );
      expect(executions.nodes).toEqual([]);
      if (resumable) await runs.abort(id);
      else
        await server.app.database.write(`UPDATE execution SET status = 'ABORTED', ended_at = now() WHERE id = $1`, [
          id,
        ]);
    });
  });

  it('leaves no claimable job of an aborted execution', async () => {
    await eventually(
      () => server.app.database.rows<{ n: number }>('SELECT count(*) AS n FROM ready_job'),
      ([row]) => row?.n === 0,
    );
  });
});
