import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeClaim } from '../../src/agent/claimFile';
import { Watchdog } from '../../src/agent/watchdog';
import { Workplace } from '../../src/agent/workplace';
import { systemClock } from '../../src/kernel/clock';
import { createLog } from '../../src/kernel/log';
import { TestClient } from '../support/client';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { FlakyProxy } from '../support/flakyProxy';
import { freePort } from '../support/ports';
import { startAgentProcess, startServerProcess, type TestProcess } from '../support/processes';
import { APP, Runs } from '../support/runs';
import { ADMIN_KEY, type TestServer, testEnvironment } from '../support/server';

const SECRET = 'do-not-tell-7316';
/** Lines of each part. The last part alone would fit into the agent’s memory. */
const PARTS = [20_000, 20_000, 3000];
const DEFINITIONS = `${APP}---
kind: Workflow
application: app
name: talks
secrets: [TOKEN]
variables: [{ name: DIR, required: true }]
tasks:
  go:
    on_lost: RETRY
    run: |
      mkdir "$DIR/ran" 2> /dev/null || exit 0
      part() { until [ -e "$DIR/go-$1" ]; do sleep 0.02; done; seq $2; echo "end $1 $TOKEN"; touch "$DIR/done-$1"; }
      echo begin
      ${PARTS.map((lines, part) => `part ${part} ${lines}`).join('; ')}
      sleep 600
`;
const partOf = (lines: number, part: number) =>
  `${Array.from({ length: lines }, (_, line) => `${line + 1}\n`).join('')}end ${part} ***\n`;

describe('an agent that comes back', () => {
  let dir: string;
  let database: TestDatabase;
  let proxy: FlakyProxy;
  const processes: TestProcess[] = [];
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-killed-'));
    database = await createTestDatabase();
  });
  afterAll(async () => {
    for (const process of processes) if (process.child.exitCode === null) await process.end('SIGKILL');
    await proxy?.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });

  it('loses no output to a cut or a restart of the server; after kill -9 its spool is sent and its job lost at once', async () => {
    const port = await freePort();
    // With this lease, nothing but the agent’s own report ends a job within the time of a test.
    const environment = { ...testEnvironment(database.url, dir), PORT: String(port), SLIPWAY_LEASE_SECONDS: '3600' };
    const startServer = async () => {
      const server = await startServerProcess(environment);
      processes.push(server);
      return server;
    };
    const server = await startServer();
    const client = new TestClient(server.url, ADMIN_KEY);
    const runs = new Runs({ client } as unknown as TestServer);
    await runs.apply(DEFINITIONS);
    const { applicationId } = await runs.ids('workflow', 'talks');
    await client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'TOKEN', secretValue: SECRET },
    });
    let way = server.url;
    proxy = await FlakyProxy.start(() => way);
    const startAgent = () => {
      const agent = startAgentProcess(proxy.url, dir, 'agent');
      processes.push(agent);
      return agent;
    };
    const agent = startAgent();
    const id = await runs.start('workflow', 'talks', {
      variableInputs: [{ name: 'DIR', variableValue: { type: 'NAME', value: dir } }],
    });
    const jobs = async () => (await runs.task(id, 'go')).jobs;
    const [first] = await eventually(jobs, ([job]) => job?.status === 'RUNNING');
    const textOf = async (jobId: string | undefined) => {
      const response = await fetch(`${server.url}/jobs/${jobId}/log`, { headers: { 'x-api-key': ADMIN_KEY } });
      return response.text();
    };
    const untilLog = (end: string) =>
      eventually(
        () => textOf(first?.id),
        (text) => text.endsWith(end),
        { what: end },
      );
    const untilDone = (part: number) =>
      eventually(
        () => stat(join(dir, `done-${part}`)).catch(() => undefined),
        (found) => found !== undefined,
      );
    const letGo = (part: number) => writeFile(join(dir, `go-${part}`), '');
    const cut = () => {
      way = 'http://127.0.0.1:1';
      proxy.cut();
    };
    await untilLog('begin\n');

    cut();
    await letGo(0);
    await untilDone(0);
    way = server.url;
    await untilLog('end 0 ***\n');

    await server.end('SIGKILL');
    await letGo(1);
    await untilDone(1);
    await startServer();
    await untilLog('end 1 ***\n');

    cut();
    await letGo(2);
    await untilDone(2);
    const agentDir = join(dir, 'agent');
    const [own = ''] = await readdir(agentDir);
    const jobFolder = join(agentDir, own, 'jobs', `1-${first?.id}`);
    const spool = await eventually(
      () => readFile(join(jobFolder, 'spool'), 'latin1').catch(() => ''),
      (text) => text.includes('end 2 ***'),
    );
    expect(spool).not.toContain(SECRET);
    const claim = await readFile(join(jobFolder, 'claim'), 'utf8');
    for (const name of ['claim', 'spool']) expect((await stat(join(jobFolder, name))).mode & 0o777).toBe(0o600);
    await agent.end('SIGKILL');
    const restarted = startAgent();
    // The server can be reached again only once the next agent has waited for it.
    way = server.url;

    await runs.until(id, 'SUCCESS', 'FAILED');
    expect(await jobs()).toMatchObject([{ status: 'LOST', reasonCode: 'AGENT_LOST' }, { status: 'SUCCESS' }]);
    const text = await textOf(first?.id);
    const written = `begin\n${PARTS.map(partOf).join('')}`;
    expect(text).toBe(`${written}\n[slipway] The rest of the output could not be delivered by the agent.\n`);
    const { job } = await client.ask<{ job: object }>(
      'query ($id: ID!) { job(jobId: $id) { log { bytes truncated } } }',
      {
        id: first?.id,
      },
    );
    expect(job).toEqual({ log: { bytes: written.length, truncated: true } });
    const folders = () => readdir(agentDir);
    const [left] = await eventually(folders, (names) => names.length === 1);
    expect(left).not.toContain(own);
    await eventually(
      () => readdir(join(agentDir, left ?? '', 'jobs')),
      (names) => names.length === 0,
    );
    expect(restarted.output()).toContain('go of a killed agent: reported as lost');
    const { token } = JSON.parse(claim);
    for (const output of processes.map((process) => process.output())) expect(output).not.toContain(token);
    expect(await restarted.end('SIGTERM')).toBe(0);
  });
});

describe('the claims of a killed agent', () => {
  const OWN = 'http://own.example';
  const log = createLog({ level: 'silent', pretty: false });
  const idOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'slipway-claims-'));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  const addJob = async (agent: string, number: number, server: string) => {
    const folder = join(parent, agent, 'jobs', `${number}-${idOf(number)}`);
    for (const name of ['work', 'io']) await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, 'spool'), '');
    await writeClaim(folder, { server, jobId: idOf(number), token: 'swc_x', task: 'go' });
    return folder;
  };

  it('go to one agent of the same server each, and to the next one if that is killed, too', async () => {
    const open = () => Workplace.open(parent, OWN, systemClock, log, null);
    const taken = async (workplace: Workplace) => (await workplace.takeLost()).jobs.map(({ claim }) => claim.jobId);
    const first = await open();
    // The same process id, at another time: its agent is dead, and so is its watchdog.
    const dead = first.name.replace(/\w+$/, '1');
    await addJob(dead, 1, OWN);
    await addJob(dead, 2, 'http://other.example');
    const torn = await addJob(dead, 3, OWN);
    await writeFile(join(torn, 'claim'), '{"server":');
    await mkdir(join(parent, dead, 'jobs', `4-${idOf(4)}`));

    expect(await taken(first)).toEqual([idOf(1)]);
    expect(await taken(first)).toEqual([]);
    const rest = join(parent, `${dead}.lost`, 'jobs', `2-${idOf(2)}`);
    expect((await readdir(rest)).sort()).toEqual(['claim', 'spool']);
    expect(await readdir(join(rest, '..'))).toEqual([`2-${idOf(2)}`]);

    await rename(join(parent, first.name), join(parent, first.name.replace(/\w+$/, '2')));
    const second = await open();
    const { jobs } = await second.takeLost();
    expect(jobs.map(({ claim }) => claim.jobId)).toEqual([idOf(1)]);
    await jobs[0]?.remove();
    await Promise.all([first.close(), second.close()]);
    expect(await readdir(parent)).toEqual([`${dead}.lost`]);
  });

  it('are removed with everything else when no agent has taken them in time', async () => {
    await addJob('agent', 1, OWN);
    // It ends when its agent does.
    await new Watchdog(join(parent, 'agent'), 1, 0, log).close();
    expect(await readdir(parent)).toEqual([]);
  });
});
