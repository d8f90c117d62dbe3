import { type InputError, invalidInput } from './errors';

/** Rules for names, texts and durations of everything that people configure, in documents and API arguments. */

export const MAX_DESCRIPTION = 20_000;

export const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,98}[A-Za-z0-9._-])?$/;
/** Tasks are stored in objects, in which `__proto__` is not an ordinary key. */
export const taskNamePattern = /^(?!__proto__$)[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;
export const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const system = 'PATH|HOME|SHELL|IFS|ENV|BASH_ENV|NODE_OPTIONS';
/** Names that nothing may set. The last one endangers the objects that variables are stored in, not programs. */
const forbidden = 'LD_.*|DYLD_.*|SLIPWAY_.*|__proto__';
export const forbiddenVariablePattern = new RegExp(`^(?:${forbidden})$`);
const systemVariablePattern = new RegExp(`^(?:${system})$`);
export const reservedVariablePattern = new RegExp(`^(?:${system}|${forbidden})$`);

export const isName = (text: string): boolean => namePattern.test(text);
export const isVariableName = (text: string): boolean => variableNamePattern.test(text);
export const isReservedVariableName = (text: string): boolean => reservedVariablePattern.test(text);
export const isForbiddenVariableName = (text: string): boolean => forbiddenVariablePattern.test(text);

/**
 * Environment variables that decide which programs run. A command gets them from its agent, or as constants of its
 * definition. Other variables with such a name reach commands under another name.
 */
export const isSystemVariableName = (text: string): boolean => systemVariablePattern.test(text);

const PREFIX = 'SLIPWAY_VAR_';

/** Name of the environment variable for a variable whose name is taken, by the system or by the `env` of the task. */
export const prefixedName = (variable: string): string => PREFIX + variable;

/** Name of the environment variable through which a command gets a variable. */
export const environmentName = (variable: string): string =>
  isSystemVariableName(variable) ? prefixedName(variable) : variable;

/** Name of the environment variable with the value of an axis of a matrix. */
export const axisVariable = (axis: string): string => `MATRIX_${axis.toUpperCase().replaceAll('-', '_')}`;

/** Name of the variable behind an environment variable. */
export const variableBehind = (name: string): string => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name);

export const nameRule =
  '1 to 100 letters, digits, spaces, dots, underscores or hyphens, starting with a letter or digit and not ending with a space';

/** Text that PostgreSQL can't store: NUL, and half of a surrogate pair. */
export const isStorable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);

/** Units of a duration, in milliseconds. */
const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1, '[uµμ]s': 1e-3, ns: 1e-6 };
const amount = String.raw`(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})`;
export const durationPattern = new RegExp(
  String.raw`^(?:(\d{1,9})|${Object.keys(units)
    .map((unit) => `(?:${amount}${unit})?`)
    .join('')})$`,
);

/** Seconds, to the millisecond. Undefined if it is not a duration. */
export function parseDuration(given: string): number | undefined {
  const parts = given === '' ? null : durationPattern.exec(given);
  if (parts === null) return undefined;
  const [, whole, ...amounts] = parts;
  const exact = Object.values(units).reduce((sum, unit, index) => sum + Number(amounts[index] ?? 0) * unit, 0);
  // A nonzero duration below a millisecond is rounded up to one.
  return whole === undefined ? (exact > 0 ? Math.max(1, Math.round(exact)) : 0) / 1000 : Number(whole);
}

/** `90s` becomes `1m30s`: the largest units first, none of them 0. */
export function formatDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [Math.floor(seconds) % 60, 's'],
    [Math.round(seconds * 1000) % 1000, 'ms'],
  ] as const;
  return parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('') || '0s';
}

/**
 * Checks the name and description of a command, and returns them as they are stored. Undefined means not given; so does
 * a null name, because everything has a name.
 */
export function readNameAndDescription(given: {
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
}): { readonly name: string | undefined; readonly description: string | null | undefined } {
  const errors: InputError[] = [];
  const { name, description } = given;
  if (typeof name === 'string' && !isName(name)) {
    errors.push({
      field: 'name',
      value: name,
      rule: 'BAD_NAME',
      message: `The name is not valid: a name has ${nameRule}.`,
    });
  }
  errors.push(...descriptionErrors(description));
  if (errors.length > 0) throw invalidInput(errors);
  return { name: name ?? undefined, description: description === '' ? null : description };
}

function descriptionErrors(description: string | null | undefined): InputError[] {
  if (description === undefined || description === null) return [];
  const error = (rule: string, message: string) => [{ field: 'description', value: description, rule, message }];
  if (description.length > MAX_DESCRIPTION) {
    return error(
      'TOO_LONG',
      `The description has ${description.length} characters; at most ${MAX_DESCRIPTION} are allowed.`,
    );
  }
  return isStorable(description)
    ? []
    : error('BAD_CHARACTER', 'The description contains a character that can’t be stored.');
}
