/** Shells that agents know by name. */
export const shellNames = ['sh', 'bash', 'python3', 'pwsh'] as const;
export type ShellName = (typeof shellNames)[number];

/** Known shell, or a program with arguments that gets the command as a file. */
export type Shell = ShellName | readonly string[];

/** Placeholder in a program's arguments for the path of the command file. Without it, the path is the last argument. */
export const SCRIPT = '{0}';

/**
 * Reads the first line of a command that names its program: `#!/usr/bin/env node`. As in Linux, everything after the
 * program is one argument.
 */
export function hashBang(command: string): { readonly program: string; readonly argument: string | null } | undefined {
  const [, program, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*?))?[ \t]*(?:\n|$)/.exec(command) ?? [];
  return program === undefined ? undefined : { program, argument: argument || null };
}
