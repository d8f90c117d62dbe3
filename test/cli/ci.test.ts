import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testWorld } from '../support/world';
import { ADMIN_KEY } from '../support/server';
import { main, slipway, startSlipway, startSlipwayProcess } from './program';

const { server, runs, agent } = testWorld(
  `
kind: Application
name: app
---
kind: Workflow
application: app
name: flow
tasks:
  build: { run: "true" }
---
kind: Pipeline
application: app
name: gated
stages:
  - name: Ask
    elements: [{ name: manager, approval: { approvers: [Managers], message: Ready? } }]
`,
);

const folder = mkdtempSync(join(tmpdir(), 'slipway-ci-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(file(name), 'utf8');
const newest = async () => JSON.parse((await slipway(server.url, ['runs', '--json', '-n', '1'])).out)[0].id as string;

describe('slipway start --wait', () => {
  it('reports a failure to GitHub with exit code 1, a summary, an annotation and outputs', async () => {
    const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file('step.md'), GITHUB_OUTPUT: file('out') };
    const args = ['start', 'app', 'flow', '--workflow', '--wait', '--summary', file('own.md')];
    const { ended } = startSlipway(server.url, args, environment);
    await agent.runOne({ exitCode: 3 });
    const { code, err } = await ended;
    expect(code).toBe(1);
    expect(err).toContain('::error title=app/flow%3A build::exit code 3');
    expect(read('own.md')).toBe(read('step.md'));
    expect(read('own.md')).toContain('## app/flow: ❌ FAILED');
    expect(read('own.md')).toContain('| build | 3 | exit code 3 |');
    expect(read('out')).toMatch(/^run-id=\S+\nrun-status=FAILED\nrun-attempt=1\nrun-code=TASK_FAILED\n$/);
  });

  it('ends with 9 when the run waits, 10 when the time is up, and with the code of each outcome', async () => {
    const gated = ['start', 'app', 'gated', '--wait'];
    expect((await slipway(server.url, [...gated, '--stop-at-waiting'])).code).toBe(9);
    const id = await newest();
    const late = await slipway(server.url, ['watch', id, '--wait', '--timeout', '1']);
    expect([late.code, late.err]).toEqual([10, expect.stringContaining(`slipway watch ${id} --wait`)]);
    await runs.decide(id, 'REJECT');
    expect((await slipway(server.url, ['watch', id, '--wait'])).code).toBe(6);
    await slipway(server.url, [...gated, '--stop-at-waiting']);
    const other = await newest();
    await runs.abort(other);
    expect((await slipway(server.url, ['watch', other, '--wait', '--json'])).code).toBe(7);
  });

  it('aborts the run when the job is canceled, if it is asked to', async () => {
    const waiting = startSlipwayProcess(server.url, ['start', 'app', 'gated', '--wait', '--abort-on-cancel']);
    await waiting.prints('waits for an approval');
    waiting.child.kill('SIGTERM');
    expect((await waiting.ended).code).toBe(130);
    await runs.until(await newest(), 'ABORTED');
  });
});

describe('examples/ci/deploy.sh', () => {
  it('starts a run, waits, and ends with its exit code', async () => {
    const script = join(__dirname, '../../examples/ci/deploy.sh');
    const env = {
      ...{ PATH: process.env.PATH ?? '', SLIPWAY_URL: server.url, SLIPWAY_API_KEY: ADMIN_KEY },
      ...{ SLIPWAY: `${process.execPath} ${main}`, SLIPWAY_SUMMARY: file('sh.md'), SLIPWAY_OUTPUTS: file('sh.env') },
    };
    const job = spawn('sh', [script, 'app', 'flow', '--workflow'], { env, stdio: 'ignore' });
    const ended = once(job, 'exit');
    await agent.runOne();
    expect((await ended)[0]).toBe(0);
    expect(read('sh.md')).toContain('## app/flow: ✅ SUCCESS');
    expect(read('sh.env')).toContain('SLIPWAY_RUN_STATUS=SUCCESS');
  });
});
