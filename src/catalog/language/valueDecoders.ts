import {
  checked,
  type Decoder,
  type KeyCheck,
  list,
  mapOf,
  optional,
  short,
  text,
  valueText,
  wrongType,
} from './decoders';
import {
  isName,
  isReservedVariableName,
  isTaskName,
  isVariableName,
  MAX_DESCRIPTION,
  nameRule,
  parseDuration,
} from '../../kernel/naming';

/** Decoders of the values that documents of several kinds have: names, texts, durations, environment variables. */

export const DAY = 86_400;

export const name: Decoder<string> = checked(text, (value, place, node) => {
  if (node.type === 'scalar' && typeof node.value === 'string' && !isName(value)) {
    place.report('BAD_NAME', place.path, `"${short(value)}" is no name: it must have ${nameRule}.`, node.at);
  }
});

/** A short text on one line: a display name, a tag. */
export const label: Decoder<string> = checked(text, (value, place, node) => {
  if (node.type !== 'scalar' || typeof node.value !== 'string') return;
  if (value.trim() === '' || value.length > 200 || /\p{Cc}/u.test(value)) {
    place.report('BAD_VALUE', place.path, 'It must have 1 to 200 characters on one line.', node.at);
  }
});

export const description = optional<string | null>(
  checked(text, (value, place, node) => {
    if (value.length > MAX_DESCRIPTION) {
      const message = `The description has ${value.length} characters; at most ${MAX_DESCRIPTION} are kept.`;
      place.report('TOO_LONG', place.path, message, node.at);
    }
  }),
  null,
);

export const taskKey: KeyCheck = (key, place, at) => {
  if (isTaskName(key)) return;
  const rule = '1 to 100 letters, digits, dots, underscores or hyphens, beginning with a letter or digit';
  place.report('BAD_NAME', place.path, `"${short(key)}" is no name of a task: it must have ${rule}.`, at);
};

export const variableKey: KeyCheck = (key, place, at) => {
  if (!isVariableName(key)) {
    const rule = '1 to 100 letters, digits or underscores, not beginning with a digit';
    place.report(
      'BAD_VARIABLE_NAME',
      place.path,
      `"${short(key)}" is no name of a variable: it must have ${rule}.`,
      at,
    );
  } else if (isReservedVariableName(key)) {
    place.report('RESERVED_VARIABLE_NAME', place.path, `"${key}" can’t be set: the system or Slipway uses it.`, at);
  }
};

export const variableName: Decoder<string> = checked(text, (value, place, node) => {
  if (node.type === 'scalar' && typeof node.value === 'string') variableKey(value, place, node.at);
});

const MAX_SECRETS = 50;

/** An agent looks for each of them in every byte of a log. */
export const secretNames = optional<readonly string[]>(
  checked(list(variableName), (names, place, node) => {
    if (names.length > MAX_SECRETS) {
      place.report('TOO_LARGE', place.path, `At most ${MAX_SECRETS} secrets are possible here.`, node.at);
    }
  }),
  [],
);

export const axisKey: KeyCheck = (key, place, at) => {
  if (isVariableName(key)) return;
  const rule = '1 to 100 letters, digits or underscores, not beginning with a digit';
  place.report('BAD_VARIABLE_NAME', place.path, `"${short(key)}" is no name in a matrix: it must have ${rule}.`, at);
};

export const labelKey: KeyCheck = (key, place, at) => {
  if (/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(key)) return;
  place.report('BAD_NAME', place.path, `"${short(key)}" is no key of a label.`, at);
};

export const labelValue: Decoder<string> = checked(valueText, (value, place, node) => {
  if (value.length > 200 || /[,=]/.test(value)) {
    place.report('BAD_VALUE', place.path, 'A label’s value has at most 200 characters, and no comma or "=".', node.at);
  }
});

/** Whole seconds, or with `'ms'` also parts of them. */
export function duration(minimum: number, maximum: number, step: 's' | 'ms' = 's'): Decoder<number> {
  return (node, place) => {
    const written = node.type === 'scalar' && typeof node.value !== 'boolean' ? node.text : undefined;
    const seconds = written === undefined ? undefined : parseDuration(written);
    if (written === undefined) wrongType('a duration', node, place);
    else if (seconds === undefined) {
      const message = `"${short(written)}" is no duration: write 90s, 5m, 1h30m, 2d, or a whole number of seconds.`;
      place.report('BAD_DURATION', place.path, message, node.at);
    } else if (step === 's' && !Number.isInteger(seconds)) {
      place.report('BAD_DURATION', place.path, `${short(written)} is no whole number of seconds.`, node.at);
    } else if (seconds < minimum || seconds > maximum) {
      const message = `${written} is not from ${minimum} to ${maximum} seconds.`;
      place.report('BAD_DURATION', place.path, message, node.at);
    } else return seconds;
    return minimum;
  };
}

export const env = optional(mapOf(variableKey, valueText), {});

export const filled = <T>(decoder: Decoder<readonly T[]>, message: string): Decoder<readonly T[]> =>
  checked(decoder, (items, place, node) => {
    if (items.length === 0 && node.type === 'list') place.report('EMPTY', place.path, message, node.at);
  });
