import 'reflect-metadata';
import pc from 'picocolors';
import { ConfigError, readServerConfig, unknownVariables } from './kernel/config';
import { EmbeddedPostgresError } from './kernel/embedded/embeddedPostgres';
import { createLog } from './kernel/log';
import { onStopSignal } from './kernel/signals';
import { startServer } from './composition/server';

/** Starts the server and stops it in order. Nothing else acts when it is imported. */
async function main(): Promise<void> {
  const config = readServerConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  const server = await startServer(config, log);
  log.info({ url: server.url, database: config.DATABASE_URL === undefined ? 'embedded' : 'external' }, 'listening');
  process.stdout.write(`\n  Listening on ${pc.cyan(`${server.url}/graphql`)}\n`);
  if (server.newAdminKey !== null) {
    process.stdout.write(
      `\n  ${pc.bold('The administrator’s API key')}, shown this once:\n\n    ${pc.green(server.newAdminKey)}\n\n` +
        '  Send it as "X-Api-Key". Set SLIPWAY_ADMIN_KEY to choose another.\n',
    );
  }
  process.stdout.write('\n');

  let stopping = false;
  const stop = (why: string, exitCode: number) => {
    if (stopping) {
      log.warn('stopping at once');
      process.exit(1);
    }
    stopping = true;
    log.info({ why }, 'stopping');
    server.stop().then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  onStopSignal((_, signal) => stop(signal, 0));
  server.failed.catch((error: unknown) => {
    log.fatal({ err: error }, 'the embedded database stopped');
    stop('database', 1);
  });
}

main().catch((error: unknown) => {
  if ((error as NodeJS.ErrnoException)?.code === 'EADDRINUSE') {
    process.stderr.write(
      `${pc.red('Slipway could not start.')} The port is taken by another program: set PORT to another one (0 takes a free one).\n`,
    );
    process.exit(2);
  }
  const known = error instanceof ConfigError || error instanceof EmbeddedPostgresError;
  process.stderr.write(
    `${pc.red('Slipway could not start.')} ${known ? (error as Error).message : String((error as Error)?.stack ?? error)}\n`,
  );
  process.exit(known ? 2 : 1);
});
