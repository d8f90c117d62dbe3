import type { VariableType } from './execution';

/** Apparent type of a value. The value stays text: a command gets exactly what another one wrote. */
export function typeOf(value: string): VariableType {
  if (/^[+-]?\d{1,18}$/.test(value)) return 'int';
  if (/^[+-]?(?:\d+\.\d*|\.\d+|\d+(?:\.\d*)?[eE][+-]?\d+)$/.test(value)) return 'float';
  if (value === 'true' || value === 'false') return 'bool';
  if (!/^\s*[[{]/.test(value)) return 'string';
  try {
    JSON.parse(value);
    return 'json';
  } catch {
    return 'string';
  }
}
