import { TestClient } from '../../support/client';
import { endDueInterventions } from '../../../src/runs/commands/interveneExecution';
import { APP } from '../../support/runs';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: careful
tasks:
  migrate: { run: "true", retries: 1, failure_strategy: { wait: 1h, on_timeout: ignore } }
  sibling: { run: "true" }
  switch: { run: "true", depends_on: [migrate] }
---
kind: Workflow
application: app
name: leveled
mode: PARALLEL
tasks:
  migrate: { run: "true", failure_strategy: wait }
  sibling: { run: "true" }
  later: { run: "true", depends_on: [sibling] }
---
kind: Workflow
application: app
name: simple
tasks: { go: { run: "true" } }
---
kind: Pipeline
application: app
name: release
stages:
  - elements: [{ name: one, workflow: careful }]
  - elements: [{ name: two, workflow: simple }]
---
kind: Pipeline
application: app
name: stubborn
stages:
  - elements: [{ name: one, workflow: simple, retries: 1, failure_strategy: { wait: 1h } }]
  - elements: [{ name: two, workflow: simple }]
---
kind: Pipeline
application: app
name: lenient
stages:
  - elements: [{ name: one, workflow: simple, failure_strategy: ignore }]
  - elements: [{ name: two, workflow: simple }]
---
kind: Pipeline
application: app
name: pair
stages:
  - elements:
      - { name: one, workflow: simple, failure_strategy: wait }
      - { name: two, workflow: leveled }
`;

describe('a failure that waits for a person', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const intervene = async (executionId: string, target: object, action: string, client = server.client) => {
    const { applicationId } = await runs.ids('workflow', 'simple');
    const { interveneExecution } = await client.ask<{ interveneExecution: { execution: { status: string } } }>(
      'mutation ($input: InterveneExecutionInput!) { interveneExecution(input: $input) { execution { status } } }',
      { input: { applicationId, executionId, action, reason: 'seen it', ...target } },
    );
    return interveneExecution.execution.status;
  };
  const task = async (id: string, name = 'migrate') => ({ taskExecutionId: (await runs.task(id, name)).id });
  const element = async (id: string, index = 0) => ({
    pipelineStageElementId: (await runs.read(id)).pipelineStageExecutions?.[index]?.pipelineStageElementId,
  });
  const statuses = async (id: string) => (await runs.read(id)).pipelineStageExecutions?.map((stage) => stage.status);
  const tasks = async (id: string) =>
    Object.fromEntries((await runs.read(id)).tasks?.map((one) => [one.name, one.status]) ?? []);
  const failing =
    (...names: string[]) =>
    (job: { task: string }) =>
      names.includes(job.task);
  const waiting = async (workflow = 'careful') => {
    const id = await runs.start('workflow', workflow);
    await agent.work(() => runs.is(id, 'WAITING'), failing('migrate'));
    return id;
  };
  const member = async (id: string, index = 0) =>
    (await runs.read(id)).pipelineStageExecutions?.[index]?.workflowExecutionId ?? '';
  const overdue = async (id: string) => {
    for (const table of ['task_execution', 'stage_execution']) {
      await server.app.database.write(
        `UPDATE ${table} SET waits_until = now() - interval '1 s' WHERE execution_id = $1 AND waits_until IS NOT NULL`,
        [id],
      );
    }
    await endDueInterventions(server.app);
  };

  it('follows the retries, lets other tasks run, and shows in workflow, stage and pipeline', async () => {
    const id = await runs.start('pipeline', 'release');
    await agent.work(() => runs.is(id, 'WAITING'), failing('migrate'));
    const workflow = await member(id);
    expect(await statuses(id)).toEqual(['WAITING', 'QUEUED']);
    expect(await runs.read(workflow)).toMatchObject({ status: 'WAITING', failureCode: null });
    expect(await tasks(workflow)).toEqual({ migrate: 'WAITING', sibling: 'SUCCESS', switch: 'QUEUED' });
    expect(await runs.task(workflow, 'migrate')).toMatchObject({ tries: 2, reasonCode: 'EXIT_CODE' });
    expect(await intervene(id, await task(workflow), 'RETRY')).toBe('RUNNING');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await runs.task(workflow, 'migrate')).toMatchObject({ status: 'SUCCESS', tries: 3, reason: null });
    const events = await runs.events(id);
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1));
    expect(
      events.filter(({ type }) => type.startsWith('INTERVE')).map(({ type, data }) => [type, data.action ?? null]),
    ).toEqual([
      ['INTERVENTION_REQUESTED', null],
      ['INTERVENED', 'RETRY'],
    ]);
  });

  it.each([
    ['IGNORE', 'FAILED', 'SUCCESS'],
    ['MARK_AS_SUCCESS', 'SUCCESS', 'SUCCESS'],
    ['FAIL', 'FAILED', 'FAILED'],
    ['ABORT', 'FAILED', 'ABORTED'],
  ])('of a task is decided with %s', async (action, ofTask, ofRun) => {
    const id = await waiting();
    await intervene(id, await task(id), action);
    await agent.work(() => runs.is(id, ofRun));
    expect(await runs.task(id, 'migrate')).toMatchObject({ status: ofTask, ignoredFailure: action === 'IGNORE' });
    expect((await tasks(id)).switch).toBe(ofRun === 'SUCCESS' ? 'SUCCESS' : 'SKIPPED');
    if (action !== 'ABORT') expect((await runs.task(id, 'migrate')).reason).toContain('seen it');
  });

  it('of a task is decided by its definition at the timeout', async () => {
    const ignored = await waiting();
    await endDueInterventions(server.app);
    expect(await runs.read(ignored)).toMatchObject({ status: 'WAITING' });
    await overdue(ignored);
    await agent.work(() => runs.is(ignored, 'SUCCESS'));
    expect((await runs.task(ignored, 'migrate')).reason).toContain('nobody decided');
    const failed = await waiting('leveled');
    await overdue(failed);
    expect(await runs.read(failed)).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED' });
  });

  it('holds back the next level in PARALLEL mode, and ends if another task fails', async () => {
    const id = await waiting('leveled');
    expect(await tasks(id)).toEqual({ migrate: 'WAITING', sibling: 'SUCCESS', later: 'QUEUED' });
    await intervene(id, await task(id), 'IGNORE');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const other = await runs.start('workflow', 'careful');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs.filter(failing('migrate'))) await agent.finish(job, { exitCode: 1 });
    const again = await agent.claimOne();
    await agent.start(again);
    await agent.finish(again, { exitCode: 1 });
    expect(await tasks(other)).toMatchObject({ migrate: 'WAITING' });
    expect(await runs.read(other)).toMatchObject({ status: 'RUNNING' });
    for (const job of jobs.filter(failing('sibling'))) await agent.finish(job, { exitCode: 1 });
    expect(await runs.read(other)).toMatchObject({ status: 'FAILED' });
    expect(await tasks(other)).toEqual({ migrate: 'FAILED', sibling: 'FAILED', switch: 'SKIPPED' });
  });

  it('ends with an abort and at the execution’s timeout', async () => {
    const id = await waiting();
    await runs.abort(id);
    expect(await runs.read(id)).toMatchObject({ status: 'ABORTED' });
    expect(await tasks(id)).toMatchObject({ migrate: 'FAILED' });
    await expect(intervene(id, await task(id), 'RETRY')).rejects.toThrow('NOT_WAITING');
    const stage = await runs.start('pipeline', 'stubborn');
    await agent.work(() => runs.is(stage, 'WAITING'), failing('go'));
    await runs.abort(stage);
    expect(await runs.read(stage)).toMatchObject({ status: 'ABORTED' });
    expect(await statuses(stage)).toEqual(['ABORTED', 'SKIPPED']);
  });

  it('of an element follows its retries, each of which runs the workflow again', async () => {
    const id = await runs.start('pipeline', 'stubborn');
    const ran = await agent.work(() => runs.is(id, 'WAITING'), failing('go'));
    expect(ran.map((job) => [job.task, job.attempt])).toEqual([
      ['go', 1],
      ['go', 1],
    ]);
    expect(new Set(ran.map((job) => job.executionId)).size).toBe(2);
    expect(await statuses(id)).toEqual(['WAITING', 'QUEUED']);
    await intervene(id, await element(id), 'RETRY');
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const [first] = (await runs.read(id)).pipelineStageExecutions ?? [];
    expect(first).toMatchObject({ status: 'SUCCESS', reasonCode: null, reason: null });
  });

  it.each([
    ['IGNORE', ['FAILED', 'SUCCESS'], 'SUCCESS'],
    ['MARK_AS_SUCCESS', ['SUCCESS', 'SUCCESS'], 'SUCCESS'],
    ['FAIL', ['FAILED', 'SKIPPED'], 'FAILED'],
    ['ABORT', ['ABORTED', 'SKIPPED'], 'ABORTED'],
  ])('of an element is decided with %s', async (action, ofStages, ofRun) => {
    const id = await runs.start('pipeline', 'stubborn');
    await agent.work(() => runs.is(id, 'WAITING'), failing('go'));
    await intervene(id, await element(id), action);
    await agent.work(() => runs.is(id, ofRun));
    expect(await statuses(id)).toEqual(ofStages);
  });

  it('of an element fails without a decision, unless its definition says otherwise', async () => {
    const id = await runs.start('pipeline', 'stubborn');
    await agent.work(() => runs.is(id, 'WAITING'), failing('go'));
    await overdue(id);
    expect(await runs.read(id)).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED' });
  });

  it('of an element can be ignored automatically', async () => {
    const id = await runs.start('pipeline', 'lenient');
    let failures = 0;
    await agent.work(
      () => runs.is(id, 'SUCCESS'),
      () => failures++ === 0,
    );
    expect(await statuses(id)).toEqual(['FAILED', 'SUCCESS']);
  });

  it('of an element ends if a parallel element fails, and waits for one that waits', async () => {
    const id = await runs.start('pipeline', 'pair');
    await agent.work(() => runs.is(id, 'WAITING'), failing('go', 'migrate'));
    expect(await statuses(id)).toEqual(['WAITING', 'WAITING']);
    const workflow = await member(id, 1);
    await intervene(id, await task(workflow), 'FAIL');
    expect(await statuses(id)).toEqual(['FAILED', 'FAILED']);
    const other = await runs.start('pipeline', 'pair');
    await agent.work(() => runs.is(other, 'WAITING'), failing('go', 'migrate'));
    await intervene(other, await element(other), 'FAIL');
    expect(await statuses(other)).toEqual(['FAILED', 'WAITING']);
    await intervene(other, await task(await member(other, 1)), 'MARK_AS_SUCCESS');
    await agent.work(() => runs.is(other, 'FAILED'));
    expect(await statuses(other)).toEqual(['FAILED', 'SUCCESS']);
  });

  it('keeps waiting while the run is paused, and can be decided then', async () => {
    const id = await runs.start('pipeline', 'release');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs.filter(failing('migrate'))) await agent.finish(job, { exitCode: 1 });
    const again = await agent.claimOne();
    await agent.start(again);
    await agent.finish(again, { exitCode: 1 });
    const { applicationId } = await runs.ids('workflow', 'simple');
    const hold = (verb: string) =>
      server.client.ask(
        `mutation ($input: PauseExecutionInput!) { ${verb}Execution(input: $input) { execution { id } } }`,
        { input: { applicationId, executionId: id } },
      );
    await hold('pause');
    for (const job of jobs.filter(failing('sibling'))) await agent.finish(job);
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await hold('continue');
    expect(await runs.read(id)).toMatchObject({ status: 'WAITING' });
    const workflow = await member(id);
    await intervene(id, await task(workflow), 'MARK_AS_SUCCESS');
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('accepts exactly one of twenty concurrent decisions, over two servers', async () => {
    const second = await startTestServer({}, server.databaseUrl);
    const clients = Array.from(
      { length: 20 },
      (_, n) => new TestClient(n % 2 === 0 ? server.url : second.url, ADMIN_KEY),
    );
    try {
      const id = await waiting();
      const target = await task(id);
      const outcomes = await Promise.all(
        clients.map((client, n) =>
          intervene(id, target, n % 3 === 0 ? 'IGNORE' : 'MARK_AS_SUCCESS', client).then(
            () => 'taken',
            (error: Error) => error.message.split(':')[0],
          ),
        ),
      );
      expect(outcomes.filter((one) => one === 'taken')).toHaveLength(1);
      expect(outcomes.filter((one) => one === 'CONFLICT')).toHaveLength(19);
      expect((await runs.events(id)).filter(({ type }) => type === 'INTERVENED')).toHaveLength(1);
      await agent.work(() => runs.is(id, 'SUCCESS'));
    } finally {
      await second.stop();
    }
  });

  it('rejects a decision where nothing waits, without exactly one target, and for unknown IDs', async () => {
    const id = await runs.start('workflow', 'careful');
    const target = await task(id);
    await expect(intervene(id, target, 'RETRY')).rejects.toThrow('NOT_WAITING');
    await expect(intervene(id, {}, 'RETRY')).rejects.toThrow('INVALID_INPUT');
    await expect(intervene(id, { ...target, pipelineStageElementId: id }, 'RETRY')).rejects.toThrow('INVALID_INPUT');
    await expect(intervene(id, { taskExecutionId: id }, 'RETRY')).rejects.toThrow('NOT_FOUND');
    await expect(intervene(id, { pipelineStageElementId: id }, 'RETRY')).rejects.toThrow('STAGE_NOT_FOUND');
    await runs.abort(id);
  });

  it('shows in availableActions', async () => {
    const id = await waiting();
    const { execution } = await server.client.ask<{
      execution: { availableActions: { action: string; allowed: boolean }[] };
    }>('query ($id: ID!) { execution(executionId: $id) { availableActions { action allowed } } }', { id });
    const allowed = execution.availableActions.filter((one) => one.allowed).map((one) => one.action);
    expect(allowed).toEqual(['abort', 'overrideFreeze', 'intervene']);
    const { taskExecution } = await server.client.ask<{
      taskExecution: { availableActions: object[]; whyNotRunning: { pipelineStageElementId: string | null } };
    }>(
      `query ($id: ID!) { taskExecution(taskExecutionId: $id) {
        availableActions { action allowed code } whyNotRunning { pipelineStageElementId } } }`,
      { id: (await runs.task(id, 'migrate')).id },
    );
    expect(taskExecution).toEqual({
      availableActions: [
        { action: 'retry', allowed: false, code: 'NOT_RETRYABLE' },
        { action: 'intervene', allowed: true, code: null },
      ],
      whyNotRunning: { pipelineStageElementId: null },
    });
    await runs.abort(id);
  });
});
