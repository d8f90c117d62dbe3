import { findClaimedJobs } from '../../../src/runs/queue/claimedJobs.store';
import { describeJobs } from '../../../src/runs/queue/describeJobs';
import { withoutDefinition } from '../../support/brokenDefinition';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

describe('a run that the server cannot move', () => {
  const { server, runs, agent } = testWorld(`${APP}
---
kind: Workflow
application: app
name: broken
tasks:
  first: { run: "true" }
  second: { run: "true", depends_on: [first] }
---
kind: Workflow
application: app
name: healthy
tasks: { only: { run: "true" } }
---
kind: Pipeline
application: app
name: flow
stages:
  - elements: [{ name: go, workflow: broken }, { name: ask, approval: { approvers: [Managers] } }]
  - elements: [{ name: last, workflow: healthy }]
`);
  const sql = <T>(text: string, ...parameters: unknown[]) => server.app.database.rows<T>(text, parameters);

  it('ends ERROR after a few tries, blocks no other run, and can be resumed', async () => {
    const [id, other] = [await runs.start('pipeline', 'flow'), await runs.start('workflow', 'healthy')];
    const jobs = await agent.claim(2);
    await agent.start(...jobs);
    const result = { exitCode: 0, signal: null, reason: null, message: null, logBytes: null };
    const results = jobs.map(({ jobId, token }) => ({ jobId, token, ...result }));
    let failed = 0;
    await withoutDefinition(server, 'broken', async () => {
      while ((await agent.post('finish', { results })).status === 500) {
        failed++;
        expect((await runs.read(other)).status).toBe('SUCCESS');
      }
    });
    expect(failed).toBe(5);
    const run = await runs.read(id);
    expect(run).toMatchObject({ status: 'ERROR', failureCode: 'SERVER_ERROR' });
    expect(run.failureDetails).toMatch(
      /^The server could not carry out the execution. Its log has the error under the id [\w-]{36}\.$/,
    );
    expect(run.pipelineStageExecutions?.map((stage) => [stage.pipelineStepName, stage.status])).toEqual([
      ['go', 'ERROR'],
      ['ask', 'ERROR'],
      ['last', 'SKIPPED'],
    ]);
    expect(await runs.approvals(id)).toMatchObject([{ status: 'ABORTED' }]);
    const member = await runs.read(run.pipelineStageExecutions?.[0]?.workflowExecutionId ?? '');
    expect(member).toMatchObject({ status: 'ERROR', failureCode: 'SERVER_ERROR' });
    expect(member.tasks).toMatchObject([
      { name: 'first', status: 'ABORTED', reasonCode: 'SERVER_ERROR', jobs: [{ status: 'ABORTED' }] },
      { name: 'second', status: 'SKIPPED', reasonCode: 'SERVER_ERROR', jobs: [] },
    ]);
    expect(await sql('SELECT FROM job_lease WHERE run_id = $1', id)).toEqual([]);
    const sequences = (await runs.events(id)).map((event) => event.sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));

    const { applicationId } = await runs.ids('pipeline', 'flow');
    await server.client.ask(
      'mutation ($input: ResumeExecutionInput!) { resumeExecution(input: $input) { execution { id } } }',
      { input: { applicationId, pipelineExecutionId: id } },
    );
    await runs.decide(id, 'APPROVE');
    await agent.work(() => runs.is(id, 'SUCCESS'));
  });

  it('ends ERROR when its agent is lost', async () => {
    const id = await runs.start('workflow', 'broken');
    await agent.start(await agent.claimOne());
    await withoutDefinition(server, 'broken', async () => {
      await sql(`UPDATE job_lease SET expires_at = now() - interval '1 hour' WHERE run_id = $1`, id);
      await runs.until(id, 'ERROR');
    });
  });

  it('ends ERROR if its jobs can’t be described to agents; other jobs can', async () => {
    const [id, other] = [await runs.start('workflow', 'broken'), await runs.start('workflow', 'healthy')];
    const jobs = await agent.claim(2);
    const ids = jobs.map(({ jobId }) => jobId);
    await withoutDefinition(server, 'broken', async () => {
      while (!(await runs.is(id, 'ERROR'))) {
        const rows = await findClaimedJobs(server.app.database, ids);
        expect((await describeJobs(server.app, rows, [])).map((job) => job.runId)).toEqual([other]);
      }
    });
    await runs.abort(other);
  });
});
