import { type InputError, invalidInput } from '../kernel/errors';
import { parseSelector, selectorForms, selectorText } from './language/labelSelectors';

const MOST = 50;

/** Conditions on agents from an input, as sorted selectors, each in one form. */
export function readAgents(given: readonly string[]): readonly string[] {
  const errors: InputError[] = [];
  if (given.length > MOST) {
    const message = `At most ${MOST} conditions are allowed.`;
    errors.push({ field: 'agents', value: given.length, rule: 'LENGTH', message });
  }
  const selectors = given.map((text, index) => {
    const parsed = parseSelector(text);
    if (parsed !== undefined) return selectorText(...parsed);
    const message = `"${text.slice(0, 200)}" is not a condition on a label: expected ${selectorForms}.`;
    errors.push({ field: `agents[${index}]`, value: text.slice(0, 200), rule: 'FORMAT', message });
    return text;
  });
  if (errors.length > 0) throw invalidInput(errors);
  return [...new Set(selectors)].sort();
}
