import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/ports';
import { startAgentProcess } from '../../support/processes';
import { Runs } from '../../support/runs';
import { startTestServer } from '../../support/server';

const folder = join(__dirname, '../../../examples/resume');

it('examples/resume fails without its database, and resumes once that is started', async () => {
  const server = await startTestServer();
  const runs = new Runs(server, 'orders');
  const agent = startAgentProcess(server.url, server.dataDir, 'worker');
  const port = await freePort();
  let database: ReturnType<typeof spawn> | undefined;
  try {
    await runs.apply(readFileSync(join(folder, 'slipway.yaml'), 'utf8'));
    const value = (name: string, text: string) => ({ name, variableValue: { type: 'NAME', value: text } });
    const id = await runs.start('workflow', 'deliver', {
      variableInputs: [
        value('SOURCE', folder),
        value('TARGET', join(server.dataDir, 'orders')),
        value('DATABASE', `127.0.0.1:${port}`),
      ],
    });
    const failed = await runs.until(id, 'FAILED');
    expect(failed.tasks?.map((task) => [task.name, task.status])).toEqual([
      ['lint', 'SUCCESS'],
      ['unit', 'SUCCESS'],
      ['integration', 'FAILED'],
      ['build', 'SKIPPED'],
      ['deploy', 'SKIPPED'],
    ]);
    const job = failed.tasks?.[2]?.jobs[0]?.id;
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: job },
    );
    expect(jobLog.frames.map((frame) => frame.text).join('')).toContain('database connection refused');

    const started = spawn(process.execPath, [join(folder, 'database.mjs'), String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    database = started;
    await once(started.stdout, 'data');
    const { applicationId } = await runs.ids('workflow', 'deliver');
    await server.client.ask(
      'mutation ($input: ResumeWorkflowExecutionInput!) { resumeWorkflowExecution(input: $input) { execution { id } } }',
      { input: { applicationId, workflowExecutionId: id } },
    );
    await runs.until(id, 'SUCCESS');
    const { execution } = await server.client.ask<{ execution: { tasks: object[] } }>(
      'query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { tasks { name reused attempt } } } }',
      { id },
    );
    expect(execution.tasks).toEqual([
      { name: 'lint', reused: true, attempt: 1 },
      { name: 'unit', reused: true, attempt: 1 },
      { name: 'integration', reused: false, attempt: 2 },
      { name: 'build', reused: false, attempt: 2 },
      { name: 'deploy', reused: false, attempt: 2 },
    ]);
  } finally {
    if (database !== undefined) {
      const ended = once(database, 'exit');
      database.kill();
      await ended;
    }
    await agent.end('SIGTERM');
    await server.stop();
  }
}, 60_000);
