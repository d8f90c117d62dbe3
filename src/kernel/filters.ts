import { isId } from './ids';
import { invalidInput } from './errors';
import { isStorable } from './naming';

export const idOperator = {
  name: 'IdOperator',
  description: 'Comparison of an IdFilter.',
  values: {
    EQUALS: 'Equals the value. Takes exactly one value.',
    IN: 'Equals one of the values. Without values, nothing matches.',
    LIKE: 'Contains one of the values, ignoring case. `%` and `_` are ordinary characters.',
    NOT_IN: 'Equals none of the values, or is absent. Without values, everything matches.',
    NOT_NULL: 'Has any value. `values` is ignored.',
  },
} as const;

export const timeOperator = {
  name: 'TimeOperator',
  description: 'Comparison of a TimeFilter, in milliseconds. An absent time never matches.',
  values: {
    AFTER: 'Later than the value.',
    BEFORE: 'Earlier than the value.',
    EQUALS: 'The same millisecond.',
  },
} as const;

export const numericOperator = {
  name: 'NumericOperator',
  description:
    'Comparison of a NumberFilter. All but IN take exactly one value; an absent number matches NOT_EQUALS only.',
  values: {
    EQUALS: 'Equals the value.',
    GREATER_THAN: 'Greater than the value.',
    GREATER_THAN_OR_EQUALS: 'Greater than the value, or equal.',
    IN: 'Equals one of the values. Without values, nothing matches.',
    LESS_THAN: 'Less than the value.',
    LESS_THAN_OR_EQUALS: 'Less than the value, or equal.',
    NOT_EQUALS: 'Differs from the value, or is absent.',
  },
} as const;

export const enumOperator = {
  name: 'EnumOperator',
  description: 'Comparison of a filter on an enum.',
  values: {
    EQUALS: 'Equals the value. Takes exactly one value.',
    IN: 'Equals one of the values. Without values, nothing matches.',
  },
} as const;

export type IdOperator = keyof (typeof idOperator)['values'];
export type TimeOperator = keyof (typeof timeOperator)['values'];
export type NumericOperator = keyof (typeof numericOperator)['values'];
export type EnumOperator = keyof (typeof enumOperator)['values'];

export interface IdFilter {
  readonly operator: IdOperator;
  readonly values: readonly (string | null)[];
}

export interface TimeFilter {
  readonly operator: TimeOperator;
  readonly value: Date;
}

export interface EnumFilter<T extends string> {
  /** Defaults to IN. */
  readonly operator?: EnumOperator | null;
  readonly values?: readonly (T | null)[] | null;
}

export interface NumberFilter {
  readonly operator: NumericOperator;
  readonly values: readonly (number | null)[];
}

/**
 * Filters as SQL conditions. Each function takes the SQL of a column (never a client's text), adds the values to the
 * statement's parameters, and returns a condition. An invalid filter is an error and is never ignored, because a list
 * that is too long looks correct.
 */
export interface FilterOptions {
  /** Name of the filter in errors, for example `filters[0].application`. */
  readonly field?: string;
}

export interface IdFilterOptions extends FilterOptions {
  /**
   * For a uuid column, text that is not a UUID is dropped, because PostgreSQL would reject the statement. Defaults to
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
  if (filter.operator === 'NOT_NULL') return `${column} IS NOT NULL`;
  const values = withoutNulls(filter.values, field);
  switch (filter.operator) {
    case 'EQUALS':
      return isAnyOf(column, [only(values, filter.operator, field)], parameters, type);
    case 'IN':
      return isAnyOf(column, values, parameters, type);
    case 'NOT_IN': {
      const condition = isAnyOf(column, values, parameters, type);
      return condition === 'FALSE' ? 'TRUE' : `(${condition}) IS NOT TRUE`;
    }
    case 'LIKE': {
      const patterns = values.filter(isStorable).map((value) => `%${value.replace(/[\\%_]/g, '\\$&')}%`);
      if (patterns.length === 0) return 'FALSE';
      return `${type === 'uuid' ? `${column}::text` : column} ILIKE ANY (${bind(parameters, patterns)}::text[])`;
    }
  }
}

/**
 * Compares in milliseconds, as clients see them: AFTER a time from a response excludes that row, even if it has
 * microseconds.
 */
export function timeCondition(column: string, filter: TimeFilter, parameters: unknown[]): string {
  const { operator, value } = filter;
  const next = () => bind(parameters, new Date(value.getTime() + 1));
  switch (operator) {
    case 'BEFORE':
      return `${column} < ${bind(parameters, value)}`;
    case 'AFTER':
      return `${column} >= ${next()}`;
    case 'EQUALS':
      return `(${column} >= ${bind(parameters, value)} AND ${column} < ${next()})`;
  }
}

const comparisons = {
  EQUALS: '=',
  NOT_EQUALS: 'IS DISTINCT FROM',
  GREATER_THAN: '>',
  GREATER_THAN_OR_EQUALS: '>=',
  LESS_THAN: '<',
  LESS_THAN_OR_EQUALS: '<=',
} as const;

/** As numeric: PostgreSQL rejects 1.5 for an integer column. */
export function numberCondition(
  column: string,
  filter: NumberFilter,
  parameters: unknown[],
  { field = column }: FilterOptions = {},
): string {
  const values = withoutNulls(filter.values, field);
  if (filter.operator === 'IN') {
    return values.length === 0 ? 'FALSE' : `${column} = ANY (${bind(parameters, values)}::numeric[])`;
  }
  const value = only(values, filter.operator, field);
  return `${column} ${comparisons[filter.operator]} ${bind(parameters, value)}::numeric`;
}

/** For `EnvironmentTypeFilter` and every other enum filter. */
export function enumCondition(
  column: string,
  filter: EnumFilter<string>,
  parameters: unknown[],
  { field = column }: FilterOptions = {},
): string {
  if (!filter.values) throw refuse(field, null, 'REQUIRED', `"${field}.values" must be given.`);
  const values = withoutNulls(filter.values, field);
  const wanted = filter.operator === 'EQUALS' ? [only(values, filter.operator, field)] : values;
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
