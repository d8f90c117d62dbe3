import type { VariableDefinition } from './definition';
import { literalReferences } from './environmentValues';
import type { Path } from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';
import { isOfType, valueProblems } from './variables';

/** Reports a broken rule or a warning, and its place in the document. */
export type Complain = (rule: ValidationRule | ValidationWarning, path: Path, message: string) => void;

/** Checks the variables that a workflow or pipeline declares. `more` has the other names that its values could mean. */
export function checkVariables(
  variables: readonly VariableDefinition[],
  complain: Complain,
  more: ReadonlySet<string> = new Set(),
): void {
  const names = new Set([...more, ...variables.map(({ name }) => name)]);
  const seen = new Set<string>();
  variables.forEach((variable, index) => {
    const { name, type, defaultValue, allowedValues, allowMultipleValues, fixed } = variable;
    const at = ['variables', index];
    if (name !== '' && seen.has(name)) {
      complain('DUPLICATE_NAME', [...at, 'name'], `The variable "${name}" is declared twice. Remove one of them.`);
    }
    seen.add(name);
    if (fixed && defaultValue === null) {
      complain('FIXED_WITHOUT_DEFAULT', at, `The variable ${name} is fixed, so it needs a default.`);
    }
    allowedValues?.forEach((value, position) => {
      const path = [...at, 'allowedValues', position];
      if (!isOfType(type, value)) {
        complain('WRONG_VALUE_TYPE', path, `"${value}" is not a ${type}, which the variable ${name} requires.`);
      }
      if (allowMultipleValues && value.includes(',')) {
        complain(
          'COMMA_IN_ALLOWED_VALUE',
          path,
          `"${value}" contains a comma, which separates values where several are allowed.`,
        );
      }
    });
    for (const other of literalReferences(defaultValue ?? '', true).filter((one) => names.has(one))) {
      const message = `A default is used as written, so the reference to ${other} is not replaced.`;
      complain('LITERAL_REFERENCE', [...at, 'default'], message);
    }
    const [problem] = defaultValue === null ? [] : valueProblems(variable, defaultValue);
    if (problem) {
      const rule = problem.rule === 'VALUE_NOT_ALLOWED' ? 'DEFAULT_NOT_ALLOWED' : problem.rule;
      complain(rule, [...at, 'default'], problem.message);
    }
  });
}
