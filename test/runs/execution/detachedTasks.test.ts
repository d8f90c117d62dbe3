import { systemActor } from '../../../src/access/actor';
import { findDetachedTasks } from '../../../src/runs/execution/detachedTasks.store';
import type { TaskExecution } from '../../../src/engine/execution';
import { findExecution } from '../../../src/runs/execution/executions.store';
import { type DetachedTask, runDetached } from '../../../src/engine/detachedTasks';
import { inRuns } from '../../../src/runs/execution/inRuns';
import { eventually } from '../../support/eventually';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: w
variables: [{ name: GIVEN, default: "1" }]
max_parallel: 1
tasks:
  one: { run: "true" }
  handler: { run: "true", type: forensic, requires: [word] }
  careful: { run: "true", type: forensic, on_lost: RETRY }
  again: { run: "true", type: forensic, retries: 1, retry_delay: 100ms }
  brief: { run: "true", type: forensic, timeout: 100ms, grace: 0s }
  short: { run: "true", type: forensic, timeout: 100ms, labels: { os: none } }
`;

describe('a detached task', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { environment: { SLIPWAY_LEASE_SECONDS: '2' } });

  const detach = async (executionId: string, name: string, more: Partial<DetachedTask> = {}) => {
    const execution = await findExecution(server.app.database, executionId);
    if (execution === undefined) throw new Error('there is no execution');
    const { revisionId, environmentId, images } = execution;
    const given = { revisionId, environmentId, images, variables: {}, env: { word: 'told' } };
    return inRuns(server.app, [execution.runId], systemActor, (db) =>
      db.decide((run) => runDetached(run, [{ execution, type: 'forensic', name, ...given, ...more }])),
    );
  };
  const only = async (executionId: string): Promise<TaskExecution | undefined> =>
    (await findDetachedTasks(server.app.database, [executionId], 'forensic'))[0];
  const ended = (executionId: string) =>
    eventually(
      () => only(executionId),
      (task) => task?.endedAt != null,
    );
  const finished = async (): Promise<string> => {
    const id = await runs.start('workflow', 'w');
    await agent.runOne();
    await runs.until(id, 'SUCCESS');
    return id;
  };

  it('runs with its own inputs after the execution ended, and does not change it', async () => {
    const id = await finished();
    const before = await findExecution(server.app.database, id);
    const [prod] = await server.app.database.rows<{ id: string }>(`SELECT id FROM environment WHERE name = 'prod'`);
    await detach(id, 'handler', { variables: { GIVEN: '2' }, environmentId: prod?.id ?? null });
    const job = await agent.claimOne();
    // Not the execution's environment, which a later attempt may change.
    expect(job).toMatchObject({ task: 'handler', env: { GIVEN: '2', word: 'told', SLIPWAY_ENVIRONMENT: 'prod' } });
    await agent.start(job);
    expect(await findExecution(server.app.database, id)).toMatchObject({ detachedTasks: 1, status: 'SUCCESS' });
    expect((await agent.log(job, 0, 'what it says')).status).toBe(200);
    await agent.finish(job, { outputs: [{ name: 'SET', value: '1' }] });
    expect(await only(id)).toMatchObject({ status: 'SUCCESS', tries: 1 });
    const after = await findExecution(server.app.database, id);
    expect(after).toMatchObject({ detachedTasks: 0, openTasks: 0, busyTasks: 0, version: before?.version });
    expect((await runs.read(id)).tasks?.map(({ name }) => name)).toEqual(['one']);
    const { execution } = await server.client.ask<{ execution: { variables: { name: string }[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { variables { name } } }',
      { id },
    );
    expect(execution.variables.map(({ name }) => name)).toEqual(['GIVEN']);
    const told = (await runs.events(id)).slice(-4).map(({ type, data }) => [type, data.name, data.taskType, data.to]);
    expect(told).toEqual([
      ['JOB_QUEUED', 'handler', undefined, undefined],
      ['JOB_STARTED', 'handler', undefined, undefined],
      ['TASK_STATUS', 'handler', 'forensic', 'RUNNING'],
      ['TASK_STATUS', 'handler', 'forensic', 'SUCCESS'],
    ]);
  });

  it('neither waits for the graph nor counts in it', async () => {
    const id = await runs.start('workflow', 'w');
    const one = await agent.claimOne();
    await agent.start(one);
    await detach(id, 'handler');
    await agent.runOne({ exitCode: 1 });
    expect(await only(id)).toMatchObject({ status: 'FAILED', reasonCode: 'EXIT_CODE' });
    await agent.finish(one);
    expect(await runs.read(id)).toMatchObject({ status: 'SUCCESS', failureCode: null });
  });

  it('gets another job by its on_lost if its agent is lost', async () => {
    const id = await finished();
    await detach(id, 'handler');
    const given = await agent.claimOne();
    await agent.start(given);
    await agent.finish(given, { reason: 'AGENT_STOPPED' });
    expect(await only(id)).toMatchObject({ status: 'FAILED', reasonCode: 'AGENT_LOST', tries: 1 });
  });

  it('gets one other job with on_lost: RETRY', async () => {
    const id = await finished();
    await detach(id, 'careful');
    await agent.start(await agent.claimOne());
    const second = await agent.claimOne();
    expect(second.attempt).toBe(2);
    await agent.start(second);
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reasonCode: 'AGENT_LOST', tries: 2, losses: 1 });
    expect(await findExecution(server.app.database, id)).toMatchObject({ detachedTasks: 0, status: 'SUCCESS' });
  });

  it('is retried as defined', async () => {
    const id = await finished();
    await detach(id, 'again');
    await agent.runOne({ exitCode: 1 });
    await agent.runOne();
    expect(await ended(id)).toMatchObject({ status: 'SUCCESS', tries: 2 });
  });

  it('fails at its timeout if its agent does not end it, even after its execution ended', async () => {
    const id = await finished();
    await detach(id, 'brief');
    const job = await agent.claimOne();
    await agent.start(job);
    // The agent keeps reporting, so its lease holds.
    while ((await only(id))?.endedAt === null) await agent.renew([job], 200);
    expect(await only(id)).toMatchObject({ status: 'FAILED', reasonCode: 'TIMED_OUT' });
    expect((await agent.finish(job)).body).toMatchObject({ results: [{ ok: false, code: 'STALE_CLAIM' }] });
  });

  it('fails if no agent starts it in time', async () => {
    const id = await finished();
    await detach(id, 'short');
    const [row] = await server.app.database.rows<{ s: number }>(
      `UPDATE detached_task SET start_by = created_at FROM task_execution task WHERE task.id = task_id AND detached_task.execution_id = $1
       RETURNING extract(epoch FROM (SELECT start_by FROM detached_task old WHERE old.task_id = detached_task.task_id) - created_at)::int AS s`,
      [id],
    );
    expect(row?.s).toBe(3600);
    expect(await ended(id)).toMatchObject({ status: 'FAILED', reasonCode: 'NOT_STARTED', tries: 1 });
    const [ready] = await server.app.database.rows<{ n: number }>('SELECT count(*) AS n FROM ready_job');
    expect(ready?.n).toBe(0);
  });

  it('fails before it starts if a required value is missing', async () => {
    const id = await finished();
    await detach(id, 'handler', { env: {} });
    expect(await only(id)).toMatchObject({ status: 'FAILED', reasonCode: 'UNDEFINED_VARIABLE', tries: 0 });
  });

  it('is created once for each failure', async () => {
    const id = await finished();
    const failedTaskId = (await runs.task(id, 'one')).id;
    const made = await Promise.all([1, 2, 3].map(() => detach(id, 'handler', { failedTaskId })));
    expect(made.flat()).toHaveLength(1);
    const attempts = await Promise.all([1, 2, 3].map(() => detach(id, 'handler', { failedAttempt: 1 })));
    expect(attempts.flat()).toHaveLength(1);
    await agent.runOne();
    await agent.runOne();
    expect(await findExecution(server.app.database, id)).toMatchObject({ detachedTasks: 0 });
  });
});
