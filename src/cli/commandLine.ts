import { CommanderError } from 'commander';
import pc from 'picocolors';
import { ApiError } from '../client/apiError';
import { exit, Failure, Followed, failureOf } from './failure';
import { createProgram, namedRun } from './program';
import type { Terminal } from './ui';

/**
 * Runs a command line, and returns its exit code. Every failure prints a message with advice, and has the exit code of
 * its kind.
 */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.ok;
    if (error instanceof Followed) return error.exitCode;
    const failure = asFailure(error, namedRun(program));
    if (failure.code === 'UNAUTHENTICATED') {
      const { keyOrigin } = await import('./session.js');
      failure.advice.unshift(`The key came from ${keyOrigin(program.opts(), terminal)}.`);
    }
    if (args.includes('--json')) sayJson(failure, terminal);
    // Commander has already printed its own errors.
    if (!(error instanceof CommanderError)) say(failure, terminal);
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

function sayJson({ code, message, advice, details }: Failure, { stdout }: Terminal): void {
  stdout.write(`${JSON.stringify({ error: { code, message, advice, ...details } }, null, 2)}\n`);
}

function say({ code, message, advice }: Failure, { stderr }: Terminal): void {
  const paint = pc.createColors(pc.isColorSupported && stderr.isTTY === true);
  stderr.write(`${[`${paint.red(code)}: ${message}`, ...advice.map((line) => `  ${line}`)].join('\n')}\n`);
}
