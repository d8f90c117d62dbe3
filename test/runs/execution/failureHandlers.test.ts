import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n  own: { run: "true", type: forensic }\n  all: { run: "true", type: forensic }\n`;

const DEFINITIONS =
  APP +
  workflow('task', '  one: { run: "true", retries: 1, on_failure: own }') +
  workflow('ignored', '  one: { run: "true", ignore_failure: true, on_failure: own }', 'on_failure: all') +
  workflow('workflow', '  one: { run: "true" }\n  two: { run: "true", depends_on: [one] }', 'on_failure: all') +
  workflow('both', '  one: { run: "true", on_failure: own }\n  two: { run: "true" }', 'on_failure: all') +
  workflow(
    'matrix',
    '  one: { run: "true", matrix: { n: [1, 2, 3] }, on_failure: own, ignore_failure: true }',
    'on_failure: all',
  ) +
  workflow(
    'short',
    '  one: { run: "true", grace: 0s, on_failure: own }',
    'on_failure: all\ntimeout: 1s\nmax_parallel: 1',
  ) +
  workflow('undefined', '  one: { run: "true", requires: [MISSING], on_failure: own }') +
  `---
kind: Pipeline
application: app
name: line
stages: [{ elements: [{ name: a, workflow: both }] }]
`;

interface Handler {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly exitCode: number | null;
  readonly attempt: number;
  readonly failedTaskExecution: { readonly name: string } | null;
}

describe('failure handlers', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { environment: { SLIPWAY_LEASE_SECONDS: '2' } });

  const handlers = async (id: string): Promise<readonly Handler[]> => {
    const { execution } = await server.client.ask<{ execution: { forensicExecutions: Handler[] } }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { forensicExecutions {
        id name type status exitCode attempt failedTaskExecution { name } } } } }`,
      { id },
    );
    return execution.forensicExecutions;
  };
  const shown = async (id: string) =>
    (await handlers(id)).map(({ name, status, failedTaskExecution }) => [name, status, failedTaskExecution?.name]);
  const handled = ({ env }: { env: Readonly<Record<string, string>> }) => {
    const { failed_task, error_message, exit_code } = env;
    return { failed_task, error_message, exit_code };
  };
  const nothingIsLeft = async () => expect(await agent.claim(10, 0)).toEqual([]);

  it('of a task runs after its last try, with the details of the failure', async () => {
    const id = await runs.start('workflow', 'task');
    await agent.runOne({ exitCode: 1 });
    const last = await agent.claimOne();
    expect(last.task).toBe('one');
    await agent.start(last);
    await agent.log(last, 0, 'to standard output\n', 'stdout');
    await agent.log(last, 19, 'what went\n', 'stderr');
    await agent.log(last, 29, 'wrong: "$(x)" ✗\n', 'stderr');
    await agent.finish(last, { exitCode: 7 });
    expect((await runs.read(id)).status).toBe('FAILED');
    const job = await agent.claimOne();
    expect(job.task).toBe('own');
    expect(handled(job)).toEqual({
      failed_task: 'one',
      error_message: 'exit code 7\nwhat went\nwrong: "$(x)" ✗',
      exit_code: '7',
    });
    await agent.start(job);
    await agent.log(job, 0, 'looked at it');
    await agent.finish(job, { exitCode: 3, logBytes: 'looked at it'.length });
    expect(await handlers(id)).toMatchObject([
      {
        name: 'own',
        type: 'FORENSIC',
        status: 'FAILED',
        exitCode: 3,
        attempt: 1,
        failedTaskExecution: { name: 'one' },
      },
    ]);
    const { execution } = await server.client.ask<{ execution: unknown }>(
      `query ($id: ID!) { execution(executionId: $id) { status ... on WorkflowExecution { tasks { name type forensicExecution { name jobs { status } } } } } }`,
      { id },
    );
    expect(execution).toMatchObject({
      status: 'FAILED',
      tasks: [{ name: 'one', type: 'NORMAL', forensicExecution: { name: 'own', jobs: [{ status: 'FAILED' }] } }],
    });
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[]; final: boolean } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } final } }',
      { id: job.jobId },
    );
    expect(jobLog).toEqual({ frames: [{ text: 'looked at it' }], final: true });
    await nothingIsLeft();
  });

  it('gets the end of a long standard error, in whole characters', async () => {
    await runs.start('workflow', 'both');
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    const one = jobs.find(({ task }) => task === 'one');
    if (one === undefined) throw new Error('there is no job of one');
    await agent.log(one, 0, `begin${'é'.repeat(5000)}\0end`, 'stderr');
    await agent.finish(one, { exitCode: 1 });
    const { error_message = '' } = handled(await agent.runOne());
    expect(error_message).toMatch(/^exit code 1\né+\ufffdend$/);
    expect(Buffer.byteLength(error_message)).toBeLessThanOrEqual(4096 + 20);
    for (const job of jobs.filter(({ task }) => task === 'two')) await agent.finish(job);
    await agent.runOne();
    await nothingIsLeft();
  });

  it('of a task also runs if its failure is ignored; the workflow’s does not', async () => {
    const id = await runs.start('workflow', 'ignored');
    await agent.runOne({ exitCode: 1 });
    expect((await runs.read(id)).status).toBe('SUCCESS');
    await agent.runOne();
    expect(await shown(id)).toEqual([['own', 'SUCCESS', 'one']]);
    await nothingIsLeft();
  });

  it('of a workflow runs once it has settled, with the failed task', async () => {
    const id = await runs.start('workflow', 'workflow');
    await agent.runOne({ exitCode: 2 });
    const job = await agent.runOne();
    expect(job.task).toBe('all');
    expect(handled(job)).toEqual({
      failed_task: 'one',
      error_message: 'Task "one" failed: exit code 2',
      exit_code: '2',
    });
    expect(await shown(id)).toEqual([['all', 'SUCCESS', undefined]]);
    expect((await runs.read(id)).status).toBe('FAILED');
  });

  it('both run for one failure, the task’s before the workflow has settled', async () => {
    const id = await runs.start('workflow', 'both');
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    for (const job of jobs.filter(({ task }) => task === 'one')) await agent.finish(job, { exitCode: 1 });
    expect((await agent.runOne()).task).toBe('own');
    expect((await runs.read(id)).status).toBe('RUNNING');
    for (const job of jobs.filter(({ task }) => task === 'two')) await agent.finish(job);
    expect((await agent.runOne()).task).toBe('all');
    expect(await shown(id)).toEqual([
      ['own', 'SUCCESS', 'one'],
      ['all', 'SUCCESS', undefined],
    ]);
  });

  it('run after an abort for canceled tasks and the workflow, and are not aborted', async () => {
    const id = await runs.start('workflow', 'both');
    const jobs = await agent.claim(2);
    const one = jobs.filter(({ task }) => task === 'one');
    await agent.start(...one);
    await runs.abort(id, 'enough');
    for (const job of one) await agent.finish(job, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
    expect((await runs.read(id)).status).toBe('ABORTED');
    const told = (await agent.claim(2)).map((job) => ({ task: job.task, ...handled(job) }));
    expect(told).toMatchObject([
      { task: 'own', failed_task: 'one', error_message: 'canceled while it ran', exit_code: '143' },
      { task: 'all', failed_task: 'one', error_message: expect.stringContaining('enough'), exit_code: '143' },
    ]);
  });

  it('of a workflow runs after its timeout, even if nothing had begun', async () => {
    const id = await runs.start('workflow', 'short');
    await runs.until(id, 'EXPIRED');
    const job = await agent.work(async () => (await shown(id))[0]?.[1] === 'SUCCESS');
    expect(job.filter(({ executionId }) => executionId === id).map((one) => [one.task, one.env.failed_task])).toEqual([
      ['all', ''],
    ]);
    expect((await runs.read(id)).status).toBe('EXPIRED');
  });

  it('run for every combination that fails', async () => {
    const id = await runs.start('workflow', 'matrix');
    const jobs = await agent.claim(3);
    await agent.start(...jobs);
    for (const job of jobs) await agent.finish(job, { exitCode: job.task.endsWith('=2]') ? 0 : 1 });
    const tasks = (await agent.claim(3)).map(({ task, env }) => [task, env.failed_task]);
    expect(tasks).toEqual([
      ['own', 'one[n=1]'],
      ['own', 'one[n=3]'],
    ]);
    expect((await runs.read(id)).status).toBe('SUCCESS');
  });

  it('of a task also runs if the task fails before it starts', async () => {
    const id = await runs.start('workflow', 'undefined');
    const job = await agent.runOne();
    expect(handled(job)).toMatchObject({ failed_task: 'one', exit_code: '' });
    expect(await shown(id)).toEqual([['own', 'SUCCESS', 'one']]);
  });

  it('of a lost agent fails by its on_lost, and does not change the execution', async () => {
    const id = await runs.start('workflow', 'workflow');
    await agent.runOne({ exitCode: 2 });
    await agent.start(await agent.claimOne());
    await eventually(
      () => shown(id),
      ([first]) => first?.[1] === 'FAILED',
    );
    expect(await runs.read(id)).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED' });
  });

  it('continue during a resume, and run again only for new failures', async () => {
    const id = await runs.start('workflow', 'both');
    const resume = async () => {
      const { applicationId } = await runs.ids('workflow', 'both');
      await server.client.ask(
        'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
        { input: { applicationId, workflowExecutionId: id } },
      );
    };
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    for (const job of jobs) await agent.finish(job, { exitCode: job.task === 'one' ? 1 : 0 });
    const own = await agent.claimOne();
    await agent.start(own);
    await resume();
    await agent.finish(own);
    const rest = await agent.claim(2);
    expect(rest.map(({ task }) => task)).toEqual(['all', 'one']);
    await agent.start(...rest);
    for (const job of rest) await agent.finish(job, { exitCode: job.task === 'one' ? 1 : 0 });
    expect((await runs.read(id)).status).toBe('FAILED');
    await resume();
    await agent.work(async () => (await runs.read(id)).status === 'SUCCESS');
    await agent.work(async () => (await handlers(id)).every(({ status }) => status === 'SUCCESS'));
    expect((await handlers(id)).map(({ name, attempt }) => [name, attempt])).toEqual([
      ['own', 1],
      ['all', 1],
      ['own', 2],
      ['all', 2],
    ]);
  });

  it('run once for concurrent results', async () => {
    const id = await runs.start('pipeline', 'line');
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    await Promise.all(jobs.flatMap((job) => [1, 2, 3, 4].map(() => agent.finish(job, { exitCode: 1 }))));
    const member = jobs[0]?.executionId ?? '';
    expect(await runs.until(id, 'FAILED')).toMatchObject({ status: 'FAILED' });
    expect((await handlers(member)).map(({ name }) => name).sort()).toEqual(['all', 'own']);
    await agent.work(async () => (await handlers(member)).every(({ status }) => status === 'SUCCESS'));
    const rows = await server.app.database.rows(
      'SELECT detached_tasks AS detached FROM execution WHERE id = ANY ($1::uuid[])',
      [[id, member]],
    );
    expect(rows).toEqual([{ detached: 0 }, { detached: 0 }]);
  });
});
