import type { CelFunc, CelValue } from '@bufbuild/cel';
import { numberIn, shown, type Value } from './conditionValues';

type Regex = typeof import('re2js');

type Cel = typeof import('@bufbuild/cel');

/** Loaded with the first condition: loading takes a tenth of a second, and most servers start without a condition. */
export const cel = (): Cel => require('@bufbuild/cel');

let environmentOnce: ReturnType<Cel['celEnv']> | undefined;

/**
 * CEL with different type rules, and three additions. Text compared with a number is parsed as a number; text compared
 * with a boolean is compared with the text of that boolean. Integers and fractions can be mixed, because the text of a
 * number variable determines which of the two it is.
 */
export function environment(): ReturnType<Cel['celEnv']> {
  const { celEnv, celFunc, celMethod, CelScalar, listType } = cel();
  const { DYN, BOOL, STRING, INT, DOUBLE } = CelScalar;
  const comparison = (name: string, holds: (order: number) => boolean): CelFunc =>
    celFunc(name, [DYN, DYN], BOOL, (a: CelValue, b: CelValue) => holds(compare(a, b)));
  const calculation = (name: string, of: (a: number, b: number) => number): CelFunc[] => [
    celFunc(name, [INT, DOUBLE], DOUBLE, (a, b) => of(Number(a), b)),
    celFunc(name, [DOUBLE, INT], DOUBLE, (a, b) => of(a, Number(b))),
  ];
  environmentOnce ??= celEnv({
    funcs: [
      celFunc('_==_', [DYN, DYN], BOOL, same),
      celFunc('_!=_', [DYN, DYN], BOOL, (a, b) => !same(a, b)),
      celFunc('@in', [DYN, listType(DYN)], BOOL, (one, list) => [...list].some((other) => same(one, other))),
      comparison('_<_', (order) => order < 0),
      comparison('_<=_', (order) => order <= 0),
      comparison('_>_', (order) => order > 0),
      comparison('_>=_', (order) => order >= 0),
      ...calculation('_+_', (a, b) => a + b),
      ...calculation('_-_', (a, b) => a - b),
      ...calculation('_*_', (a, b) => a * b),
      ...calculation('_/_', (a, b) => a / b),
      // The functions of CEL accept "", " 5 " and "0x10" as numbers, and convert "abc" to NaN, with which every
      // comparison is false.
      celFunc('double', [STRING], DOUBLE, (text) => Number(numberOf(text))),
      celFunc('int', [STRING], INT, intOf),
      celMethod('matches', STRING, [STRING], BOOL, function (this: string, pattern) {
        return matches(this, pattern);
      }),
    ],
  });
  return environmentOnce;
}

const regex = (): Regex => require('re2js');
const MAX_PATTERN = 1000;
/** Steps that a match takes at most; they take a tenth of a second. */
const MAX_STEPS = 2_000_000;

/** A compiled regular expression, or its problem. */
function compile(pattern: string): InstanceType<Regex['RE2JS']> | string {
  if (pattern.length > MAX_PATTERN) return `the regular expression has more than ${MAX_PATTERN} characters`;
  try {
    return regex().RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof regex().RE2JSException)) throw error;
    return `${shown(pattern)} is not a valid regular expression (${error.message})`;
  }
}

/** Problem of a regular expression, or undefined. */
export function patternProblem(pattern: string): string | undefined {
  const compiled = compile(pattern);
  return typeof compiled === 'string' ? compiled : undefined;
}

/** RE2's time is proportional to the size of the text and of the expression. */
export function matches(text: string, pattern: string): boolean {
  const compiled = compile(pattern);
  if (typeof compiled === 'string') throw new Error(compiled);
  if (compiled.programSize() * text.length > MAX_STEPS) {
    throw new Error(`matching ${text.length} characters with ${shown(pattern)} would take too long`);
  }
  return compiled.test(text);
}

function numberOf(text: string): bigint | number {
  const number = numberIn(text);
  if (number === undefined) throw new Error(`${shown(text)} is not a number`);
  return number;
}

function intOf(text: string): bigint {
  const number = numberOf(text);
  if (typeof number === 'bigint' && BigInt.asIntN(64, number) === number) return number;
  throw new Error(`${shown(text)} is not a whole number of 64 bits`);
}

const isNumber = (value: CelValue): value is bigint | number => typeof value === 'bigint' || typeof value === 'number';

/** Both numbers of a comparison in which at least one side is a number. */
function numbers(a: CelValue, b: CelValue): readonly [bigint | number, bigint | number] | undefined {
  if (!isNumber(a) && !isNumber(b)) return undefined;
  const [x, y] = [a, b].map((one) => (typeof one === 'string' ? numberIn(one) : isNumber(one) ? one : undefined));
  return x === undefined || y === undefined ? undefined : [x, y];
}

function same(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  const pair = numbers(a, b);
  if (pair !== undefined) return pair[0] <= pair[1] && pair[0] >= pair[1];
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

/** Below 0, 0 or above 0, for values that CEL has no order for. Throws if there is none. */
function compare(a: CelValue, b: CelValue): number {
  const pair = numbers(a, b);
  if (pair === undefined) throw new Error(`${shownCel(a)} and ${shownCel(b)} have no order`);
  return pair[0] < pair[1] ? -1 : pair[0] > pair[1] ? 1 : 0;
}

/** Text of a CEL value, for people. */
export function shownCel(value: unknown): string {
  const { isCelList, isCelMap } = cel();
  return isCelMap(value) ? 'an object' : isCelList(value) ? 'a list' : shown(value as Value);
}
