import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateApiKeyDocument, UserGroupsDocument } from '../../src/client/generated';
import { eventually } from '../support/eventually';
import { createKey, READS_RUNS } from '../support/keys';
import { ADMIN_KEY } from '../support/server';
import { main, slipway, startSlipway, startSlipwayProcess } from './program';
import { DEFINITIONS, failedRelease, startRelease, cliWorld } from './world';

const world = cliWorld();
let url: string;
let folder: string;
beforeAll(async () => {
  url = world.server.url;
  folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** `script` (on every Debian) gives a program a terminal; elsewhere it has other arguments or is missing. */
const canHaveTerminal = process.platform === 'linux' && existsSync('/usr/bin/script');
const testOnTerminal = canHaveTerminal ? it : it.skip;

describe('slipway resume', () => {
  it('shows what would run, resumes it with --yes, and follows it to its end', async () => {
    const id = await failedRelease(world);
    const resuming = startSlipway(url, [
      'resume',
      id,
      '--yes',
      '--granularity',
      'task',
      '--reason',
      'the database is up',
    ]);
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    const { code, out } = await resuming.ended;
    expect(code).toBe(0);
    expect(out).toContain(`Resume of ${id}, which is FAILED:\n`);
    expect(out).toContain('runs  Test › tests integration, build\n        keeps lint\n');
    expect(out).toContain('touches the environment staging (NON_PROD)');
    expect(out).toContain('attempt 2: resume by');
    expect(out).toMatch(/✓ SUCCESS after .* in attempt 2/);
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(/images +web=web:1\n/);
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(
      /lint .*kept from attempt 1[\s\S]*the database is up/,
    );
  });

  it('follows to the next failure and exits with 1; as JSON with the run’s state', async () => {
    const id = await failedRelease(world);
    const resuming = startSlipwayProcess(url, ['resume', id, '--yes', '--json']);
    let over = false;
    void resuming.ended.then(() => {
      over = true;
    });
    await world.agent.work(
      async () => over,
      ({ task }) => task === 'build',
    );
    const { code, out, err } = await resuming.ended;
    expect([code, JSON.parse(out)]).toEqual([
      1,
      { execution: expect.objectContaining({ id, status: 'FAILED', attempt: 2 }) },
    ]);
    expect(err).toContain('✗ FAILED after');
  });

  it('does nothing the second time, even if the first resume has failed again', async () => {
    const id = await failedRelease(world);
    const { version } = JSON.parse((await slipway(url, ['run', 'show', id, '--json'])).out);
    const seen = ['--yes', '--expected-version', String(version)];
    const first = startSlipway(url, ['resume', id, ...seen]);
    let over = false;
    void first.ended.then(() => {
      over = true;
    });
    await world.agent.work(
      async () => over,
      ({ task }) => task === 'integration',
    );
    expect((await first.ended).code).toBe(1);
    const again = [
      ['resume', id, ...seen],
      ['rerun', id, ...seen],
      ['extend', id, '--image', 'web=web:2', ...seen],
      ['abort', id, ...seen],
      ['pause', id, ...seen.slice(1)],
      ['continue', id, ...seen.slice(1)],
    ];
    for (const command of again) {
      const { code, err } = await slipway(url, command);
      expect([command[0], code, err]).toEqual([command[0], 3, expect.stringMatching(/^CONFLICT: .*at version/)]);
    }
    const shown = JSON.parse((await slipway(url, ['run', 'show', id, '--json'])).out);
    expect(shown).toMatchObject({ status: 'FAILED', attempt: 2 });
  });

  it('doesn’t ask without a terminal, and changes nothing', async () => {
    const id = await failedRelease(world);
    const { code, err } = await slipway(url, ['resume', id], {}, 'y\n');
    expect([code, err]).toEqual([2, expect.stringContaining('Add --yes')]);
    expect(await world.runs.is(id, 'FAILED')).toBe(true);
  });

  it('prints an error’s code and advice, and exits with 3', async () => {
    const id = await failedRelease(world);
    const unknown = await slipway(url, ['resume', id, '--yes', '--stage', 'Tset', '--json']);
    expect([unknown.code, JSON.parse(unknown.out)]).toEqual([
      3,
      { error: expect.objectContaining({ code: 'STAGE_NOT_FOUND' }) },
    ]);
    const early = await slipway(url, ['resume', id, '--yes', '--stage', 'STAGE 2']);
    expect([early.code, early.err]).toEqual([3, expect.stringMatching(/^STAGE_NOT_EXECUTED: [\s\S]*run show/)]);
    await slipway(url, ['rerun', id, '--yes', '--no-follow']);
    const running = await slipway(url, ['resume', id, '--yes']);
    expect([running.code, running.err]).toEqual([3, expect.stringMatching(/^CONFLICT: /)]);
    expect((await slipway(url, ['abort', id, '--yes'])).code).toBe(0);
  });

  testOnTerminal('asks on a terminal, even one of unknown size, and accepts no', async () => {
    const id = await failedRelease(world);
    const answered = async (key: string) => {
      const asking = spawn(
        'script',
        ['-qec', `'${process.execPath}' '${main}' resume ${id} --no-follow`, '/dev/null'],
        {
          env: { PATH: process.env.PATH ?? '', TERM: 'xterm', SLIPWAY_URL: url, SLIPWAY_API_KEY: ADMIN_KEY },
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      let out = '';
      asking.stdout.setEncoding('utf8').on('data', (text) => (out += text));
      const ended = new Promise((resolve) => asking.once('exit', resolve));
      await eventually(
        () => out,
        (text) => text.includes('Resume?'),
      );
      asking.stdin.write(key);
      const code = await ended;
      asking.stdin.destroy();
      return { code, out };
    };
    expect(await answered('n')).toMatchObject({ code: 5, out: expect.stringContaining('Nothing was changed.') });
    expect(await world.runs.is(id, 'FAILED')).toBe(true);
    expect(await answered('y')).toMatchObject({ code: 0, out: expect.stringContaining('▸ RESUMING') });
    await slipway(url, ['abort', id, '--yes']);
  });
});

describe('a standalone workflow', () => {
  it('starts, fails, and is resumed with its successful tasks kept', async () => {
    const started = await slipway(url, ['start', 'app', 'flow', '--workflow', '--no-follow', '--json']);
    const { id } = JSON.parse(started.out).execution;
    await world.agent.work(
      () => world.runs.is(id, 'FAILED'),
      ({ task }) => task === 'integration',
    );
    const resuming = startSlipway(url, ['resume', id, '--yes']);
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    const { code, out } = await resuming.ended;
    expect([code, out]).toEqual([0, expect.stringContaining('kept  lint\n  runs  integration, build\n')]);
  });
});

describe('slipway start, abort, approve and reject', () => {
  it('starts with values and images, and follows', async () => {
    const starting = startSlipway(url, [
      'start',
      'app',
      'release',
      '--image',
      'web=web:7',
      '--notes',
      'by hand',
      '--yes',
    ]);
    await starting.prints('app/release ');
    const { out } = await slipway(url, ['runs', '-n', '1', '--json']);
    const [{ id }] = JSON.parse(out);
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    expect(await starting.ended).toMatchObject({ code: 0, out: expect.stringContaining('deployed web:7') });
    const over = { code: 3, err: expect.stringContaining('NOT_ABORTABLE') };
    expect(await slipway(url, ['abort', id, '--yes'])).toMatchObject(over);
    const again = { code: 3, err: expect.stringMatching(/^NOT_RESUMABLE: .*SUCCESS/) };
    expect(await slipway(url, ['resume', id, '--yes'])).toMatchObject(again);
    const unknown = await slipway(url, ['start', 'app', 'relaese']);
    expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining('NOT_FOUND')]);
  });

  it('aborts', async () => {
    const id = await startRelease(world.runs);
    const aborted = await slipway(url, ['abort', id, '--yes', '--reason', 'wrong image']);
    expect([aborted.code, aborted.out]).toEqual([
      0,
      expect.stringMatching(/abort by .*: wrong image[\s\S]*✗ ABORTED after/),
    ]);
  });

  it('decides the approval that a run waits for, with the key of an approver', async () => {
    const id = await world.runs.start('pipeline', 'gated');
    await world.runs.until(id, 'WAITING');
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('waits for an approval by Managers: Ready?');
    const administrator = await slipway(url, ['approve', id]);
    expect([administrator.code, administrator.err]).toEqual([3, expect.stringMatching(/^FORBIDDEN: /)]);
    const key = { SLIPWAY_API_KEY: await createKey(world.server.client, 'Managers', READS_RUNS, 'a manager') };
    expect(await slipway(url, ['approve', id, '--step', 'nobody', '--yes'], key)).toMatchObject({
      code: 3,
      err: expect.stringContaining('The run waits for: manager.'),
    });
    const stale = { code: 3, err: expect.stringMatching(/^CONFLICT: /) };
    expect(await slipway(url, ['approve', id, '--expected-version', '1'], key)).toMatchObject(stale);
    expect(await slipway(url, ['reject', id, '-m', 'not today'], key)).toMatchObject({
      code: 0,
      out: expect.stringContaining('STAGE 1 › manager is rejected.'),
    });
    expect(await watching.ended).toMatchObject({
      code: 1,
      out: expect.stringMatching(/rejected by a manager: not today[\s\S]*✗ REJECTED after/),
    });
  });

  it('reassigns the approval that a run waits for to other groups', async () => {
    const { client } = world.server;
    const key = { SLIPWAY_API_KEY: await createKey(client, 'Owners', READS_RUNS, 'an owner') };
    const id = await world.runs.start('pipeline', 'gated');
    await world.runs.until(id, 'WAITING');
    expect((await slipway(url, ['reassign', id, 'Owners'], key)).err).toMatch(/^FORBIDDEN: /);
    expect((await slipway(url, ['reassign', id, 'Owners', '--expected-version', '1'])).err).toMatch(/^CONFLICT: /);
    expect(await slipway(url, ['reassign', id, 'Owners', '--reason', 'on leave', '--yes'])).toMatchObject({
      code: 0,
      out: 'STAGE 1 › manager asks Owners.\n',
    });
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(
      /asks Owners, until [\s\S]*reassigned by .* at STAGE 1 › manager: Owners: on leave/,
    );
    const { apiKeys } = await client.ask<{ apiKeys: { id: string; name: string }[] }>('{ apiKeys { id name } }');
    await client.ask('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { warningMessage } }', {
      id: apiKeys.find(({ name }) => name === 'an owner')?.id,
    });
    expect((await slipway(url, ['run', 'show', id])).out).toMatch(
      /asks Owners, until .*; nobody is left who can decide[\s\S]*slipway reassign .* GROUP +let other user groups decide/,
    );
    expect((await slipway(url, ['approve', id])).err).toMatch(
      /^FORBIDDEN: Nobody is left who can decide this approval, which asks Owners[\s\S]*: slipway reassign .* GROUP\n/,
    );
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('nobody is left to decide the approval by Owners');
    const { userGroups } = await client.ask(UserGroupsDocument, {});
    const owners = userGroups.nodes.filter(({ name }) => name === 'Owners').map((group) => group.id);
    const { createApiKey } = await client.ask(CreateApiKeyDocument, { input: { name: 'new', userGroupIds: owners } });
    await watching.prints('the approval by Owners can be decided again');
    expect((await slipway(url, ['approve', id], { SLIPWAY_API_KEY: createApiKey.value })).code).toBe(0);
    expect((await watching.ended).code).toBe(0);
  });

  it('previews with --dry-run, including values that outputs fill; run show prints outputs', async () => {
    const preview = await slipway(url, ['start', 'app', 'chained', '--dry-run']);
    expect([preview.code, preview.out]).toEqual([
      0,
      'Start of app/chained:\n  One › make\n    runs  mark\n  Two › paint\n    runs  paint\n    filled by outputs of earlier stages  COLOR\n',
    ]);
    const refused = await slipway(url, ['start', 'app', 'choose', '--workflow', '--dry-run']);
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('COLOR')]);
    const id = await world.runs.start('pipeline', 'chained');
    await world.agent.runOne({ outputs: [{ name: 'SHADE', value: 'deep\nblue' }] });
    await world.agent.runOne();
    await world.runs.until(id, 'SUCCESS');
    const { out } = await slipway(url, ['run', 'show', id]);
    expect(out).toMatch(/SUCCESS +mark .*\n {2}output SHADE=deep …\n/);
  });
});

describe('slipway answer, intervene, pause and continue', () => {
  it('provide the inputs that a run waits for', async () => {
    const id = await world.runs.start('pipeline', 'asking');
    await world.runs.until(id, 'PAUSED');
    const watching = startSlipway(url, ['watch', id]);
    await watching.prints('waits for COLOR');
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway answer ${id} --var COLOR=…`);
    expect(await slipway(url, ['answer', id])).toMatchObject({ code: 3, err: expect.stringContaining('COLOR') });
    const blue = ['answer', id, '--var', 'COLOR=blue'];
    expect((await slipway(url, [...blue, '--expected-version', '1'])).err).toMatch(/^CONFLICT: /);
    expect(await slipway(url, [...blue, '--yes'])).toMatchObject({ code: 0 });
    await world.agent.work(() => world.runs.is(id, 'SUCCESS'));
    expect(await watching.ended).toMatchObject({ code: 0, out: expect.stringContaining('answered by') });
    expect(await slipway(url, ['answer', id])).toMatchObject({ code: 3, err: expect.stringContaining('NOT_WAITING') });
  });

  it('decide about failures that wait for a person', async () => {
    const id = await world.runs.start('pipeline', 'doubts');
    await world.agent.runOne({ exitCode: 1 });
    await world.agent.runOne({ exitCode: 1 });
    expect(await slipway(url, ['intervene', id, 'retry'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--at "one"[\s\S]*--at "two"/),
    });
    expect(await slipway(url, ['intervene', id, 'shrug'])).toMatchObject({ code: 2 });
    expect(await slipway(url, ['intervene', id, 'mark-as-success', '--at', 'one'])).toMatchObject({
      code: 0,
      out: `one: MARK_AS_SUCCESS. slipway watch ${id}\n`,
    });
    const stale = await slipway(url, ['intervene', id, 'fail', '--expected-version', '1']);
    expect(stale.err).toMatch(/^CONFLICT: /);
    expect((await slipway(url, ['intervene', id, 'fail'])).code).toBe(0);
    const ignored = await slipway(url, ['intervene', id, 'ignore', '--at', 'doubt', '--reason', 'known']);
    expect(ignored).toMatchObject({ code: 0 });
    expect((await world.runs.until(id, 'SUCCESS')).pipelineStageExecutions?.[0]?.reason).toContain('known');
    expect(await slipway(url, ['intervene', id, 'retry'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('NOT_WAITING'),
    });
  });

  it('pause and continue a run', async () => {
    const id = await startRelease(world.runs);
    const paused = await slipway(url, ['pause', id, '--reason', 'lunch', '--yes']);
    expect(paused).toMatchObject({ code: 0, out: `… PAUSED ${id}\n` });
    expect((await slipway(url, ['run', 'show', id])).out).toContain(`slipway continue ${id}`);
    expect((await slipway(url, ['continue', id, '-y'])).code).toBe(0);
    await slipway(url, ['abort', id, '--yes', '--no-follow']);
    await world.runs.until(id, 'ABORTED');
    expect(await slipway(url, ['pause', id])).toMatchObject({ code: 3, err: expect.stringContaining('NOT_PAUSABLE') });
  });
});

describe('slipway apply and validate', () => {
  it('accept several files, in any order', async () => {
    const [first, second] = [join(folder, 'pipeline.yaml'), join(folder, 'others.yaml')];
    const other = (text: string) =>
      text.replaceAll('application: app', 'application: other').replaceAll('name: app', 'name: other');
    const [head = '', ...pipelines] = DEFINITIONS.split(/(?=---\nkind: Pipeline)/);
    await writeFile(first, other(pipelines.join('')));
    await writeFile(second, other(head));
    expect(await slipway(url, ['validate', first, second])).toMatchObject({
      code: 0,
      out: expect.stringContaining('✓ valid'),
    });
    const dry = await slipway(url, ['apply', first, second, '--dry-run']);
    expect([dry.code, dry.out]).toEqual([
      0,
      expect.stringMatching(/^WOULD BE[\s\S]*created +pipeline +other\/release/),
    ]);
    expect((await slipway(url, ['apply', first, second])).code).toBe(0);
    expect((await startSlipwayProcess(url, ['apply', '-'], other(DEFINITIONS)).ended).out).toMatch(
      /unchanged +pipeline +other\/release +1/,
    );
  });

  it('name the file and the line of each mistake', async () => {
    const [good, bad] = [join(folder, 'good.yaml'), join(folder, 'bad.yaml')];
    await writeFile(good, 'kind: Application\nname: third');
    await writeFile(
      bad,
      'kind: Workflow\napplication: third\nname: flow\ntasks:\n  a: { rnu: "true" }\n  b: { run: "true", depends_on: [c] }\n',
    );
    const applied = await slipway(url, ['apply', good, bad]);
    expect([applied.code, applied.out]).toEqual([3, '']);
    expect(applied.err).toMatch(/^INVALID_DEFINITION: \d errors; nothing was applied\./);
    expect(applied.err).toContain(`${bad}:5`);
    expect(applied.err).toContain(`${bad}:6`);
    const validated = await slipway(url, ['validate', good, bad]);
    expect([validated.code, validated.out]).toEqual([1, expect.stringContaining(`error    ${bad}:5`)]);
  });
});
