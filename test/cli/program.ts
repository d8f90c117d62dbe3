import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { ADMIN_KEY } from '../support/server';

export const main = join(__dirname, '../../dist/src/cli/main.js');

export interface Ended {
  readonly code: number | null;
  /** Standard output: results. */
  readonly out: string;
  /** Standard error: messages for people. */
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the program has printed this to standard output. */
  prints(text: string): Promise<void>;
  /** Waits until the program has printed this to standard error. */
  tells(text: string): Promise<void>;
}

/** Starts the built program as a process with pipes and without a terminal. */
export function startSlipway(
  url: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input?: string,
): Started {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH ?? '', SLIPWAY_URL: url, SLIPWAY_API_KEY: ADMIN_KEY, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (printed.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed.err += text));
  child.stdin.end(input);
  const until = async (stream: 'out' | 'err', text: string) => {
    const has = () => printed[stream].includes(text);
    await eventually(() => has() || child.exitCode !== null, Boolean, { what: `"${text}"` });
    if (!has()) throw new Error(`the program ended without "${text}": ${printed.out}${printed.err}`);
  };
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...printed }))),
    prints: (text) => until('out', text),
    tells: (text) => until('err', text),
  };
}

export function slipway(url: string, args: readonly string[], environment = {}, input?: string): Promise<Ended> {
  return startSlipway(url, args, environment, input).ended;
}
