import { statusesOf } from '../../../src/engine/machine';
import { expireExecutions } from '../../../src/runs/sweep';
import { TestClient } from '../../support/client';
import { eventually } from '../../support/eventually';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { ADMIN_KEY, startTestServer } from '../../support/server';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: build
tasks:
  lint: { run: "true", on_lost: RETRY }
  unit: { run: "true", on_lost: RETRY }
  pack: { run: "true", depends_on: [lint, unit], retries: 1 }
---
kind: Workflow
application: app
name: wide
tasks:
  make: { run: "true", matrix: { n: [${Array.from({ length: 60 }, (_, n) => n).join(', ')}] } }
---
kind: Workflow
application: app
name: rocky
mode: WORK_STEALING
tasks:
  one: { run: "true" }
  two: { run: "true" }
---
kind: Pipeline
application: app
name: release
stages:
  - elements:
      - { name: build, workflow: build }
      - { name: rocky, workflow: rocky }
      - { name: manager, approval: { approvers: [Managers], timeout: 1h } }
  - elements: [{ name: again, workflow: rocky }]
`;

interface Held {
  readonly id: string;
  readonly status: string;
  readonly pause: { readonly reason: string | null; readonly by: { readonly name: string } } | null;
}

describe('a paused run', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { environment: { SLIPWAY_LEASE_SECONDS: '2' } });

  const hold = async (verb: 'pause' | 'continue', executionId: string, reason?: string, client = server.client) => {
    const { applicationId } = await runs.ids('workflow', 'build');
    const answer = await client.ask<Record<string, { execution: Held }>>(
      `mutation ($input: PauseExecutionInput!) { ${verb}Execution(input: $input) { execution { id status pause { reason by { name } } } } }`,
      { input: { applicationId, executionId, reason } },
    );
    return answer[`${verb}Execution`]?.execution;
  };
  const outcome = (work: Promise<{ status: string } | undefined>) =>
    work.then(
      (execution) => execution?.status,
      (error: Error) => error.message.split(':')[0],
    );
  const statuses = async (id: string) => (await runs.read(id)).pipelineStageExecutions?.map((stage) => stage.status);
  const tasks = async (id: string) =>
    Object.fromEntries((await runs.read(id)).tasks?.map((task) => [task.name, task.status]) ?? []);

  it('starts no job, not even an offered one, and finishes running ones', async () => {
    const id = await runs.start('workflow', 'build');
    const [first, second] = await agent.claim();
    if (first === undefined || second === undefined) throw new Error('two tasks are ready');
    await agent.start(first);
    expect(await hold('pause', id, 'let me look')).toMatchObject({
      status: 'PAUSED',
      pause: { reason: 'let me look' },
    });
    expect(await hold('pause', id, 'another reason')).toMatchObject({ pause: { reason: 'let me look' } });
    const started = await agent.start(second);
    expect(JSON.stringify(started.body)).toContain('STALE_CLAIM');
    await agent.finish(first);
    expect(await agent.claim(10, 0)).toEqual([]);
    expect(await tasks(id)).toEqual({ [first.task]: 'SUCCESS', [second.task]: 'QUEUED', pack: 'QUEUED' });
    expect(await hold('continue', id)).toMatchObject({ status: 'RUNNING', pause: null });
    const ran = await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(ran.map((job) => [job.task, job.attempt])).toEqual([
      [second.task, 1],
      ['pack', 1],
    ]);
    const told = (await runs.events(id)).filter(({ type }) => /REQUESTED|EXECUTION_STATUS/.test(type));
    expect(told.map(({ type, data }) => data.to ?? type)).toEqual([
      'RUNNING',
      'PAUSE_REQUESTED',
      'PAUSED',
      'CONTINUE_REQUESTED',
      'RUNNING',
      'SUCCESS',
    ]);
  });

  it('is QUEUED again afterwards if it had not begun', async () => {
    const id = await runs.start('workflow', 'rocky');
    await hold('pause', id);
    expect(await agent.claim(10, 0)).toEqual([]);
    expect(await hold('continue', id)).toMatchObject({ status: 'QUEUED' });
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('starts no job and loses none while agents and servers race with the pause', async () => {
    const second = await startTestServer({ SLIPWAY_LEASE_SECONDS: '30' }, server.databaseUrl);
    const client = new TestClient(second.url, ADMIN_KEY);
    let racing = true;
    const races: Promise<void>[] = [];
    try {
      const id = await runs.start('workflow', 'wide');
      const agents = await Promise.all(
        [server, second, server, second].map(({ url }, n) => ProtocolAgent.register(url, { name: `racer-${n}` })),
      );
      const race = async (racer: ProtocolAgent) => {
        while (racing) {
          const jobs = await racer.claim(2, 50);
          if (jobs.length === 0) continue;
          await racer.start(...jobs);
          for (const job of jobs) await racer.finish(job);
        }
      };
      races.push(...agents.map(race));
      for (let turn = 0; turn < 4; turn++) {
        const before = await started(id);
        await eventually(
          () => started(id),
          (n) => n > before,
        );
        await hold('pause', id, undefined, turn % 2 === 0 ? client : server.client);
        const held = await started(id);
        await Promise.all(agents.map((racer) => racer.claim(1, 0)));
        expect(await started(id)).toBe(held);
        await hold('continue', id);
      }
      const run = await runs.until(id, 'SUCCESS');
      expect(run.tasks?.map((task) => task.jobs.length)).toEqual(Array.from({ length: 60 }, () => 1));
    } finally {
      racing = false;
      await Promise.all(races);
      await second.stop();
    }
  });
  const started = async (id: string): Promise<number> => {
    const [row] = await server.app.database.rows<{ n: number }>(
      'SELECT count(*)::int AS n FROM job WHERE execution_id = $1 AND started_at IS NOT NULL',
      [id],
    );
    return row?.n ?? 0;
  };

  it('of a pipeline begins no stage, whatever its elements do', async () => {
    const id = await runs.start('pipeline', 'release');
    const jobs = await agent.claim();
    const running = jobs.filter((job) => job.task !== 'two');
    await agent.start(...running);
    expect(await hold('pause', id)).toMatchObject({ status: 'PAUSED' });
    expect(await statuses(id)).toEqual(['PAUSED', 'PAUSED', 'WAITING', 'QUEUED']);
    for (const job of running) await agent.finish(job);
    await runs.decide(id, 'APPROVE');
    expect(await agent.claim(10, 0)).toEqual([]);
    expect(await statuses(id)).toEqual(['PAUSED', 'PAUSED', 'SUCCESS', 'QUEUED']);
    expect(await hold('continue', id)).toMatchObject({ status: 'RUNNING' });
    expect(await statuses(id)).toEqual(['RUNNING', 'RUNNING', 'SUCCESS', 'QUEUED']);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    const member = (await runs.read(id)).pipelineStageExecutions?.[0]?.workflowExecutionId ?? '';
    expect(await outcome(hold('pause', member))).toBe('NOT_PAUSABLE');
  });

  it('of a pipeline whose stage has ended waits before the next one', async () => {
    const id = await runs.start('pipeline', 'release');
    await runs.decide(id, 'APPROVE');
    const first = await agent.claim();
    await agent.start(...first);
    for (const job of first) await agent.finish(job);
    const [pack] = await agent.claim();
    if (pack === undefined) throw new Error('pack is ready');
    await agent.start(pack);
    await hold('pause', id);
    await agent.finish(pack);
    expect(await statuses(id)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'QUEUED']);
    expect(await runs.read(id)).toMatchObject({ status: 'PAUSED' });
    await hold('continue', id);
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('ends if nothing is left to start, and if something fails', async () => {
    const good = await runs.start('workflow', 'rocky');
    const jobs = await agent.claim();
    await agent.start(...jobs);
    await hold('pause', good);
    for (const job of jobs) await agent.finish(job);
    expect(await runs.read(good)).toMatchObject({ status: 'SUCCESS' });
    const bad = await runs.start('workflow', 'build');
    const [first] = await agent.claim(1);
    if (first === undefined) throw new Error('a task is ready');
    await agent.start(first);
    await hold('pause', bad);
    await agent.finish(first, { exitCode: 1 });
    expect(await runs.read(bad)).toMatchObject({ status: 'FAILED', failureCode: 'TASK_FAILED' });
  });

  it('can be aborted, and expires', async () => {
    const aborted = await runs.start('pipeline', 'release');
    await runs.decide(aborted, 'APPROVE');
    await hold('pause', aborted);
    await runs.abort(aborted);
    expect(await runs.read(aborted)).toMatchObject({ status: 'ABORTED' });
    const expired = await runs.start('pipeline', 'release');
    await runs.decide(expired, 'APPROVE');
    await hold('pause', expired);
    await server.app.database.write(`UPDATE execution SET expires_at = now() - interval '1 s' WHERE id = $1`, [
      expired,
    ]);
    await expireExecutions(server.app);
    expect(await runs.read(expired)).toMatchObject({ status: 'EXPIRED' });
    expect(await statuses(expired)).toEqual(['EXPIRED', 'EXPIRED', 'SUCCESS', 'SKIPPED']);
  });

  it('retries failed and lost tasks when it continues', async () => {
    const id = await runs.start('workflow', 'build');
    await agent.runOne();
    const lost = await agent.claimOne();
    await agent.start(lost);
    await hold('pause', id);
    await eventually(
      () => runs.task(id, lost.task),
      (task) => task.status === 'QUEUED',
      { what: 'the lost task to be put back' },
    );
    expect(await agent.claim(10, 0)).toEqual([]);
    await hold('continue', id);
    await agent.runOne();
    const pack = await agent.claimOne();
    await agent.start(pack);
    await hold('pause', id);
    await agent.finish(pack, { exitCode: 1 });
    expect(await runs.task(id, 'pack')).toMatchObject({ status: 'QUEUED', tries: 1 });
    expect(await agent.claim(10, 0)).toEqual([]);
    await hold('continue', id);
    await agent.work(() => runs.is(id, 'SUCCESS'));
    expect(await runs.task(id, 'pack')).toMatchObject({ tries: 2 });
  });

  it('shows its available actions', async () => {
    const id = await runs.start('workflow', 'rocky');
    const allowed = async () => {
      const { execution } = await server.client.ask<{
        execution: { availableActions: { action: string; allowed: boolean }[] };
      }>('query ($id: ID!) { execution(executionId: $id) { availableActions { action allowed } } }', { id });
      return execution.availableActions.filter((one) => one.allowed).map((one) => one.action);
    };
    expect(await allowed()).toEqual(['abort', 'pause', 'overrideFreeze']);
    await hold('pause', id);
    expect(await allowed()).toEqual(['abort', 'continue', 'overrideFreeze']);
    await runs.abort(id);
    expect(await allowed()).toEqual(['resume', 'rerun']);
  });

  describe.each(['pipeline', 'workflow'] as const)('where a %s is', (kind) => {
    it.each(statusesOf(kind === 'pipeline' ? 'run' : 'workflow'))('%s', async (status) => {
      const id = await runs.start(kind, kind === 'pipeline' ? 'release' : 'rocky');
      await runs.abort(id);
      const set = (to: string) =>
        server.app.database.write(
          `UPDATE execution SET status = $2, pause = NULL, ended_at = CASE WHEN $3 THEN NULL ELSE now() END WHERE id = $1`,
          [id, to, ['QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'RESUMING', 'RESTORING'].includes(to)],
        );
      await set(status);
      const pausable = status === 'QUEUED' || status === 'RUNNING';
      expect(await outcome(hold('continue', id))).toBe(pausable ? status : 'NOT_PAUSABLE');
      expect(await outcome(hold('pause', id))).toBe(pausable ? 'PAUSED' : 'NOT_PAUSABLE');
      await set('ABORTED');
    });
  });
});
