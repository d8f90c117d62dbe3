import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { createKey, READS_RUNS } from '../support/keys';
import { TestClient } from '../support/client';
import { createRelay } from './relay';
import { slipway, startSlipway, startSlipwayProcess } from './program';
import { failedRelease, startRelease, cliWorld } from './world';

interface Page {
  readonly nodes: readonly { readonly id: string; readonly __typename: string }[];
  readonly pageInfo: Readonly<Record<string, unknown>>;
}
type Nodes = Readonly<Record<string, unknown>>;

const world = cliWorld();
let url: string;
let failed: string;
beforeAll(async () => {
  url = world.server.url;
  failed = await failedRelease(world);
});

describe('slipway runs', () => {
  it('lists runs, and those that can be resumed', async () => {
    const { code, out } = await slipway(url, ['runs', '--resumable', '--application', 'app', '--status', 'failed']);
    expect(code).toBe(0);
    const [head, row] = out.split('\n');
    expect(head).toMatch(/^RUN +STATUS +WHAT +STARTED +ATTEMPT +TOOK$/);
    expect(row).toMatch(new RegExp(`^${failed} +✗ FAILED +app/release +\\S+ \\S+ +1 +\\S+ s +Stage "Test"`));
    expect((await slipway(url, ['runs', '--status', 'SUCCESS'])).out).toBe('No runs found.\n');
    expect((await slipway(url, ['runs', '--tag', 'team=web', 'tier'])).out).toBe('No runs found.\n');
    const unnamed = await slipway(url, ['watch']);
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringMatching(new RegExp(`Name a run[\\s\\S]*${failed}`))]);
    const json = await slipway(url, ['runs', '--json', '-n', '1']);
    expect(JSON.parse(json.out)).toEqual([expect.objectContaining({ id: failed, status: 'FAILED' })]);
  });

  it('explains an invalid filter', async () => {
    const { code, err } = await slipway(url, ['runs', '--status', 'sucess']);
    expect([code, err]).toEqual([3, expect.stringContaining('"SUCESS" is not a valid status')]);
  });
});

describe('slipway export', () => {
  it('waits for the archive of the runs, and downloads it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-export-'));
    try {
      const output = join(dir, 'failed.ndjson.gz');
      const { code, out } = await slipway(url, ['export', failed, '--output', output, '--json']);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ status: 'READY', totalExecutions: 1, path: output });
      const lines = gunzipSync(readFileSync(output)).toString().trimEnd().split('\n');
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ record: 'EXECUTION', id: failed, status: 'FAILED' });
      expect(await readdir(dir)).toEqual(['failed.ndjson.gz']);
      const said = await slipway(url, ['export', '-a', 'app', '-s', 'failed', '--before', '2100-01-01', '-o', output]);
      expect([said.code, said.out]).toEqual([0, expect.stringMatching(`${output} 1 executions, [0-9.]+ KiB\n`)]);
      expect((await slipway(url, ['export'])).code).toBe(2);
      const misplaced = await slipway(url, ['export', failed, '-o', join(dir, 'missing', 'file')]);
      expect([misplaced.code, misplaced.err]).toEqual([2, expect.stringContaining('can’t be written')]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('slipway operations', () => {
  it('registers documents and manifests, lists and removes them', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-operations-'));
    try {
      await writeFile(join(dir, 'one.graphql'), 'query One { version }\n');
      const manifest = { operations: [{ id: 'x', name: 'Two', type: 'query', body: 'query Two { version }' }] };
      await writeFile(join(dir, 'manifest.json'), JSON.stringify(manifest));
      const files = ['one.graphql', 'manifest.json'].map((name) => join(dir, name));
      const registered = await slipway(url, ['operations', 'register', ...files]);
      const hash = createHash('sha256').update('query One { version }').digest('hex');
      expect([registered.code, registered.out]).toEqual([
        0,
        expect.stringMatching(new RegExp(`^${hash}  One\\n\\w{64}  Two\\n$`)),
      ]);
      expect((await slipway(url, ['operations', 'remove', hash, '--yes'])).out).toBe('Removed.\n');
      const listed = await slipway(url, ['operations', '--json']);
      expect(JSON.parse(listed.out)).toEqual([expect.objectContaining({ names: ['Two'] })]);
      await writeFile(join(dir, 'bad.json'), '[1]');
      expect((await slipway(url, ['operations', 'register', join(dir, 'bad.json')])).code).toBe(2);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe('slipway run show', () => {
  it('shows what happened, why, the last log lines, and the next commands', async () => {
    for (const named of [failed, failed.slice(-8), 'latest']) {
      const { code, out } = await slipway(url, ['run', 'show', named]);
      expect(code).toBe(0);
      expect(out).toContain('✗ FAILED    Test › tests');
      expect(out).toMatch(/✓ SUCCESS +lint +\d/);
      expect(out).toMatch(/✗ FAILED +integration .*exit code 3/);
      expect(out).toMatch(/– SKIPPED +build .*not started/);
      expect(out).toContain('TASK_FAILED: Stage "Test"');
      expect(out).toContain('  connecting to the database\n  connection refused\n');
      expect(out).toContain(`slipway resume ${failed}`);
      expect(out).not.toContain(`slipway abort`);
    }
  });

  it('shows who started, approved and resumed it, with their comments', async () => {
    const { client } = world.server;
    const id = await world.runs.start('pipeline', 'gated');
    await world.runs.until(id, 'WAITING');
    const { createUser } = await client.ask<{ createUser: { user: { id: string } } }>(
      'mutation { createUser(input: { name: "Ada", email: "ada@example.com" }) { user { id } } }',
    );
    const key = await createKey(client, 'Managers', READS_RUNS, 'a key', createUser.user.id);
    const asked = expect.stringContaining('STAGE 1 › manager asks:\n    Ready?\nSTAGE 1 › manager is rejected.');
    const rejected = await slipway(url, ['reject', id, '-m', 'not today'], { SLIPWAY_API_KEY: key });
    expect(rejected).toMatchObject({ code: 0, out: asked });
    await slipway(url, ['resume', id, '--yes', '--no-follow', '--reason', 'it is tomorrow']);
    await slipway(url, ['approve', id, '-m', 'ship it'], { SLIPWAY_API_KEY: key });
    await world.runs.until(id, 'SUCCESS');
    const { out } = await slipway(url, ['run', 'show', id]);
    expect(out).toMatch(/› manager.*\n {4}Ready\?\n/);
    const history = out.slice(out.indexOf('History')).replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'at');
    const root = 'administrator (SLIPWAY_ADMIN_KEY)';
    expect(history).toContain(`History
  at  started by ${root}
  at  rejected by a key (Ada) at STAGE 1 › manager "not today"
  at  resumed by ${root} from STAGE 1: it is tomorrow
  at  approved by a key (Ada) at STAGE 1 › manager "ship it"
`);
    const { execution } = await client.ask<{ execution: object }>(
      `query ($id: ID!) { execution(executionId: $id) { attempts { kind actor { kind name owner } } history { action attempt actor { name owner } text } } }`,
      { id },
    );
    expect(execution).toMatchObject({
      attempts: [
        { kind: 'START', actor: { kind: 'API_KEY', name: root, owner: null } },
        { kind: 'RESUME', actor: { kind: 'API_KEY', name: root } },
      ],
      history: [
        { action: 'STARTED', attempt: 1, actor: { name: root } },
        { action: 'REJECTED', attempt: 1, actor: { name: 'a key', owner: 'Ada' }, text: 'not today' },
        { action: 'RESUMED', attempt: 2, text: 'it is tomorrow' },
        { action: 'APPROVED', attempt: 2, text: 'ship it' },
      ],
    });
  });

  it('can be found as a Relay node', async () => {
    const { client } = world.server;
    const list = '(first: 1) { nodes { id __typename } pageInfo { startCursor endCursor hasPreviousPage } }';
    const fields = ['environments', 'services', 'workflows', 'pipelines'];
    const { application } = await client.ask<{ application: { id: string; __typename: string } & Nodes }>(
      `{ application: applicationByName(name: "app") { id __typename ${fields.map((one) => one + list).join(' ')} } }`,
    );
    const pages = fields.map((one) => application[one] as Page);
    for (const { pageInfo } of pages)
      expect(pageInfo).toEqual({
        startCursor: pageInfo.endCursor,
        endCursor: expect.any(String),
        hasPreviousPage: false,
      });
    const nodes = [application, { id: failed, __typename: 'PipelineExecution' }, ...pages.flatMap((one) => one.nodes)];
    for (const { id, __typename } of nodes)
      expect(await client.ask('query ($id: ID!) { node(id: $id) { id __typename } }', { id })).toEqual({
        node: { id, __typename },
      });
    expect(nodes.length).toBe(6);
    expect(await client.errorOf('{ node(id: "x") { id } }')).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('reports an unknown run', async () => {
    const unknown = await slipway(url, ['run', 'show', 'ffffffff-ffff']);
    expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('NOT_FOUND: No run that you may see has')]);
    const id = await slipway(url, ['run', 'show', '01a1fe6c-6da2-7324-be05-165e556d6af2']);
    expect([id.code, id.err]).toEqual([3, expect.stringMatching(/^NOT_FOUND: [\s\S]*"slipway runs" lists/)]);
  });
});

describe('slipway graph and compare', () => {
  it('show a run level by level, and the differences between two', async () => {
    const graph = await slipway(url, ['graph', failed]);
    expect([graph.code, graph.out]).toEqual([0, expect.stringMatching(/tests[\s\S]*to staging/)]);
    const other = await world.runs.start('pipeline', 'release', { serviceInputs: [{ name: 'web', image: 'web:2' }] });
    await world.agent.work(() => world.runs.is(other, 'SUCCESS'));
    const compared = await slipway(url, ['compare', failed, other]);
    expect([compared.code, compared.out]).toEqual([0, expect.stringMatching(/image +web +web:1 +web:2\n/)]);
    expect(compared.out).toMatch(/stage +Test › tests +FAILED TASK_FAILED +SUCCESS/);
    expect((await slipway(url, ['compare', other, other])).out).toBe('No differences.\n');
  });
});

describe('slipway logs', () => {
  it('prints the output of a task byte for byte, or of all tasks with their names', async () => {
    expect((await slipway(url, ['logs', failed, 'integration'])).out).toBe(
      'connecting to the database\nconnection refused\n',
    );
    const all = await slipway(url, ['logs', failed, '-f']);
    expect([all.code, all.out]).toEqual([
      0,
      'tests/integration | connecting to the database\ntests/integration | connection refused\n',
    ]);
    const lines = (await slipway(url, ['logs', failed, 'tests/integration', '--json'])).out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ task: 'tests/integration', stream: 'stdout' }),
      expect.objectContaining({ task: 'tests/integration', stream: 'stderr', text: 'connection refused\n' }),
    ]);
    const out = async (...args: string[]) => (await slipway(url, ['logs', failed, ...args])).out;
    expect(await out('integration', '--tail', '1')).toBe('connection refused\n');
    expect(await out('--lines', '1-1')).toBe('tests/integration | connecting to the database\n');
    expect(await out('integration', '--since', '2000-01-01', '--until', '1m')).toBe('');
    expect(await out('integration', '--since', '1h', '-t')).toMatch(
      /^(\d{4}-\d\d-\d\dT[\d:.]+Z connect(ing to the database|ion refused)\n){2}$/,
    );
    expect(await out('--search', 'REFUSED', '-i', '-C', '1')).toBe(
      'integration-1- connecting to the database\nintegration:2: connection refused\n--\n',
    );
    expect(await out('integration', '--download', '-')).toBe('connecting to the database\nconnection refused\n');
    for (const bad of [
      ['--tail', '1', '--lines', '1'],
      ['--lines', '3-1'],
      ['--since', 'soon'],
      ['--download', 'x'],
    ]) {
      expect((await slipway(url, ['logs', failed, ...bad])).code).toBe(2);
    }
    const none = await slipway(url, ['logs', failed, 'intergation']);
    expect([none.code, none.err]).toEqual([
      3,
      expect.stringContaining('Tasks of the run: tests/lint, tests/integration'),
    ]);
  });

  it('follows tasks that begin later, line by line, until the run is final', async () => {
    const id = await startRelease(world.runs);
    const following = startSlipwayProcess(url, ['logs', id, '--follow']);
    const write = async (text: string) => {
      const job = await world.agent.claimOne();
      await world.agent.start(job);
      await world.agent.log(job, 0, text.slice(0, 3));
      await world.agent.log(job, 3, text.slice(3));
      await following.prints(`${job.task} | ${text}`);
      await world.agent.finish(job, { logBytes: text.length });
    };
    for (const text of ['linted\n', 'tested\n', 'built\n', 'deployed\n']) await write(text);
    const { code, out } = await following.ended;
    expect([code, out]).toEqual([
      0,
      'tests/lint | linted\ntests/integration | tested\ntests/build | built\nto staging/put | deployed\n',
    ]);
  });

  it('follows over a lost connection, even before any output', async () => {
    const id = await startRelease(world.runs);
    const relay = await createRelay(url);
    const following = startSlipway(relay.url, ['logs', id, 'lint', '-f']);
    await eventually(relay.streams, (streams) => streams > 0, { what: 'the stream' });
    await relay.cut();
    await following.tells('Connected again.');
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    await world.agent.log(job, 0, 'linted\n');
    await following.prints('linted');
    await world.agent.finish(job, { logBytes: 7 });
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    expect(await following.ended).toMatchObject({ code: 0, out: 'linted\n' });
    await relay.close();
  });
});

describe('slipway watch', () => {
  it('prints each change once, and exits with 0 when the run succeeds', async () => {
    const id = await startRelease(world.runs);
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('app/release');
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    const { code, out } = await watching.ended;
    expect(code).toBe(0);
    expect(out.indexOf('RUNNING   Test › tests')).toBeLessThan(out.indexOf('RUNNING     tests › lint'));
    for (const line of [
      /✓ SUCCESS +tests › lint/,
      /✓ SUCCESS +Test › tests/,
      /✓ SUCCESS +to staging › put/,
      /✓ SUCCESS after/,
    ]) {
      expect(out.match(new RegExp(line, 'g'))).toHaveLength(1);
    }
    expect(out).toContain('deployed web:1');
  });

  it('reports failure handlers, which may end after the run, and their logs', async () => {
    const id = await world.runs.start('workflow', 'watched');
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('app/watched');
    await world.agent.runOne({ exitCode: 1 });
    const job = await world.agent.claimOne();
    await world.agent.start(job);
    await world.agent.log(job, 0, 'collected\n');
    await watching.prints('RUNNING     collect');
    await world.agent.finish(job, { logBytes: 10 });
    const { code, out } = await watching.ended;
    expect(code).toBe(1);
    expect(out).toMatch(
      /FAILED +risky[\s\S]*failure handler collect is requested[\s\S]*SUCCESS +collect[\s\S]*FAILED +after/,
    );
    expect((await slipway(url, ['logs', id, 'collect'])).out).toBe('collected\n');
  });

  it('continues after a lost connection', async () => {
    const id = await startRelease(world.runs);
    const relay = await createRelay(url);
    const watching = startSlipwayProcess(relay.url, ['watch', id, '--json']);
    // The name appears once the snapshot has arrived; events follow.
    await watching.tells('app/release');
    await world.agent.runOne();
    await watching.prints('"name":"lint"');
    await relay.cut();
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    const { code, out, err } = await watching.ended;
    await relay.close();
    expect([code, err]).toEqual([0, expect.stringMatching(/Trying again …\n[\s\S]*Connected again\./)]);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const sequences = lines.flatMap(({ sequence }) => sequence ?? []);
    expect(sequences).toEqual(sequences.map((_, n) => sequences[0] + n));
    expect(lines.at(-1)).toEqual({ execution: expect.objectContaining({ id, status: 'SUCCESS' }) });
  });

  it('exits with 1 if the run fails, and shows why and what to do next', async () => {
    const { code, out } = await slipway(url, ['watch', failed]);
    expect(code).toBe(1);
    expect(out).toMatch(/✗ FAILED after[\s\S]*TASK_FAILED: [\s\S]*connection refused[\s\S]*slipway resume/);
  });

  it('exits with 130 on Ctrl-C, and the run continues', async () => {
    const id = await startRelease(world.runs);
    const watching = startSlipwayProcess(url, ['watch', id]);
    await watching.prints('app/release');
    watching.child.kill('SIGINT');
    const { code, err } = await watching.ended;
    expect([code, err]).toEqual([
      130,
      expect.stringContaining(`The run continues. To follow it again: slipway watch ${id}`),
    ]);
    expect(await world.runs.is(id, 'QUEUED')).toBe(true);
    await world.runs.abort(id);
    await world.agent.work(() => world.runs.is(id, 'ABORTED'));
  });
});

describe('docs/permissions.md', () => {
  it('has a group that works as printed, and errors that name missing permissions', async () => {
    const { client } = world.server;
    const page = readFileSync(join(__dirname, '../../docs/permissions.md'), 'utf8');
    const [, mutations = ''] = /```graphql\n(mutation Group[\s\S]*?)```/.exec(page) ?? [];
    const [group = '', key = ''] = mutations.split(/(?=^mutation Key)/m);
    const { applicationByName } = await client.ask<{ applicationByName: { id: string } }>(
      '{ applicationByName(name: "app") { id } }',
    );
    const { createUserGroup } = await client.ask<{ createUserGroup: { userGroup: { id: string } } }>(
      group.replaceAll('"…"', `"${applicationByName.id}"`),
    );
    const { createApiKey } = await client.ask<{ createApiKey: { value: string } }>(
      key.replace('"…"', `"${createUserGroup.userGroup.id}"`),
    );
    const developer = new TestClient(url, createApiKey.value);
    const applicationId = applicationByName.id;
    const { executions } = await developer.ask<{ executions: { nodes: { pipeline: { name: string } }[] } }>(
      '{ executions(first: 1) { nodes { application { name } ... on PipelineExecution { pipeline { name } } } } }',
    );
    expect(executions.nodes).toMatchObject([{ application: { name: 'app' }, pipeline: { name: expect.any(String) } }]);
    const idOf = async (kind: string, name: string) => {
      const field = `${kind}ByName(applicationId: "${applicationId}", ${kind}Name: "${name}") { id }`;
      return (await developer.ask<{ part: { id: string } }>(`{ part: ${field} }`)).part.id;
    };
    const start = 'mutation ($input: StartExecutionInput!) { startExecution(input: $input) { execution { id } } }';
    const input = { applicationId, serviceInputs: [{ name: 'web', image: 'web:1' }] };
    const release = { ...input, entityId: await idOf('pipeline', 'release'), executionType: 'PIPELINE' };
    await developer.ask(start, { input: release });
    const toProd = { ...input, entityId: await idOf('workflow', 'to-prod'), executionType: 'WORKFLOW' };
    expect(await developer.errorOf(start, { input: toProd })).toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringMatching(/The permission DEPLOYMENT EXECUTE_WORKFLOW .* for environment prod/),
    });
    await expect(idOf('pipeline', 'nowhere')).rejects.toThrow('requires the permission PIPELINE READ');
  });
});
