import { isReservedVariableName, isStorable, isVariableName } from '../../kernel/naming';
import { SHORTEST_PART, SHORTEST_SECRET, secretParts } from '../../contract/secretParts';
import { type InputError, invalidInput } from '../../kernel/errors';

const MAX_BYTES = 16_384;
/** Rejects invalid secrets. The errors never contain the value. */
export function checkSecret(name: string, value: string | null): void {
  const errors: InputError[] = [];
  const refuse = (field: string, rule: string, message: string) =>
    errors.push({ field, value: field === 'name' ? name : null, rule, message });
  if (!isVariableName(name))
    refuse('name', 'BAD_VARIABLE_NAME', `"${name.slice(0, 120)}" is not a valid variable name.`);
  else if (isReservedVariableName(name)) refuse('name', 'RESERVED_VARIABLE_NAME', `The variable ${name} can’t be set.`);
  if (value === null) {
    if (errors.length > 0) throw invalidInput(errors);
    return;
  }
  if (value === '') refuse('secretValue', 'EMPTY', 'The value is empty.');
  if (Buffer.byteLength(value) > MAX_BYTES) {
    refuse('secretValue', 'TOO_LONG', `The value has more than ${MAX_BYTES} bytes.`);
  }
  if (!isStorable(value))
    refuse('secretValue', 'BAD_CHARACTER', 'The value contains a character that a variable can’t have.');
  if (errors.length > 0) throw invalidInput(errors);
}

/**
 * Values that agents can't hide in logs: short ones, and short ones inside a structured secret. Names places, never
 * values.
 */
export function warningsFor(value: string): string[] {
  const parts = [value, ...value.split(/\r?\n/)].map((part) => [...part.trim()].length);
  if (!parts.some((length) => length >= SHORTEST_SECRET)) {
    return [
      `The value has fewer than ${SHORTEST_SECRET} characters, so logs show it: masking it would mask ordinary text.`,
    ];
  }
  const short = secretParts(value).filter((part) => [...part.value].length < SHORTEST_PART);
  if (short.length === 0) return [];
  const named = short.slice(0, 5).map(({ path }) => path);
  const more = short.length > named.length ? ` and ${short.length - named.length} more` : '';
  return [
    `Values inside the secret that have fewer than ${SHORTEST_PART} characters are not masked when they appear alone: ` +
      `${named.join(', ')}${more}.`,
  ];
}
