import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { startTestServer, type TestServer } from '../support/server';

const BEGINS = 'touch "$DIR/$SLIPWAY_RUN_ID"';
/** A task for the agent that stops, and one that waits for it. */
const workflow = (name: string, keys: string) => `---
kind: Workflow
application: app
name: ${name}
variables: [{ name: DIR, required: true }]
tasks:
  push: { ${keys}, labels: { who: x } }
  verify: { run: "true", depends_on: [push] }
`;

const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: waits
variables: [{ name: DIR, required: true }]
tasks:
  wait: { run: 'echo began > "$DIR/began"; until [ -e "$DIR/go" ]; do sleep 0.05; done' }
${workflow('cut', `retries: 2, run: 'echo half; ${BEGINS}; sleep 20; echo done'`)}
${workflow('well', `run: 'trap "exit 0" TERM; ${BEGINS}; while :; do sleep 0.05; done'`)}
${workflow('deaf', `grace: 1h, run: 'trap "" TERM; ${BEGINS}; while :; do sleep 0.05; done'`)}
${workflow('twice', `on_lost: RETRY, run: '[ ! -e "$DIR/$SLIPWAY_RUN_ID" ] || exit 0; ${BEGINS}; sleep 20'`)}
${workflow('aborted', `run: 'trap "sleep 1; exit 0" TERM; ${BEGINS}; while :; do sleep 0.05; done'`)}
${workflow('killed', `run: '${BEGINS}; kill -KILL $$'`)}
${workflow('child-killed', `run: '${BEGINS}; sh -c "kill -KILL \\$\\$"; echo done'`)}
${workflow('interrupted', `stop_signal: SIGUSR1, run: 'trap "" TERM; trap "exit 7" USR1; ${BEGINS}; while :; do sleep 0.05; done'`)}
${workflow('asked-itself', `run: '${BEGINS}; kill -TERM $$; sleep 20'`)}
`;

describe('signals to an agent', () => {
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

  const start = (name: string) =>
    runs.start('workflow', name, { variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }] });

  // Case agent-stop-counts-as-success.
  it('ends jobs as lost, never as a success, when the agent is asked to stop', async () => {
    const labels = { SLIPWAY_AGENT_LABELS: 'who=x', SLIPWAY_AGENT_SLOTS: '10' };
    const agent = startAgentProcess(server.url, server.dataDir, 'stopped', labels);
    const names = [
      'cut',
      'well',
      'deaf',
      'twice',
      'aborted',
      'killed',
      'child-killed',
      'asked-itself',
      'interrupted',
    ] as const;
    const ids = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await start(name)] as const)));
    const id = (name: (typeof names)[number]) => ids[name] as string;
    await eventually(
      () => readdir(dir),
      (files) => names.every((name) => files.includes(id(name))),
    );
    const summary = async (name: (typeof names)[number]) => {
      const { status, tasks } = await runs.until(id(name), 'SUCCESS', 'FAILED', 'ABORTED');
      const [push, verify] = tasks ?? [];
      return [status, push?.status, push?.reasonCode, push?.exitCode, push?.jobs.length, verify?.status];
    };
    expect(await summary('killed')).toEqual(['FAILED', 'FAILED', 'SIGNAL', 137, 1, 'SKIPPED']);
    expect(await summary('child-killed')).toEqual(['FAILED', 'FAILED', 'EXIT_CODE', 137, 1, 'SKIPPED']);
    expect(await summary('asked-itself')).toEqual(['FAILED', 'FAILED', 'SIGNAL', 143, 1, 'SKIPPED']);

    await runs.abort(id('aborted'));
    await runs.abort(id('interrupted'));
    await signal(agent, 'not taking more jobs');
    await signal(agent, 'canceling the running jobs');
    // All of this happens long before the leases of a minute expire.
    expect(await summary('aborted')).toEqual(['ABORTED', 'ABORTED', 'CANCELLED', 0, 1, 'SKIPPED']);
    // With the signal that its task asks for.
    expect(await summary('interrupted')).toEqual(['ABORTED', 'ABORTED', 'CANCELLED', 7, 1, 'SKIPPED']);
    expect(await summary('cut')).toEqual(['FAILED', 'FAILED', 'AGENT_LOST', 143, 1, 'SKIPPED']);
    expect(await summary('well')).toEqual(['FAILED', 'FAILED', 'AGENT_LOST', 0, 1, 'SKIPPED']);
    expect((await runs.task(id('cut'), 'push')).reason).toBe(
      'its agent gave it up while its command ran, which SIGTERM ended (The agent was told to stop.)',
    );
    expect(await runs.task(id('twice'), 'push')).toMatchObject({
      status: 'QUEUED',
      reasonCode: 'AGENT_LOST',
      tries: 2,
    });
    await signal(agent, 'stopping at once');
    expect(await agent.end('SIGCONT')).toBe(1);
    expect(await summary('deaf')).toEqual(['FAILED', 'FAILED', 'AGENT_LOST', null, 1, 'SKIPPED']);

    const heir = startAgentProcess(server.url, server.dataDir, 'heir', labels);
    expect(await summary('twice')).toEqual(['SUCCESS', 'SUCCESS', null, 0, 2, 'SUCCESS']);
    expect(await heir.end('SIGTERM')).toBe(0);
  });

  // Case one-ctrl-c-is-two-signals.
  it('drains the agent on one Ctrl-C under npm, which sends two SIGINTs', async () => {
    const agent = startAgentProcess(server.url, server.dataDir, 'agent');
    const id = await start('waits');
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

/** Sends one signal, waits for its effect, and then half a second, until another signal counts. */
async function signal(agent: TestProcess, effect: string): Promise<void> {
  agent.child.kill('SIGTERM');
  await eventually(
    () => agent.output(),
    (output) => output.includes(effect),
  );
  const seen = performance.now();
  await eventually(
    () => performance.now(),
    (now) => now - seen > 500,
  );
}
