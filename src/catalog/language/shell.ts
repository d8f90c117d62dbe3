import { basename } from 'node:path';
import { didYouMean } from '../../kernel/didYouMean';
import { hashBang, type Shell, type ShellName, shellNames } from '../../contract/shell';
import { defined, filled, isText, list, ruled, type Shape, short, text } from './shape';

/** Shells that run commands: the key `shell`, and its effects on a command. */

/** One command, or several that run in order in one shell. */
export type Commands = string | readonly string[];

const argument = ruled(text, {
  json: { pattern: '\\S' },
  problem: (value) => (value.trim() === '' ? ['BAD_VALUE', 'An argument is empty.'] : undefined),
});
const program = filled(list(argument), 'An empty list names no program.');
const example = 'or a list with a program and its arguments, such as [ruby, -w]';

export const shell: Shape<Shell> = defined('Shell', {
  json: { anyOf: [{ enum: shellNames }, program.json] },
  encode: (value) => value,
  decode(node, place) {
    if (node.type === 'list') {
      const given = program.decode(node, place);
      if (/^-(?:c|Command)$/.test(given.at(-1) ?? '')) {
        const message = `The program gets the command as a file. Leave out "${given.at(-1)}".`;
        place.report('BAD_VALUE', place.path, message, node.at);
      }
      return given;
    }
    const given = text.decode(node, place);
    const known = shellNames.find((name) => name === given);
    if (known === undefined && isText(node)) {
      const hint = didYouMean(given, shellNames);
      const message = `"${short(given)}" is not a valid shell; expected one of ${shellNames.join(', ')}, ${example}${hint}.`;
      place.report('BAD_VALUE', place.path, message, node.at);
    }
    return known ?? 'sh';
  },
});

/** The shell of a task: its own, or that of its workflow. */
export const shellOf = (workflow: { readonly shell: Shell }, task: { readonly shell: Shell | null }): Shell =>
  task.shell ?? workflow.shell;

export const commandsIn = (run: Commands): readonly string[] => (typeof run === 'string' ? [run] : run);

/** Program that reads a command, without its folder. */
function programOf(shell: Shell, run: Commands): string {
  const named = hashBang(commandsIn(run)[0] ?? '');
  if (named === undefined) return basename(typeof shell === 'string' ? shell : (shell[0] ?? ''));
  const { program: first, argument: rest } = named;
  return basename(basename(first) === 'env' ? (rest?.replace(/^-S\s*/, '').split(/\s/)[0] ?? '') : first);
}

/** True if the program quotes as `sh` does, so that a reference can replace a `{{.name}}`. */
export const quotesAsSh = (shell: Shell, run: Commands): boolean =>
  ['sh', 'bash', 'dash'].includes(programOf(shell, run));

const bashOnly: readonly (readonly [string, RegExp])[] = [
  ['[[', /(?:^|[\s;&|(!])\[\[\s/],
  ['pipefail', /(?:^|[\s;&|(])set\s[^\n;&|]*\bpipefail\b/],
  ['source', /(?:^|[\n;&|({]|\b(?:then|do|else)\s)\s*source\s/],
];

/**
 * Words of a command for `sh` that only bash and similar shells know. Words for a bash that the command starts do not
 * count.
 */
export function bashWords(shell: Shell, run: Commands): readonly string[] {
  if (!['sh', 'dash'].includes(programOf(shell, run))) return [];
  const written = commandsIn(run)
    .join('\n')
    .replace(/(^|[\s;])#[^\n]*/g, '$1');
  if (/\b(?:bash|zsh|ksh)\b/.test(written)) return [];
  return bashOnly.filter(([, pattern]) => pattern.test(written)).map(([word]) => word);
}

/**
 * Text that an agent runs. Several commands of sh or bash run in one shell, so `cd` and variables persist; the log
 * names each command before it begins, and the first failure ends the text. For other programs they are lines of one
 * text.
 */
export function commandText(shell: Shell, run: Commands): string {
  if (typeof run === 'string') return run;
  if (!quotesAsSh(shell, run) || hashBang(run[0] ?? '') !== undefined) return run.join('\n');
  return run
    .map((one, index) => {
      const [first = '', ...more] = one.trim().split('\n');
      const title = `[${index + 1}/${run.length}] ${short(first)}${more.length > 0 ? ' …' : ''}`;
      return `printf '%s\\n' ${quoted(title)} >&2\neval ${quoted(one)}\ncase $? in 0) ;; *) exit $? ;; esac\n`;
    })
    .join('');
}

const quoted = (written: string): string => `'${written.replaceAll("'", `'\\''`)}'`;

export type { Shell, ShellName };
