import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chown,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Log } from '../log';
import { absent, isErrno } from '../errno';
import { type Account, type Binaries, EmbeddedPostgresError, run, windows } from './embeddedBinaries';

/**
 * A data directory, named `postgres` below, its programs, and the user that they run as. Alongside it lie:
 *
 *     postgres.password     password of the role `slipway`
 *     postgres.new-…/       initdb at work, or the remains of one that was killed
 */
export interface Cluster {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly log: Log;
}

/**
 * PostgreSQL refuses to run as root, and initdb refuses a user without an entry in the password file. A data directory
 * of an ordinary user keeps its owner, so that a start with sudo does not take it over.
 */
export async function serverAccount(dataDir: string): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(join(dataDir, 'PG_VERSION')).catch(absent);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const nobody = process.platform === 'darwin' ? 4294967294 : 65534;
  return { uid: nobody, gid: nobody };
}

/**
 * Path of the data directory for a program that is started in it. Another user may not be able to walk to the
 * directory, but Linux lets every process enter its own working directory.
 */
export const addressOf = (dataDir: string, account: Account) =>
  account !== undefined && process.platform === 'linux' ? '/proc/self/cwd' : dataDir;

/** Major version of the database in the data directory; undefined if there is none yet. */
export async function versionOf(dataDir: string): Promise<string | undefined> {
  const names = (await readdir(dataDir).catch(absent)) ?? [];
  if (names.length === 0) return undefined;
  if (names.includes('PG_VERSION')) return (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim();
  throw new EmbeddedPostgresError(
    `${dataDir} is not empty and is not a PostgreSQL database. Move it away to begin with an empty database, or set DATABASE_URL.`,
  );
}

/** Servers that start at the same time agree on one password, because only one of them can create the link. */
export async function readPassword(dataDir: string): Promise<string> {
  const file = `${dataDir}.password`;
  const initialized = (await versionOf(dataDir)) !== undefined;
  const known = await readFile(file, 'utf8').catch(absent);
  if (known !== undefined) return known.trim();
  if (initialized) {
    throw new EmbeddedPostgresError(
      `${file} is missing. It holds the password of the database in ${dataDir}. Restore the file, or move ${dataDir} away to begin with an empty database.`,
    );
  }
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flush: true });
  await link(draft, file).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
  await rm(draft);
  return readPassword(dataDir);
}

/** Names a data directory, for its lock and in the command line of its postmaster. Other users can't guess it. */
export const markOf = (dataDir: string, password: string) =>
  `slipway-${createHash('sha256').update(`${dataDir}\0${password}`).digest('hex').slice(0, 16)}`;

/**
 * Locks the data directory until the returned function is called or the process ends. The lock is a local socket that
 * responds with the process id: the operating system releases it, however the process ends. Only macOS keeps the file.
 * Processes on different machines or in different network namespaces are not kept apart.
 */
export async function lock(dataDir: string, mark: string): Promise<() => void> {
  const path = lockPath(mark);
  for (;;) {
    // A client that has disconnected needs no response.
    const server = createServer((socket) => socket.on('error', () => undefined).end(String(process.pid))).unref();
    try {
      await once(server.listen(path), 'listening');
      return () => server.close();
    } catch (error) {
      if (!isErrno(error, 'EADDRINUSE')) throw error;
    }
    const owner = await ownerOf(path);
    if (owner !== undefined) {
      throw new EmbeddedPostgresError(
        `Another Slipway server, process ${owner}, uses the database in ${dataDir}. Stop it, or set SLIPWAY_DATA_DIR to another folder.`,
      );
    }
    if (process.platform === 'darwin') await rm(path, { force: true });
  }
}

const lockPath = (mark: string): string =>
  windows ? `\\\\.\\pipe\\${mark}` : process.platform === 'linux' ? `\0${mark}` : `/tmp/${mark}.lock`;

/** Port of the PostgreSQL that another process runs in the data directory; undefined if none runs. */
export async function portInUse(dataDir: string, mark: string): Promise<number | undefined> {
  if ((await ownerOf(lockPath(mark))) === undefined) return undefined;
  // The fourth line of the file that PostgreSQL keeps while it runs.
  const lines = ((await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(absent)) ?? '').split('\n');
  const port = Number(lines[3]);
  if (port > 0) return port;
  throw new EmbeddedPostgresError(`The server that uses ${dataDir} is starting or stopping. Try again.`);
}

async function ownerOf(path: string): Promise<string | undefined> {
  const socket = connect(path);
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
  return await text(socket).catch((error: unknown) =>
    isErrno(error, 'ECONNREFUSED', 'ECONNRESET', 'ENOENT') ? undefined : 'unknown',
  );
}

/** Creates the data directory if there is none, and rejects one that this PostgreSQL can't use. */
export async function prepareDataDir(cluster: Cluster, password: string, durable: boolean): Promise<void> {
  const { dataDir, account, binaries, log } = cluster;
  for (const name of await readdir(dirname(dataDir))) {
    if (!name.startsWith(`${basename(dataDir)}.new-`)) continue;
    // An initdb that outlived its Slipway may still write there. The next start tries again.
    await rm(join(dirname(dataDir), name), { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) =>
      log.warn({ err: error, name }, 'the remains of an interrupted initdb could not be removed'),
    );
  }
  const version = await versionOf(dataDir);
  if (version === undefined) return await initialize(cluster, password, durable);
  if (version !== binaries.major) {
    throw new EmbeddedPostgresError(
      `The database in ${dataDir} was made by PostgreSQL ${version}, and this is PostgreSQL ${binaries.major}, which can’t read it. Dump it with the Slipway version that made it and restore the dump; or move ${dataDir} away to begin with an empty database, or set DATABASE_URL.`,
    );
  }
  if (account === undefined || (await stat(dataDir)).uid === account.uid) return;
  const { code, output } = await run('chown', ['-hR', `${account.uid}:${account.gid}`, dataDir], undefined);
  if (code !== 0) throw new EmbeddedPostgresError(`The owner of ${dataDir} can’t be changed (${code}): ${output}`);
}

/** Works in a temporary folder, so that an interrupted initdb leaves nothing that looks like data. */
async function initialize({ dataDir, binaries, account, log }: Cluster, password: string, durable: boolean) {
  log.info({ dataDir }, 'creating a new database');
  const stage = await mkdtemp(`${dataDir}.new-`);
  const [made, passwordFile] = [join(stage, 'data'), join(stage, 'password')];
  try {
    await mkdir(made, { mode: 0o700 });
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    for (const path of [made, passwordFile, stage]) if (account) await chown(path, account.uid, account.gid);
    const address = addressOf(made, account);
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
      const hint = output.includes('could not look up effective user')
        ? '\nThe user has no entry in /etc/passwd. Add one, start Slipway as another user, or set DATABASE_URL.'
        : '';
      throw new EmbeddedPostgresError(`PostgreSQL’s initdb failed (${code}):\n${output}${hint}`);
    }
    await rmdir(dataDir).catch(absent);
    await rename(made, dataDir);
    if (!windows) {
      const folder = await open(dirname(dataDir), 'r');
      await folder.sync().finally(() => folder.close());
    }
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** `isOver` reports its end: pg_ctl may miss it, and would then stop the next postmaster of the same folder. */
export async function stopPostmaster(
  { dataDir, binaries, account }: Cluster,
  isOver = (): boolean => false,
): Promise<void> {
  let problem = '';
  for (const mode of ['fast', 'immediate']) {
    if (isOver()) return;
    const args = ['stop', '-D', addressOf(dataDir, account), '-m', mode, '-t', '20'];
    const { code, output } = await run(binaries.pgCtl, args, account, dataDir);
    // It may end before pg_ctl finds it.
    if (code === 0 || /does not exist|No such process/.test(output)) return;
    problem = output;
  }
  throw new EmbeddedPostgresError(`The PostgreSQL in ${dataDir} does not stop:\n${problem}`);
}

/**
 * Called with the lock held, so a postmaster with our mark lost its Slipway and is stopped. PostgreSQL mistakes a
 * zombie or a process with the pid of a dead postmaster for a running one, but ignores the pid of its parent, which is
 * ours. The file must stay: PostgreSQL finds surviving backends through it.
 */
export async function clearOldPostmaster(cluster: Cluster, mark: string): Promise<void> {
  const file = join(cluster.dataDir, 'postmaster.pid');
  const content = await readFile(file, 'utf8').catch(absent);
  const pid = Number.parseInt(content ?? '', 10);
  if (content === undefined || !(pid > 0)) return;
  if (windows) {
    await run(cluster.binaries.pgCtl, ['stop', '-D', cluster.dataDir, '-m', 'fast'], undefined);
    return;
  }
  const command = await commandOf(pid);
  if (command.includes(mark)) {
    cluster.log.warn({ pid }, 'stopping the PostgreSQL that a killed Slipway left behind');
    return await stopPostmaster(cluster);
  }
  // PostgreSQL decides about a process that Slipway did not start.
  if (/(^|\/)postgres[: ]/.test(command) && !command.includes('cluster_name=slipway-')) return;
  const draft = `${file}.new`;
  await writeFile(draft, content.replace(/^\d+/, String(process.pid)), { mode: 0o600, flush: true });
  if (cluster.account !== undefined) await chown(draft, cluster.account.uid, cluster.account.gid);
  await rename(draft, file);
}

/** Empty if the process is gone or a zombie. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') {
    return (await run('/bin/ps', ['-ww', '-o', 'command=', '-p', String(pid)], undefined)).output;
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  });
  return command.replaceAll('\0', ' ');
}
