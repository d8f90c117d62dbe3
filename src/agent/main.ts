import { ConfigError, readAgentConfig, unknownVariables } from '../kernel/config';
import { createLog } from '../kernel/log';
import { onStopSignal } from '../kernel/signals';
import { runAgent } from './agent';

/** Time for output that is on its way. */
const LINGER_MS = 500;

const USAGE = `Usage: slipway agent [--once]

Claims and runs jobs of a Slipway server. Environment variables configure it: docs/configuration.md.

  --once    take one job, report its end, and leave. Exits with 0 if the job succeeded, with 3 if it did not,
            and with 4 if the agent was stopped before it got a job.
`;

/**
 * The agent program. Exit code 0: drained and left. 1: rejected by the server, or unable to continue. 2: invalid
 * configuration or usage. `--once` has more: see `exits`.
 */
async function main(): Promise<number> {
  const given = process.argv.slice(2);
  const unknown = given.find((argument) => !['--once', '--help', '-h'].includes(argument));
  if (unknown !== undefined) throw new ConfigError(`"${unknown}" is not an option.\n${USAGE}`);
  if (given.some((argument) => argument !== '--once')) {
    process.stdout.write(USAGE);
    return 0;
  }
  const config = readAgentConfig();
  const log = createLog({ level: config.LOG_LEVEL, pretty: config.LOG_FORMAT === 'pretty' });
  for (const line of unknownVariables()) log.warn(line);
  const agent = runAgent({ config, log, once: given.includes('--once') });
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
    // Everything has been awaited. What is left, such as retries for a collector that is down, must not delay the end.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  },
  (error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  },
);
