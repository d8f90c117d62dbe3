import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClient } from '../../support/client';
import { readEvents } from '../../support/reading';
import { createTestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { ProtocolAgent } from '../../support/protocolAgent';
import { APP, Runs, type TaskView } from '../../support/runs';
import { ADMIN_KEY, startTestServer, type TestServer, testEnvironment } from '../../support/server';

/** Handlers and artifacts with real commands: agents and servers run as separate processes. */
const workflow = (name: string, tasks: string, keys = '') =>
  `---\nkind: Workflow\napplication: app\nname: ${name}\n${keys}\ntasks:\n${tasks}\n`;
const fails = 'echo all is well > report.txt; echo "it is \'broken\' \\$(touch x)" >&2; exit 3';
const waits = `echo begun > report.txt; trap 'echo stopped >> report.txt; exit 1' TERM; while true; do sleep 0.05; done`;

const DEFINITIONS =
  APP +
  workflow(
    'collect',
    `  build: { run: ${JSON.stringify(fails)}, on_failure: own, artifacts: { paths: [report.txt, missing.txt], when: failure } }
  own: { type: forensic, run: 'printf "%s|%s|%s" "$failed_task" "$error_message" "$exit_code" > told.txt; env | grep -c ^SLIPWAY_', artifacts: [told.txt] }`,
  ) +
  workflow(
    'late',
    `  build: { run: ${JSON.stringify(waits)}, timeout: 500ms, grace: 5s, artifacts: { paths: [report.txt], when: always } }`,
  ) +
  workflow(
    'stopped',
    `  build: { run: ${JSON.stringify(waits)}, grace: 5s, artifacts: { paths: [report.txt], when: always } }
  all: { type: forensic, run: 'echo handled; sleep 0.2' }`,
    'on_failure: all',
  ) +
  workflow(
    'never',
    `  good: { run: "echo x > a.txt", artifacts: { paths: [a.txt, b.txt], when: failure } }
  both: { run: "echo x > a.txt", artifacts: { paths: [a.txt], when: always } }`,
  );

const TOML = `name = "trapped"
on_failure = "notify-ops"

[tasks.deploy]
cmd = "echo 'no \\"such\\" host; $(touch /tmp/x)' >&2; exit 4"
on_failure = "undo"

[tasks.undo]
type = "forensic"
cmd = "echo 'undoes {{.failed_task}}'"
retries = 1
retry_delay = "100ms"

[tasks.notify-ops]
type = "forensic"
cmd = """
echo "failed at: {{.failed_task}} ({{.exit_code}})"
echo "details: {{.error_message}}"
"""
ignore_failure = true
timeout = "30s"
`;

describe('failure handlers and artifacts on a real agent', () => {
  let server: TestServer;
  let runs: Runs;
  let agent: TestProcess;

  beforeAll(async () => {
    server = await startTestServer();
    runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    agent = startAgentProcess(server.url, server.dataDir, 'worker', { SLIPWAY_AGENT_SLOTS: '4' });
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    await server.stop();
  });

  const text = async ({ artifacts }: TaskView, name: string): Promise<string | undefined> => {
    const artifact = artifacts.find((one) => one.name === name);
    if (artifact === undefined) return undefined;
    const response = await fetch(server.url + artifact.downloadUrl, { headers: { 'x-api-key': ADMIN_KEY } });
    return response.text();
  };
  const handlers = (id: string) =>
    eventually(
      async () => {
        const { execution } = await server.client.ask<{ execution: { forensicExecutions: TaskView[] } }>(
          `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution { forensicExecutions {
            name status exitCode jobs { id } artifacts { name downloadUrl } } } } }`,
          { id },
        );
        return execution.forensicExecutions;
      },
      (all) => all.length > 0 && all.every(({ status }) => status === 'SUCCESS'),
    );
  const logOf = async (jobId: string | undefined): Promise<string> => {
    const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
      'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
      { id: jobId },
    );
    return jobLog.frames.map((frame) => frame.text).join('');
  };

  it('a failed task uploads its existing files, and its handler gets the end of standard error', async () => {
    const id = await runs.start('workflow', 'collect');
    await runs.until(id, 'FAILED');
    const task = await runs.task(id, 'build');
    expect(task).toMatchObject({ status: 'FAILED', reasonCode: 'EXIT_CODE', exitCode: 3 });
    expect(await text(task, 'report.txt')).toBe('all is well\n');
    const [own] = await handlers(id);
    if (own === undefined) throw new Error('there is no handler');
    expect(await text(own, 'told.txt')).toBe("build|exit code 3\nit is 'broken' $(touch x)|3");
  });

  it('runs the handlers of a TOML task graph, with values as data', async () => {
    await server.client.ask(
      `mutation ($source: String!) { applyDefinitions(input: { source: $source, format: TOML, application: "app" }) { results { name } } }`,
      { source: TOML },
    );
    const id = await runs.start('workflow', 'trapped');
    await runs.until(id, 'FAILED');
    const all = await handlers(id);
    const log = async (name: string) => logOf(all.find((one) => one.name === name)?.jobs[0]?.id);
    expect(all.map(({ name }) => name).sort()).toEqual(['notify-ops', 'undo']);
    expect(await log('undo')).toBe('undoes deploy\n');
    expect(await log('notify-ops')).toBe(
      'failed at: deploy (4)\ndetails: Task "deploy" failed: exit code 4\nno "such" host; $(touch /tmp/x)\n',
    );
  });

  it('a task that times out uploads within its grace', async () => {
    const id = await runs.start('workflow', 'late');
    await runs.until(id, 'FAILED');
    const task = await runs.task(id, 'build');
    expect(task).toMatchObject({ status: 'FAILED', reasonCode: 'TIMED_OUT' });
    expect(await text(task, 'report.txt')).toBe('begun\nstopped\n');
  });

  it('a canceled task uploads within its grace; the stream ends after its handler', async () => {
    const id = await runs.start('workflow', 'stopped');
    const stream = readEvents(server.url, id);
    await eventually(
      () => runs.task(id, 'build'),
      ({ status }) => status === 'RUNNING',
    );
    await runs.abort(id);
    await runs.until(id, 'ABORTED');
    const types = (await stream.rest()).flatMap(({ event }) => event?.type ?? []);
    expect(types.slice(types.indexOf('EXECUTION_STATUS', types.indexOf('BESIDE_TASK_CREATED')))).toEqual([
      'EXECUTION_STATUS',
      'JOB_STARTED',
      'TASK_STATUS',
      'TASK_STATUS',
    ]);
    expect((await handlers(id)).map(({ name }) => name)).toEqual(['all']);
    const task = await runs.task(id, 'build');
    expect(task).toMatchObject({ status: 'ABORTED', reasonCode: 'CANCELLED' });
    expect(await text(task, 'report.txt')).toBe('begun\nstopped\n');
  });

  it('a successful task uploads no failure artifacts, and always those for both', async () => {
    const id = await runs.start('workflow', 'never');
    const { tasks } = await runs.until(id, 'SUCCESS');
    expect(tasks?.map(({ name, artifacts }) => [name, artifacts.map((one) => one.name)])).toEqual([
      ['both', ['a.txt']],
      ['good', []],
    ]);
  });
});

it('handlers run once if the server is killed between the abort and the end', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-handlers-'));
  const database = await createTestDatabase();
  const processes: TestProcess[] = [];
  const serve = async (): Promise<{ process: TestProcess & { url: string }; runs: Runs }> => {
    const process = await startServerProcess(testEnvironment(database.url, dir));
    processes.push(process);
    const client = new TestClient(process.url, ADMIN_KEY);
    return { process, runs: new Runs({ client } as unknown as TestServer) };
  };
  const lines = async (): Promise<string[]> =>
    (await readFile(join(dir, 'ran'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  try {
    const first = await serve();
    processes.push(startAgentProcess(first.process.url, dir, 'first'));
    const says = (what: string) => `'echo ${what} >> ${dir}/ran'`;
    await first.runs.apply(
      APP +
        workflow(
          'w',
          `  build: { run: ${JSON.stringify(`trap '' TERM; echo build >> ${dir}/ran; while true; do sleep 0.05; done`)}, grace: 1s, on_failure: own }
  own: { type: forensic, run: ${says('own')} }
  all: { type: forensic, run: ${says('all')} }`,
          'on_failure: all',
        ),
    );
    const id = await first.runs.start('workflow', 'w');
    await eventually(lines, (all) => all.length === 1);
    await first.runs.abort(id);
    await first.process.end('SIGKILL');

    const second = await serve();
    await second.runs.until(id, 'ABORTED');
    processes.push(startAgentProcess(second.process.url, dir, 'second'));
    await eventually(lines, (all) => all.length === 3);
    expect((await lines()).sort()).toEqual(['all', 'build', 'own']);
    // Another claim gets nothing, so there is no third job.
    const idle = await ProtocolAgent.register(second.process.url);
    expect(await idle.claim(10, 0)).toEqual([]);
  } finally {
    for (const process of processes.reverse()) if (process.child.exitCode === null) await process.end('SIGKILL');
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  }
});
