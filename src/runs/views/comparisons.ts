/** Comparison of two executions: names with texts, names with results. Pure; compareExecutions.ts reads both sides. */

export interface ComparedValue {
  readonly name: string;
  readonly different: boolean;
  /** Null if this side does not have it. */
  readonly a: string | null;
  readonly b: string | null;
}

export interface ComparedResult {
  /** For tasks of a pipeline execution: the stage and its element. */
  readonly stage: string | null;
  readonly name: string;
  /** True if the sides differ in more than times. */
  readonly different: boolean;
  readonly a: Result | null;
  readonly b: Result | null;
}

export interface Result {
  readonly stage: string | null;
  readonly name: string;
  readonly status: string;
  readonly reasonCode: string | null;
  readonly exitCode: number | null;
  readonly attempt: number;
  readonly durationMs: number | null;
}

/** A longer list of differences helps nobody. */
const MOST_LISTED = 500;
const LONGEST_TEXT = 2000;

export interface Listed<T> {
  readonly listed: readonly T[];
  /** Number of differences that are not listed. */
  readonly omitted: number;
}

/** Names whose texts differ, in order; with `equal`, then those whose texts are the same. */
export function comparedValues(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
  equal: boolean,
): Listed<ComparedValue> {
  const all = [...new Set([...a.keys(), ...b.keys()])].sort();
  const isDifferent = (name: string) => a.get(name) !== b.get(name);
  const names = [...all.filter(isDifferent), ...(equal ? all.filter((name) => !isDifferent(name)) : [])];
  const listed = names.slice(0, MOST_LISTED).map((name) => ({
    ...{ name, different: isDifferent(name) },
    ...{ a: shown(a.get(name)), b: shown(b.get(name)) },
  }));
  return { listed, omitted: names.length - listed.length };
}

/** All names, those with different results first, each group in the order of the sides. */
export function comparedResults(a: readonly Result[], b: readonly Result[]): Listed<ComparedResult> {
  const key = ({ stage, name }: Result) => JSON.stringify([stage, name]);
  const others = new Map(b.map((result) => [key(result), result]));
  const known = new Set(a.map(key));
  const pairs = [
    ...a.map((result): [Result, Result | null] => [result, others.get(key(result)) ?? null]),
    ...b.filter((result) => !known.has(key(result))).map((result): [null, Result] => [null, result]),
  ];
  const compared = pairs.map(([one, other]): ComparedResult => {
    const { stage, name } = (one ?? other) as Result;
    return { stage, name, different: outcome(one) !== outcome(other), a: one, b: other };
  });
  const sorted = [...compared.filter((one) => one.different), ...compared.filter((one) => !one.different)];
  return { listed: sorted.slice(0, MOST_LISTED), omitted: Math.max(0, sorted.length - MOST_LISTED) };
}

const outcome = (result: Result | null): string | null =>
  result && JSON.stringify([result.status, result.reasonCode, result.exitCode]);

const shown = (text: string | undefined): string | null =>
  text === undefined ? null : text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;

/**
 * A definition as paths with texts: `tasks.build.run`, `stages.Staging.elements.web.workflow`. Named objects in lists
 * have a path by name, so that inserting another before them changes nothing; a list without names is one text.
 */
export function leavesOf(value: unknown, path = '', leaves = new Map<string, string>()): ReadonlyMap<string, string> {
  const step = (key: string) =>
    /^[\w-]+$/.test(key) ? `${path === '' ? '' : `${path}.`}${key}` : `${path}[${JSON.stringify(key)}]`;
  if (Array.isArray(value) && value.length > 0 && value.every(isNamed)) {
    for (const { name, ...rest } of value) leavesOf(rest, step(name), leaves);
  } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, one] of Object.entries(value)) leavesOf(one, step(key), leaves);
  } else if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) {
    leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return leaves;
}

const isNamed = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
