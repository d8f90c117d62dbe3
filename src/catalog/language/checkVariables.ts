import type { VariableDefinition } from './definition';
import type { Path } from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';
import { isOfType, valueProblems } from './variables';

/** Says that a rule is broken, or what is worth a warning, and where in the document. */
export type Complain = (rule: ValidationRule | ValidationWarning, path: Path, message: string) => void;

/** What has to be true of the variables that a workflow or pipeline declares. */
export function checkVariables(variables: readonly VariableDefinition[], complain: Complain): void {
  const seen = new Set<string>();
  variables.forEach((variable, index) => {
    const { name, type, defaultValue, allowedValues, allowMultipleValues, fixed } = variable;
    const at = ['variables', index];
    if (name !== '' && seen.has(name)) {
      complain('DUPLICATE_NAME', [...at, 'name'], `There are two variables "${name}".`);
    }
    seen.add(name);
    if (fixed && defaultValue === null) {
      complain('FIXED_WITHOUT_DEFAULT', at, `The variable ${name} is fixed, but has no default to be fixed at.`);
    }
    allowedValues?.forEach((value, position) => {
      const path = [...at, 'allowedValues', position];
      if (!isOfType(type, value)) {
        complain('WRONG_VALUE_TYPE', path, `The variable ${name} is a ${type}; "${value}" is none.`);
      }
      if (allowMultipleValues && value.includes(',')) {
        complain('COMMA_IN_ALLOWED_VALUE', path, `Several values are divided by commas, but "${value}" has one in it.`);
      }
    });
    const [problem] = defaultValue === null ? [] : valueProblems(variable, defaultValue);
    if (problem) {
      const rule = problem.rule === 'VALUE_NOT_ALLOWED' ? 'DEFAULT_NOT_ALLOWED' : problem.rule;
      complain(rule, [...at, 'default'], problem.message);
    }
  });
}
