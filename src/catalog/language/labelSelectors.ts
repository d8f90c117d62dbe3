import { parse, Range, satisfies, validRange } from 'semver';

/** Condition on one label of an agent. A text is the value that it must have. */
export type LabelRule =
  | string
  | { readonly in: readonly string[] }
  | { readonly notIn: readonly string[] }
  | { readonly exists: boolean }
  | { readonly version: string };

/** Conditions by key; an agent must meet all of them. */
export type LabelRules = Readonly<Record<string, LabelRule>>;

/**
 * Selectors of rules as sorted texts, each in one form: `os=linux`, `os in (darwin, linux)`, `os notin (windows)`,
 * `gpu`, `!gpu`, `node version >=18.0.0`. Equal requirements have equal lists.
 */
export const selectorList = (rules: LabelRules): string[] =>
  [...new Set(Object.entries(rules).map(([key, rule]) => selectorText(key, rule)))].sort();

export function selectorText(key: string, rule: LabelRule): string {
  if (typeof rule === 'string') return `${key}=${rule}`;
  if ('exists' in rule) return rule.exists ? key : `!${key}`;
  if ('version' in rule) return `${key} version ${canonicalRange(rule.version)}`;
  if ('notIn' in rule) return `${key} notin (${valuesText(rule.notIn)})`;
  return rule.in.length === 1 ? `${key}=${rule.in[0]}` : `${key} in (${valuesText(rule.in)})`;
}

const valuesText = (values: readonly string[]): string => [...new Set(values)].sort().join(', ');

/** `>=18.0.0 <21.0.0-0` for `18 - 20`. Undefined if it is not a range. */
export const canonicalRange = (range: string): string | undefined => {
  const valid = validRange(range);
  return valid === null ? undefined : valid === '' ? '*' : valid;
};

/** A key and the condition on it. Undefined if the text is not a selector. */
export function parseSelector(text: string): readonly [string, LabelRule] | undefined {
  const [, key, operator, rest] = /^([^=,\s!()]+)\s+(in|notin|version)\s+(\S.*)$/.exec(text.trim()) ?? [];
  if (key !== undefined && rest !== undefined) {
    if (operator === 'version') return canonicalRange(rest) === undefined ? undefined : [key, { version: rest }];
    const [, inside] = /^\((.*)\)$/.exec(rest.trim()) ?? [];
    const values = inside?.split(',').map((value) => value.trim()) ?? [];
    if (values.length === 0 || !values.every((value) => /^[^=,()]+$/.test(value))) return undefined;
    return [key, operator === 'in' ? { in: values } : { notIn: values }];
  }
  const [, one, unequal, value] = /^([^=,\s!]+)(!?)=([^=,\s]+)$/.exec(text.trim()) ?? [];
  if (one !== undefined && value !== undefined) return [one, unequal === '!' ? { notIn: [value] } : value];
  const [, not, alone] = /^(!?)([^=,\s!()]+)$/.exec(text.trim()) ?? [];
  return alone === undefined ? undefined : [alone, { exists: not === '' }];
}

/** What a person writes for it, in messages about texts that are not selectors. */
export const selectorForms = 'key=value, key!=value, key in (a, b), key notin (a, b), key, !key, or key version RANGE';

/** Selectors that labels (`key=value`) don't meet. */
export function unmet(selectors: readonly string[], labels: readonly string[]): string[] {
  const values = new Map<string, string>();
  for (const label of labels) {
    const at = label.indexOf('=');
    values.set(label.slice(0, at), label.slice(at + 1));
  }
  const exact = new Set(labels);
  return selectors.filter((selector) => {
    if (exact.has(selector)) return false;
    const parsed = parseSelector(selector);
    return parsed === undefined || !meets(parsed[1], values.get(parsed[0]));
  });
}

export const matches = (selectors: readonly string[], labels: readonly string[]): boolean =>
  unmet(selectors, labels).length === 0;

/** A label that an agent does not have meets `notIn` and `exists: false` only. */
function meets(rule: LabelRule, value: string | undefined): boolean {
  if (typeof rule === 'string') return value === rule;
  if ('exists' in rule) return (value !== undefined) === rule.exists;
  if ('notIn' in rule) return value === undefined || !rule.notIn.includes(value);
  if (value === undefined) return false;
  return 'in' in rule ? rule.in.includes(value) : isVersionIn(value, rule.version);
}

/** `20` and `v20.11` are versions of a label as well: missing parts are 0. */
function isVersionIn(value: string, range: string): boolean {
  const [, numbers, rest = ''] = /^[v=]?(\d+(?:\.\d+){0,2})([-+].*)?$/.exec(value) ?? [];
  if (numbers === undefined) return false;
  const version = parse([...numbers.split('.'), '0', '0'].slice(0, 3).join('.') + rest);
  return version !== null && satisfies(version, new Range(range));
}
