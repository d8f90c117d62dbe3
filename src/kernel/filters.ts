import { isId } from './ids';
import { invalidInput } from './errors';

export enum IdOperator {
  EQUALS = 'EQUALS',
  IN = 'IN',
  LIKE = 'LIKE',
  NOT_IN = 'NOT_IN',
  NOT_NULL = 'NOT_NULL',
}

export enum TimeOperator {
  AFTER = 'AFTER',
  BEFORE = 'BEFORE',
  EQUALS = 'EQUALS',
}

export enum NumericOperator {
  EQUALS = 'EQUALS',
  GREATER_THAN = 'GREATER_THAN',
  GREATER_THAN_OR_EQUALS = 'GREATER_THAN_OR_EQUALS',
  IN = 'IN',
  LESS_THAN = 'LESS_THAN',
  LESS_THAN_OR_EQUALS = 'LESS_THAN_OR_EQUALS',
  NOT_EQUALS = 'NOT_EQUALS',
}

export enum EnumOperator {
  EQUALS = 'EQUALS',
  IN = 'IN',
}

export interface IdFilter {
  readonly operator: IdOperator;
  readonly values: readonly (string | null)[];
}

export interface TimeFilter {
  readonly operator: TimeOperator;
  readonly value: Date;
}

export interface EnumFilter<T extends string> {
  /** IN when left out. */
  readonly operator?: EnumOperator | null;
  readonly values?: readonly (T | null)[] | null;
}

export interface NumberFilter {
  readonly operator: NumericOperator;
  readonly values: readonly (number | null)[];
}

/**
 * Filters as SQL conditions. Each function takes the SQL of a column (never a client's text), adds the values to the
 * statement's parameters, and returns a condition. An invalid filter is an error and never ignored, because a list that
 * is too long looks like a right answer.
 */
export interface FilterOptions {
  /** Name of the filter in errors, for example `filters[0].application`. */
  readonly field?: string;
}

export interface IdFilterOptions extends FilterOptions {
  /**
   * For a uuid column, text that is not a UUID is left out, because PostgreSQL would reject the statement. Defaults to
   * text.
   */
  readonly type?: 'text' | 'uuid';
}

export function idCondition(
  column: string,
  filter: IdFilter,
  parameters: unknown[],
  { field = column, type = 'text' }: IdFilterOptions = {},
): string {
  if (filter.operator === IdOperator.NOT_NULL) return `${column} IS NOT NULL`;
  const values = withoutNulls(filter.values, field);
  switch (filter.operator) {
    case IdOperator.EQUALS:
      return isAnyOf(column, [only(values, filter.operator, field)], parameters, type);
    case IdOperator.IN:
      return isAnyOf(column, values, parameters, type);
    case IdOperator.NOT_IN: {
      const condition = isAnyOf(column, values, parameters, type);
      return condition === 'FALSE' ? 'TRUE' : `(${condition}) IS NOT TRUE`;
    }
    case IdOperator.LIKE: {
      const patterns = values.filter(isStorable).map((value) => `%${value.replace(/[\\%_]/g, '\\$&')}%`);
      if (patterns.length === 0) return 'FALSE';
      return `${type === 'uuid' ? `${column}::text` : column} ILIKE ANY (${bind(parameters, patterns)}::text[])`;
    }
  }
}

/**
 * Compares in milliseconds, as clients see them: AFTER a time from a response excludes that row, whatever microseconds
 * it has.
 */
export function timeCondition(column: string, filter: TimeFilter, parameters: unknown[]): string {
  const { operator, value } = filter;
  const next = () => bind(parameters, new Date(value.getTime() + 1));
  switch (operator) {
    case TimeOperator.BEFORE:
      return `${column} < ${bind(parameters, value)}`;
    case TimeOperator.AFTER:
      return `${column} >= ${next()}`;
    case TimeOperator.EQUALS:
      return `(${column} >= ${bind(parameters, value)} AND ${column} < ${next()})`;
  }
}

const comparisons = {
  [NumericOperator.EQUALS]: '=',
  [NumericOperator.NOT_EQUALS]: 'IS DISTINCT FROM',
  [NumericOperator.GREATER_THAN]: '>',
  [NumericOperator.GREATER_THAN_OR_EQUALS]: '>=',
  [NumericOperator.LESS_THAN]: '<',
  [NumericOperator.LESS_THAN_OR_EQUALS]: '<=',
} as const;

/** As numeric: PostgreSQL rejects 1.5 for an integer column. */
export function numberCondition(
  column: string,
  filter: NumberFilter,
  parameters: unknown[],
  { field = column }: FilterOptions = {},
): string {
  const values = withoutNulls(filter.values, field);
  if (filter.operator === NumericOperator.IN) {
    return values.length === 0 ? 'FALSE' : `${column} = ANY (${bind(parameters, values)}::numeric[])`;
  }
  const value = only(values, filter.operator, field);
  return `${column} ${comparisons[filter.operator]} ${bind(parameters, value)}::numeric`;
}

/** For `EnvironmentTypeFilter` and every other enum filter. */
export function enumCondition(
  column: string,
  filter: { readonly operator?: EnumOperator | null; readonly values?: readonly (string | null)[] | null },
  parameters: unknown[],
  { field = column }: FilterOptions = {},
): string {
  if (!filter.values) throw refuse(field, null, 'REQUIRED', `"${field}.values" must be given.`);
  const values = withoutNulls(filter.values, field);
  const wanted = filter.operator === EnumOperator.EQUALS ? [only(values, filter.operator, field)] : values;
  return isAnyOf(column, wanted, parameters, 'text');
}

/** Joins conditions. No condition means no restriction. */
export function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'TRUE' : conditions.join(' AND ');
}

/** Adds a parameter and returns its placeholder. */
export function bind(parameters: unknown[], value: unknown): string {
  return `$${parameters.push(value)}`;
}

function isAnyOf(column: string, values: readonly string[], parameters: unknown[], type: 'text' | 'uuid'): string {
  const possible = values.filter(type === 'uuid' ? isId : isStorable);
  if (possible.length === 0) return 'FALSE';
  if (possible.length === 1) return `${column} = ${bind(parameters, possible[0])}::${type}`;
  return `${column} = ANY (${bind(parameters, possible)}::${type}[])`;
}

/**
 * PostgreSQL's text can't contain this character: a value with it equals nothing, and would be an error as a parameter.
 */
function isStorable(value: string): boolean {
  return !value.includes('\0');
}

function withoutNulls<T>(values: readonly (T | null)[], field: string): T[] {
  return values.map((value, index) => {
    if (value === null)
      throw refuse(`${field}.values[${index}]`, null, 'NOT_NULL', `"${field}.values" must not contain null.`);
    return value;
  });
}

function only<T>(values: readonly T[], operator: string, field: string): T {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    const message = `The operator ${operator} takes exactly one value; "${field}.values" has ${values.length}.`;
    throw refuse(`${field}.values`, values, 'ONE_VALUE', message);
  }
  return value;
}

function refuse(field: string, value: unknown, rule: string, message: string) {
  return invalidInput([{ field, value, rule, message }]);
}
