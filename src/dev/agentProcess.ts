import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inheritedEnvironment } from '../kernel/config';

export interface AgentProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  /** SIGTERM, and waits until it has left. */
  stop(): Promise<void>;
  /** Rejects when it ends without being asked to. */
  readonly failed: Promise<never>;
}

/** Starts an agent as a process of its own, as `npm run agent` does; its log goes to a file. */
export function startAgent(options: {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly labels: string;
  readonly dataDir: string;
}): AgentProcess {
  const logFile = join(options.dataDir, 'demo', `${options.name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', join(__dirname, '../agent/main.js')], {
    env: {
      ...inheritedEnvironment(),
      SLIPWAY_URL: options.url,
      SLIPWAY_AGENT_TOKEN: options.token,
      SLIPWAY_AGENT_NAME: options.name,
      SLIPWAY_AGENT_LABELS: options.labels,
      SLIPWAY_AGENT_SLOTS: '2',
      SLIPWAY_AGENT_DIR: join(options.dataDir, 'demo', options.name),
      LOG_FORMAT: 'json',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not in our group: Ctrl-C in the terminal stops the demo, and the demo stops its agents in order.
    detached: true,
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  let stopping = false;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!stopping)
        reject(new Error(`${options.name} ended by itself (${signal ?? `exit code ${code}`}); its log: ${logFile}`));
    });
  });
  // Whoever awaits it hears of it; until then it must not count as unhandled.
  failed.catch(() => undefined);
  return {
    name: options.name,
    pid: child.pid,
    logFile,
    failed,
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
      log.end();
    },
  };
}
