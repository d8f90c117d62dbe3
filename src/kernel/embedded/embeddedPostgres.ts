import { type ChildProcess, spawn } from 'node:child_process';
import { absent, isErrno } from '../errno';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Log } from '../log';
import { EmbeddedPostgresError, programEnvironment, usableBinaries, windows } from './embeddedBinaries';
import * as cluster from './embeddedCluster';

export interface EmbeddedPostgres {
  readonly url: string;
  /**
   * Ends connections and transactions, writes everything to disk, and waits for the end. May be called more than once.
   */
  stop(): Promise<void>;
  /** Resolves after `stop`; rejects if PostgreSQL ends without it. */
  readonly exited: Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** More settings for postgres, for example `fsync: 'off'` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

const ownSettings = {
  // No socket file: in a shared temporary folder another user could create it first.
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  // Statements contain user input, which does not belong in the log.
  log_min_error_statement: 'panic',
};

/**
 * A PostgreSQL server that lives as long as the returned handle, with its data in `dataDir`. The next start recovers
 * from any crash of this process, of PostgreSQL, or of both.
 */
export const startEmbeddedPostgres = (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> =>
  asOwner(options, () => start(options));

async function asOwner<T>({ dataDir }: EmbeddedPostgresOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    throw new EmbeddedPostgresError(
      `The database in ${dataDir} can’t be used by this user (${error.message}). Start Slipway as the owner of the folder, or change its owner with chown -R.`,
      { cause: error },
    );
  }
}

/**
 * The database of a server, for a command on its machine: joins the PostgreSQL that the server runs, or starts it for
 * the duration of the command. Never creates a new database.
 */
export const joinEmbeddedPostgres = (options: EmbeddedPostgresOptions): Promise<JoinedPostgres> =>
  asOwner(options, () => joinOrStart(options));

interface JoinedPostgres {
  readonly url: string;
  stop(): unknown;
}

async function joinOrStart(options: EmbeddedPostgresOptions): Promise<JoinedPostgres> {
  const dataDir = await realpath(resolve(options.dataDir)).catch(absent);
  if (dataDir === undefined || (await cluster.versionOf(dataDir)) === undefined) {
    throw new EmbeddedPostgresError(
      `There is no database in ${options.dataDir}. Run the command in the folder in which the server runs, or set SLIPWAY_DATA_DIR or DATABASE_URL as for the server.`,
    );
  }
  const password = await cluster.readPassword(dataDir);
  const port = await cluster.portInUse(dataDir, cluster.markOf(dataDir, password));
  if (port === undefined) return start(options);
  return { url: addressOf(password, port, 'slipway'), stop: () => undefined };
}

const addressOf = (password: string, port: number, database: string): string =>
  `postgres://slipway:${password}@127.0.0.1:${port}/${database}`;

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log.child({ part: 'postgres' });
  const path = resolve(options.dataDir);
  await mkdir(dirname(path), { recursive: true });
  // The lock needs the same name for all paths to the directory.
  const dataDir = (await realpath(path).catch(absent)) ?? join(await realpath(dirname(path)), basename(path));
  const account = await cluster.serverAccount(dataDir);
  const password = await cluster.readPassword(dataDir);
  const mark = cluster.markOf(dataDir, password);
  const settings = { ...ownSettings, cluster_name: mark, ...options.settings };
  const release = await cluster.lock(dataDir, mark);
  try {
    const own = { dataDir, account, log, binaries: await usableBinaries(account, dataDir) };
    await cluster.prepareDataDir(own, password, options.settings?.fsync !== 'off');
    const { server, port } = await startServer(own, mark, settings);
    server.exited.then(release, release);
    try {
      await createDatabase(addressOf(password, port, 'postgres'), dataDir);
    } catch (error) {
      await server.stop();
      throw error;
    }
    log.debug({ port, dataDir }, 'PostgreSQL is ready');
    return { url: addressOf(password, port, 'slipway'), ...server };
  } catch (error) {
    release();
    throw error;
  }
}

type Server = Pick<EmbeddedPostgres, 'stop' | 'exited'>;

async function startServer(own: cluster.Cluster, mark: string, settings: Readonly<Record<string, string>>) {
  for (let attempt = 1; ; attempt++) {
    await cluster.clearOldPostmaster(own, mark);
    const port = await freePort();
    const result = await tryServer(own, { ...settings, port: String(port) });
    if (typeof result !== 'string') return { server: result, port };
    // Another program took the port in the meantime, or processes of a killed postmaster are still ending.
    const passing = /could not bind|Address already in use|is still in use|lock file .* already exists/.test(result);
    if (!passing || attempt === 100) {
      throw new EmbeddedPostgresError(`PostgreSQL did not start in ${own.dataDir}:\n${result}`);
    }
    await delay(100);
  }
}

/** Returns the output of PostgreSQL if it ends before it accepts connections. */
async function tryServer(own: cluster.Cluster, settings: Readonly<Record<string, string>>): Promise<Server | string> {
  const { dataDir, account, binaries, log } = own;
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', cluster.addressOf(dataDir, account), ...options], {
    ...account,
    cwd: dataDir,
    env: programEnvironment(),
    // In its own session, so that Ctrl-C in a terminal reaches only this process, which stops PostgreSQL last.
    detached: !windows,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const watchdog = startWatchdog(child, account);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  let over = false;
  ended.then(() => {
    over = true;
    watchdog?.kill('SIGKILL');
  });
  const lines: string[] = [];
  const ready = new Promise<'ready'>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.push(line) > 30) lines.shift();
      writeLog(log, line);
      if (line.endsWith('ready to accept connections')) resolve('ready');
    });
  });
  // No time limit: recovery after a crash takes as long as it takes.
  const slow = setInterval(() => log.info({ last: lines.at(-1) }, 'PostgreSQL is still starting'), 5000);
  const result = await Promise.race([ready, ended]);
  clearInterval(slow);
  if (result !== 'ready') {
    if (child.pid !== undefined && !child.stderr.closed) await once(child.stderr, 'close');
    return [...lines, result].join('\n');
  }
  // A program that forgot to stop PostgreSQL can still end; then the watchdog stops it.
  for (const process of [child, watchdog]) process?.unref();
  for (const pipe of [child.stderr, watchdog?.stdin]) if (pipe instanceof Socket) pipe.unref();

  let stopping: Promise<void> | undefined;
  const exited = ended.then((how) => {
    if (stopping !== undefined) return;
    stopping = Promise.resolve();
    const error = new EmbeddedPostgresError(`PostgreSQL ended unexpectedly (${how}):\n${lines.slice(-5).join('\n')}`);
    log.error({ err: error }, 'PostgreSQL ended unexpectedly');
    throw error;
  });
  exited.catch(() => undefined); // It is in the log; a caller that does not wait for it must not crash.
  const stop = async () => {
    child.ref();
    await Promise.race([ended, cluster.stopPostmaster(own, () => over)]);
    await ended;
  };
  return {
    exited,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/**
 * Stops PostgreSQL after this process ends, even by SIGKILL, because then the standard input of the watchdog closes.
 * Windows has no such shell; there, the next start stops PostgreSQL.
 */
function startWatchdog(postgres: ChildProcess, account: cluster.Cluster['account']): ChildProcess | undefined {
  if (windows || postgres.pid === undefined) return undefined;
  return spawn('/bin/sh', ['-c', 'read -r nothing; kill -INT "$1"', 'slipway-watchdog', String(postgres.pid)], {
    ...account,
    cwd: '/',
    env: programEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  }).once('error', () => undefined); // Not fatal: the next start stops an orphan too.
}

/** Clients receive ERROR and FATAL; at start they become part of our own error. */
function writeLog(log: Log, line: string): void {
  const [, level, message] = /^([A-Z]+): {2}(.*)$/.exec(line) ?? [];
  if (level === 'PANIC') log.error(message);
  else if (level === 'WARNING') log.warn(message);
  else log.debug(message ?? line);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function createDatabase(url: string, dataDir: string): Promise<void> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = 'slipway'");
    if (rowCount === 0) await client.query('CREATE DATABASE slipway');
  } catch (error) {
    if (!isErrno(error, '28P01')) throw error;
    throw new EmbeddedPostgresError(`The password in ${dataDir}.password does not match the database in ${dataDir}.`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}
