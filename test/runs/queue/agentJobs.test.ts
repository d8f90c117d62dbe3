import { TestClient } from '../../support/client';
import { createKey } from '../../support/keys';
import { APP } from '../../support/runs';
import { testWorld } from '../../support/world';

const WORK = `${APP}
---
kind: Workflow
application: app
name: work
tasks:
  a: { run: 'true' }
`;

describe('agentJobs', () => {
  const { server, runs, agent } = testWorld(WORK);

  it('lists the jobs that an agent started, newest first, page by page', async () => {
    const done: string[] = [];
    for (const exitCode of [0, 1, 0]) {
      const run = await runs.start('workflow', 'work');
      const job = await agent.claimOne();
      await agent.start(job);
      await agent.finish(job, { exitCode });
      await runs.until(run, exitCode === 0 ? 'SUCCESS' : 'FAILED');
      done.unshift(job.jobId);
    }
    const history = async (more: object, client = server.client) => {
      const { agentJobs } = await client.ask<{
        agentJobs: { nodes: { id: string; status: string }[]; pageInfo: { endCursor: string; total: number } };
      }>(
        `query ($id: ID!, $first: Int, $after: String, $status: [JobStatus!]) {
          agentJobs(agentId: $id, first: $first, after: $after, status: $status) {
            nodes { id status } pageInfo { endCursor total } } }`,
        { id: agent.id, ...more },
      );
      return { ids: agentJobs.nodes.map(({ id }) => id), ...agentJobs.pageInfo };
    };
    const page = await history({ first: 2 });
    expect(page).toMatchObject({ ids: done.slice(0, 2), total: 3 });
    expect((await history({ first: 2, after: page.endCursor })).ids).toEqual(done.slice(2));
    expect((await history({ status: ['FAILED'] })).ids).toEqual([done[1]]);
    const manager = await createKey(server.client, 'Sees agents only', {
      accountPermissions: { accountPermissionTypes: ['MANAGE_DELEGATES'] },
    });
    expect(await history({}, new TestClient(server.url, manager))).toMatchObject({ ids: [], total: 0 });
  });
});
