import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { createTestDatabase } from '../../support/database';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, type TestServer, testEnvironment } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks:
  lint: { run: "true" }
  unit: { run: "true" }
  pack: { run: "true", depends_on: [lint, unit] }
---
kind: Workflow
application: app
name: strict
on_task_failure: cancel
tasks:
  lint: { run: "true" }
  unit: { run: "true" }
---
kind: Workflow
application: app
name: picky
tasks: { go: { run: "true", labels: { gpu: a100 } } }
---
kind: Workflow
application: app
name: asks
tasks:
  migrate: { run: "exit 3", failure_strategy: { wait: 1h } }
  switch: { run: "true", depends_on: [migrate] }
---
kind: Pipeline
application: app
name: release
stages: [{ elements: [{ name: go, workflow: picky }] }]
`;

const retry = async (client: TestClient, runs: Runs, taskExecutionId: string) => {
  const { applicationId } = await runs.ids('workflow', 'build');
  const { retryTask } = await client.ask<{ retryTask: { taskExecution: { status: string } } }>(
    'mutation ($input: RetryTaskInput!) { retryTask(input: $input) { taskExecution { status } } }',
    { input: { applicationId, taskExecutionId, reason: 'the database is up' } },
  );
  return retryTask.taskExecution.status;
};

describe('retryTask', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS);

  const begun = async (workflow: string, ...fails: string[]) => {
    const id = await runs.start('workflow', workflow);
    const jobs = await agent.claim();
    await agent.start(...jobs);
    for (const job of jobs.filter((one) => fails.includes(one.task))) await agent.finish(job, { exitCode: 1 });
    return { id, left: jobs.filter((one) => !fails.includes(one.task)) };
  };
  const tryAgain = async (id: string, name: string) => retry(server.client, runs, (await runs.task(id, name)).id);

  it('retries a failed task with the tasks skipped because of it', async () => {
    const { id, left } = await begun('build', 'lint');
    expect(await runs.read(id)).toMatchObject({ status: 'RUNNING', failureCode: 'TASK_FAILED' });
    expect(await runs.task(id, 'pack')).toMatchObject({ status: 'SKIPPED' });
    expect(await tryAgain(id, 'lint')).toBe('QUEUED');
    expect(await runs.read(id)).toMatchObject({ status: 'RUNNING', failureCode: null, failureDetails: null });
    expect(await runs.task(id, 'pack')).toMatchObject({ status: 'QUEUED', reason: null });
    for (const job of left) await agent.finish(job);
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => [job.task, job.attempt])).toEqual([
      ['lint', 2],
      ['pack', 1],
    ]);
    const told = (await runs.events(id)).filter(({ type }) => type === 'TASK_RETRIED');
    expect(told.map(({ data }) => [data.name, data.restored])).toEqual([['lint', 1]]);
  });

  it('fails the workflow if the task fails again', async () => {
    const { id, left } = await begun('build', 'lint');
    await tryAgain(id, 'lint');
    for (const job of left) await agent.finish(job);
    await agent.work(
      () => runs.is(id, 'FAILED'),
      () => true,
    );
    expect(await runs.task(id, 'pack')).toMatchObject({ status: 'SKIPPED' });
    await expect(tryAgain(id, 'lint')).rejects.toThrow('NOT_RETRYABLE');
  });

  it('is refused if the workflow can’t succeed or the task did not fail', async () => {
    const { id, left } = await begun('strict', 'lint');
    await expect(tryAgain(id, 'lint')).rejects.toThrow('canceled');
    for (const job of left) await agent.finish(job, { exitCode: null, reason: 'CANCELLED' });
    const other = await begun('build', 'lint');
    await expect(tryAgain(other.id, 'unit')).rejects.toThrow('NOT_RETRYABLE');
    await expect(tryAgain(other.id, 'pack')).rejects.toThrow('NOT_RETRYABLE');
    await runs.abort(other.id);
    await expect(tryAgain(other.id, 'lint')).rejects.toThrow('NOT_RETRYABLE');
    for (const job of other.left) await agent.finish(job, { exitCode: null, reason: 'CANCELLED' });
    await expect(retry(server.client, runs, id)).rejects.toThrow('NOT_FOUND');
  });

  it('accepts one of ten concurrent requests', async () => {
    const { id, left } = await begun('build', 'lint');
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => tryAgain(id, 'lint').catch((error: Error) => error.message.split(':')[0])),
    );
    expect(outcomes.filter((one) => one === 'QUEUED')).toHaveLength(1);
    expect(outcomes.filter((one) => one === 'CONFLICT')).toHaveLength(9);
    for (const job of left) await agent.finish(job);
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('reports that no agent can run the task', async () => {
    const id = await runs.start('pipeline', 'release');
    const read = async () => {
      const { execution } = await server.client.ask<{ execution: { waitingFor: string[] } }>(
        'query ($id: ID!) { execution(executionId: $id) { waitingFor } }',
        { id },
      );
      return execution.waitingFor;
    };
    const message = expect.stringContaining('waits for an agent: no online agent has the labels gpu=a100') as string;
    expect(await read()).toEqual([message]);
    const member = (await runs.read(id)).pipelineStageExecutions?.[0]?.workflowExecutionId;
    const { execution } = await server.client.ask<{ execution: { tasks: { waitingFor: string | null }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { tasks { waitingFor } } } }',
      { id: member },
    );
    expect(execution.tasks).toEqual([{ waitingFor: message }]);
    const able = await ProtocolAgent.register(server.url, { labels: { gpu: 'a100' } });
    expect(await read()).toEqual([]);
    await able.work(() => runs.is(id, 'SUCCESS'));
  });
});

describe('kill -9 of the server', () => {
  it('keeps a paused run and a waiting failure unchanged', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-people-'));
    const database = await createTestDatabase();
    const processes: TestProcess[] = [];
    const serve = async () => {
      const process = await startServerProcess({ ...testEnvironment(database.url, dir), PORT: '0' });
      processes.push(process);
      const client = new TestClient(process.url, ADMIN_KEY);
      return { process, client, runs: new Runs({ client } as unknown as TestServer) };
    };
    try {
      const first = await serve();
      await first.runs.apply(DEFINITIONS);
      const { applicationId } = await first.runs.ids('workflow', 'build');
      const held = await first.runs.start('workflow', 'build');
      const hold = (client: TestClient, verb: string) =>
        client.ask(`mutation ($input: PauseExecutionInput!) { ${verb}Execution(input: $input) { execution { id } } }`, {
          input: { applicationId, executionId: held },
        });
      await hold(first.client, 'pause');
      const asking = await first.runs.start('workflow', 'asks');
      const agent = startAgentProcess(first.process.url, dir, 'one');
      processes.push(agent);
      await first.runs.until(asking, 'WAITING');
      await agent.end('SIGTERM');
      await first.process.end('SIGKILL');

      const second = await serve();
      processes.push(startAgentProcess(second.process.url, dir, 'two'));
      expect(await second.runs.read(held)).toMatchObject({ status: 'PAUSED' });
      const waiting = await second.runs.task(asking, 'migrate');
      expect(waiting).toMatchObject({ status: 'WAITING' });
      await second.client.ask(
        'mutation ($input: InterveneExecutionInput!) { interveneExecution(input: $input) { execution { id } } }',
        { input: { applicationId, executionId: asking, taskExecutionId: waiting.id, action: 'IGNORE' } },
      );
      await second.runs.until(asking, 'SUCCESS');
      expect(await second.runs.read(held)).toMatchObject({ status: 'PAUSED' });
      await hold(second.client, 'continue');
      const done = await second.runs.until(held, 'SUCCESS');
      expect(done.tasks?.map((task) => task.tries)).toEqual([1, 1, 1]);
    } finally {
      for (const process of processes) if (process.child.exitCode === null) await process.end('SIGKILL');
      await database.drop();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
