import { isReservedVariableName, isStorable, isVariableName } from '../../kernel/naming';
import { type InputError, invalidInput } from '../../kernel/errors';

/** Reads the variables of an environment from a list, because GraphQL has no maps. */
export function readEnvironmentVariables(
  given: readonly { readonly name: string; readonly value: string }[],
): Readonly<Record<string, string>> {
  const errors: InputError[] = [];
  const seen = new Set<string>();
  for (const [index, { name, value }] of given.entries()) {
    const refuse = (field: string, rule: string, message: string) =>
      errors.push({ field: `variables[${index}].${field}`, value: field === 'name' ? name : value, rule, message });
    if (!isVariableName(name)) {
      refuse('name', 'BAD_VARIABLE_NAME', `"${name.slice(0, 120)}" is not a valid variable name.`);
    } else if (isReservedVariableName(name)) {
      refuse('name', 'RESERVED_VARIABLE_NAME', `The variable ${name} is reserved and can’t be set.`);
    }
    if (seen.has(name)) refuse('name', 'DUPLICATE_NAME', `The variable ${name} is given twice.`);
    if (!isStorable(value)) {
      refuse('value', 'BAD_CHARACTER', `The value of ${name} contains a character that can’t be stored.`);
    }
    seen.add(name);
  }
  if (errors.length > 0) throw invalidInput(errors);
  return Object.fromEntries(given.map(({ name, value }) => [name, value]));
}
