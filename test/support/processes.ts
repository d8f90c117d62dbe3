import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { AGENT_TOKEN } from './server';

const dist = join(__dirname, '../../dist/src');

export interface TestProcess {
  readonly child: ChildProcess;
  /** Everything that the process has printed. */
  output(): string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A program of `dist`, or the server with a clock that the test moves, or that kills itself at a statement. */
type Program = 'main.js' | 'agent/main.js' | 'dev/main.js' | 'clockedServer' | 'doomedServer';
const fileOf = (program: Program): string =>
  program.endsWith('.js') ? join(dist, program) : join(__dirname, `${program}.cjs`);

/** Starts a built program as a process, like `npm start` and `npm run agent`. */
export function startProcess(
  program: Program,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): TestProcess {
  const child = spawn(process.execPath, [fileOf(program), ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...(program === 'clockedServer' ? (['ipc'] as const) : [])],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    child,
    output: () => output,
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Starts a server process; resolves when it listens. */
export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
  program: Program = 'main.js',
): Promise<TestProcess & { url: string }> {
  const server = startProcess(program, environment);
  const url = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const found = /listening on (http:\S+)\/graphql/.exec(server.output())?.[1];
      if (found !== undefined) resolve(found);
    };
    server.child.stdout?.on('data', look);
    server.child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${server.output()}`)));
  });
  return { ...server, url };
}

/** Starts a server process with a clock that runs ahead. `setAhead` moves it. */
export async function startClockedServer(
  environment: Readonly<Record<string, string>>,
  aheadMs: number,
): Promise<TestProcess & { url: string; setAhead(ms: number): Promise<void> }> {
  const server = await startServerProcess({ ...environment, TEST_CLOCK_AHEAD_MS: String(aheadMs) }, 'clockedServer');
  return {
    ...server,
    async setAhead(ms) {
      const moved = once(server.child, 'message');
      server.child.send(ms);
      await moved;
    },
  };
}

export function startAgentProcess(
  url: string,
  dir: string,
  name: string,
  more: Readonly<Record<string, string>> = {},
): TestProcess {
  return startProcess('agent/main.js', {
    SLIPWAY_URL: url,
    SLIPWAY_AGENT_TOKEN: AGENT_TOKEN,
    SLIPWAY_AGENT_NAME: name,
    SLIPWAY_AGENT_DIR: join(dir, name),
    LOG_FORMAT: 'json',
    ...more,
  });
}
