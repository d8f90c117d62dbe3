import { isReservedVariableName, isStorable, isVariableName } from '../../kernel/naming';
import { type InputError, invalidInput } from '../../kernel/errors';
import type { Environment } from './environment';

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** The variables of an environment from a list, which GraphQL has instead of a map. Undefined: they are not given. */
export function readEnvironmentVariables(
  given: readonly NamedValue[] | null | undefined,
): Environment['variables'] | undefined {
  if (given === undefined || given === null) return undefined;
  const errors: InputError[] = [];
  const seen = new Set<string>();
  for (const [index, { name, value }] of given.entries()) {
    const refuse = (field: string, rule: string, message: string) =>
      errors.push({ field: `variables[${index}].${field}`, value: field === 'name' ? name : value, rule, message });
    if (!isVariableName(name)) refuse('name', 'BAD_VARIABLE_NAME', `"${name.slice(0, 120)}" is no name of a variable.`);
    else if (isReservedVariableName(name))
      refuse('name', 'RESERVED_VARIABLE_NAME', `The variable ${name} can’t be set.`);
    if (seen.has(name)) refuse('name', 'DUPLICATE_NAME', `The variable ${name} is given twice.`);
    if (!isStorable(value)) refuse('value', 'BAD_CHARACTER', `The value of ${name} can’t be stored.`);
    seen.add(name);
  }
  if (errors.length > 0) throw invalidInput(errors);
  return Object.fromEntries(given.map(({ name, value }) => [name, value]));
}
