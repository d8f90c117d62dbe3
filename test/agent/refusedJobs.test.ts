import { startAgentProcess } from '../support/processes';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: without-input
tasks:
  nothing: { run: 'true' }
  takes: { run: 'echo it ran', depends_on: [nothing], artifacts: { from: nothing }, retries: 2 }
---
kind: Workflow
application: app
name: without-secret
tasks:
  use: { run: 'echo it ran', secrets: [TOKEN], retries: 2 }
`;

/** Jobs that the server tells an agent not to run. */
describe('a job that must not run', () => {
  const { server, runs } = testWorld(DEFINITIONS, { agent: null });

  it('ends with the reason, without running its command or another try', async () => {
    const { applicationId } = await runs.ids('workflow', 'without-secret');
    const input = { applicationId, name: 'TOKEN' };
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { ...input, secretValue: 'hunter2!' },
    });
    // The job is queued with its secret and claimed without it.
    const secret = await runs.start('workflow', 'without-secret');
    await server.client.ask(
      'mutation ($input: DeleteSecretInput!) { deleteSecret(input: $input) { clientMutationId } }',
      {
        input,
      },
    );
    const inputs = await runs.start('workflow', 'without-input');
    const agent = startAgentProcess(server.url, server.dataDir, 'agent');
    try {
      await runs.until(secret, 'FAILED');
      await runs.until(inputs, 'FAILED');
      for (const [task, reasonCode, reason] of [
        [await runs.task(secret, 'use'), 'SECRET_MISSING', 'TOKEN'],
        [await runs.task(inputs, 'takes'), 'INPUT_MISSING', 'nothing'],
      ] as const) {
        expect(task).toMatchObject({ status: 'FAILED', reasonCode, tries: 1 });
        expect(task.reason).toContain(reason);
        const { jobLog } = await server.client.ask<{ jobLog: { frames: unknown[] } }>(
          'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
          { id: task.jobs[0]?.id },
        );
        expect(jobLog.frames).toEqual([]);
      }
    } finally {
      await agent.end('SIGTERM');
    }
  });
});
