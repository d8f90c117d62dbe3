import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { ADMIN_KEY } from '../support/server';
import { testServer } from '../support/world';

const MAX_LOG_BYTES = 4_000_000;
/** Writes output, and tells its digest by a variable with the name of the task. */
const written = (name: string, make: string) =>
  `${make} > file; cat file; echo "${name}=$(sha256sum < file | cut -c1-64)" > "$SLIPWAY_OUTPUT"`;
const tasks: Readonly<Record<string, string>> = {
  long_line: "head -c 3000000 /dev/zero | tr '\\0' a",
  binary: 'head -c 300000 /dev/urandom',
  many_lines: 'seq 1 200000',
  progress: "seq -f '%g%% done' -s \"$(printf '\\r')\" 1 20000",
  half: "printf 'ok \\303\\n\\342\\202'",
};

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: abusive
tasks:
  flood: { run: 'yes | head -c 60000000; echo "the end" >&2' }
${Object.entries(tasks)
  .map(([name, make]) => `  ${name}: { run: ${JSON.stringify(written(name, make))} }`)
  .join('\n')}
---
kind: Workflow
application: app
name: quick
tasks: { go: { run: echo served } }
`;

describe('a job that abuses its output', () => {
  const server = testServer({ SLIPWAY_MAX_LOG_BYTES: String(MAX_LOG_BYTES) });
  let runs: Runs;
  let agent: TestProcess;
  beforeAll(async () => {
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    agent = startAgentProcess(server.url, server.dataDir, 'worker', { SLIPWAY_AGENT_SLOTS: '7' });
  });
  afterAll(() => agent.end('SIGTERM'));

  it('ends as it should, with every byte in its log or a remark, while others are served', async () => {
    const id = await runs.start('workflow', 'abusive');
    const other = await runs.start('workflow', 'quick');
    await runs.until(other, 'SUCCESS');
    const { tasks: ended = [] } = await runs.until(id, 'SUCCESS', 'FAILED');
    expect(ended.map(({ name, status, reason }) => [name, status, reason])).toEqual(
      ['flood', ...Object.keys(tasks)].sort().map((name) => [name, 'SUCCESS', null]),
    );
    const { execution } = await server.client.ask<{ execution: { variables: { name: string; value: string }[] } }>(
      `{ execution(executionId: "${id}") { ... on WorkflowExecution { variables { name value } } } }`,
    );
    const digests = Object.fromEntries(execution.variables.map(({ name, value }) => [name, value]));
    for (const { name, jobs } of ended) {
      const { job } = await server.client.ask<{ job: { log: { sha256: string; loss: string; downloadUrl: string } } }>(
        `{ job(jobId: "${jobs[0]?.id}") { log { sha256 loss downloadUrl } } }`,
      );
      if (name !== 'flood') expect([name, job.log]).toMatchObject([name, { sha256: digests[name], loss: null }]);
      else {
        const headers = { 'x-api-key': ADMIN_KEY, range: 'bytes=-100' };
        const text = await (await fetch(`${server.url}${job.log.downloadUrl}`, { headers })).text();
        expect([job.log.loss, text]).toEqual(['LIMIT', expect.stringMatching(/y\n\n\[slipway\] The log has reached/)]);
      }
    }
  });
});
