import type { VariableDefinition } from './definition';
import type { ValidationRule } from './validationRules';

/** What values variables may have, as far as that can be said before an execution starts. */

export interface ValueProblem {
  readonly rule: ValidationRule;
  readonly message: string;
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Why a variable can't have a value; undefined when it can. */
export function valueProblem(variable: VariableDefinition, value: string): ValueProblem | undefined {
  const { name, type, allowedValues, allowMultipleValues } = variable;
  const parts = allowMultipleValues ? value.split(',').map((part) => part.trim()) : [value];
  const wrong = parts.find((part) => !isOfType(type, part));
  if (wrong !== undefined) {
    return { rule: 'WRONG_VALUE_TYPE', message: `The variable ${name} is a ${type}; "${wrong}" is none.` };
  }
  const refused = allowedValues && parts.find((part) => !allowedValues.includes(part));
  if (typeof refused !== 'string') return undefined;
  const allowed = allowedValues?.map((one) => `"${one}"`).join(', ');
  return {
    rule: 'VALUE_NOT_ALLOWED',
    message: `"${refused}" is not allowed for the variable ${name}; allowed are ${allowed}.`,
  };
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
