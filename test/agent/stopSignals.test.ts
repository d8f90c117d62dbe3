import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { startAgentProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { startTestServer, type TestServer } from '../support/server';

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: waits
variables: [{ name: DIR, required: true }]
tasks:
  wait: { run: 'echo began > "$DIR/began"; until [ -e "$DIR/go" ]; do sleep 0.05; done' }
`;

describe('one Ctrl-C under npm', () => {
  let server: TestServer;
  let runs: Runs;
  let dir: string;
  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    dir = await mkdtemp(join(tmpdir(), 'slipway-signals-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('drains the agent, although SIGINT arrives twice', async () => {
    const agent = startAgentProcess(server.url, server.dataDir, 'agent');
    const id = await runs.start('workflow', 'waits', {
      variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }],
    });
    await eventually(
      () => readFile(join(dir, 'began'), 'utf8').catch(() => ''),
      (text) => text !== '',
    );
    agent.child.kill('SIGINT');
    await eventually(
      async () => agent.output(),
      (output) => output.includes('not taking more jobs'),
    );
    agent.child.kill('SIGINT');
    await writeFile(join(dir, 'go'), '');
    await runs.until(id, 'SUCCESS');
    expect(await agent.end('SIGCONT')).toBe(0);
    expect(agent.output()).not.toContain('canceling');
  });
});
