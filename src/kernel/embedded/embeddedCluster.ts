import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log';
import { type Account, type Binaries, EmbeddedPostgresError, isErrno, reaches, run } from './embeddedBinaries';

/**
 * A PostgreSQL data directory and the files next to it:
 *
 *     postgres/             the data directory; it appears whole or not at all
 *     postgres.password     of the role `slipway`
 *     postgres.lock/        one empty file for each process that uses, or is about to use, the data directory
 *     postgres.new-…/       initdb at work, or the remains of one that was killed
 */

const windows = process.platform === 'win32';

/** Shown in the command line of a postmaster that we started, so that it is known again after our process was killed. */
export const markOf = (dataDir: string) => `slipway-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;

const absent = (error: unknown) => {
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
};

/**
 * Claims the data directory for this process until the returned function is called or the process ends.
 *
 * Everybody adds a claim first and looks at the others' afterwards, so of two at least one sees the other. A claim's name holds its
 * process's start time and is never used twice: removing a dead one can't hit somebody who just took over, which a single lock file with
 * a pid in it does not give. Two that start together may both step back, therefore they try again. Processes that can't see each
 * other (two machines or containers on one volume) are not kept apart.
 */
export async function claimDataDir(dataDir: string): Promise<() => Promise<void>> {
  const folder = `${dataDir}.lock`;
  const claim = join(folder, `${process.pid}-${await startOf(process.pid)}`);
  const withdraw = () => rm(claim, { force: true });
  await mkdir(folder, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const added = await open(claim, 'wx').catch((error: unknown) => {
      throw isErrno(error, 'EEXIST') ? inUse(dataDir, process.pid) : error;
    });
    try {
      await added.close();
      const other = await otherClaimant(folder, basename(claim));
      if (other === undefined) {
        let released: Promise<void> | undefined;
        // Only once: a second time could hit the next claim of this process, which has the same name.
        return () => {
          released ??= withdraw();
          return released;
        };
      }
      if (attempt === 4) throw inUse(dataDir, other);
    } catch (error) {
      await withdraw();
      throw error;
    }
    await withdraw();
    await delay(50 + Math.random() * 200);
  }
}

const inUse = (dataDir: string, pid: number) =>
  new EmbeddedPostgresError(
    `Another Slipway server, process ${pid}, uses the database in ${dataDir}. Stop it, or give this one another SLIPWAY_DATA_DIR.`,
  );

async function otherClaimant(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = /^(\d+)-(.*)$/.exec(name) ?? [];
    if (name === own || pid === undefined) continue;
    if ((await startOf(Number(pid))) === start) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

/** Tells a process from an earlier one with the same pid; undefined when it is gone, or only a zombie is left of it. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
      throw error;
    });
    // The command's name comes second, in parentheses, and may itself hold anything.
    const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
    if (fields === undefined || /[ZX]/.test(fields[0] ?? '')) return undefined;
    // Counted from boot: after the next boot the same service can get the same pid in the same tick.
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.slice(0, 8)}-${fields[19]}`;
  }
  if (!windows) {
    const { code, output } = await run('/bin/ps', ['-o', 'state=,lstart=', '-p', String(pid)], undefined, '/');
    return code !== 0 || output.startsWith('Z') ? undefined : output.replace(/^\S+\s+/, '').replace(/\W+/g, '-');
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch (error) {
    return isErrno(error, 'ESRCH') ? undefined : 'alive';
  }
}

/**
 * Who PostgreSQL runs as. It refuses root, and initdb refuses a user without an entry in the password file. A data directory that
 * belongs to an ordinary user stays with that user, so that a start with sudo does not take it away.
 */
export async function serverAccount(dataDir: string): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(join(dataDir, 'PG_VERSION')).catch(absent);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = entries.find(([name]) => name === 'nobody') ?? entries.find(([, , uid]) => uid === '65534');
  if (entry === undefined) {
    throw new EmbeddedPostgresError(
      'PostgreSQL does not run as root, and /etc/passwd has no user "nobody". Start Slipway as another user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(entry[2]) >>> 0, gid: Number(entry[3]) >>> 0 }; // macOS writes them as -2
}

/**
 * The path by which PostgreSQL finds the data directory when it is started in it. Below a folder that only root may enter no ordinary path
 * leads there, and `-D .` doesn't help, since postgres makes it absolute. But a process may always enter where it already stands, by
 * the link that the kernel keeps, and postgres never stands anywhere else than in its data directory.
 */
export async function addressOf(dataDir: string, account: Account): Promise<string> {
  if (await reaches(account, dataDir)) return dataDir;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and user ${account?.uid} can’t reach ${dataDir}. Set SLIPWAY_DATA_DIR to a folder below ones that everybody may enter, or set DATABASE_URL.`,
  );
}

/** Makes the data directory when there is none, refuses one that this PostgreSQL can't use, and returns the password. */
export async function prepareDataDir(
  dataDir: string,
  binaries: Binaries,
  account: Account,
  durable: boolean,
  log: Log,
): Promise<string> {
  await removeRemains(dataDir, log);
  const initialised = await isInitialised(dataDir, binaries.major);
  const password = await readPassword(dataDir, initialised);
  if (!initialised) {
    log.info({ dataDir }, 'making a new database');
    await initialise(dataDir, binaries, account, password, durable);
  } else if (account !== undefined && (await stat(dataDir)).uid !== account.uid) {
    await giveTo(account, dataDir);
  }
  return password;
}

async function isInitialised(dataDir: string, major: number): Promise<boolean> {
  const names = (await readdir(dataDir).catch(absent)) ?? [];
  if (names.length === 0) return false;
  const elsewhere = `move ${dataDir} away to begin with an empty database, or set DATABASE_URL`;
  if (!names.includes('PG_VERSION')) {
    throw new EmbeddedPostgresError(`${dataDir} contains something other than a PostgreSQL database: ${elsewhere}.`);
  }
  const found = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  if (found === String(major)) return true;
  throw new EmbeddedPostgresError(
    `The database in ${dataDir} was made by PostgreSQL ${found}, and this is PostgreSQL ${major}, which can’t read it. Dump it with the Slipway that made it and restore the dump; or ${elsewhere}.`,
  );
}

async function readPassword(dataDir: string, initialised: boolean): Promise<string> {
  const file = `${dataDir}.password`;
  const known = (await readFile(file, 'utf8').catch(absent))?.trim();
  if (known) return known;
  if (initialised) {
    throw new EmbeddedPostgresError(
      `${file} is missing: it holds the password of the database in ${dataDir}. Put it back, or move ${dataDir} away to begin with an empty database.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  await replaceFile(file, `${password}\n`, undefined);
  return password;
}

/** In a folder of its own that takes its place when it is complete: an initdb that was killed leaves nothing that looks like data. */
async function initialise(dataDir: string, binaries: Binaries, account: Account, password: string, durable: boolean) {
  const stage = `${dataDir}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const made = join(stage, 'data');
  try {
    await mkdir(made, { recursive: true });
    await replaceFile(join(stage, 'password'), `${password}\n`, account);
    for (const folder of [made, stage]) {
      await chmod(folder, 0o700);
      if (account !== undefined) await chown(folder, account.uid, account.gid);
    }
    const address = await addressOf(made, account);
    const { code, output } = await run(
      binaries.initdb,
      [
        ['-D', address, '-U', 'slipway', '-A', 'scram-sha-256', `--pwfile=${address}/../password`, '-E', 'UTF8'],
        ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
        durable ? [] : ['--no-sync'],
      ].flat(),
      account,
      made,
    );
    if (code !== 0) {
      const user = account?.uid ?? process.getuid?.();
      const hint = /could not look up effective user/.test(output)
        ? `\nThe user ${user} has no entry in /etc/passwd. Add one, start Slipway as another user, or set DATABASE_URL.`
        : '';
      throw new EmbeddedPostgresError(`PostgreSQL’s initdb failed (${code}):\n${output}${hint}`);
    }
    await rmdir(dataDir).catch(absent);
    await rename(made, dataDir);
    await syncFolder(dirname(dataDir));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function removeRemains(dataDir: string, log: Log): Promise<void> {
  for (const name of await readdir(dirname(dataDir))) {
    if (!name.startsWith(`${basename(dataDir)}.new-`)) continue;
    // An initdb whose Slipway was killed may still write there. It hurts nobody, and the next start tries again.
    await rm(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
      log.warn({ err: error, name }, 'the remains of an unfinished initdb could not be removed'),
    );
  }
}

/** The top last: it tells whether the rest was done. */
async function giveTo(account: { uid: number; gid: number }, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveTo(account, path);
    else await lchown(path, account.uid, account.gid);
  }
  await chown(folder, account.uid, account.gid);
}

/**
 * Called with the claim in hand, so a postmaster that runs here lost its Slipway (kill -9) and is stopped. PostgreSQL clears up after
 * a dead one on its own, but takes a zombie, or another process that has got its pid, for a living one: then the pid in the file is
 * replaced by ours, which PostgreSQL knows to be out of date as we are its parent. The file itself must stay: by the shared memory that
 * it names PostgreSQL still finds surviving backends of the dead one.
 */
export async function clearOldPostmaster(
  dataDir: string,
  binaries: Binaries,
  account: Account,
  log: Log,
): Promise<void> {
  const file = join(dataDir, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(absent);
  const pid = Number(/^(\d+)\n/.exec(text ?? '')?.[1]);
  if (text === undefined || !(pid > 0)) return;
  const start = await startOf(pid);
  if (windows) {
    if (start !== undefined) await run(binaries.pgCtl, ['stop', '-D', dataDir, '-m', 'fast', '-w'], undefined, dataDir);
    return;
  }
  const relation = start === undefined ? 'unrelated' : await relationOf(pid, dataDir);
  if (relation === 'orphan') {
    log.warn({ pid }, 'stopping the PostgreSQL that a killed Slipway left behind');
    for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
      signalIfThere(pid, signal);
      for (let waited = 0; waited < 15_000; waited += 50) {
        if ((await startOf(pid)) !== start) return;
        await delay(50);
      }
    }
    throw new EmbeddedPostgresError(`The PostgreSQL with the process id ${pid} uses ${dataDir} and does not stop.`);
  }
  if (relation === 'foreign') {
    throw new EmbeddedPostgresError(
      `A PostgreSQL that Slipway did not start, process ${pid}, uses ${dataDir}. Stop it first.`,
    );
  }
  await replaceFile(file, text.replace(/^\d+/, String(process.pid)), account);
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** After a restart of a container or machine the pid may belong to anything, also to the PostgreSQL of another data directory. */
async function relationOf(pid: number, dataDir: string): Promise<'orphan' | 'foreign' | 'unrelated'> {
  const linux = process.platform === 'linux';
  const ended = (error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  };
  const command = linux
    ? (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(ended)).replaceAll('\0', ' ')
    : (await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], undefined, '/')).output;
  if (!/(^|\/)postgres[: ]/.test(command)) return 'unrelated';
  const mark = /\bslipway-[0-9a-f]{16}\b/.exec(command)?.[0];
  const folder = !linux
    ? undefined
    : await readlink(`/proc/${pid}/cwd`).catch((error: unknown) => {
        // Root in a container may not look at other users' processes. Then the mark decides, and without one caution.
        return isErrno(error, 'EACCES', 'EPERM') ? undefined : ended(error);
      });
  const here =
    folder !== undefined
      ? folder === dataDir
      : mark !== undefined
        ? mark === markOf(dataDir)
        : linux || command.includes(dataDir);
  return !here ? 'unrelated' : mark === undefined ? 'foreign' : 'orphan';
}

/** Whole, durable and private, or not there at all. */
async function replaceFile(path: string, text: string, account: Account): Promise<void> {
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (!windows) await file.chmod(0o600);
    if (account !== undefined) await file.chown(account.uid, account.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  if (windows) return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
