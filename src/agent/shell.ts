import { access, constants, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hashBang, SCRIPT, type Shell, type ShellName } from '../contract/shell';
import { FALLBACK_PATH } from './commandEnvironment';
import { isErrno } from '../kernel/errno';

/** This agent does not have the program that a command needs. */
export class ShellNotFound extends Error {
  readonly reason = 'SHELL_NOT_FOUND';
}

export interface ShellCommand {
  readonly shell: Shell;
  readonly command: string;
  /** File of the job to write the command to, if its program reads a file. It is outside the working folder. */
  readonly scriptFile: string;
  /** PATH of the command. */
  readonly path: string | undefined;
  readonly directory: string;
  /** True if the command runs in a container, whose programs are not those of the agent. */
  readonly elsewhere?: boolean;
}

/** Arguments with which the known shells run a command: they stop at the first failure. */
const known: Readonly<Record<ShellName, readonly string[]>> = {
  sh: ['/bin/sh', '-e', '-c'],
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'],
  // Unbuffered: a line appears in the log as soon as it is printed.
  python3: ['python3', '-u', '-c'],
  pwsh: ['pwsh', '-NoProfile', '-NonInteractive', '-Command'],
};

/**
 * Program and arguments that run a command. A file is never executed directly: its program reads it, so it may be in a
 * folder that is mounted without permission to execute.
 */
export async function argumentsOf(options: ShellCommand): Promise<readonly string[]> {
  const { shell, command, scriptFile } = options;
  const named = hashBang(command);
  if (named !== undefined) {
    const { program, argument } = named;
    await writeFile(scriptFile, command);
    const line = `#!${program}${argument === null ? '' : ` ${argument}`}`;
    if (/(?:^|\/)env$/.test(program) && argument !== null && !/^-|=/.test(argument)) {
      await find(argument, line, options);
    }
    return [await find(program, line, options), ...(argument === null ? [] : [argument]), scriptFile];
  }
  if (shell === 'sh') return [...known.sh, command];
  if (shell === 'pwsh') {
    const file = `${scriptFile}.ps1`;
    await writeFile(file, command);
    return withProgram(known.pwsh, [powershell(file)], options);
  }
  if (typeof shell === 'string') return withProgram(known[shell], [command], options);
  await writeFile(scriptFile, command);
  const filled = shell.map((part) => part.replaceAll(SCRIPT, scriptFile));
  return withProgram(filled, shell.some((part) => part.includes(SCRIPT)) ? [] : [scriptFile], options);
}

/** Errors end the script, and it exits with the code of the last program. */
const powershell = (file: string): string =>
  `$ErrorActionPreference = 'Stop'; . '${file.replaceAll("'", "''")}'; ` +
  'if (Test-Path -LiteralPath variable:LASTEXITCODE) { exit $LASTEXITCODE }';

async function withProgram(
  [program = '', ...given]: readonly string[],
  more: readonly string[],
  options: ShellCommand,
): Promise<readonly string[]> {
  const { shell } = options;
  const written = typeof shell === 'string' ? `shell: ${shell}` : `shell: [${shell.join(', ')}]`;
  return [await find(program, written, options), ...given, ...more];
}

/** Path of a program, as a shell would find it. */
async function find(program: string, wantedBy: string, { path, directory, elsewhere }: ShellCommand): Promise<string> {
  if (elsewhere) return program;
  const places = (path ?? FALLBACK_PATH).split(':').map((place) => place || '.');
  const files = program.includes('/')
    ? [resolve(directory, program)]
    : places.map((at) => resolve(directory, at, program));
  for (const file of files) if (await isProgram(file)) return file;
  const where = program.includes('/') ? '' : `, neither in ${places.join(' nor in ')}`;
  throw new ShellNotFound(`"${wantedBy}" needs the program "${program}", which is not on this agent${where}.`);
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return false;
    throw error;
  }
}
