import { ConfigError, readAgentConfig, unknownVariables } from '../kernel/config';
import { createLog } from '../kernel/log';
import { onStopSignal } from '../kernel/signals';
import { runAgent } from './agent';

/**
 * The agent program. Exit code 0: drained and left. 1: rejected by the server, or unable to continue. 2: invalid
 * configuration.
 */
async function main(): Promise<number> {
  const config = readAgentConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  const agent = runAgent({ config, log });
  onStopSignal((count, signal) => {
    if (count === 1) {
      log.info(`${signal}: not taking more jobs; send it again to cancel the running ones`);
      agent.drain();
    } else if (count === 2) {
      log.warn(`${signal} again: canceling the running jobs; send it again to kill them`);
      agent.cancel();
    } else agent.abandon();
  });
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
