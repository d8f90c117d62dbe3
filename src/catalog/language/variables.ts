import type { VariableDefinition } from './definition';
import type { ValidationRule } from './validationRules';

/** What values variables may have, as far as that can be said before an execution starts. */

export interface ValueProblem {
  readonly rule: ValidationRule & ('WRONG_VALUE_TYPE' | 'VALUE_NOT_ALLOWED');
  /** The value, or the part of it, that breaks the rule. */
  readonly part: string;
  readonly message: string;
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Why a variable can't have a value: what is wrong with each part of it. */
export function valueProblems(variable: VariableDefinition, value: string): ValueProblem[] {
  const { name, type, allowedValues, allowMultipleValues } = variable;
  const parts = allowMultipleValues ? value.split(',').map((part) => part.trim()) : [value];
  return parts.flatMap((part): ValueProblem[] => {
    if (!isOfType(type, part)) {
      return [{ rule: 'WRONG_VALUE_TYPE', part, message: `The variable ${name} is a ${type}; "${part}" is none.` }];
    }
    // That a list of allowed values is empty is an error of its own.
    if (!allowedValues?.length || allowedValues.includes(part)) return [];
    const allowed = allowedValues.map((one) => `"${one}"`).join(', ');
    const message = `"${part}" is not allowed for the variable ${name}; allowed are ${allowed}.`;
    return [{ rule: 'VALUE_NOT_ALLOWED', part, message }];
  });
}

export function isOfType(type: VariableDefinition['type'], value: string): boolean {
  if (type === 'number') return numberText.test(value);
  return type === 'string' || value === 'true' || value === 'false';
}

/** What an execution fills in; everything else that begins with `${` is plain text. */
const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The names that a value refers to. */
export function referencesIn(value: string): string[] {
  return [...value.matchAll(reference)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
