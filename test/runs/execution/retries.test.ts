import { retryDelayMs } from '../../../src/engine/retries';
import { createTestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs } from '../../support/runs';
import { startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string) =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\ntasks:\n${tasks}\n`;

const DEFINITIONS =
  APP +
  workflow('delayed', '  one: { run: "true", retries: 2, retry_delay: 300ms }') +
  workflow('at-once', '  one: { run: "true", retries: 1, on_lost: RETRY }') +
  workflow('killed', '  one: { run: "true", retries: 5, retry_on: [137] }') +
  workflow('codes', '  one: { run: "true", retries: 5, retry_on: [7] }') +
  workflow('long', '  one: { run: "true", retries: 5, retry_delay: 1h }\n  two: { run: "true", depends_on: [one] }') +
  workflow('parallel', '  one: { run: "true", retries: 5, retry_delay: 1h }\n  two: { run: "true" }') +
  workflow(
    'ignored',
    '  one: { run: "true", ignore_failure: true, retries: 1 }\n  two: { run: "true", depends_on: [one] }\n  three: { run: "true", depends_on: [two] }',
  );

describe('a task that fails', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { environment: { SLIPWAY_LEASE_SECONDS: '2' } });

  const tries = async (id: string) => (await runs.task(id, 'one')).jobs.map((job) => job.status);

  it('is retried after its delay, with a job per try, until one succeeds', async () => {
    const id = await runs.start('workflow', 'delayed');
    await agent.runOne({ exitCode: 3 });
    const waiting = await runs.task(id, 'one');
    expect(waiting).toMatchObject({ status: 'QUEUED', reasonCode: 'EXIT_CODE', exitCode: 3, tries: 1 });
    expect(waiting.nextTryAt).not.toBeNull();
    const second = await agent.runOne({ exitCode: 4 });
    expect(second).toMatchObject({ task: 'one', attempt: 2 });
    await agent.runOne();
    expect((await runs.read(id)).status).toBe('SUCCESS');
    expect(await tries(id)).toEqual(['FAILED', 'FAILED', 'SUCCESS']);
    expect(await runs.task(id, 'one')).toMatchObject({ status: 'SUCCESS', reasonCode: null, nextTryAt: null });
    const [{ waited } = { waited: 0 }] = await server.app.database.rows<{ waited: number }>(
      `SELECT min(extract(epoch FROM next.queued_at - job.ended_at)) * 1000 AS waited
       FROM job JOIN job next ON next.task_execution_id = job.task_execution_id AND next.attempt = job.attempt + 1
       WHERE job.execution_id = $1`,
      [id],
    );
    expect(Number(waited)).toBeGreaterThanOrEqual(300);
    const told = (await runs.events(id)).filter(({ data }) => data.reasonCode === 'RETRY');
    expect(told.map(({ type, data }) => [type, data.from, data.to, data.exitCode])).toEqual([
      ['TASK_STATUS', 'RUNNING', 'QUEUED', 3],
      ['TASK_STATUS', 'RUNNING', 'QUEUED', 4],
    ]);
  });

  it('fails without tries left', async () => {
    const id = await runs.start('workflow', 'at-once');
    await agent.runOne({ exitCode: 1 });
    await agent.runOne({ exitCode: 2 });
    expect(await runs.read(id)).toMatchObject({ status: 'FAILED', failureDetails: 'Task "one" failed: exit code 2' });
    expect(await tries(id)).toEqual(['FAILED', 'FAILED']);
  });

  it('is retried after the given exit codes only', async () => {
    const id = await runs.start('workflow', 'codes');
    await agent.runOne({ exitCode: 7 });
    await agent.runOne({ exitCode: 8 });
    expect((await runs.read(id)).status).toBe('FAILED');
    expect(await tries(id)).toEqual(['FAILED', 'FAILED']);
    const other = await runs.start('workflow', 'codes');
    await agent.runOne({ exitCode: null, reason: 'TIMED_OUT' });
    expect((await runs.read(other)).status).toBe('FAILED');
  });

  it('is retried after a signal by its shell exit code', async () => {
    const id = await runs.start('workflow', 'killed');
    await agent.runOne({ exitCode: null, signal: 'SIGKILL' });
    expect(await runs.task(id, 'one')).toMatchObject({ status: 'QUEUED', reasonCode: 'SIGNAL', exitCode: 137 });
    await agent.runOne({ exitCode: 137 });
    await agent.runOne({ exitCode: null, signal: 'SIGTERM' });
    expect(await runs.task(id, 'one')).toMatchObject({ status: 'FAILED', reasonCode: 'SIGNAL', exitCode: 143 });
  });

  it('keeps its retries when an agent is lost', async () => {
    const id = await runs.start('workflow', 'at-once');
    await agent.start(await agent.claimOne());
    const second = await agent.claimOne();
    await agent.start(second);
    await agent.finish(second, { exitCode: 1 });
    await agent.runOne();
    expect(await tries(id)).toEqual(['LOST', 'FAILED', 'SUCCESS']);
  });

  it('ends immediately if the execution is aborted during the delay', async () => {
    const id = await runs.start('workflow', 'long');
    await agent.runOne({ exitCode: 3 });
    expect(await runs.abort(id)).toBe('ABORTED');
    const { tasks } = await runs.read(id);
    expect(tasks?.map(({ name, status, exitCode }) => [name, status, exitCode])).toEqual([
      ['one', 'FAILED', 3],
      ['two', 'SKIPPED', null],
    ]);
    expect(tasks?.[0]?.reason).toContain('not tried again');
  });

  it('is not retried once another task has failed the workflow', async () => {
    const id = await runs.start('workflow', 'parallel');
    await agent.runOne({ exitCode: 3 });
    await agent.runOne({ exitCode: 4 });
    const { status, tasks } = await runs.read(id);
    expect(status).toBe('FAILED');
    expect(tasks?.map(({ name, status: own, exitCode }) => [name, own, exitCode])).toEqual([
      ['one', 'FAILED', 3],
      ['two', 'FAILED', 4],
    ]);
  });

  describe('with an ignored failure', () => {
    it('stays visible as failed, and its dependents run', async () => {
      const id = await runs.start('workflow', 'ignored');
      await agent.runOne({ exitCode: 1 });
      await agent.runOne({ exitCode: 1 });
      expect((await agent.runOne()).task).toBe('two');
      await agent.runOne();
      const { status, failureCode, tasks } = await runs.read(id);
      expect({ status, failureCode }).toEqual({ status: 'SUCCESS', failureCode: null });
      expect(tasks?.map((task) => [task.name, task.status, task.ignoredFailure])).toEqual([
        ['one', 'FAILED', true],
        ['two', 'SUCCESS', false],
        ['three', 'SUCCESS', false],
      ]);
    });

    it('is kept by a resume', async () => {
      const id = await runs.start('workflow', 'ignored');
      await agent.runOne({ exitCode: 1 });
      await agent.runOne({ exitCode: 1 });
      await agent.runOne({ exitCode: 1 });
      expect((await runs.read(id)).status).toBe('FAILED');
      const { applicationId } = await runs.ids('workflow', 'ignored');
      await server.client.ask(
        'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
        { input: { applicationId, workflowExecutionId: id } },
      );
      expect((await agent.runOne()).task).toBe('two');
      await agent.runOne();
      expect((await runs.read(id)).status).toBe('SUCCESS');
      expect((await runs.task(id, 'one')).jobs).toHaveLength(2);
    });
  });
});

it('keeps its delay across a server restart', async () => {
  const database = await createTestDatabase();
  const first = await startTestServer({}, database.url);
  const agent = await ProtocolAgent.register(first.url);
  const runs = new Runs(first);
  await runs.apply(APP + workflow('w', '  one: { run: "true", retries: 1, retry_delay: 1s }'));
  const id = await runs.start('workflow', 'w');
  await agent.runOne({ exitCode: 1 });
  await first.stop();
  const second = await startTestServer({}, database.url);
  try {
    const other = await ProtocolAgent.register(second.url);
    expect(await other.runOne()).toMatchObject({ task: 'one', attempt: 2 });
    await eventually(
      () => new Runs(second).read(id),
      (run) => run.status === 'SUCCESS',
    );
  } finally {
    await second.stop();
    await database.drop();
  }
});

test.each([
  [{ initialSeconds: 2, factor: 1, maxSeconds: 2, jitter: 0 }, 5, 0.5, 2000],
  [{ initialSeconds: 1, factor: 2, maxSeconds: 300, jitter: 0 }, 1, 0.5, 1000],
  [{ initialSeconds: 1, factor: 2, maxSeconds: 300, jitter: 0 }, 4, 0.5, 8000],
  [{ initialSeconds: 1, factor: 2, maxSeconds: 5, jitter: 0 }, 1000, 0.5, 5000],
  [{ initialSeconds: 4, factor: 2, maxSeconds: 300, jitter: 0.5 }, 1, 0.5, 3000],
  [{ initialSeconds: 0.25, factor: 2, maxSeconds: 300, jitter: 1 }, 2, 1, 0],
  [null, 3, 0.5, 0],
])('the delay %j after %d failures with random share %d is %d ms', (delay, failures, random, ms) => {
  expect(retryDelayMs(delay, failures, random)).toBe(ms);
});
