import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ASKPASS } from '../../src/agent/checkout';
import { startAgentProcess, type TestProcess } from '../support/processes';
import { APP } from '../support/runs';
import { testWorld } from '../support/world';

const reference = (name: string) => `\${${name}}`;
const folder = mkdtempSync(join(tmpdir(), 'slipway-git-'));
const git = (directory: string, ...args: readonly string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'protocol.file.allow=always', ...args],
    {
      cwd: join(folder, directory),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  ).trim();

/** Commits a file, and returns the commit. */
function commit(repository: string, file: string, text: string): string {
  const path = join(folder, repository, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  git(repository, 'add', '.');
  git(repository, 'commit', '-qm', text);
  return git(repository, 'rev-parse', 'HEAD');
}

function create(repository: string): void {
  mkdirSync(join(folder, repository));
  git(repository, 'init', '-q', '-b', 'main');
}

const definitions = (host: string) => `${APP}---
kind: Workflow
application: app
name: build
variables: [{ name: BRANCH, default: main }]
tasks:
  source: { checkout: { url: "file://${folder}/web", ref: "${reference('BRANCH')}" }, run: cat app/a.txt }
  app: { depends_on: [source], if: 'changed("app/**")', run: echo app }
  docs: { depends_on: [source], if: 'changed("docs") || changed("*.md")', run: echo docs }
  again: { depends_on: [source], checkout: { url: "file://${folder}/web", ref: "${reference('BRANCH')}", path: sub/dir }, run: cat sub/dir/app/a.txt }
---
kind: Workflow
application: app
name: layout
secrets: []
tasks:
  modules: { checkout: { url: "file://${folder}/parent", submodules: true, depth: 0, path: here }, run: 'cat here/lib/b.txt; git -C here log --format=%s' }
  branch: { ignore_failure: true, checkout: { url: "file://${folder}/web", ref: nowhere }, run: echo ran }
  option: { ignore_failure: true, checkout: { url: "file://${folder}/web", ref: "${reference('BAD')}" }, env: { BAD: --upload-pack=x }, run: echo ran }
  helper: { ignore_failure: true, checkout: "${reference('BAD')}", env: { BAD: "ext::sh -c id" }, run: echo ran }
  protocol: { ignore_failure: true, checkout: "git://127.0.0.1/web", run: echo ran }
  login: { ignore_failure: true, checkout: { url: "${host}/private.git", credentials: { password: GIT_TOKEN } }, run: echo ran }
  leave: { run: 'mkdir -p out/deep; echo evil > out/deep/keys; echo evil > top', artifacts: ['out/**', top] }
  fill: { run: 'mkdir -p out/deep; echo evil > out/deep/keys', cache: { key: links, paths: ['out/**'] } }
  folders: { ignore_failure: true, depends_on: [leave], artifacts: { from: leave }, checkout: "file://${folder}/links", run: echo ran }
  file: { ignore_failure: true, depends_on: [leave], artifacts: { from: leave }, checkout: "file://${folder}/link", run: echo ran }
  inside: { ignore_failure: true, working_dir: out/new, checkout: "file://${folder}/links", run: echo ran }
  cached: { depends_on: [fill], cache: { key: links, paths: ['out/**'] }, checkout: "file://${folder}/links", run: ls }
  derived: { ignore_failure: true, secrets: [GIT_TOKEN], env: { AT: "v-${reference('GIT_TOKEN')}" }, checkout: { url: "file://${folder}/web", ref: "${reference('AT')}" }, run: echo ran }
  anonymous: { ignore_failure: true, checkout: "${host}/private.git", run: echo ran }
`;

describe('checkout', () => {
  const asked: (string | undefined)[] = [];
  const host: Server = createServer(({ headers }, response) => {
    asked.push(headers.authorization);
    response
      .writeHead(headers.authorization === undefined ? 401 : 404, { 'www-authenticate': 'Basic realm="git"' })
      .end();
  });
  const { server, runs } = testWorld(APP, { agent: null });
  let agent: TestProcess;
  let first = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    for (const one of ['web', 'lib', 'parent']) create(one);
    first = commit('web', 'app/a.txt', 'one');
    commit('lib', 'b.txt', 'library');
    git('parent', 'submodule', '--quiet', 'add', `file://${folder}/lib`, 'lib');
    commit('parent', 'c.txt', 'parent');
    mkdirSync(join(folder, 'home', 'deep'), { recursive: true });
    for (const [repository, link, target] of [
      ['links', 'out', 'home'],
      ['link', 'top', 'home/top'],
    ] as const) {
      create(repository);
      symlinkSync(join(folder, target), join(folder, repository, link));
      commit(repository, 'd.txt', 'links');
    }
    await runs.apply(definitions(`http://127.0.0.1:${(host.address() as AddressInfo).port}`));
    const { applicationId } = await runs.ids('workflow', 'layout');
    await server.client.ask('mutation ($input: SetSecretInput!) { setSecret(input: $input) { warnings } }', {
      input: { applicationId, name: 'GIT_TOKEN', secretValue: 'geheim!!' },
    });
    const settings = { SLIPWAY_AGENT_SLOTS: '8', SLIPWAY_AGENT_GIT_PROTOCOLS: 'file,http' };
    agent = startAgentProcess(server.url, server.dataDir, 'worker', settings);
  });
  afterAll(async () => {
    await agent.end('SIGTERM');
    host.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (name: string) => {
    const id = await runs.start('workflow', name);
    const { tasks = [] } = await runs.until(id, 'SUCCESS', 'FAILED');
    const task = (own: string) => tasks.find((one) => one.name === own);
    const log = async (own: string) => {
      const { jobLog } = await server.client.ask<{ jobLog: { frames: { text: string }[] } }>(
        'query ($id: ID!) { jobLog(jobId: $id) { frames { text } } }',
        { id: task(own)?.jobs[0]?.id },
      );
      return jobLog.frames.map(({ text }) => text).join('');
    };
    return { id, task, log };
  };
  const factsOf = async (id: string) => {
    const { execution } = await server.client.ask<{
      execution: {
        facts: { task: string; facts: { checkout: { commit: string; base: string | null; note: string | null } } }[];
      };
    }>('query ($id: ID!) { execution(executionId: $id) { facts { task facts { checkout { commit base note } } } } }', {
      id,
    });
    return Object.fromEntries(execution.facts.map(({ task, facts }) => [task, facts.checkout]));
  };

  it('records the commit, and runs a task only if its files have changed', async () => {
    const one = await run('build');
    expect(await one.log('source')).toBe('one');
    expect(await one.log('again')).toBe('one');
    const unknown = { commit: first, base: null, note: 'there was no successful run before' };
    expect(await factsOf(one.id)).toEqual({ source: unknown, again: unknown });
    expect([one.task('app')?.status, one.task('docs')?.status]).toEqual(['SUCCESS', 'SUCCESS']);
    const [event] = (await runs.events(one.id)).filter(({ type }) => type === 'JOB_FACTS');
    expect(event?.data).toMatchObject({ commit: first, repository: `file://${folder}/web`, ref: 'main' });

    const second = commit('web', 'docs/deep/b.txt', 'two');
    const two = await run('build');
    expect(await factsOf(two.id)).toMatchObject({ source: { commit: second, base: first, note: null } });
    expect(two.task('app')).toMatchObject({ status: 'SKIPPED', reasonCode: 'CONDITION_FALSE' });
    expect(two.task('app')?.reason).toBe(
      'its condition is false: changed("app/**") (changed("app/**") = false); ' +
        `changed("app/**"): no file matches between ${first.slice(0, 7)} and ${second.slice(0, 7)}`,
    );
    expect(two.task('docs')?.status).toBe('SUCCESS');

    git('web', 'checkout', '-q', '--orphan', 'other');
    const third = commit('web', 'app/a.txt', 'three');
    git('web', 'branch', '-M', 'main');
    git('web', 'reflog', 'expire', '--expire=now', '--all');
    git('web', 'gc', '-q', '--prune=now');
    const three = await run('build');
    const note = `the commit ${second.slice(0, 7)} of the last successful run is no longer in the repository`;
    expect(await factsOf(three.id)).toMatchObject({ source: { commit: third, base: second, note } });
    expect([three.task('app')?.status, three.task('docs')?.status]).toEqual(['SUCCESS', 'SUCCESS']);
  });

  it('answers only git’s questions about the host of the repository', () => {
    const env = { SLIPWAY_GIT_SCHEME: 'https', SLIPWAY_GIT_HOST: 'host:8443' };
    const asked = (question: string) =>
      spawnSync('/bin/sh', ['-c', ASKPASS, 'askpass', question], {
        env: { ...env, SLIPWAY_GIT_USERNAME: 'git', SLIPWAY_GIT_PASSWORD: '%s\\x' },
        encoding: 'utf8',
      }).stdout;
    expect(asked("Username for 'https://host:8443': ")).toBe('git\n');
    expect(asked("Password for 'https://git@host:8443': ")).toBe('%s\\x\n');
    expect(asked("Password for 'https://me@example.com@host:8443': ")).toBe('%s\\x\n');
    for (const other of [
      "Password for 'https://x@host:8443'@evil': ",
      "Password for 'https://x@host:8443': @evil': ",
      "Password for 'https://x@evil/@host:8443': ",
      "Password for 'http://git@host:8443': ",
      "Password for 'https://git@evil.host:8443': ",
      "Username for 'https://evil': ",
      "Enter passphrase for key '/home/me/.ssh/id': ",
    ]) {
      expect([other, asked(other)]).toEqual([other, '']);
    }
  });

  it('has submodules, refuses what is unsafe, and gives a password to its host only', async () => {
    const { task, log } = await run('layout');
    expect(await log('modules')).toBe('libraryparent\n');
    for (const [name, code, said] of [
      ['branch', 'CHECKOUT_NOT_FOUND', 'nowhere'],
      ['option', 'CHECKOUT_REFUSED', '"--upload-pack=x" is not a branch'],
      ['helper', 'CHECKOUT_REFUSED', 'is not the URL of a repository'],
      ['protocol', 'CHECKOUT_REFUSED', 'SLIPWAY_AGENT_GIT_PROTOCOLS=file,http,git'],
      ['login', 'CHECKOUT_NOT_FOUND', 'not found'],
      ['anonymous', 'CHECKOUT_UNAUTHORIZED', 'private.git'],
      ['derived', 'UNDEFINED_VARIABLE', `"${reference('AT')}" would contain a secret`],
      ['folders', 'INPUT_MISSING', 'out is a link, and inputs are never written through links'],
      ['file', 'INPUT_MISSING', 'top is a link, and inputs are never written through links'],
      ['inside', 'WORKING_DIR_REFUSED', 'leads out of the working directory of the job through a link'],
    ] as const) {
      expect(task(name)).toMatchObject({ reasonCode: code, reason: expect.stringContaining(said), tries: 1 });
      expect(await log(name)).not.toMatch(/geheim|ran\n/);
    }
    // Links of a repository lead nowhere out of the job.
    expect(await log('cached')).toMatch(
      /the cache could not be restored: out exists and is not a folder[\s\S]*d\.txt\nout\n$/,
    );
    expect(readdirSync(join(folder, 'home'))).toEqual(['deep']);
    expect(readdirSync(join(folder, 'home', 'deep'))).toEqual([]);
    const sent = asked.flatMap((one) => one ?? []);
    expect(new Set(sent)).toEqual(new Set([`Basic ${Buffer.from('git:geheim!!').toString('base64')}`]));
  });
});
