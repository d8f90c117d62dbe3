import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/commandLine';
import type { Terminal } from '../../src/cli/ui';
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
  readonly ended: Promise<Ended>;
  /** Waits until the program has printed this to standard output. */
  prints(text: string): Promise<void>;
  /** Waits until the program has printed this to standard error. */
  tells(text: string): Promise<void>;
}

interface Printed {
  out: string;
  err: string;
}

type Variables = Readonly<Record<string, string>>;

const variables = (url: string, more: Variables): Variables => ({
  PATH: process.env.PATH ?? '',
  SLIPWAY_URL: url,
  SLIPWAY_API_KEY: ADMIN_KEY,
  ...more,
});

/** Runs the command line in this process, with pipes and without a terminal. */
export function startSlipway(url: string, args: readonly string[], environment: Variables = {}, input = ''): Started {
  const printed: Printed = { out: '', err: '' };
  const into = (stream: keyof Printed) =>
    new Writable({
      write(chunk, _encoding, done) {
        printed[stream] += chunk;
        done();
      },
    });
  const terminal = {
    env: variables(url, environment),
    stdin: Readable.from(input === '' ? [] : [input]),
    stdout: into('out'),
    stderr: into('err'),
  } as unknown as Terminal;
  return started(printed, runCommandLine(args, terminal));
}

export const slipway = (
  url: string,
  args: readonly string[],
  environment: Variables = {},
  input = '',
): Promise<Ended> => startSlipway(url, args, environment, input).ended;

/** Runs the built program as a separate process, for tests of signals, broken pipes and the program's end. */
export function startSlipwayProcess(
  url: string,
  args: readonly string[],
  input?: string,
): Started & { readonly child: ChildProcess } {
  const child = spawn(process.execPath, [main, ...args], {
    env: variables(url, {}),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const printed: Printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (printed.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed.err += text));
  child.stdin.end(input);
  return { child, ...started(printed, new Promise((resolve) => child.once('close', resolve))) };
}

function started(printed: Printed, code: Promise<number | null>): Started {
  let over = false;
  const ended = code.then((value) => {
    over = true;
    return { code: value, ...printed };
  });
  const until = async (stream: keyof Printed, text: string) => {
    const has = () => printed[stream].includes(text);
    await eventually(() => has() || over, Boolean, { what: `"${text}"` });
    if (!has()) throw new Error(`the program ended without "${text}": ${printed.out}${printed.err}`);
  };
  return { ended, prints: (text) => until('out', text), tells: (text) => until('err', text) };
}
