import {
  durationPattern,
  forbiddenVariablePattern,
  isForbiddenVariableName,
  isReservedVariableName,
  MAX_DESCRIPTION,
  namePattern,
  nameRule,
  parseDuration,
  formatDuration,
  reservedVariablePattern,
  taskNamePattern,
  variableNamePattern,
} from '../../kernel/naming';
import {
  defined,
  type Field,
  list,
  mapOf,
  mapped,
  optional,
  ruled,
  type Shape,
  short,
  type TextRule,
  text,
  valueText,
  wrongType,
} from './shape';
import type { ValidationRule } from './validationRules';

/** Shapes of values that several kinds of documents share: names, texts, durations, environment variables. */

export const DAY = 86_400;
/** Maximum duration of anything except a task. */
export const MAX_SECONDS = 365 * DAY;

function textRule(pattern: RegExp, rule: ValidationRule, message: (text: string) => string): TextRule {
  return {
    json: { type: 'string', pattern: pattern.source },
    problem: (value) => (pattern.test(value) ? undefined : [rule, message(short(value))]),
  };
}

const identifier = '1 to 100 letters, digits or underscores, and must not start with a digit';

export const name = defined(
  'Name',
  ruled(
    text,
    textRule(namePattern, 'BAD_NAME', (value) => `"${value}" is not a valid name; a name has ${nameRule}.`),
  ),
);

export const MAX_LABEL = 200;

/** A short text on one line: a display name, a tag. */
export const label = ruled(text, {
  json: { pattern: '\\S', maxLength: MAX_LABEL },
  problem: (value) =>
    value.trim() === '' || value.length > MAX_LABEL || /\p{Cc}/u.test(value)
      ? ['BAD_VALUE', 'Expected 1 to 200 characters on one line.']
      : undefined,
});

export const description = (of: string): Field<string | null> =>
  optional(
    ruled(text, {
      json: { maxLength: MAX_DESCRIPTION },
      problem: ({ length }) =>
        length > MAX_DESCRIPTION
          ? ['TOO_LONG', `The description has ${length} characters; the limit is ${MAX_DESCRIPTION}.`]
          : undefined,
    }),
    null,
    `Description of the ${of}, at most 20,000 characters.`,
  );

export const taskKey = textRule(
  taskNamePattern,
  'BAD_NAME',
  (key) =>
    `"${key}" is not a valid task name; it has 1 to 100 letters, digits, dots, underscores or hyphens, and does not start with a dot.`,
);

export const axisKey = textRule(
  /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/,
  'BAD_VARIABLE_NAME',
  (key) =>
    `"${key}" is not a valid matrix name; it has 1 to 100 letters, digits, underscores or hyphens, and must not start with a digit or a hyphen.`,
);

export const anyVariableKey = textRule(
  variableNamePattern,
  'BAD_VARIABLE_NAME',
  (key) => `"${key}" is not a valid variable name; it has ${identifier}.`,
);

const unreserved = (reserved: RegExp, isReserved: (key: string) => boolean): TextRule => ({
  json: { ...anyVariableKey.json, not: { pattern: reserved.source } },
  problem: (key) =>
    isReserved(key)
      ? ['RESERVED_VARIABLE_NAME', `"${key}" can’t be set: it is reserved for the system or for Slipway.`]
      : anyVariableKey.problem(key),
});

const variableKey = unreserved(reservedVariablePattern, isReservedVariableName);

/**
 * A name in `env`, or of a variable. `PATH` is valid, too: it is then a constant, or reaches commands under another
 * name.
 */
export const settableKey = unreserved(forbiddenVariablePattern, isForbiddenVariableName);

/** A name that commands see unchanged, with a value that is not in the definition. */
export const variableName = ruled(text, variableKey);

export const settableName = ruled(text, settableKey);

export const labelKey = textRule(
  /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/,
  'BAD_NAME',
  (key) =>
    `"${key}" is not a valid label key; it has 1 to 100 letters, digits or ._/- and starts with a letter or digit.`,
);

export const labelValue = ruled(valueText, {
  json: { pattern: '^[^,=]*$', maxLength: 200 },
  problem: (value) =>
    value.length > 200 || /[,=]/.test(value)
      ? ['BAD_VALUE', 'A label’s value has at most 200 characters, and no comma or "=".']
      : undefined,
});

const MAX_SECRETS = 50;

/** The number is limited because an agent searches every byte of a log for each of them. */
export const secretNames = mapped(
  list(variableName),
  (names, node, place) => {
    if (names.length > MAX_SECRETS) {
      place.report('TOO_LARGE', place.path, `${names.length} secrets exceed the limit of ${MAX_SECRETS}.`, node.at);
    }
    return names;
  },
  { json: { maxItems: MAX_SECRETS } },
);

const durationText = defined<string>('Duration', {
  ...valueText,
  json: {
    type: ['string', 'integer'],
    minLength: 1,
    pattern: durationPattern.source,
  },
});

/** Whole seconds; with `'ms'`, fractions are allowed. */
export function duration(minimum: number, maximum: number, step: 's' | 'ms' = 's'): Shape<number> {
  return {
    json: { ...durationText.json, minimum: Math.ceil(minimum), maximum },
    encode: formatDuration,
    decode(node, place) {
      const written = node.type === 'scalar' && typeof node.value !== 'boolean' ? node.text : undefined;
      const seconds = written === undefined ? undefined : parseDuration(written);
      const bad = (message: string) => place.report('BAD_DURATION', place.path, message, node.at);
      if (written === undefined) wrongType('a duration', node, place);
      else if (seconds === undefined) {
        bad(`"${short(written)}" is not a valid duration; write 90s, 5m, 1h30m, 2d, or a whole number of seconds.`);
      } else if (step === 's' && !Number.isInteger(seconds)) {
        bad(`${short(written)} is not a whole number of seconds.`);
      } else if (seconds < minimum || seconds > maximum) {
        bad(`${written} is out of range: expected ${minimum} to ${maximum} seconds.`);
      } else return seconds;
      return minimum;
    },
  };
}

export const timeout = (otherwise: number, description: string): Field<number> =>
  optional(duration(1, MAX_SECONDS), otherwise, description, { key: 'timeout' });

/** Values of variables by name. */
export const values = defined('Values', mapOf(variableKey, valueText, { emptyIsNone: true }));

/** The same, including names of system variables. */
export const settableValues = defined('SettableValues', mapOf(settableKey, valueText, { emptyIsNone: true }));
