import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Log } from '../log';
import {
  type Account,
  type Binaries,
  EmbeddedPostgresError,
  isErrno,
  programEnvironment,
  run,
  usableBinaries,
} from './embeddedBinaries';
import { addressOf, claimDataDir, clearOldPostmaster, markOf, prepareDataDir, serverAccount } from './embeddedCluster';

export { EmbeddedPostgresError };

export interface EmbeddedPostgres {
  readonly url: string;
  /** Ends connections and transactions, writes everything out and waits for the end. May be called more than once. */
  stop(): Promise<void>;
  /** Resolves after `stop`; rejects when PostgreSQL ends without it. */
  readonly exited: Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** More settings for postgres, for example `fsync: 'off'` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

const windows = process.platform === 'win32';
const stopTimeoutMs = 20_000;

const ownSettings = {
  // No socket file: in a shared temp folder anybody could put one there first.
  unix_socket_directories: '',
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  // Statements hold what people typed; they don't belong in our log.
  log_min_error_statement: 'panic',
};

/**
 * A PostgreSQL server for those who have none: it lives as long as the returned handle, its data lives in `dataDir`. Whatever killed
 * the last one (us, it, or both, at any moment), the next start repairs.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    throw new EmbeddedPostgresError(
      `The database in ${options.dataDir} can’t be used by this user (${error.message}). Start Slipway as the user that its folder belongs to, or give the folder to this one with chown -R.`,
      { cause: error },
    );
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log.child({ part: 'postgres' });
  const dataDir = await realDataDir(options.dataDir);
  const settings: Record<string, string> = { ...ownSettings, cluster_name: markOf(dataDir), ...options.settings };
  const release = await claimDataDir(dataDir);
  try {
    const account = await serverAccount(dataDir);
    const binaries = await usableBinaries(account, dataDir);
    const password = await prepareDataDir(dataDir, binaries, account, settings.fsync !== 'off', log);
    const { server, port } = await startServer({ dataDir, binaries, account, settings, log });
    server.exited
      .then(release, release)
      .catch((error: unknown) => log.warn({ err: error }, 'the lock was not removed'));
    const url = (database: string) => `postgres://slipway:${password}@127.0.0.1:${port}/${database}`;
    try {
      await createDatabase(url('postgres'), dataDir);
    } catch (error) {
      await server.stop();
      throw error;
    }
    log.debug({ port, dataDir }, 'PostgreSQL is ready');
    return { url: url('slipway'), stop: () => server.stop().then(release), exited: server.exited };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The same for every path that leads there: the lock and the mark are named after it. */
async function realDataDir(given: string): Promise<string> {
  const path = resolve(given);
  await mkdir(dirname(path), { recursive: true });
  return await realpath(path).catch(async (error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
    return join(await realpath(dirname(path)), basename(path));
  });
}

interface Launch {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: Log;
}

type Server = Pick<EmbeddedPostgres, 'stop' | 'exited'>;

async function startServer(launch: Launch): Promise<{ server: Server; port: number }> {
  for (let attempt = 1; ; attempt++) {
    await clearOldPostmaster(launch.dataDir, launch.binaries, launch.account, launch.log);
    const port = await freePort();
    const result = await tryServer(launch, port);
    if (!('output' in result)) return { server: result, port };
    // The port was taken between our look and now; or backends of a killed postmaster are not quite gone.
    const passing = /could not bind|Address already in use|is still in use|lock file .* already exists/.test(
      result.output,
    );
    if (!passing || attempt === 100) {
      throw new EmbeddedPostgresError(`PostgreSQL did not start in ${launch.dataDir}:\n${result.output}`);
    }
    await delay(100);
  }
}

async function tryServer(launch: Launch, port: number): Promise<Server | { output: string }> {
  const { dataDir, account, log } = launch;
  const settings = Object.entries(launch.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    launch.binaries.postgres,
    ['-D', await addressOf(dataDir, account), '-p', String(port), ...settings],
    {
      ...account,
      cwd: dataDir,
      env: programEnvironment(),
      // A session of its own: Ctrl-C in a terminal is for us, and we stop PostgreSQL after our own work.
      detached: !windows,
      windowsHide: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const watchdog = startWatchdog(child, account);
  const lines: string[] = [];
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => {
      // The event also comes when a signal could not be sent; that is not an end.
      if (child.pid === undefined) resolve(`could not be started: ${error.message}`);
      else log.error({ err: error }, 'PostgreSQL could not be signalled');
    });
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  ended.then(() => watchdog?.kill('SIGKILL'));

  const ready = new Promise<'ready'>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.push(line) > 30) lines.shift();
      writeLog(log, line);
      if (line.endsWith('ready to accept connections')) resolve('ready');
    });
  });
  // No limit: replaying the log after a crash takes as long as it takes, and an end shows itself.
  const slow = setInterval(() => log.info({ last: lines.at(-1) }, 'PostgreSQL is still starting'), 5000);
  const result = await Promise.race([ready, ended]);
  clearInterval(slow);
  if (result !== 'ready') {
    if (child.pid !== undefined && !child.stderr.closed) await once(child.stderr, 'close');
    return { output: [...lines, result].join('\n') };
  }
  // A program that forgot to stop us may still end; the watchdog then does.
  unref(child, watchdog);
  return serverOf({ child, watchdog, ended, lines }, launch);
}

interface Running {
  readonly child: ChildProcess;
  readonly watchdog: ChildProcess | undefined;
  /** Says how it ended. */
  readonly ended: Promise<string>;
  /** The last lines of its log. */
  readonly lines: readonly string[];
}

function serverOf({ child, watchdog, ended, lines }: Running, { log, dataDir, binaries }: Launch): Server {
  let stopping: Promise<void> | undefined;
  let over = false;
  const exited = ended.then((how) => {
    over = true;
    if (stopping !== undefined) return;
    const error = new EmbeddedPostgresError(`PostgreSQL ended unexpectedly (${how}):\n${lines.slice(-5).join('\n')}`);
    log.error({ err: error }, 'PostgreSQL ended unexpectedly');
    throw error;
  });
  exited.catch(() => undefined); // It is in the log; a caller that does not wait for it must not be ended by it.

  const stop = async () => {
    child.ref();
    if (windows) await run(binaries.pgCtl, ['stop', '-D', dataDir, '-m', 'fast', '-w'], undefined, dataDir);
    // A root without CAP_KILL may not signal another user's process; the watchdog is of that user.
    else if (!child.kill('SIGINT')) watchdog?.stdin?.end();
    const impatience = setTimeout(() => {
      log.warn('PostgreSQL takes too long to stop; it will recover at the next start');
      child.kill('SIGQUIT');
    }, stopTimeoutMs);
    await ended;
    clearTimeout(impatience);
  };
  return {
    exited,
    stop: () => {
      stopping ??= over ? Promise.resolve() : stop();
      return stopping;
    },
  };
}

/**
 * Stops PostgreSQL when we are gone, however that came about: its standard input ends with us. Without it a server that was killed
 * would leave its database running until the next start. Windows has no such shell; there the next start does it.
 */
function startWatchdog(postgres: ChildProcess, account: Account): ChildProcess | undefined {
  if (windows || postgres.pid === undefined) return undefined;
  return spawn('/bin/sh', ['-c', 'read -r nothing; kill -INT "$1"', 'slipway-watchdog', String(postgres.pid)], {
    ...account,
    cwd: '/',
    env: programEnvironment(),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  }).once('error', () => undefined); // It is a second net; the next start finds an orphan too.
}

function unref(...children: (ChildProcess | undefined)[]): void {
  for (const child of children) {
    child?.unref();
    for (const pipe of [child?.stdin, child?.stderr]) if (pipe instanceof Socket) pipe.unref();
  }
}

/** ERROR and FATAL end a statement or a session, and reach its client; at the start they become part of our own error. */
function writeLog(log: Log, line: string): void {
  const [, level, message] = /^([A-Z]+): {2}(.*)$/.exec(line) ?? [];
  if (level === 'PANIC') log.error(message);
  else if (level === 'WARNING') log.warn(message);
  else log.debug(message ?? line);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server has an address with a port.');
  return address.port;
}

async function createDatabase(url: string, dataDir: string): Promise<void> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = 'slipway'");
    if (rowCount === 0) await client.query('CREATE DATABASE slipway');
  } catch (error) {
    if (!isErrno(error, '28P01')) throw error;
    throw new EmbeddedPostgresError(`The password in ${dataDir}.password is not that of the database in ${dataDir}.`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}
