const { startEmbeddedPostgres } = require('../../dist/src/kernel/embedded/embeddedPostgres');
const { createLog } = require('../../dist/src/kernel/log');

/**
 * A process that runs the embedded PostgreSQL and does nothing else, for tests that kill it or give it another user,
 * umask or place: `embeddedPostgresChild.cjs <data directory> <umask>`. It writes one line, the URL or what went wrong,
 * and runs until SIGTERM.
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
  (error) => {
    console.log(`failed: ${error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)}`);
    process.exitCode = 1;
  },
);
