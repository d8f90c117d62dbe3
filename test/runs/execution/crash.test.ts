import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../../src/kernel/embedded/embeddedPostgres';
import { TestClient } from '../../support/client';
import { createLog } from '../../../src/kernel/log';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { FlakyProxy } from '../../support/flakyProxy';
import { freePort } from '../../support/ports';
import { startAgentProcess, startServerProcess, type TestProcess } from '../../support/processes';
import { APP, Runs } from '../../support/runs';
import { ADMIN_KEY, startTestServer, type TestServer, testEnvironment } from '../../support/server';

/**
 * Real processes, killed in the middle of a run. Each task writes a line to a file when it begins and waits for the
 * test, so the test knows what runs and how often it ran.
 */
const DEFINITIONS = `${APP}
---
kind: Workflow
application: app
name: steps
variables: [{ name: DIR, required: true }]
tasks:
  first: { run: 'echo first >> "$DIR/ran"; until [ -e "$DIR/go-first" ]; do sleep 0.05; done; echo done-first', grace: 1s, on_lost: RETRY }
  second: { run: 'echo second >> "$DIR/ran"; echo done-second', depends_on: [first] }
---
kind: Workflow
application: app
name: once
variables: [{ name: DIR, required: true }]
tasks:
  only: { run: 'echo $$ >> "$DIR/once"; until [ -e "$DIR/go-first" ]; do sleep 0.05; done', retries: 2, labels: { net: cut } }
  after: { run: "true", depends_on: [only] }
---
kind: Workflow
application: app
name: frozen
variables: [{ name: DIR, required: true }]
tasks:
  writes:
    on_lost: RETRY
    run: |
      if mkdir "$DIR/writes" 2> /dev/null; then
        echo $$ > "$DIR/pid"
        while :; do echo $(date +%s%3N) >> "$DIR/writes/lines"; sleep 0.02; done
      fi
  ends:
    on_lost: RETRY
    register: SAID
    artifacts: [said]
    run: |
      mkdir "$DIR/ends" 2> /dev/null && said=first || said=second
      [ $said = second ] || until [ -e "$DIR/go-first" ]; do sleep 0.02; done
      echo $said | tee said
---
kind: Workflow
application: app
name: held
variables: [{ name: DIR, required: true }, { name: NAME, required: true }]
tasks:
  hold: { run: 'echo $NAME >> "$DIR/held"; sleep 60', timeout: 1s, grace: 0s, retries: 1, labels: { who: x } }
---
kind: Pipeline
application: app
name: flow
variables: [{ name: DIR, required: true }]
stages:
  - elements: [{ name: steps, workflow: steps }]
  - elements: [{ name: again, workflow: steps }]
`;

describe('kill -9', () => {
  let dir: string;
  let database: TestDatabase;
  const processes: TestProcess[] = [];
  const servers: TestServer[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-crash-'));
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const process of processes.splice(0)) if (process.child.exitCode === null) await process.end('SIGKILL');
    for (const close of closing.splice(0)) await close();
    for (const server of servers.splice(0)) await server.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(join(dir, name), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const ran = () => linesOf('ran');
  const pidsOfOnce = () => linesOf('once');
  const letGo = (task: string) => writeFile(join(dir, `go-${task}`), '');
  const agentProcess = (url: string, name: string, more: Readonly<Record<string, string>> = {}): TestProcess => {
    const agent = startAgentProcess(url, dir, name, more);
    processes.push(agent);
    return agent;
  };
  const start = (runs: Runs, kind: 'pipeline' | 'workflow' = 'pipeline', name = 'flow') =>
    runs.start(kind, name, { variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }] });

  const hold = (runs: Runs, name: string) =>
    runs.start('workflow', 'held', {
      variableInputs: Object.entries({ DIR: dir, NAME: name }).map(([variable, value]) => ({
        ...{ name: variable, variableValue: { type: 'NAME', value } },
      })),
    });

  /** Helpers for a server in another process, of which the test knows only the API. */
  const remote = (url: string): Runs => {
    const client = new TestClient(url, ADMIN_KEY);
    return new Runs({ client } as unknown as TestServer);
  };

  it('of the server: the run continues after the next start, and no task runs twice', async () => {
    const port = await freePort();
    const environment = { ...testEnvironment(database.url, dir), PORT: String(port) };
    const first = await startServerProcess(environment);
    processes.push(first);
    const agent = agentProcess(first.url, 'agent');
    const runs = remote(first.url);
    await runs.apply(DEFINITIONS);
    const id = await start(runs);
    await eventually(ran, (lines) => lines.length === 1);
    await first.end('SIGKILL');
    await letGo('first');

    const second = await startServerProcess(environment);
    processes.push(second);
    await remote(second.url).until(id, 'SUCCESS');
    expect(await ran()).toEqual(['first', 'second', 'first', 'second']);
    expect(await agent.end('SIGTERM')).toBe(0);
  });

  it('of an agent: its command dies with it, the job is lost, and another agent does it again', async () => {
    const server = await startTestServer({ SLIPWAY_LEASE_SECONDS: '2' }, database.url);
    servers.push(server);
    const runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    const doomed = agentProcess(server.url, 'doomed');
    const id = await start(runs);
    await eventually(ran, (lines) => lines.length === 1);
    let way = server.url;
    const proxy = await FlakyProxy.start(() => way);
    closing.push(() => proxy.stop());
    agentProcess(proxy.url, 'cut', { SLIPWAY_AGENT_LABELS: 'net=cut', SLIPWAY_AGENT_SLOTS: '2' });
    const once = await start(runs, 'workflow', 'once');

    // The other agent's network is cut for longer than its lease: its command ends, and nothing runs it again.
    const [pid] = await eventually(pidsOfOnce, (pids) => pids.length === 1);
    way = 'http://127.0.0.1:1';
    proxy.cut();
    await doomed.end('SIGKILL');
    expect(await runs.until(once, 'FAILED')).toMatchObject({
      tasks: [
        { name: 'only', reasonCode: 'AGENT_LOST', jobs: [{ status: 'LOST' }] },
        { name: 'after', status: 'SKIPPED' },
      ],
    });
    await eventually(
      () => isRunning(pid),
      (running) => !running,
    );
    agentProcess(server.url, 'heir');
    await eventually(ran, (lines) => lines.length === 2);
    await letGo('first');
    const run = await runs.until(id, 'SUCCESS');
    expect(await ran()).toEqual(['first', 'first', 'second', 'first', 'second']);
    const task = await runs.task(run.pipelineStageExecutions?.[0]?.workflowExecutionId ?? '', 'first');
    expect(task.jobs.map((job) => [job.status, job.agent?.name])).toEqual([
      ['LOST', 'doomed'],
      ['SUCCESS', 'heir'],
    ]);
    way = server.url;
    await runs.until(await start(runs, 'workflow', 'once'), 'SUCCESS');
    expect(await pidsOfOnce()).toHaveLength(2);
  });

  it('of no process, but an agent is frozen: when it continues, it kills its commands, and nothing of them counts', async () => {
    const server = await startTestServer({ SLIPWAY_LEASE_SECONDS: '2' }, database.url);
    servers.push(server);
    const runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    const frozen = agentProcess(server.url, 'frozen', { SLIPWAY_AGENT_SLOTS: '4', SLIPWAY_AGENT_LABELS: 'who=x' });
    const id = await start(runs, 'workflow', 'frozen');
    await eventually(
      () => Promise.all([linesOf('writes/lines'), stat(join(dir, 'ends')).catch(() => undefined)]),
      ([lines, ends]) => lines.length > 0 && ends !== undefined,
    );
    const [late, aborted] = await Promise.all([hold(runs, 'late'), hold(runs, 'aborted')]);
    await eventually(
      () => linesOf('held'),
      (names) => names.length === 2,
    );
    frozen.child.kill('SIGSTOP');
    await letGo('first');
    await runs.abort(aborted);
    expect(await runs.until(aborted, 'ABORTED', 'FAILED', 'SUCCESS')).toMatchObject({
      status: 'ABORTED',
      tasks: [{ status: 'ABORTED', jobs: [{ status: 'ABORTED' }] }],
    });
    // Its time limit passes at about the same time as its lease.
    const reasonCode = expect.stringMatching(/^(AGENT_LOST|TIMED_OUT)$/);
    expect(await runs.until(late, 'ABORTED', 'FAILED', 'SUCCESS')).toMatchObject({
      status: 'FAILED',
      tasks: [{ status: 'FAILED', reasonCode, jobs: [{ agent: { name: 'frozen' } }] }],
    });
    agentProcess(server.url, 'heir');
    await runs.until(id, 'SUCCESS');
    const [pid] = await linesOf('pid');
    expect(isRunning(pid)).toBe(true);

    const continuedAt = Date.now();
    frozen.child.kill('SIGCONT');
    await eventually(
      () => isRunning(pid),
      (running) => !running,
    );
    expect(Number((await linesOf('writes/lines')).at(-1))).toBeLessThan(continuedAt + 1_000);
    await eventually(
      () => frozen.output(),
      (output) => ['writes', 'ends'].every((task) => output.includes(`${task} dropped`)),
    );
    const { execution } = await server.client.ask<{ execution: object }>(
      `query ($id: ID!) { execution(executionId: $id) { ... on WorkflowExecution {
        variables { value } tasks { jobs { status agent { name } log { bytes } } artifacts { name size } } } } }`,
      { id },
    );
    const jobs = (bytes: number) => [
      { status: 'LOST', agent: { name: 'frozen' }, log: { bytes: 0 } },
      { status: 'SUCCESS', agent: { name: 'heir' }, log: { bytes } },
    ];
    expect(execution).toEqual({
      variables: [{ value: dir }, { value: 'second' }],
      tasks: [
        { jobs: jobs(7), artifacts: [{ name: 'said', size: 7 }] },
        { jobs: jobs(0), artifacts: [] },
      ],
    });
    expect(await frozen.end('SIGTERM')).toBe(0);
  });

  it('of the database: server and agent wait for it, and the run continues', async () => {
    const log = createLog({ level: 'silent', pretty: false });
    const dataDir = join(dir, 'own', 'postgres');
    const own = await startEmbeddedPostgres({ dataDir, log });
    // The database returns at another port; the proxy keeps the address that the server knows.
    const door = await openDoor(Number(new URL(own.url).port));
    const server = await startTestServer({}, withPort(own.url, door.port));
    servers.push(server);
    const runs = new Runs(server);
    await runs.apply(DEFINITIONS);
    agentProcess(server.url, 'agent');
    const id = await start(runs);
    await eventually(ran, (lines) => lines.length === 1);
    await own.stop();
    await letGo('first');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    const again = await startEmbeddedPostgres({ dataDir, log });
    door.leadTo(Number(new URL(again.url).port));
    await eventually(
      () => fetch(`${server.url}/readyz`),
      (response) => response.status === 200,
    );
    await runs.until(id, 'SUCCESS');
    expect(await ran()).toEqual(['first', 'second', 'first', 'second']);
    await servers.pop()?.stop();
    await again.stop();
    door.close();
  });

  it('two servers of one database share a run: one starts it, the other streams it', async () => {
    const [one, two] = await Promise.all([startTestServer({}, database.url), startTestServer({}, database.url)]);
    servers.push(one, two);
    await new Runs(one).apply(DEFINITIONS);
    agentProcess(two.url, 'agent');
    await letGo('first');
    const id = await start(new Runs(one));
    const statuses: string[] = [];
    const updates = two.client.watch<{ executionUpdated: { status: string } }>(
      'subscription ($id: ID!) { executionUpdated(executionId: $id) { status } }',
      { id },
    );
    for await (const { executionUpdated } of updates) statuses.push(executionUpdated.status);
    expect(statuses.at(-1)).toBe('SUCCESS');
    expect([...new Set(statuses)]).toEqual(expect.arrayContaining(['RUNNING', 'SUCCESS']));
    expect((await new Runs(one).read(id)).status).toBe('SUCCESS');
  });
});

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

function isRunning(pid: string | undefined): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** A port that forwards connections to another port, which may change. */
async function openDoor(first: number): Promise<{ port: number; leadTo(port: number): void; close(): void }> {
  let target = first;
  const door = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    port: (door.address() as AddressInfo).port,
    leadTo: (port) => {
      target = port;
    },
    close: () => door.close(),
  };
}
