import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { ServerConfig } from '../kernel/config';
import { sqlState } from '../kernel/database/database';
import { isError, isOutage } from '../kernel/database/outage';
import type { Log } from '../kernel/log';
import { StartError } from '../kernel/startError';

/**
 * Turns problems outside the server into one line that names the variable to change. Any other error of a start is a
 * defect and keeps its stack.
 */
const RETRY_MS = 500;
const REPORT_MS = 5_000;

/** Requires the folder of SLIPWAY_DATA_DIR, which every server writes to. */
export async function requireDataDir({ SLIPWAY_DATA_DIR: folder }: ServerConfig): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const isFile = ['EEXIST', 'ENOTDIR'].includes(codeOf(error));
    const problem = isFile ? 'is, or lies in, a file and not a folder' : `can’t be written (${reasonOf(error)})`;
    throw new StartError(`SLIPWAY_DATA_DIR: ${folder} ${problem}. Set it to a folder that this user can write to.`);
  }
}

/** Resolves when PostgreSQL accepts connections; waits for a database that isn't up yet. */
export async function waitForDatabase(url: string, config: ServerConfig, log: Log): Promise<void> {
  await patiently('DATABASE_URL', url, config, log, async () => {
    const client = new Client({ connectionString: url, application_name: 'slipway', connectionTimeoutMillis: 10_000 });
    // `connect` rejects with the same error.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } finally {
      await client.end().catch(() => undefined);
    }
  });
}

/** Calls `connect` until it succeeds or DATABASE_WAIT_SECONDS have passed, and logs that it is waiting. */
export async function patiently(
  variable: 'DATABASE_URL' | 'EVENTS_URL',
  url: string,
  config: Pick<ServerConfig, 'DATABASE_WAIT_SECONDS'>,
  log: Log,
  connect: () => Promise<unknown>,
): Promise<void> {
  const seconds = config.DATABASE_WAIT_SECONDS;
  // Omits the rest of the URL, which may contain a password.
  const { host } = new URL(url);
  const started = performance.now();
  let reported = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      await connect();
      return;
    } catch (error) {
      const reason = reasonOf(error);
      const waited = performance.now() - started;
      if (!mayPass(error)) throw new StartError(`${variable}: ${host} refuses the connection: ${reason}.`);
      if (waited >= seconds * 1_000) {
        throw new StartError(`${variable}: no connection to ${host} within ${seconds} s (${reason}). Is it running?`);
      }
      if (waited - reported >= REPORT_MS) {
        log.warn({ variable, host, reason }, `waiting for ${host}, for up to ${seconds} s`);
        reported = waited;
      }
      await pause(RETRY_MS);
    }
  }
}

/** Explains why the database's limits or permissions prevented a migration. */
export function schemaFault(error: unknown): unknown {
  const state = sqlState(error) ?? '';
  // Insufficient privilege, insufficient resources, read-only.
  if (!/^(42501|53|25006)/.test(state)) return error;
  return new StartError(`DATABASE_URL: the schema can’t be brought up to date: ${reasonOf(error)}.`);
}

/** Explains why the server can't listen on HOST and PORT. */
export function listenFault(error: unknown, { HOST, PORT }: Pick<ServerConfig, 'HOST' | 'PORT'>): unknown {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new StartError(`PORT: ${PORT} is in use on ${HOST}. Set PORT to another port, or to 0 for any free one.`);
    case 'EACCES':
    case 'EPERM':
      return new StartError(
        `PORT: this user may not listen on port ${PORT}. Set PORT to 1024 or more, and let a proxy listen on ${PORT}.`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new StartError(
        `HOST: "${HOST}" is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all of them.`,
      );
    default:
      return error;
  }
}

/** Includes errors of an unreachable NATS server, which have their own names. */
function mayPass(error: unknown): boolean {
  if (isOutage(error)) return true;
  if (!isError(error)) return false;
  const causes = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return /^(ConnectionError|TimeoutError|NoResponders)/.test(error.name) || causes.some(mayPass);
}

function codeOf(error: unknown): string {
  const code: unknown = isError(error) ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}

/** When several addresses fail, Node combines their errors into one without a message. */
function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error);
  return (error.message || codeOf(error) || error.name).replace(/\.$/, '');
}
