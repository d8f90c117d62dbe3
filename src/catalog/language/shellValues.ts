import type { ValueRule } from '../../contract/valueRules';

/**
 * Places where a shell or another program evaluates a value, in arithmetic or as code. A rule restricts the value
 * there, so that it can't become code.
 */

/** `code`: the text is code of another language, in which a value is a number, or a word within a string. */
export type Rule = ValueRule | 'code';

/** Strongest of several rules. */
export const stronger = (...rules: readonly ValueRule[]): ValueRule =>
  rules.includes('number') ? 'number' : rules.includes('word') ? 'word' : 'any';

/** Pattern of the places at which a command can begin. */
const lead = String.raw`(?:^|[;&|({!\n\x60]|\b(?:then|do|else|if|while|until|command|builtin)\s)\s*(?:\w+=\S*\s+)*`;
const program = String.raw`(?:^|[\s;&|(!{/\x60])`;
const shellNames = '(?:ba|da|z|k|mk|c|tc|fi|a|rba|s)?sh|su';
const otherLanguages = String.raw`python[\d.]*|perl|ruby|node|php`;
/** These evaluate their arguments as a program: a value would run there, even if it is quoted here. */
const evaluation = new RegExp(`${lead}(?:eval|trap)\\s`);
const runsShellCode = new RegExp(String.raw`${program}(?:(?:${shellNames})\s[\s\S]*?-\w*c\s|\w?sed\s)`);
const runsOtherCode = new RegExp(String.raw`${program}(?:(?:${otherLanguages})\s[\s\S]*?-\w*[cer]\s|\w?awk\s)`);
/** Programs that read a program from a here-document or a pipe. */
const shells = String.raw`(?:sudo\s+)?(?:\S*/)?(?:${shellNames})(?=$|[\s<|;&)])`;
const interpreters = String.raw`(?:sudo\s+)?(?:\S*/)?(?:${otherLanguages})(?=$|[\s<|;&)])`;
const piped = (programs: string) => new RegExp(String.raw`\|\s*${programs}`);
/** These take the name of a variable, in which bash evaluates `a[$(…)]`. */
const namesVariable = new RegExp(
  String.raw`${lead}(?:(?:read|unset|export|declare|typeset|local|readonly|mapfile|readarray|getopts)(?:\s+\S+)*|printf\s+-v|(?:test|\[\[?)\s[^\n]*-v)\s+["']?[^\s=]*$`,
);
/** Places where bash does arithmetic. In `${name:-…}` it does not. */
const calculatesIn = new RegExp(`${lead}(?:let|(?:declare|local|typeset)\\s+-\\w*i\\w*)\\s[^\\n;&|]*$|\\$\\[[^\\]]*$`);
const inBraces = /\$\{[^}]*(?:\[|:(?![-=+?]))[^}]*$/;
const calculatesBetween = /\s-(?:eq|ne|lt|le|gt|ge)\s/;

/** True if the text ends where `${…}` does arithmetic: an index, an offset. */
export const calculatesInBraces = (text: string): boolean => inBraces.test(text);

/** True if a command runs its arguments: `eval`, `trap`. */
export const evaluates = (command: string): boolean => evaluation.test(command);

/**
 * Rule for a value after `said`, the part of its command before it. `before` is the command around that, `line` is the
 * text after it.
 */
export function ruleAfter(before: string, said: string, line: string): ValueRule {
  if (calculatesInBraces(said) || calculatesIn.test(said)) return 'number';
  const command = before + said;
  if (runsOtherCode.test(command) || piped(interpreters).test(line)) return isInString(command) ? 'word' : 'number';
  const isCode = evaluates(command) || runsShellCode.test(command) || piped(shells).test(line);
  return isCode || namesVariable.test(command) ? 'word' : 'any';
}

/** True between `[[` and `]]` with a comparison of numbers. */
export function isCompared(text: string, at: number): boolean {
  const open = text.lastIndexOf('[[', at);
  const close = open === -1 ? -1 : text.indexOf(']]', open);
  return close > at && calculatesBetween.test(text.slice(open, close));
}

/** Rule for values in a here-document, by the line that begins it. */
export function ruleOfDocument(line: string): Rule | undefined {
  const reads = (programs: string) => new RegExp(`${program}${programs}`).test(line);
  return reads(shells) ? 'word' : reads(interpreters) ? 'code' : undefined;
}

/** Rule for code of another language that begins on a separate line. */
export function codeRule(text: string, at: number): ValueRule {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return ['"', "'"].some((quote) => (line.split(quote).length - 1) % 2 === 1) ? 'word' : 'number';
}

/** True if the code that ends here is within a string of its language: `print("`. */
function isInString(code: string): boolean {
  const program = /["']([^\n]*)$/.exec(code)?.[0] ?? '';
  const outer = program[0];
  const inner = program.slice(1).match(outer === "'" ? /"/g : /'|\\"/g) ?? [];
  return outer !== undefined && inner.length % 2 === 1;
}
