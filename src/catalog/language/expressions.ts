import type { CelFunc, CelInput, CelValue, parse } from '@bufbuild/cel';

/**
 * The language of conditions (README.md, "Conditions"): a subset of CEL, which `@bufbuild/cel` parses and evaluates. This file
 * removes and changes features. Without loops (`exists`, `map`, `matches`), the cost of a decision is bounded by the
 * length of the text and the values. Names are looked up in the given scope only, never on a prototype.
 */
export interface Expression {
  readonly text: string;
  /** All names in it, in order: `tasks.build.status`, `VERSION`. */
  readonly references: readonly Reference[];
  decide(scope: Scope): Decision;
}

export interface Reference {
  readonly path: readonly string[];
  /** Position in the text, from 1. */
  readonly at: number;
  /** True for `has(…)`, which checks that the last step exists. */
  readonly asked: boolean;
}

/**
 * The name of a variable’s text in a scope, next to the value that the text stands for. Functions of text use it:
 * `VERSION.startsWith("1.")` must not depend on whether the version looks like a number.
 */
export const textOf = (name: string): string => `text of ${name}`;

export interface ExpressionProblem {
  /** From 1. */
  readonly at: number;
  readonly message: string;
}

export type Decision = { readonly value: boolean } | { readonly error: string };

/** Values of names. Objects are Maps, so that no key of a document is mistaken for a property. */
export type Value = null | boolean | bigint | number | string | readonly Value[] | ReadonlyMap<string, Value>;
export type Scope = ReadonlyMap<string, Value>;

export const MAX_EXPRESSION = 1000;
const MAX_NESTING = 50;

type Expr = NonNullable<ReturnType<typeof parse>['expr']>;
type Cel = typeof import('@bufbuild/cel');

/** Loaded with the first condition: it takes a tenth of a second, and most servers start without one. */
const cel = (): Cel => require('@bufbuild/cel');

const operators = [
  ...['!_', '-_', '_&&_', '_||_', '_?_:_', '_[_]', '@in', '_+_', '_-_', '_*_', '_/_', '_%_'],
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'],
];
const functions = ['size', 'int', 'double', 'string', 'bool'];
const textMethods = ['contains', 'startsWith', 'endsWith'];
const methods = [...textMethods, 'size'];

const CAPACITY = 1000;
const compiled = new Map<string, Expression | ExpressionProblem>();

/** Reads an expression, or returns its first problem. The same text is read once. */
export function readExpression(text: string): Expression | ExpressionProblem {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const expression = compile(text);
  if (compiled.size >= CAPACITY) compiled.clear();
  compiled.set(text, expression);
  return expression;
}

function compile(text: string): Expression | ExpressionProblem {
  if (text.trim() === '') return { at: 1, message: 'it is empty' };
  if (text.length > MAX_EXPRESSION) return { at: 1, message: `it has more than ${MAX_EXPRESSION} characters` };
  if (nesting(text) > MAX_NESTING) return { at: 1, message: `its brackets are nested more than ${MAX_NESTING} deep` };
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = cel().parse(text);
  } catch (error) {
    return syntaxProblem(error);
  }
  const at = (expr: Expr) => (parsed.sourceInfo?.positions[`${expr.id}`] ?? 0) + 1;
  const references: Reference[] = [];
  const problem = walk(parsed.expr as Expr, at, references);
  if (problem !== undefined) return problem;
  if (neverTruth(parsed.expr as Expr)) return { at: 1, message: 'it is never true or false' };
  const run = cel().plan(environment(), parsed);
  return { text, references, decide: (scope) => decide(run, references, scope) };
}

function syntaxProblem(error: unknown): ExpressionProblem {
  const { location, found } = error as { location?: { start: { offset: number } }; found?: string };
  const at = (location?.start.offset ?? 0) + 1;
  if (found === undefined || found === null) return { at, message: 'it ends too early, or uses a reserved word' };
  return { at, message: `unexpected "${found}", or an incomplete expression after it` };
}

function nesting(text: string): number {
  let depth = 0;
  let most = 0;
  for (const character of text) {
    if ('([{'.includes(character)) most = Math.max(most, ++depth);
    if (')]}'.includes(character)) depth--;
  }
  return most;
}

/** Collects the names, and finds features that are not supported. */
function walk(expr: Expr, at: (expr: Expr) => number, found: Reference[]): ExpressionProblem | undefined {
  const path = pathOf(expr);
  if (path !== undefined) {
    const { case: kind, value } = expr.exprKind;
    found.push({ path: path.steps, at: at(path.root), asked: kind === 'selectExpr' && value.testOnly });
    return undefined;
  }
  const all = (parts: readonly (Expr | undefined)[]) => {
    for (const part of parts) {
      const problem = part && walk(part, at, found);
      if (problem) return problem;
    }
    return undefined;
  };
  const { exprKind } = expr;
  if (exprKind.case === 'selectExpr') return all([exprKind.value.operand]);
  if (exprKind.case === 'listExpr') return all(exprKind.value.elements);
  if (exprKind.case === 'constExpr') {
    const kind = exprKind.value.constantKind.case ?? '';
    if (!['bytesValue', 'uint64Value'].includes(kind)) return undefined;
    return { at: at(expr), message: 'bytes and unsigned numbers are not supported' };
  }
  if (exprKind.case === 'callExpr') {
    const { function: name, target, args } = exprKind.value;
    const known = target === undefined ? [...operators, ...functions] : methods;
    if (known.includes(name)) {
      const problem = all([target, ...args]);
      const readsText = name === 'string' || (target !== undefined && textMethods.includes(name));
      if (problem === undefined && readsText) for (const part of [target, ...args]) if (part) readText(part);
      return problem;
    }
    const there = [...functions, 'has'].map((one) => `${one}(…)`).concat(methods.map((one) => `x.${one}(…)`));
    return { at: at(expr), message: `"${name}" is not a known function; expected one of ${there.join(', ')}` };
  }
  return { at: at(expr), message: 'loops (exists, all, map, filter) and maps are not supported' };
}

const calculations = ['-_', '_+_', '_-_', '_*_', '_/_', '_%_', 'size', 'int', 'double', 'string'];

/** True if it is text, a number or a list for all values of its names. */
function neverTruth({ exprKind }: Expr): boolean {
  if (exprKind.case === 'constExpr') return exprKind.value.constantKind.case !== 'boolValue';
  if (exprKind.case !== 'callExpr') return exprKind.case === 'listExpr';
  const { function: name, args } = exprKind.value;
  return name === '_?_:_' ? args.slice(1).every(neverTruth) : calculations.includes(name);
}

/** `a`, `a.b`, `a["b"]`, and so on. */
function pathOf(expr: Expr): { readonly root: Expr; readonly steps: readonly string[] } | undefined {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') return { root: expr, steps: [exprKind.value.name.replace(/^\./, '')] };
  const longer = (operand: Expr | undefined, step: string) => {
    const path = operand && pathOf(operand);
    return path && { root: path.root, steps: [...path.steps, step] };
  };
  if (exprKind.case === 'selectExpr') return longer(exprKind.value.operand, exprKind.value.field);
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return undefined;
  const [operand, index] = exprKind.value.args;
  const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined;
  return constant?.case === 'stringValue' ? longer(operand, constant.value) : undefined;
}

/** Makes an expression that is a variable stand for its text. */
function readText(expr: Expr): void {
  const [root = '', ...rest] = pathOf(expr)?.steps ?? [];
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') exprKind.value.name = textOf(root);
  const held =
    (['vars', 'matrix'].includes(root) && rest.length === 1) ||
    (root === 'steps' && rest[1] === 'variables' && rest.length === 3);
  if (!held) return;
  if (exprKind.case === 'selectExpr' && !exprKind.value.testOnly) exprKind.value.field = textOf(exprKind.value.field);
  const index = exprKind.case === 'callExpr' ? exprKind.value.args[1]?.exprKind : undefined;
  if (index?.case !== 'constExpr' || index.value.constantKind.case !== 'stringValue') return;
  index.value.constantKind.value = textOf(index.value.constantKind.value);
}

function decide(
  run: (scope: Record<string, CelInput>) => unknown,
  references: readonly Reference[],
  scope: Scope,
): Decision {
  // CEL ignores an unknown name if the other side of && or || decides; a misspelled name must fail at once.
  const unknown = references.find(({ path }) => !scope.has(path[0] ?? ''));
  if (unknown !== undefined) return { error: `there is no "${unknown.path[0]}"` };
  const values: Record<string, CelInput> = Object.create(null);
  for (const { path } of references) {
    const root = path[0] ?? '';
    values[root] = scope.get(root) as CelInput;
    values[textOf(root)] = scope.get(textOf(root)) ?? (scope.get(root) as CelInput);
  }
  try {
    const result = run(values);
    if (typeof result === 'boolean') return { value: result };
    if (cel().isCelError(result)) return { error: result.message };
    return { error: `it is ${shown(result as Value)}, neither true nor false` };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

let environmentOnce: ReturnType<Cel['celEnv']> | undefined;

/** CEL with its comparisons replaced: text that is a number compares as that number, true and false as booleans. */
function environment(): ReturnType<Cel['celEnv']> {
  const { celEnv, celFunc, CelScalar, listType } = cel();
  const { DYN, BOOL, STRING } = CelScalar;
  const comparison = (name: string, holds: (order: number) => boolean): CelFunc[] =>
    [DYN, STRING].map((type) => celFunc(name, [type, type], BOOL, (a: CelValue, b: CelValue) => holds(compare(a, b))));
  environmentOnce ??= celEnv({
    funcs: [
      celFunc('_==_', [DYN, DYN], BOOL, same),
      celFunc('_!=_', [DYN, DYN], BOOL, (a, b) => !same(a, b)),
      celFunc('@in', [DYN, listType(DYN)], BOOL, (one, list) => [...list].some((other) => same(one, other))),
      ...comparison('_<_', (order) => order < 0),
      ...comparison('_<=_', (order) => order <= 0),
      ...comparison('_>_', (order) => order > 0),
      ...comparison('_>=_', (order) => order >= 0),
    ],
  });
  return environmentOnce;
}

const numeric = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The number that a value or its text is. */
function numberIn(value: CelValue): bigint | number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (typeof value !== 'string' || value.length > 100 || !numeric.test(value)) return undefined;
  return /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')) : Number(value);
}

function same(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  const [x, y] = [numberIn(a), numberIn(b)];
  if (x !== undefined && y !== undefined) return x <= y && x >= y;
  if (typeof a === 'boolean' && typeof b === 'string') return String(a) === b;
  if (typeof a === 'string' && typeof b === 'boolean') return a === String(b);
  const { isCelList, isCelMap } = cel();
  if (isCelList(a) && isCelList(b)) {
    const others = [...b];
    return a.size === b.size && [...a].every((one, index) => same(one, others[index] as CelValue));
  }
  if (!isCelMap(a) || !isCelMap(b) || a.size !== b.size) return false;
  return [...a].every(([key, one]) => {
    const other = b.get(key);
    return other !== undefined && same(one, other);
  });
}

/** Below 0, 0 or above 0. Throws for values without an order. */
function compare(a: CelValue, b: CelValue): number {
  const [x, y] = [numberIn(a), numberIn(b)];
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  throw new Error(`${shown(a as Value)} and ${shown(b as Value)} have no order`);
}

/** The values of an expression’s names, for people: `VERSION = "2"`. */
export function valuesSeen({ references }: Expression, scope: Scope): string {
  const seen = new Map<string, string>();
  for (const { path, asked } of references) {
    const name = path.map((step, index) => (index === 0 ? step : stepText(step))).join('');
    const value = path.reduce<Value | undefined>(
      (holder, step) => (holder instanceof Map ? holder.get(step) : undefined),
      scope,
    );
    seen.set(name, asked ? `${value === undefined ? 'is not' : 'is'} there` : `= ${shown(value)}`);
  }
  return [...seen].map(([name, value]) => `${name} ${value}`).join(', ');
}

const stepText = (step: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;

const MAX_SHOWN = 100;

function shown(value: Value | undefined): string {
  if (value === undefined) return 'nothing';
  const { isCelList, isCelMap } = cel();
  const text =
    value instanceof Map || isCelMap(value)
      ? 'an object'
      : Array.isArray(value) || isCelList(value)
        ? 'a list'
        : typeof value === 'bigint'
          ? `${value}`
          : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
