#!/usr/bin/env node
import { CommanderError } from 'commander';
import pc from 'picocolors';
import { ApiError } from '../client/apiError';
import { exit, Failure, Followed, failureOf } from './failure';
import { createProgram, namedRun } from './program';

/** Runs the command line. Every failure prints a message with advice, and has the exit code of its kind. */
async function main(): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync();
    return exit.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.ok;
    if (error instanceof Followed) return error.exitCode;
    const failure = asFailure(error, namedRun(program));
    if (failure.code === 'UNAUTHENTICATED') {
      const { keyOrigin } = await import('./session.js');
      failure.advice.unshift(`The key came from ${keyOrigin(program.opts())}.`);
    }
    say(error, failure);
    return failure.exitCode;
  }
}

function asFailure(error: unknown, run: string | undefined): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return failureOf(error, run);
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CommanderError) return new Failure(exit.usage, 'USAGE', message);
  return new Failure(exit.failed, 'ERROR', message);
}

function say(error: unknown, { code, message, advice, details }: Failure): void {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, advice, ...details } }, null, 2)}\n`);
  }
  // Commander has already printed it.
  if (error instanceof CommanderError) return;
  const paint = pc.createColors(pc.isColorSupported && process.stderr.isTTY === true);
  process.stderr.write(`${[`${paint.red(code)}: ${message}`, ...advice.map((line) => `  ${line}`)].join('\n')}\n`);
}

// The reader may stop reading, as in `slipway runs | head -3`.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exit.ok : exit.failed),
);
main().then((code) => {
  process.exitCode = code;
});
