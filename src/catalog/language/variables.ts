import type { VariableDefinition } from './definition';
import type { ValidationRule } from './validationRules';

/** Rules for values of variables, as far as they can be checked before an execution starts. */

export interface ValueProblem {
  readonly rule: ValidationRule & ('WRONG_VALUE_TYPE' | 'VALUE_NOT_ALLOWED');
  /** The value, or its part, that breaks the rule. */
  readonly part: string;
  readonly message: string;
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Problems of each part of a value. */
export function valueProblems(variable: VariableDefinition, value: string): ValueProblem[] {
  const { name, type, allowedValues, allowMultipleValues } = variable;
  const parts = allowMultipleValues ? value.split(',').map((part) => part.trim()) : [value];
  return parts.flatMap((part): ValueProblem[] => {
    if (!isOfType(type, part)) {
      return [
        { rule: 'WRONG_VALUE_TYPE', part, message: `"${part}" is not a ${type}, which the variable ${name} requires.` },
      ];
    }
    // An empty list of allowed values is reported separately.
    if (!allowedValues?.length || allowedValues.includes(part)) return [];
    const allowed = allowedValues.map((one) => `"${one}"`).join(', ');
    const message = `"${part}" is not an allowed value of the variable ${name}; expected one of ${allowed}.`;
    return [{ rule: 'VALUE_NOT_ALLOWED', part, message }];
  });
}

export function isOfType(type: VariableDefinition['type'], value: string): boolean {
  if (type === 'number') return numberText.test(value);
  return type === 'string' || value === 'true' || value === 'false';
}
