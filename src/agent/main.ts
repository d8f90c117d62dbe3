import { ConfigError, readAgentConfig, unknownVariables } from '../kernel/config';
import { createLog } from '../kernel/log';
import { runAgent } from './agent';

/** The agent program. Exit code 0: drained and left. 1: the server does not want it, or it could not go on. 2: bad configuration. */
async function main(): Promise<number> {
  const config = readAgentConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  const agent = runAgent({ config, log });
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals++;
    if (signals === 1) {
      log.info(`${signal}: taking nothing more; once more to cancel what runs`);
      agent.drain();
    } else if (signals === 2) {
      log.warn(`${signal} again: cancelling what runs; once more to kill it`);
      agent.cancel();
    } else agent.abandon();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return agent.finished;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  },
);
