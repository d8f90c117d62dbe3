import { didYouMean } from '../../kernel/didYouMean';
import type { Complain } from './checkVariables';
import type { Kind } from './conditionTypes';
import type { Reference } from './conditionValues';
import { type Expression, readExpression, readValue } from './expressions';
import { expressionsIn, UNCLOSED } from './messageExpressions';
import type { VariableDefinition } from './definition';
import type { Path } from './sourceTree';
import type { ValidationRule, ValidationWarning } from './validationRules';

export interface NameProblem {
  readonly rule: ValidationRule | ValidationWarning;
  readonly message: string;
}
export const unknown = (message: string): NameProblem => ({ rule: 'UNKNOWN_NAME', message });

/** Reads a condition, and reports its syntax error, or its problems with names and types. */
export function checkCondition(
  text: string,
  path: Path,
  complain: Complain,
  problemOf: (reference: Reference) => NameProblem | undefined,
  kindOf: (reference: Reference) => Kind,
): void {
  const expression = readExpression(text);
  const names = { problemOf, kindOf };
  if (isExpression(expression)) checkExpression(expression, 'BAD_CONDITION', 0, path, complain, names);
  else
    complain('BAD_CONDITION', path, `The condition is not valid at character ${expression.at}: ${expression.message}.`);
}

interface Names {
  readonly problemOf: (reference: Reference) => NameProblem | undefined;
  readonly kindOf: (reference: Reference) => Kind;
}

/** Checks the expressions of a message: `${{ … }}`. Characters are counted from the beginning of the message. */
export function checkMessage(text: string, path: Path, complain: Complain, names: Names): void {
  for (const { source, at } of expressionsIn(text)) {
    const expression = source === null ? { at: 1, message: UNCLOSED } : readValue(source);
    if (isExpression(expression)) checkExpression(expression, 'BAD_EXPRESSION', at, path, complain, names);
    else {
      const message = `The expression is not valid at character ${at + expression.at}: ${expression.message}.`;
      complain('BAD_EXPRESSION', path, message);
    }
  }
}

/** `before`: number of characters in front of the expression. */
function checkExpression(
  expression: Expression,
  rule: ValidationRule,
  before: number,
  path: Path,
  complain: Complain,
  { problemOf, kindOf }: Names,
): void {
  for (const reference of expression.references) {
    const problem = problemOf(reference);
    if (problem === undefined) continue;
    complain(problem.rule, path, `At character ${before + reference.at}: ${problem.message}.`);
  }
  for (const { at, message } of expression.typeProblems(kindOf, rule === 'BAD_CONDITION' ? 'truth' : 'value')) {
    complain(rule, path, `At character ${before + at}: ${message}.`);
  }
}

const isExpression = (read: ReturnType<typeof readExpression>): read is Expression => 'decide' in read;

/** Checks `kind["name"].field`, which has no further parts. */
export function fieldProblem(
  { path }: Reference,
  fields: readonly string[],
  nameProblem: (name: string) => string | undefined,
): NameProblem | undefined {
  const [kind, name, field, ...rest] = path;
  const example = `${kind}["…"].${fields[0]}`;
  if (name === undefined) return unknown(`"${kind}" needs a literal name: ${example}`);
  const problem = nameProblem(name);
  if (problem !== undefined) return unknown(problem);
  if (field === undefined) return unknown(`"${name}" needs a property: ${example}`);
  if (!fields.includes(field)) {
    const expected = `; expected one of ${fields.join(', ')}`;
    return unknown(`"${field}" is not a property of ${kind}${didYouMean(field, fields) || expected}`);
  }
  if (rest.length > 0 && field !== 'variables' && field !== 'outputs') return unknown(`"${field}" has no properties`);
  return undefined;
}

/** Kind of a property of a task, an element or a stage. */
export function fieldKind(field: string | undefined): Kind {
  if (field === 'exit_code' || field === 'tries') return 'number';
  return field === 'variables' || field === 'outputs'
    ? 'given'
    : field === 'status' || field === 'reason_code'
      ? 'text'
      : 'any';
}

/** Kinds of declared variables. Several values, or a value that is not of its type, are text. */
export function declaredKinds(variables: readonly VariableDefinition[]): ReadonlyMap<string, Kind> {
  const kinds = { string: 'string', number: 'numeric', boolean: 'flag' } as const;
  return new Map(
    variables.map(({ name, type, allowMultipleValues }) => [name, kinds[allowMultipleValues ? 'string' : type]]),
  );
}
