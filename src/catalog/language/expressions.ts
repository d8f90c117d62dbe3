import type { CelInput, parse } from '@bufbuild/cel';
import { cel, environment, shownCel } from './conditionOperators';
import { type Kind, type TypeProblem, typeProblems } from './conditionTypes';
import { CHANGED, dataOf, holderOf, type Reference, type Scope, textOf } from './conditionValues';

/**
 * The language of conditions (README.md, "Conditions"): a subset of CEL, which `@bufbuild/cel` parses and evaluates.
 * This file removes features. Without loops (`exists`, `map`), the cost of a decision is bounded by the length of the
 * text and the values. Names are looked up in the given scope only, never on a prototype.
 */
export interface Expression {
  readonly text: string;
  /** All names in it, in order: `tasks.build.status`, `VERSION`. */
  readonly references: readonly Reference[];
  decide(scope: Scope): Decision;
  /** Its value as text, for a text that contains the expression. */
  evaluate(scope: Scope): { readonly value: string } | { readonly error: string };
  /** Mistakes of type, as far as the types of its names are known. */
  typeProblems(kindOf: (reference: Reference) => Kind, yields?: 'truth' | 'value'): readonly TypeProblem[];
}

export interface ExpressionProblem {
  /** From 1. */
  readonly at: number;
  readonly message: string;
}

export type Decision = { readonly value: boolean } | { readonly error: string };

export const MAX_EXPRESSION = 1000;
const MAX_NESTING = 50;

type Expr = NonNullable<ReturnType<typeof parse>['expr']>;
const operators = [
  ...['!_', '-_', '_&&_', '_||_', '_?_:_', '_[_]', '@in', '_+_', '_-_', '_*_', '_/_', '_%_'],
  ...['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'],
];
const functions = ['size', 'int', 'double', 'string', 'bool'];
const methods = ['contains', 'startsWith', 'endsWith', 'matches', 'size'];

const CAPACITY = 1000;
const compiled = new Map<string, Expression | ExpressionProblem>();

/** Reads a condition, or returns its first problem. The same text is read once. */
export function readExpression(text: string): Expression | ExpressionProblem {
  const read = readValue(text);
  return 'decide' in read && neverTruths.has(read) ? { at: 1, message: 'it is never true or false' } : read;
}

/** The same for an expression with any value. */
export function readValue(text: string): Expression | ExpressionProblem {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const expression = compile(text);
  if (compiled.size >= CAPACITY) compiled.clear();
  compiled.set(text, expression);
  return expression;
}

/** Expressions that are not conditions. */
const neverTruths = new WeakSet<Expression>();

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
  const root = parsed.expr as Expr;
  const found = new Map<Expr, Reference>();
  const problem = walk(root, at, found);
  if (problem !== undefined) return problem;
  const run = cel().plan(environment(), parsed);
  const references = [...found.values()];
  const expression: Expression = {
    text,
    references,
    decide: (scope) => decide(run, references, scope),
    evaluate: (scope) => evaluate(run, references, scope),
    typeProblems: (kindOf, yields) => typeProblems({ root, at, references: found }, kindOf, yields),
  };
  if (neverTruth(root)) neverTruths.add(expression);
  return expression;
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

/** Collects the names, sets the reading that each place requires, and finds unsupported features. */
function walk(
  expr: Expr,
  at: (expr: Expr) => number,
  found: Map<Expr, Reference>,
  place: Reference['reads'] = 'value',
): ExpressionProblem | undefined {
  const misused = nameChange(expr);
  if (misused !== undefined) return { at: at(expr), message: misused };
  const path = pathOf(expr);
  if (path !== undefined) {
    const { steps, root } = path;
    const { case: kind, value } = expr.exprKind;
    const holder = holderOf(steps);
    const reads = holder > 0 && steps.length > holder ? 'data' : place;
    const asked = kind === 'selectExpr' && value.testOnly;
    found.set(expr, { path: steps, at: at(root), asked, holder, reads });
    if (holder > 0 && reads !== 'value') rename(expr, steps.length - holder, reads === 'text' ? textOf : dataOf);
    return undefined;
  }
  const all = (parts: readonly (Expr | undefined)[], reads?: Reference['reads']) => {
    for (const part of parts) {
      const problem = part && walk(part, at, found, reads);
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
      const [first, ...rest] = args;
      if (name === '@in') return all([first]) ?? all(rest, 'data');
      if (name === '_?_:_') return all([first]) ?? all(rest, place);
      if (name === '_[_]') return all([first], 'data') ?? all(rest);
      return all([target, ...args], name === 'string' ? 'text' : 'value');
    }
    const there = [...functions, 'has', 'changed']
      .map((one) => `${one}(…)`)
      .concat(methods.map((one) => `x.${one}(…)`));
    return { at: at(expr), message: `"${name}" is not a known function; expected one of ${there.join(', ')}` };
  }
  return { at: at(expr), message: 'loops (exists, all, map, filter) and maps are not supported' };
}

const calculations = ['-_', '_+_', '_-_', '_*_', '_/_', '_%_', 'size', 'int', 'double', 'string'];

/** True if its value is text, a number or a list for all values of its names. */
function neverTruth({ exprKind }: Expr): boolean {
  if (exprKind.case === 'constExpr') return exprKind.value.constantKind.case !== 'boolValue';
  if (exprKind.case !== 'callExpr') return exprKind.case === 'listExpr';
  const { function: name, args } = exprKind.value;
  return name === '_?_:_' ? args.slice(1).every(neverTruth) : calculations.includes(name);
}

/** Turns `changed("src/**")` into a name, whose value is known before the expression is evaluated. */
function nameChange(expr: Expr): string | undefined {
  const { exprKind } = expr;
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== 'changed' || exprKind.value.target) return undefined;
  const [pattern, ...more] = exprKind.value.args;
  const constant = pattern?.exprKind.case === 'constExpr' ? pattern.exprKind.value.constantKind : undefined;
  if (constant?.case !== 'stringValue' || more.length > 0)
    return '"changed" takes one pattern of files, as a literal text: changed("src/**")';
  if (!isFilePattern(constant.value)) return `${JSON.stringify(constant.value)} is not a relative pattern of files`;
  exprKind.value.function = '_[_]';
  exprKind.value.args.unshift({ ...expr, exprKind: { case: 'identExpr', value: { name: CHANGED } as never } });
  return undefined;
}

const isFilePattern = (text: string): boolean =>
  text !== '' &&
  !text.startsWith('/') &&
  !/[\\\0]/.test(text) &&
  text.split('/').every((one) => one !== '' && one !== '..');

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

/** Renames the variable in a path, `above` steps before its end. */
function rename(expr: Expr, above: number, name: (of: string) => string): void {
  const { exprKind } = expr;
  if (exprKind.case === 'identExpr') exprKind.value.name = name(exprKind.value.name.replace(/^\./, ''));
  else if (exprKind.case === 'selectExpr') {
    const { value } = exprKind;
    if (above > 0 && value.operand) rename(value.operand, above - 1, name);
    else value.field = name(value.field);
  } else if (exprKind.case === 'callExpr') {
    const [operand, index] = exprKind.value.args;
    const constant = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined;
    if (above > 0 && operand) rename(operand, above - 1, name);
    else if (constant?.case === 'stringValue') constant.value = name(constant.value);
  }
}

type Run = (scope: Record<string, CelInput>) => unknown;

function decide(run: Run, references: readonly Reference[], scope: Scope): Decision {
  const result = resultOf(run, references, scope);
  if ('error' in result || typeof result.value === 'boolean') return result as Decision;
  return { error: `it is ${shownCel(result.value)}, neither true nor false` };
}

function evaluate(run: Run, references: readonly Reference[], scope: Scope): ReturnType<Expression['evaluate']> {
  const result = resultOf(run, references, scope);
  if ('error' in result) return result;
  const { value } = result;
  if (['string', 'bigint', 'number', 'boolean'].includes(typeof value)) return { value: String(value) };
  return { error: `it is ${shownCel(value)}, which is no text` };
}

function resultOf(
  run: Run,
  references: readonly Reference[],
  scope: Scope,
): { readonly value: unknown } | { readonly error: string } {
  // CEL ignores an unknown name if the other side of && or || decides; a misspelled name must always fail.
  const unknown = references.find(({ path }) => !scope.has(path[0] ?? ''));
  if (unknown !== undefined) return { error: `there is no "${unknown.path[0]}"` };
  const values: Record<string, CelInput> = Object.create(null);
  for (const { path } of references) {
    const root = path[0] ?? '';
    for (const name of [root, textOf(root), dataOf(root)])
      values[name] = (scope.get(name) ?? scope.get(root)) as CelInput;
  }
  try {
    const result = run(values);
    return cel().isCelError(result) ? { error: result.message } : { value: result };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
