import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks:
  lint: { run: "true", grace: 0s }
  test: { run: "true", grace: 0s }
  pack: { run: "true", depends_on: [lint, test] }
---
kind: Workflow
application: app
name: deploy
environment: \${environment}
services: [web]
max_parallel: 1
tasks:
  first: { run: "true" }
  second: { run: "true" }
  last: { run: "true", depends_on: [first, second] }
---
kind: Pipeline
application: app
name: release
stages:
  - name: Build
    elements: [{ name: build, workflow: build }]
  - elements:
      - { name: to staging, workflow: deploy, environment: staging }
      - { name: build again, workflow: build }
  - name: Sign-off
    elements: [{ name: manager, approval: { approvers: [Managers], timeout: 1h } }]
  - name: Production
    elements: [{ name: to production, workflow: deploy, environment: prod }]
---
kind: Pipeline
application: app
name: gate
stages:
  - elements:
      - { name: build, workflow: build }
      - { name: one, approval: { approvers: [Managers], timeout: 1h } }
`;

describe('a pipeline', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const release = () => runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:7' }] });

  it('runs stages in order, elements in parallel, tasks by dependency, and waits for approvals', async () => {
    const id = await release();
    const before = await runs.read(id);
    expect(before.status).toBe('QUEUED');
    expect(before.pipelineStageExecutions?.map((stage) => [stage.pipelineStageName, stage.status])).toEqual([
      ['Build', 'QUEUED'],
      ['STAGE 2', 'QUEUED'],
      ['STAGE 2', 'QUEUED'],
      ['Sign-off', 'QUEUED'],
      ['Production', 'QUEUED'],
    ]);
    const done = await agent.work(() => runs.is(id, 'WAITING'));
    const tasks = done.map((job) => job.task);
    expect(tasks.slice(0, 3)).toEqual(['lint', 'test', 'pack']);
    expect(tasks.slice(3).sort()).toEqual(['first', 'last', 'lint', 'pack', 'second', 'test']);
    expect(tasks.indexOf('last')).toBeGreaterThan(tasks.indexOf('second'));

    await runs.decide(id, 'APPROVE', 'fine');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const after = await runs.read(id);
    expect(after.pipelineStageExecutions?.every((stage) => stage.status === 'SUCCESS')).toBe(true);
    expect((await runs.approvals(id)).map(({ status, comments }) => ({ status, comments }))).toEqual([
      { status: 'APPROVED', comments: 'fine' },
    ]);

    const events = await runs.events(id);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events[0]?.type).toBe('EXECUTION_CREATED');
    expect(events.at(-1)).toMatchObject({ type: 'EXECUTION_STATUS', executionId: id, data: { to: 'SUCCESS' } });
    const own = await server.app.database.rows<{ gaps: number }>(
      `SELECT count(*) AS gaps FROM (
         SELECT execution_id, count(*) AS n, max(execution_sequence) AS last FROM execution_event GROUP BY execution_id
       ) counted WHERE n <> last`,
    );
    expect(own).toEqual([{ gaps: 0 }]);
  });

  it('records its deployments in each environment', async () => {
    const { application } = await server.client.ask<{
      application: {
        environments: { nodes: { name: string; deployments: { service: { name: string }; image: string }[] }[] };
      };
    }>(
      `query ($id: ID!) { application(applicationId: $id) { environments(limit: 10) { nodes {
        name deployments { service { name } image execution { id } deployedAt } } } } }`,
      { id: (await runs.ids('pipeline', 'release')).applicationId },
    );
    const deployed = application.environments.nodes.map(({ name, deployments }) => [
      name,
      deployments.map(({ service, image }) => `${service.name} ${image}`),
    ]);
    expect(Object.fromEntries(deployed)).toEqual({ prod: ['web web:7'], staging: ['web web:7'] });
  });

  it('stays within the workflow’s maxParallel', async () => {
    const id = await runs.start('workflow', 'deploy', {
      serviceInputs: [{ name: 'web', image: 'web:8' }],
      variableInputs: [{ name: 'environment', variableValue: { type: 'NAME', value: 'staging' } }],
    });
    const first = await agent.claim();
    expect(first.map((job) => job.task)).toEqual(['first']);
    expect(await agent.claim(10, 0)).toEqual([]);
    await agent.start(...first);
    await agent.finish(first[0] as never);
    expect((await agent.claimOne()).task).toBe('second');
    await runs.abort(id);
    await runs.until(id, 'ABORTED');
  });

  it('fails with its task, skips the rest, and gives the reason', async () => {
    const id = await release();
    await agent.work(
      () => runs.is(id, 'FAILED'),
      (job) => job.task === 'lint',
    );
    const run = await runs.read(id);
    expect(run).toMatchObject({ failureCode: 'TASK_FAILED' });
    expect(run.failureDetails).toBe('Stage "Build", step "build": Task "lint" failed: exit code 1');
    expect(run.pipelineStageExecutions?.map((stage) => stage.status)).toEqual([
      'FAILED',
      'SKIPPED',
      'SKIPPED',
      'SKIPPED',
      'SKIPPED',
    ]);
    expect(run.pipelineStageExecutions?.[1]).toMatchObject({
      reasonCode: 'NOT_STARTED',
      reason: 'not reached, because stage "Build" ended FAILED',
    });
    const member = await runs.read(run.pipelineStageExecutions?.[0]?.workflowExecutionId ?? '');
    expect(Object.fromEntries(member.tasks?.map((task) => [task.name, task.status]) ?? [])).toEqual({
      lint: 'FAILED',
      test: 'SUCCESS',
      pack: 'SKIPPED',
    });
  });

  it('ends REJECTED when the approval is rejected', async () => {
    const id = await release();
    await agent.work(() => runs.is(id, 'WAITING'));
    await runs.decide(id, 'REJECT', 'not today');
    const run = await runs.read(id);
    expect(run).toMatchObject({ status: 'REJECTED', failureCode: 'REJECTED' });
    expect(run.failureDetails).toContain('not today');
    await expect(runs.decide(id, 'APPROVE')).rejects.toThrow('NOT_WAITING');
    await runs.decide(id, 'REJECT', 'again, by the same caller: changes nothing');
  });

  it('withdraws an approval if a parallel element fails', async () => {
    const id = await runs.start('pipeline', 'gate');
    await agent.work(
      () => runs.is(id, 'FAILED'),
      () => true,
    );
    const run = await runs.read(id);
    expect(run.pipelineStageExecutions?.map((stage) => stage.status)).toEqual(['FAILED', 'SKIPPED']);
    expect((await runs.approvals(id)).map((approval) => approval.status)).toEqual(['ABORTED']);
  });

  it('shows RUNNING while something runs in parallel with a waiting approval', async () => {
    const id = await runs.start('pipeline', 'gate');
    expect((await runs.read(id)).status).toBe('WAITING');
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    expect((await runs.read(id)).status).toBe('RUNNING');
    await runs.abort(id, 'enough');
    const stopped = await runs.until(id, 'ABORTED');
    expect(stopped.failureDetails).toContain('enough');
  });

  it('names the invalid ID of a start', async () => {
    const { applicationId, entityId } = await runs.ids('pipeline', 'gate');
    const none = '01a1fde6-77b0-740d-b857-a367d0a2b8ae';
    await expect(runs.start('pipeline', 'gate', { applicationId: none, entityId })).rejects.toThrow(
      `No application with the id "${none}"`,
    );
    await expect(runs.start('pipeline', 'gate', { applicationId, entityId: none })).rejects.toThrow(
      `No pipeline with the id "${none}"`,
    );
  });
});
