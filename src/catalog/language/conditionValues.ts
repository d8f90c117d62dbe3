import type { VariableDefinition } from './definition';

/** Values of names. Objects are Maps, so that no key of a document is mistaken for a property. */
export type Value = null | boolean | bigint | number | string | readonly Value[] | ReadonlyMap<string, Value>;
export type Scope = ReadonlyMap<string, Value>;

/**
 * A name in a condition. `holder` is the number of steps that name a variable (`vars.X` has two), or 0. The place of a
 * name decides how its text is read, never the text: `value` as the declared type promises, `text` as text
 * (`string(X)`), `data` as the JSON value that it contains (`X.key`, `X[0]`, `1 in X`).
 */
export interface Reference {
  readonly path: readonly string[];
  /** Position in the text, from 1. */
  readonly at: number;
  /** True for `has(…)`, which checks that the last step exists. */
  readonly asked: boolean;
  readonly holder: number;
  readonly reads: 'value' | 'text' | 'data';
}

/** Root of the reference that `changed("src/**")` becomes; no variable has this name. */
export const CHANGED = 'changed()';

/** Names under which a scope holds the two other readings of a variable. */
export const textOf = (name: string): string => `text of ${name}`;
export const dataOf = (name: string): string => `data of ${name}`;

/**
 * Number of steps that name a variable: `X`, `vars.X`, `matrix.X`, `steps.E.variables.X` or `stages.S.E.variables.X`,
 * and the same with `outputs`; 0 for other names.
 */
export function holderOf(path: readonly string[]): number {
  const [root = ''] = path;
  const before = { steps: 2, stages: 3 }[root];
  const isResult = before !== undefined && ['variables', 'outputs'].includes(path[before] ?? '');
  const steps = before !== undefined ? (isResult ? before + 2 : 0) : ['vars', 'matrix'].includes(root) ? 2 : 1;
  return root === 'tasks' || root === CHANGED || path.length < steps ? 0 : steps;
}

/** Adds a variable to a scope, or to a part of one, in the readings that conditions use. */
export function setVariable(
  scope: Map<string, Value>,
  name: string,
  text: string,
  type: VariableDefinition['type'] = 'string',
  asData = false,
): void {
  scope.set(name, typedValue(text, type)).set(textOf(name), text);
  if (asData) scope.set(dataOf(name), dataIn(text));
}

/** Text that does not fit its type, as a task may have set it, stays text. */
function typedValue(text: string, type: VariableDefinition['type']): Value {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return (type === 'number' ? numberIn(text) : undefined) ?? text;
}

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_DIGITS = 400;

/** Number that a text represents. Integers of any size are exact. */
export function numberIn(text: string): bigint | number | undefined {
  if (text.length > MAX_DIGITS || !numeric.test(text)) return undefined;
  const [, whole] = /^\+?(-?\d+)(?:\.0*)?$/.exec(text) ?? [];
  const number = whole === undefined ? Number(text) : BigInt(whole);
  return typeof number === 'number' && !Number.isFinite(number) ? undefined : number;
}

/**
 * JSON list or object that a text represents, or else the text. JSON that is nested too deeply to be walked stays text.
 */
export function dataIn(
  text: string,
  number: (written: string) => Value = (written) => numberIn(written) ?? null,
): Value {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    JSON.parse(text);
    return JSON.parse(text.replace(jsonToken, marked), (_key, value) => read(value, number)) as Value;
  } catch {
    return text;
  }
}

// JSON.parse rounds large integers, and 1.10 would become 1.1. So each number is parsed as an object that holds its
// text.
const jsonToken = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const marked = (token: string): string => (token.startsWith('"') ? token : `{"\\u0000":"${token}"}`);

function read(value: unknown, number: (written: string) => Value): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const [[key, written] = [], ...more] = Object.entries(value);
  return key === '\0' && more.length === 0 ? number(String(written)) : new Map(Object.entries(value));
}

/** Values of a condition's names, for people, each as it was given: `VERSION = "1.10"`. */
export function valuesSeen({ references }: { readonly references: readonly Reference[] }, scope: Scope): string {
  const seen = new Map<string, string>();
  for (const reference of references) {
    const value = shownValue(reference, scope);
    seen.set(
      nameOf(reference),
      reference.asked ? `${value === undefined ? 'is not' : 'is'} there` : `= ${value ?? 'nothing'}`,
    );
  }
  return [...seen].map(([name, value]) => `${name} ${value}`).join(', ');
}

/** Name as written in a condition. */
export const nameOf = ({ path }: Pick<Reference, 'path'>): string =>
  path[0] === CHANGED
    ? `changed(${JSON.stringify(path[1] ?? '')})`
    : path.map((step, index) => (index === 0 ? step : stepText(step))).join('');

const stepText = (step: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;

function shownValue({ path, holder }: Reference, scope: Scope): string | undefined {
  const front = path.slice(0, Math.max(holder - 1, 0));
  const name = path[holder - 1] ?? '';
  const holding = walk(scope, front);
  const text = holder > 0 && holding instanceof Map ? holding.get(textOf(name)) : undefined;
  if (typeof text !== 'string') {
    const value = walk(scope, path);
    return value === undefined ? undefined : shown(value);
  }
  if (path.length > holder) {
    const value = walk(
      dataIn(text, (written) => new Map([['\0', written]])),
      path.slice(holder),
    );
    return value === undefined ? undefined : shown(value);
  }
  const value = holding instanceof Map ? holding.get(name) : undefined;
  return typeof value === 'string' ? shown(value) : cut(text);
}

const walk = (from: Value | undefined, path: readonly string[]): Value | undefined =>
  path.reduce<Value | undefined>((holder, step) => (holder instanceof Map ? holder.get(step) : undefined), from);

const MAX_SHOWN = 100;
const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

/** Text of a value, for people. */
export function shown(value: Value): string {
  if (value instanceof Map) {
    const written = value.size === 1 ? value.get('\0') : undefined;
    return typeof written === 'string' ? cut(written) : 'an object';
  }
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return cut(typeof value === 'bigint' ? `${value}` : JSON.stringify(value));
}
