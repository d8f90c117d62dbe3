import { type ClaimedJob, ProtocolAgent } from '../../support/protocolAgent';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: two
tasks:
  one: { run: "true", grace: 1s }
  two: { run: "true", grace: 1s, depends_on: [one] }
---
kind: Workflow
application: app
name: limited
timeout: 1s
tasks:
  one: { run: "true", grace: 1s }
  two: { run: "true", depends_on: [one] }
---
kind: Workflow
application: app
name: slow-task
tasks:
  one: { run: "true", timeout: 1s, grace: 0s }
---
kind: Workflow
application: app
name: slow-lossy
tasks:
  one: { run: "true", timeout: 1ms, grace: 0s, retries: 2 }
---
kind: Workflow
application: app
name: lossy
tasks:
  one: { run: "true", grace: 0s, retries: 2 }
  two: { run: "true", depends_on: [one] }
---
kind: Workflow
application: app
name: twice
tasks:
  one: { run: "true", on_lost: RETRY }
  two: { run: "true", depends_on: [one] }
---
kind: Pipeline
application: app
name: gate
stages:
  - elements: [{ name: ask, approval: { approvers: [Managers], timeout: 1s } }]
  - elements: [{ name: two, workflow: two }]
---
kind: Pipeline
application: app
name: long-gate
timeout: 1s
stages:
  - elements: [{ name: ask, approval: { approvers: [Managers], timeout: 1h } }]
---
kind: Pipeline
application: app
name: twos
stages:
  - elements: [{ name: a, workflow: two }, { name: b, workflow: two }]
  - elements: [{ name: c, workflow: two }]
`;

describe('executions that do not finish on their own', () => {
  const { server, runs, agent } = testWorld(DEFINITIONS, { environment: { SLIPWAY_LEASE_SECONDS: '2' } });

  const started = async (count = 1): Promise<readonly ClaimedJob[]> => {
    const jobs = [...(await agent.claim(count))];
    while (jobs.length < count) jobs.push(...(await agent.claim(count - jobs.length)));
    await agent.start(...jobs);
    return jobs;
  };

  const nothingIsLeft = async (runId: string) => {
    const rows = await server.app.database.rows(
      `SELECT 'lease' FROM job_lease WHERE run_id = $1
       UNION ALL SELECT 'ready' FROM ready_job JOIN job ON job.id = job_id WHERE job.run_id = $1
       UNION ALL SELECT 'job' FROM job WHERE run_id = $1 AND ended_at IS NULL
       UNION ALL SELECT 'task' FROM task_execution WHERE run_id = $1 AND ended_at IS NULL
       UNION ALL SELECT 'execution' FROM execution WHERE run_id = $1 AND (ended_at IS NULL OR open_tasks <> 0 OR busy_tasks <> 0)`,
      [runId],
    );
    expect(rows).toEqual([]);
  };

  describe('abort', () => {
    it('ends immediately if nothing has begun', async () => {
      const id = await runs.start('pipeline', 'twos');
      expect(await runs.abort(id, 'changed my mind')).toBe('ABORTED');
      const run = await runs.read(id);
      expect(run.failureCode).toBe('ABORTED');
      expect(run.failureDetails).toContain('changed my mind');
      await nothingIsLeft(id);
      expect(await agent.claim(10, 0)).toEqual([]);
    });

    it('signals the agent immediately, and accepts its report of the kill', async () => {
      const id = await runs.start('workflow', 'two');
      const [job] = await started();
      const renewed = agent.renew([job as ClaimedJob], 10_000);
      expect(await runs.abort(id)).toBe('RUNNING');
      expect((await renewed).body.jobs).toEqual([{ jobId: job?.jobId, action: 'cancel', graceMs: 1000 }]);
      await agent.finish(job as ClaimedJob, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
      expect((await runs.read(id)).status).toBe('ABORTED');
      expect((await runs.read(id)).tasks?.map((task) => [task.name, task.status, task.reasonCode])).toEqual([
        ['one', 'ABORTED', 'CANCELLED'],
        ['two', 'SKIPPED', 'NOT_STARTED'],
      ]);
      await nothingIsLeft(id);
    });

    it('ends within the grace and a second if the agent does nothing, and rejects late reports', async () => {
      const id = await runs.start('pipeline', 'twos');
      const jobs = await started(2);
      await runs.abort(id);
      // The server ends them in one of its sweeps, five per second.
      const bounds = await server.app.database.rows<{ ms: number }>(
        `SELECT extract(epoch FROM kill_at - cancel_requested_at)::float * 1000 AS ms FROM job_lease WHERE run_id = $1`,
        [id],
      );
      expect(bounds).toEqual([{ ms: 1500 }, { ms: 1500 }]);
      await runs.until(id, 'ABORTED');
      await nothingIsLeft(id);
      const late = await agent.finish(jobs[0] as ClaimedJob);
      expect(late.body.results).toMatchObject([{ ok: false, code: 'STALE_CLAIM' }]);
      expect((await agent.log(jobs[0] as ClaimedJob, 0, 'late')).body.error?.code).toBe('STALE_CLAIM');
    });

    it('prevents claimed jobs from starting', async () => {
      const id = await runs.start('workflow', 'two');
      const job = await agent.claimOne();
      expect(await runs.abort(id)).toBe('ABORTED');
      expect((await agent.start(job)).body.jobs).toMatchObject([{ ok: false, code: 'STALE_CLAIM' }]);
    });

    it('repeats its result, and is rejected for a run that ended differently', async () => {
      const id = await runs.start('workflow', 'two');
      await runs.abort(id);
      expect(await runs.abort(id)).toBe('ABORTED');
      const other = await runs.start('workflow', 'two');
      await agent.work(() => runs.is(other, 'SUCCESS'));
      await expect(runs.abort(other)).rejects.toThrow('NOT_ABORTABLE');
    });

    it('ends one workflow of a stage, and the stage with it', async () => {
      const id = await runs.start('pipeline', 'twos');
      const [a] = (await runs.read(id)).pipelineStageExecutions ?? [];
      await runs.abort(a?.workflowExecutionId ?? '');
      await agent.work(() => runs.is(id, 'ABORTED'));
      expect((await runs.read(id)).pipelineStageExecutions?.map((stage) => stage.status)).toEqual([
        'ABORTED',
        'SUCCESS',
        'SKIPPED',
      ]);
      await nothingIsLeft(id);
    });
  });

  describe('timeouts', () => {
    it('expires an undecided approval', async () => {
      const id = await runs.start('pipeline', 'gate');
      const run = await runs.until(id, 'EXPIRED');
      expect(run.pipelineStageExecutions?.map((stage) => stage.status)).toEqual(['EXPIRED', 'SKIPPED']);
      expect((await runs.approvals(id)).map((approval) => approval.status)).toEqual(['EXPIRED']);
      await expect(runs.decide(id, 'APPROVE')).rejects.toThrow('NOT_WAITING');
    });

    it('expires an execution, and ends its waiting elements', async () => {
      const id = await runs.start('pipeline', 'long-gate');
      expect(await runs.until(id, 'EXPIRED')).toMatchObject({ failureCode: 'EXPIRED' });
      await nothingIsLeft(id);
    });

    it('expires a workflow with its running tasks', async () => {
      const id = await runs.start('workflow', 'limited');
      const [job] = await started();
      const renewed = await agent.renew([job as ClaimedJob], 10_000);
      expect(renewed.body.jobs).toMatchObject([{ action: 'cancel' }]);
      await agent.finish(job as ClaimedJob, { exitCode: null, signal: 'SIGTERM', reason: 'CANCELLED' });
      expect((await runs.until(id, 'EXPIRED')).tasks?.map((task) => task.status)).toEqual(['ABORTED', 'SKIPPED']);
      await nothingIsLeft(id);
    });

    it('fails a task that its agent does not end in time', async () => {
      const id = await runs.start('workflow', 'slow-task');
      const [job] = await started();
      for (;;) {
        const renewed = await agent.renew([job as ClaimedJob], 500);
        const [{ action } = { action: '' }] = renewed.body.jobs as { action: string }[];
        if (action === 'drop') break;
      }
      const run = await runs.until(id, 'FAILED');
      expect(run.tasks).toMatchObject([{ status: 'FAILED', reasonCode: 'TIMED_OUT' }]);
    });
  });

  describe('loss', () => {
    // Case lost-agent-runs-twice.
    it('runs a command again with on_lost: RETRY only, and once', async () => {
      const id = await runs.start('workflow', 'twice');
      const [first] = await started();
      const second = await ProtocolAgent.register(server.url, { name: 'second' });
      const again = await second.claimOne(8000);
      expect(again).toMatchObject({ task: 'one', attempt: 2 });
      expect((await agent.finish(first as ClaimedJob)).body.results).toMatchObject([
        { ok: false, code: 'STALE_CLAIM' },
      ]);
      expect(await runs.task(id, 'one')).toMatchObject({ status: 'QUEUED', tries: 2 });
      await second.start(again);
      const run = await runs.until(id, 'FAILED');
      expect(run.tasks?.map((task) => [task.status, task.reasonCode, task.jobs.map((job) => job.status)])).toEqual([
        ['FAILED', 'AGENT_LOST', ['LOST', 'LOST']],
        ['SKIPPED', 'NOT_STARTED', []],
      ]);
      const events = (await runs.events(id)).filter((event) => event.type === 'JOB_LOST');
      expect(events.map((event) => event.data.retried)).toEqual([true, false]);
      await nothingIsLeft(id);
    });

    type Act = (id: string, job: ClaimedJob) => Promise<unknown>;
    const reports =
      (result: Parameters<typeof agent.finish>[1]): Act =>
      (_, job) =>
        agent.finish(job, result);
    const once =
      (ask: (id: string) => Promise<unknown>, act: Act): Act =>
      async (id, job) => {
        await ask(id);
        await act(id, job);
      };
    const silent: Act = async () => undefined;
    const stopped = reports({ exitCode: 0, reason: 'AGENT_STOPPED', message: 'told to stop' });
    const abort = (id: string) => runs.abort(id);
    const pause = (executionId: string) =>
      runs
        .ids('workflow', 'lossy')
        .then(({ applicationId }) =>
          server.client.ask(
            'mutation ($input: PauseExecutionInput!) { pauseExecution(input: $input) { execution { status } } }',
            { input: { applicationId, executionId } },
          ),
        );

    /**
     * The request to a running job and the agent's report, with the ends of job, task and run. `retries` don't affect
     * it.
     */
    const cells: readonly (readonly [name: string, act: Act, task: string, run: string])[] = [
      ['nothing, CANCELLED', reports({ reason: 'CANCELLED' }), 'FAILED AGENT_LOST LOST', 'FAILED'],
      ['nothing, AGENT_STOPPED', stopped, 'FAILED AGENT_LOST LOST', 'FAILED'],
      ['nothing, silence', silent, 'FAILED AGENT_LOST LOST', 'FAILED'],
      ['pause, AGENT_STOPPED', once((id) => pause(id), stopped), 'FAILED AGENT_LOST LOST', 'FAILED'],
      ['pause, silence', once((id) => pause(id), silent), 'FAILED AGENT_LOST LOST', 'FAILED'],
      ['abort, SUCCESS', once(abort, reports({})), 'SUCCESS null SUCCESS', 'ABORTED'],
      ['abort, FAILED', once(abort, reports({ exitCode: 3 })), 'ABORTED CANCELLED ABORTED', 'ABORTED'],
      ['abort, TIMED_OUT', once(abort, reports({ reason: 'TIMED_OUT' })), 'ABORTED CANCELLED ABORTED', 'ABORTED'],
      ['abort, CANCELLED', once(abort, reports({ reason: 'CANCELLED' })), 'ABORTED CANCELLED ABORTED', 'ABORTED'],
      ['abort, AGENT_STOPPED', once(abort, stopped), 'ABORTED CANCELLED ABORTED', 'ABORTED'],
      ['abort, silence', once(abort, silent), 'ABORTED CANCELLED ABORTED', 'ABORTED'],
    ];

    // Case agent-stop-counts-as-success.
    it('ends immediately, and never as a success that was not reported', async () => {
      const ids = await Promise.all(cells.map(() => runs.start('workflow', 'lossy')));
      const jobs = await started(cells.length);
      const ended = await Promise.all(
        cells.map(async ([name, act], index) => {
          const id = ids[index] ?? '';
          const job = jobs.find((one) => one.executionId === id) as ClaimedJob;
          await act(id, job);
          const { status, tasks } = await runs.until(id, 'FAILED', 'ABORTED', 'SUCCESS');
          const [one, two] = tasks ?? [];
          expect(two?.status).toBe('SKIPPED');
          expect(one?.jobs).toHaveLength(1);
          return [name, `${one?.status} ${one?.reasonCode} ${one?.jobs[0]?.status}`, status];
        }),
      );
      expect(ended).toEqual(cells.map(([name, , task, run]) => [name, task, run]));
    });

    it('requeues a job whose command has not begun, any number of times', async () => {
      const id = await runs.start('workflow', 'two');
      for (const attempt of [1, 2, 3]) {
        const [job] = await started();
        expect(job?.attempt).toBe(attempt);
        await agent.finish(job as ClaimedJob, { exitCode: null, reason: 'AGENT_STOPPED', commandStarted: false });
      }
      await agent.work(() => runs.is(id, 'SUCCESS'));
      expect((await runs.task(id, 'one')).jobs.map((job) => [job.status, job.reasonCode])).toEqual([
        ...[1, 2, 3].map(() => ['LOST', 'AGENT_LOST']),
        ['SUCCESS', null],
      ]);
    });

    it('is known immediately if the agent leaves', async () => {
      const id = await runs.start('workflow', 'lossy');
      const leaver = await ProtocolAgent.register(server.url, { name: 'leaver' });
      const job = await leaver.claimOne();
      await leaver.start(job);
      await server.app.database.write(`UPDATE job_lease SET expires_at = now() + interval '1 hour' WHERE job_id = $1`, [
        job.jobId,
      ]);
      await leaver.post('leave', {});
      expect((await runs.until(id, 'FAILED')).tasks?.[0]).toMatchObject({ reasonCode: 'AGENT_LOST' });
      const repeated = await leaver.finish(job);
      expect(repeated.body.results).toMatchObject([{ ok: false, code: 'STALE_CLAIM' }]);
    });

    it('does not retry a task that times out while its agent is silent', async () => {
      const id = await runs.start('workflow', 'slow-lossy');
      await started();
      expect((await runs.until(id, 'FAILED')).tasks).toMatchObject([{ reasonCode: 'TIMED_OUT', tries: 1 }]);
    });

    it('accepts a late finish if the loss was not noticed yet', async () => {
      const id = await runs.start('workflow', 'twice');
      const [job] = await started();
      await server.app.database.write(`UPDATE job_lease SET expires_at = now() + interval '20 ms' WHERE job_id = $1`, [
        job?.jobId,
      ]);
      // Whichever comes first, the finish or the sweeper, the task ends, and never runs twice at once.
      await agent.finish(job as ClaimedJob);
      await agent.work(() => runs.is(id, 'SUCCESS'));
    });

    it('keeps the lease of an agent that renews it', async () => {
      const id = await runs.start('workflow', 'two');
      const [job] = await started();
      for (let round = 0; round < 3; round++) {
        const renewed = await agent.renew([job as ClaimedJob], 900);
        expect(renewed.body.jobs).toMatchObject([{ action: 'continue' }]);
      }
      await agent.finish(job as ClaimedJob);
      await agent.work(() => runs.is(id, 'SUCCESS'));
      expect((await runs.task(id, 'one')).tries).toBe(1);
    });
  });
});
