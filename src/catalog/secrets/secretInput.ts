import { isReservedVariableName, isStorable, isVariableName } from '../../kernel/naming';
import { type InputError, invalidInput } from '../../kernel/errors';

const MAX_BYTES = 16_384;
/** As the agents have it, which hide nothing shorter (`src/agent/secretForms.ts`). */
const SHORTEST_HIDDEN = 4;

/** Refuses what can't be a secret. The errors never hold the value. */
export function checkSecret(name: string, value: string): void {
  const errors: InputError[] = [];
  const refuse = (field: string, rule: string, message: string) =>
    errors.push({ field, value: field === 'name' ? name : null, rule, message });
  if (!isVariableName(name)) refuse('name', 'BAD_VARIABLE_NAME', `"${name.slice(0, 120)}" is no name of a variable.`);
  else if (isReservedVariableName(name)) refuse('name', 'RESERVED_VARIABLE_NAME', `The variable ${name} can’t be set.`);
  if (value === '') refuse('secretValue', 'EMPTY', 'The value is empty.');
  if (Buffer.byteLength(value) > MAX_BYTES) {
    refuse('secretValue', 'TOO_LONG', `The value has more than ${MAX_BYTES} bytes.`);
  }
  if (!isStorable(value))
    refuse('secretValue', 'BAD_CHARACTER', 'The value has a character that no variable can have.');
  if (errors.length > 0) throw invalidInput(errors);
}

/** What whoever sets it should know. */
export function warningsFor(value: string): string[] {
  const parts = [value, ...value.split(/\r?\n/)].map((part) => [...part.trim()].length);
  if (parts.some((length) => length >= SHORTEST_HIDDEN)) return [];
  return [`It has fewer than ${SHORTEST_HIDDEN} characters, and is not hidden in logs: it would be found everywhere.`];
}
