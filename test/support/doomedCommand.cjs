/**
 * A server process that carries out one command and kills itself with SIGKILL while it does:
 * `doomedCommand.cjs <module of dist/src> <function> <input as JSON> <flush>`. It dies before the flush of this number
 * leaves, or, with `commit`, as soon as the one with the COMMIT has left. It exits with 0 if there is no such flush.
 */
require('reflect-metadata');
const { join } = require('node:path');

const [, , file, name, input, at] = process.argv;
const load = (path) => require(join(__dirname, '../../dist/src', path));
const { createApp } = load('composition/createApp');
const { readServerConfig } = load('kernel/config');
const { createLog } = load('kernel/log');
const { systemActor } = load('access/actor');

const die = () => process.kill(process.pid, 'SIGKILL');

(async () => {
  const config = readServerConfig(process.env);
  const log = createLog({ level: 'silent', pretty: false });
  const { app, close } = await createApp(config, log, config.DATABASE_URL);
  let flushes = 0;
  app.database.traffic.beforeFlush = (statements) => {
    flushes++;
    if (flushes === Number(at)) die();
    if (at === 'commit' && statements.includes('COMMIT')) setImmediate(die);
  };
  await load(file)[name](app, systemActor, JSON.parse(input));
  await close();
})();
