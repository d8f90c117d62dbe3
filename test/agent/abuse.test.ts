import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { startTestServer, type TestServer } from '../support/server';

/** A process without terminal, session and parent, as daemons have, that leaves its id in a file. */
const daemon = (file: string, more = '') =>
  `${more} setsid sh -c 'trap "" TERM HUP; echo $$ > ${file}; while :; do sleep 0.1; done' >/dev/null 2>&1 </dev/null & until [ -s ${file} ]; do sleep 0.02; done`;

const workflow = (name: string, run: string, keys = '') => `---
kind: Workflow
application: app
name: ${name}
variables: [{ name: DIR, required: true }, { name: NODE_OPTIONS, default: "--require /none" }]
tasks:
  go:
    run: |
      ${run}
    grace: 0s
    ${keys}
  after: { run: '[ "$PATH" != /none ] && [ -z "$NODE_OPTIONS$BASH_ENV$ENV" ]', depends_on: [go] }
`;

const DEFINITIONS = `${APP}${[
  workflow('daemon', daemon('$DIR/daemon')),
  workflow('service', daemon('$DIR/service', 'env -u SLIPWAY_JOB_ID')),
  workflow(
    'holder',
    'sh -c \'trap "" TERM HUP; echo $$ > $DIR/holder; while :; do sleep 0.1; done\' & echo parent is done',
  ),
  workflow('cut', `${daemon('$DIR/cut')}; sleep 60`, 'on_lost: FAIL'),
  workflow('loader', 'echo LD_PRELOAD=/none >> "$SLIPWAY_OUTPUT"'),
  workflow('disk', '! head -c 20000000 /dev/zero > big && seq 1 400000 && echo the end', 'labels: { disk: small }'),
].join('')}`;

const testOnLinux = process.platform === 'linux' ? it : it.skip;
const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
const testWithMount = canMount ? it : it.skip;

describe('a job that does not clean up', () => {
  let server: TestServer;
  let runs: Runs;
  let dir: string;
  let agent: TestProcess;
  beforeAll(async () => {
    server = await startTestServer({ SLIPWAY_LEASE_SECONDS: '3' });
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    dir = await mkdtemp(join(tmpdir(), 'slipway-abuse-'));
    agent = startAgentProcess(server.url, server.dataDir, 'abused', { SLIPWAY_AGENT_SLOTS: '4' });
  });
  afterAll(async () => {
    await agent.end('SIGKILL');
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const start = (name: string) =>
    runs.start('workflow', name, { variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }] });
  const pidOf = async (name: string) => Number(await readFile(join(dir, name), 'utf8').catch(() => '0'));
  const isAlive = (pid: number) => existsSync(`/proc/${pid}`);
  const logOf = async (id: string) => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: (await runs.task(id, 'go')).jobs[0]?.id },
    );
    return jobLog.frames.map(({ text }) => text).join('');
  };
  const sizeOfLog = async (id: string) => {
    const { job } = await server.client.ask<{ job: { log: { bytes: number; truncated: boolean } } }>(
      'query ($id: ID!) { job(jobId: $id) { log { bytes truncated } } }',
      { id: (await runs.task(id, 'go')).jobs[0]?.id },
    );
    expect(job.log.truncated).toBe(false);
    return job.log.bytes;
  };
  const gone = async (name: string) => {
    const pid = await eventually(
      () => pidOf(name),
      (found) => found > 0,
    );
    await eventually(
      () => isAlive(pid),
      (alive) => !alive,
    );
    return pid;
  };

  testOnLinux('leaves no process, unless that gave up the id of its job; the log names what was ended', async () => {
    const ids = await Promise.all(['daemon', 'service', 'holder'].map(start));
    for (const id of ids) await runs.until(id, 'SUCCESS');
    const pid = await gone('daemon');
    const log = await logOf(ids[0] ?? '');
    expect(log).toContain(`ended processes that the command left running: sh (${pid})`);
    expect(log).toContain('SLIPWAY_JOB_ID');
    await gone('holder');
    expect(await logOf(ids[2] ?? '')).toContain('parent is done');
    const service = await pidOf('service');
    expect(isAlive(service)).toBe(true);
    process.kill(service, 'SIGKILL');
  });

  it('can’t spoil later tasks or its agent with variables that programs read', async () => {
    const failed = await runs.until(await start('loader'), 'FAILED');
    expect(failed.tasks?.[0]).toMatchObject({
      status: 'FAILED',
      reasonCode: 'BAD_OUTPUT',
      reason: expect.stringContaining('"LD_PRELOAD"'),
    });
  });

  testWithMount('that fills its disk still ends, with its whole log', async () => {
    const disk = join(dir, 'disk');
    await mkdir(disk);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    if (status !== 0) return console.warn('skipped: this machine does not allow a mount');
    const small = startAgentProcess(server.url, disk, 'small', { SLIPWAY_AGENT_LABELS: 'disk=small' });
    try {
      const id = await start('disk');
      const { tasks } = await runs.until(id, 'SUCCESS', 'FAILED');
      expect(tasks?.[0]).toMatchObject({ status: 'SUCCESS', exitCode: 0 });
      expect(await logOf(id)).toContain('No space left on device');
      expect(await sizeOfLog(id)).toBeGreaterThan(2_000_000);
      expect(small.output()).toContain('the disk is full');
      expect(
        await readdir(join(disk, 'small')).then((names) => readdir(join(disk, 'small', names[0] ?? '', 'jobs'))),
      ).toEqual([]);
    } finally {
      await small.end('SIGTERM');
      spawnSync('umount', [disk]);
    }
  });

  testOnLinux('leaves no process when its agent is killed', async () => {
    const id = await start('cut');
    await eventually(
      () => pidOf('cut'),
      (pid) => pid > 0,
    );
    await agent.end('SIGKILL');
    await gone('cut');
    expect((await runs.until(id, 'FAILED')).tasks?.[0]).toMatchObject({ reasonCode: 'AGENT_LOST' });
  });
});
