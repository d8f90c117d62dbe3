import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inheritedEnvironment } from '../kernel/config';

export interface Program {
  readonly name: string;
  readonly pid: number | undefined;
  readonly logFile: string;
  /** Resolves with the first match in the program's output. Rejects if the program ends first. */
  prints(pattern: RegExp): Promise<string>;
  /** Sends SIGTERM and waits until the program ends. */
  stop(): Promise<void>;
  /** Rejects if the program ends unexpectedly. */
  readonly failed: Promise<never>;
}

interface Start {
  readonly name: string;
  readonly program: 'main.js' | 'agent/main.js';
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the server or an agent as a process, like `npm start` and `npm run agent`. Its output goes to a file. */
export function startProgram({ name, program, dataDir, environment }: Start): Program {
  const logFile = join(dataDir, 'demo', `${name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', join(__dirname, '..', program)], {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Runs in its own process group: Ctrl-C in the terminal stops the demo, which then stops its programs in order.
    detached: true,
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  let stopping = false;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new Error(`${name} ended (${signal ?? `exit code ${code}`}); its log is ${logFile}`));
    });
  });
  // Some programs are not always awaited.
  failed.catch(() => undefined);
  return {
    name,
    pid: child.pid,
    logFile,
    failed,
    prints(pattern) {
      const found = new Promise<string>((resolve) => {
        let text = '';
        child.stdout?.on('data', (chunk) => {
          text += chunk;
          const [match] = pattern.exec(text) ?? [];
          if (match !== undefined) resolve(match);
        });
      });
      return Promise.race([found, failed]);
    },
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      await ended;
      log.end();
    },
  };
}
