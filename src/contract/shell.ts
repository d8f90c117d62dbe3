/** Shells that agents know by name. */
export const shellNames = ['sh', 'bash', 'python3', 'pwsh'] as const;
export type ShellName = (typeof shellNames)[number];

/** A known shell, or a program with its arguments, which gets the command as a file. */
export type Shell = ShellName | readonly string[];

/** In a program's arguments: the path of the file with the command. Without it, the path is the last argument. */
export const SCRIPT = '{0}';

/**
 * The first line of a command that says which program runs it: `#!/usr/bin/env node`. As in Linux, all after the
 * program is one argument.
 */
export function hashBang(command: string): { readonly program: string; readonly argument: string | null } | undefined {
  const [, program, argument] = /^#![ \t]*(\S+)(?:[ \t]+(.*?))?[ \t]*(?:\n|$)/.exec(command) ?? [];
  return program === undefined ? undefined : { program, argument: argument || null };
}
