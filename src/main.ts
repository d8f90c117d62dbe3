import 'reflect-metadata';
import { inspect } from 'node:util';
import pc from 'picocolors';
import { readServerConfig, unknownVariables } from './kernel/config';
import { createLog } from './kernel/log';
import { onStopSignal } from './kernel/signals';
import { StartError } from './kernel/startError';
import { startServer } from './composition/server';

/** Starts the server, and stops it in order at a signal. No other file of the server acts when it is imported. */
async function main(): Promise<void> {
  const config = readServerConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  const server = await startServer(config, log);
  log.info({ url: server.url, database: config.DATABASE_URL === undefined ? 'embedded' : 'external' }, 'listening');
  process.stdout.write(`\n  Slipway is listening on ${pc.cyan(`${server.url}/graphql`)}\n`);
  if (server.newAdminKey !== null) {
    process.stdout.write(
      `\n  ${pc.bold('Administrator’s API key')} (shown once):\n\n    ${pc.green(server.newAdminKey)}\n\n` +
        '  Send it as "X-Api-Key". To choose your own, set SLIPWAY_ADMIN_KEY.\n',
    );
  }
  process.stdout.write('\n');

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

main().catch((error: unknown) => {
  const inUse = (error as NodeJS.ErrnoException)?.code === 'EADDRINUSE';
  const known = inUse
    ? new StartError('The port is in use. Set PORT to another port, or to 0 for any free one.')
    : error;
  const expected = known instanceof StartError;
  process.stderr.write(`${pc.red('Slipway could not start.')} ${expected ? known.message : inspect(known)}\n`);
  process.exit(expected ? 2 : 1);
});
