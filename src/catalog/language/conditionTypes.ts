import type { parse } from '@bufbuild/cel';
import { patternProblem } from './conditionOperators';
import { nameOf, type Reference } from './conditionValues';

/**
 * Types of conditions, as far as they are known before anything runs. The checker of `@bufbuild/cel` is not part of its
 * interface, and reads constants and names only. `string`, `numeric` and `flag` are variables declared with a type;
 * `given` are texts without a declaration: outputs, `env`, a matrix.
 */
export type Kind =
  | ('text' | 'string' | 'given')
  | ('number' | 'numeric')
  | ('boolean' | 'flag')
  | ('null' | 'list' | 'any');

export interface TypeProblem {
  /** From 1. */
  readonly at: number;
  readonly message: string;
}

type Expr = NonNullable<ReturnType<typeof parse>['expr']>;

export interface TypedTree {
  readonly root: Expr;
  readonly at: (expr: Expr) => number;
  readonly references: ReadonlyMap<Expr, Reference>;
}

const kinds = {
  text: ['text', 'string', 'given'],
  number: ['number', 'numeric'],
  boolean: ['boolean', 'flag'],
} as const;
type Family = keyof typeof kinds | 'null' | 'list' | 'any';

function familyOf(kind: Kind): Family {
  if (kind === 'null' || kind === 'list' || kind === 'any') return kind;
  return kinds.text.some((one) => one === kind)
    ? 'text'
    : kinds.number.some((one) => one === kind)
      ? 'number'
      : 'boolean';
}

const words: Record<Family, string> = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  list: 'a list',
  any: 'something',
};

const comparisons = ['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'];
const logic = ['!_', '_&&_', '_||_'];
const calculations = ['-_', '_+_', '_-_', '_*_', '_/_', '_%_'];
const results: Readonly<Record<string, Kind>> = {
  int: 'number',
  double: 'number',
  size: 'number',
  string: 'text',
  bool: 'boolean',
};

/** Type errors in a condition, or in an expression with any value. */
export function typeProblems(
  tree: TypedTree,
  kindOf: (reference: Reference) => Kind,
  yields: 'truth' | 'value' = 'truth',
): TypeProblem[] {
  const check = new TypeCheck(tree, kindOf);
  if (yields === 'truth') check.truth(tree.root);
  else check.kind(tree.root);
  return check.problems;
}

class TypeCheck {
  readonly problems: TypeProblem[] = [];

  constructor(
    private readonly tree: TypedTree,
    private readonly kindOf: (reference: Reference) => Kind,
  ) {}

  /** Checks that an expression is true or false. */
  truth(expr: Expr): void {
    const kind = this.kind(expr);
    const family = familyOf(kind);
    if (family === 'boolean' || family === 'any') return;
    const hint = family === 'text' && kind !== 'text' ? `; write ${this.name(expr)} == "true"` : '';
    this.report(expr, `${this.name(expr)} is ${words[family]}, neither true nor false${hint}`);
  }

  kind(expr: Expr): Kind {
    const reference = this.tree.references.get(expr);
    if (reference !== undefined) return this.referenceKind(expr, reference);
    const { exprKind } = expr;
    if (exprKind.case === 'constExpr') {
      const { case: constant } = exprKind.value.constantKind;
      if (constant === 'stringValue') return 'text';
      if (constant === 'boolValue') return 'boolean';
      return constant === 'nullValue' ? 'null' : 'number';
    }
    if (exprKind.case === 'listExpr') {
      for (const element of exprKind.value.elements) this.kind(element);
      return 'list';
    }
    if (exprKind.case === 'selectExpr') {
      if (exprKind.value.operand) this.kind(exprKind.value.operand);
      return exprKind.value.testOnly ? 'boolean' : 'any';
    }
    if (exprKind.case !== 'callExpr') return 'any';
    const { function: name, target, args } = exprKind.value;
    const [first, second] = args;
    if (target !== undefined) return this.method(expr, name, target, first);
    if (first === undefined) return 'any';
    if (name === '_?_:_') {
      this.truth(first);
      const [yes, no] = args.slice(1).map((one) => this.kind(one));
      return yes === no && yes !== undefined ? yes : 'any';
    }
    if (logic.includes(name)) {
      for (const one of args) this.truth(one);
      return 'boolean';
    }
    if (second !== undefined && comparisons.includes(name)) {
      this.comparable(expr, first, second, this.kind(second), !['_==_', '_!=_'].includes(name));
      return 'boolean';
    }
    if (second !== undefined && name === '@in') return this.membership(expr, first, second);
    if (calculations.includes(name)) return this.calculation(expr, name, args);
    for (const one of args) this.kind(one);
    return results[name] ?? 'any';
  }

  private referenceKind(expr: Expr, reference: Reference): Kind {
    const { asked, reads, holder, path } = reference;
    const kind = this.kindOf({ ...reference, path: holder === 0 ? path : path.slice(0, holder) });
    const family = familyOf(kind);
    if (holder > 0 && path.length > holder && (family === 'number' || family === 'boolean')) {
      this.report(
        expr,
        `${nameOf({ path: path.slice(0, holder) })} is ${words[family]}, which has no "${path[holder]}"`,
      );
    }
    if (asked) return 'boolean';
    if (reads === 'text') return 'given';
    return reads === 'value' || family !== 'text' ? kind : 'any';
  }

  /** `contains`, `startsWith`, `endsWith`, `matches`, and `size`. */
  private method(expr: Expr, name: string, target: Expr, argument: Expr | undefined): Kind {
    for (const one of argument === undefined ? [target] : [target, argument]) {
      const family = familyOf(this.kind(one));
      if (family === 'text' || family === 'any' || (name === 'size' && family === 'list')) continue;
      const hint = family === 'number' || family === 'boolean' ? `; write string(${this.name(one)})` : '';
      this.report(expr, `"${name}" needs text, and ${this.name(one)} is ${words[family]}${hint}`);
    }
    const constant = argument?.exprKind.case === 'constExpr' ? argument.exprKind.value.constantKind : undefined;
    if (name === 'matches' && constant?.case === 'stringValue') {
      const problem = patternProblem(constant.value);
      if (problem !== undefined) this.report(expr, problem);
    }
    return name === 'size' ? 'number' : 'boolean';
  }

  private membership(expr: Expr, one: Expr, list: Expr): Kind {
    if (list.exprKind.case !== 'listExpr') {
      this.kind(one);
      const family = familyOf(this.kind(list));
      if (family !== 'any' && family !== 'list')
        this.report(list, `${this.name(list)} is ${words[family]}, not a list`);
      return 'boolean';
    }
    for (const element of list.exprKind.value.elements) this.comparable(expr, one, element, this.kind(element), false);
    if (list.exprKind.value.elements.length === 0) this.kind(one);
    return 'boolean';
  }

  private comparable(expr: Expr, left: Expr, right: Expr, rightKind: Kind, ordered: boolean): void {
    const leftKind = this.kind(left);
    const families = [familyOf(leftKind), familyOf(rightKind)];
    if (families.includes('any') || (families.includes('null') && !ordered)) return;
    const [a = 'any', b = 'any'] = families;
    const pair = [leftKind, rightKind];
    if (a === b && (a !== 'list' || !ordered)) return;
    // Text that is a number compares as that number, unless both types are known.
    const settled =
      pair.includes('text') || (pair.includes('string') && (pair.includes('numeric') || pair.includes('flag')));
    if (families.includes('text') && (families.includes('number') || families.includes('boolean')) && !settled) return;
    const hint =
      families.includes('text') && families.includes('number')
        ? '. Compare two numbers, or two texts with string(…)'
        : '';
    this.report(
      expr,
      `${this.name(left)} is ${words[a]}, and ${this.name(right)} is ${words[b]}; they can’t be compared${hint}`,
    );
  }

  private calculation(expr: Expr, name: string, args: readonly Expr[]): Kind {
    const families = args.map((one) => familyOf(this.kind(one)));
    const known = families.filter((family) => family !== 'any');
    const [first = 'any'] = known;
    const fits = known.every((family) => family === first);
    if (
      fits &&
      (known.length === 0 || first === 'number' || (name === '_+_' && (first === 'text' || first === 'list')))
    ) {
      return known.length < args.length ? 'any' : first === 'any' || first === 'boolean' ? 'any' : first;
    }
    const text = args.find((_, index) => families[index] === 'text');
    const hint =
      text !== undefined && (name !== '_+_' || known.includes('number'))
        ? `; write double(${this.name(text)}) for its number`
        : '';
    const found = args.map((one, index) => `${this.name(one)} is ${words[families[index] ?? 'any']}`).join(', and ');
    this.report(expr, `it can’t be calculated: ${found}${hint}`);
    return 'any';
  }

  private name(expr: Expr): string {
    const reference = this.tree.references.get(expr);
    if (reference !== undefined) return nameOf(reference);
    const constant = expr.exprKind.case === 'constExpr' ? expr.exprKind.value.constantKind : undefined;
    if (constant === undefined) return 'the expression';
    return constant.case === 'stringValue'
      ? JSON.stringify(constant.value)
      : constant.case === 'nullValue'
        ? 'null'
        : `${constant.value}`;
  }

  private report(expr: Expr, message: string): void {
    this.problems.push({ at: this.place(expr), message });
  }

  /** Start of an expression; the parser only has the position of its operator. */
  private place(expr: Expr): number {
    const reference = this.tree.references.get(expr);
    if (reference !== undefined) return reference.at;
    const call = expr.exprKind.case === 'callExpr' ? expr.exprKind.value : undefined;
    const first =
      call?.target ?? (call?.function.startsWith('_') || call?.function === '@in' ? call.args[0] : undefined);
    return first === undefined ? this.tree.at(expr) : this.place(first);
  }
}
