#!/usr/bin/env node
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { exit, Failure, Followed } from './failure';
import { createProgram } from './program';

/** The command line. What fails is told in words with what can be done about it, and ends with the code of its kind. */
async function main(): Promise<number> {
  try {
    await createProgram().parseAsync();
    return exit.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.ok;
    if (error instanceof Followed) return error.exitCode;
    const failure = asFailure(error);
    say(error, failure);
    return failure.exitCode;
  }
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError) return new Failure(exit.usage, 'USAGE', message);
  return new Failure(exit.failed, 'ERROR', message);
}

function say(error: unknown, { code, message, advice, details }: Failure): void {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, advice, ...details } }, null, 2)}\n`);
  }
  // Commander has said already what is wrong.
  if (error instanceof CommanderError) return;
  const paint = pc.createColors(pc.isColorSupported && process.stderr.isTTY === true);
  process.stderr.write(`${[`${paint.red(code)}: ${message}`, ...advice.map((line) => `  ${line}`)].join('\n')}\n`);
}

// Whoever reads may stop reading: `slipway runs | head -3`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exit.ok : exit.failed),
);
main().then((code) => {
  process.exitCode = code;
});
