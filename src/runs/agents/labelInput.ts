import { broken } from '../../access/permissionInput';
import { parseSelector, selectorForms } from '../../catalog/language/labelSelectors';
import type { InputError } from '../../kernel/errors';

const MOST = 100;
/** A label of an agent; the agent protocol has the same rule. */
const labelPattern = /^[^=,\s\0\p{Surrogate}]{1,100}=[^=,\s\0\p{Surrogate}]{1,100}$/u;
const keyPattern = /^[^=,\s\0\p{Surrogate}]{1,100}$/u;

/** Checks labels that agents have, `key=value`. */
export const readLabels = (given: readonly string[], field: string, errors: InputError[]): readonly string[] =>
  read(given, field, errors, (label) => labelPattern.test(label), 'expected key=value, without white space or ","');

export const readLabelKeys = (given: readonly string[], field: string, errors: InputError[]): readonly string[] =>
  read(given, field, errors, (key) => keyPattern.test(key), 'expected the key of a label');

/** Checks conditions on labels, such as `os in (linux, darwin)`. */
export const readSelectors = (given: readonly string[], field: string, errors: InputError[]): readonly string[] =>
  read(given, field, errors, (selector) => parseSelector(selector) !== undefined, `expected ${selectorForms}`);

function read(
  given: readonly string[],
  field: string,
  errors: InputError[],
  isValid: (text: string) => boolean,
  rule: string,
): readonly string[] {
  if (given.length > MOST) errors.push(broken(field, given.length, 'LENGTH', `at most ${MOST} are allowed.`));
  given.forEach((text, index) => {
    if (!isValid(text))
      errors.push(broken(`${field}[${index}]`, text, 'FORMAT', `"${text.slice(0, 200)}" is not valid: ${rule}.`));
  });
  return [...new Set(given)].sort();
}
