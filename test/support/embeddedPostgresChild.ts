import { startEmbeddedPostgres } from '../../src/kernel/embedded/embeddedPostgres';
import { createLog } from '../../src/kernel/log';

/**
 * Process that only runs the embedded PostgreSQL, for tests that kill it or change its user, umask or location:
 * `embeddedPostgresChild.ts <data directory> <umask>`. Writes one line, the URL or the problem, and runs until SIGTERM.
 */
const [, , dataDir = '', umask = '022'] = process.argv;
process.umask(Number.parseInt(umask, 8));

startEmbeddedPostgres({ dataDir, log: createLog({ level: 'silent', pretty: false }), settings: { fsync: 'off' } }).then(
  (postgres) => {
    const alive = setInterval(() => undefined, 1000);
    process.once('SIGTERM', () => {
      clearInterval(alive);
      // Nothing else is left to run: anything that keeps the process open shows as a hanging test.
      void postgres.stop();
    });
    console.log(postgres.url);
  },
  (error: unknown) => {
    console.log(`failed: ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}`);
    process.exitCode = 1;
  },
);
