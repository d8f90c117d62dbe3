import type { rulesToAST } from '@casl/ability/extra';
import { isId } from '../kernel/ids';
import { type SqlFact, type SqlTargets, sqlTargetFacts } from './subjects';

/** A node of CASL's syntax tree of conditions. CASL does not export its class; only the shape is needed. */
export type Condition = NonNullable<ReturnType<typeof rulesToAST>>;

/** Facts about a kind of objects that are needed to query its rows. */
export interface RowScope {
  readonly alias: string;
  readonly sqlFacts: Readonly<Record<string, SqlFact>>;
  readonly sqlTargets?: SqlTargets;
  /** True if one of a row's targets is enough; false if all are needed. */
  readonly anyTarget: boolean;
}

/**
 * Condition of a whole ability for rows: conditions on targets are evaluated for the row’s targets, in a subquery. As
 * in memory, a row without targets meets only conditions that do not mention targets.
 */
export function toRowSql(condition: Condition, row: RowScope, parameters: unknown[]): string {
  const { alias, sqlFacts, sqlTargets, anyTarget } = row;
  const sql = (chosen: readonly Condition[], facts: SqlScope['facts'] = sqlFacts) =>
    chosen.map((one) => `(${toSql(one, { alias, facts }, parameters)})`).join(' OR ');
  const alternatives = condition.operator === 'or' ? children(condition) : [condition];
  if (sqlTargets === undefined) return `(${sql(alternatives)})`;
  const aimed = alternatives.filter((one) => mentions(one, sqlTargetFacts));
  const plain = alternatives.filter((one) => !aimed.includes(one));
  if (aimed.length === 0) return `(${sql(plain)})`;
  const targets = `SELECT FROM ${sqlTargets.from} WHERE ${sqlTargets.where(alias)}`;
  const wanted = sql(aimed, { ...sqlFacts, ...sqlTargetFacts });
  const asked = anyTarget
    ? `EXISTS (${targets} AND (${wanted}))`
    : `EXISTS (${targets}) AND NOT EXISTS (${targets} AND (${wanted}) IS NOT TRUE)`;
  // Alone, the subquery becomes a join. Combined with other conditions it can’t, and runs for each remaining row, so
  // conditions that the row itself can settle come first.
  if (plain.length === 0) return `(${asked})`;
  const own = aimed.map((one) =>
    one.operator === 'and' ? children(one).filter((child) => !mentions(child, sqlTargetFacts)) : [],
  );
  if (own.some((parts) => parts.length === 0)) return `(${sql(plain)} OR (${asked}))`;
  const settled = own.map((parts) => `(${parts.map((part) => sql([part])).join(' AND ')})`).join(' OR ');
  return `(${sql(plain)} OR ((${settled}) AND ${asked}))`;
}

/** Facts that conditions may name, and their places in a statement. */
export interface SqlScope {
  readonly alias: string;
  readonly facts: Readonly<Record<string, SqlFact>>;
}

/**
 * A CASL condition as an SQL condition that is true for the same rows, never merely "not false": a row without a value
 * must be judged as JavaScript judges null. Values become parameters, and names come from the scope. An unknown name
 * throws, because a condition that is left out would show more than it should.
 */
export function toSql(condition: Condition, scope: SqlScope, parameters: unknown[]): string {
  const { operator, value } = condition;
  switch (operator) {
    case 'and':
      return joined(children(condition), ' AND ', 'TRUE', scope, parameters);
    case 'or':
      return joined(children(condition), ' OR ', 'FALSE', scope, parameters);
    case 'not':
      return `(${joined(children(condition), ' AND ', 'TRUE', scope, parameters)}) IS NOT TRUE`;
    case 'eq':
      return isAnyOf(factOf(condition, scope), [value], parameters);
    case 'in':
      return isAnyOf(factOf(condition, scope), valuesOf(condition), parameters);
    case 'ne':
      return `(${isAnyOf(factOf(condition, scope), [value], parameters)}) IS NOT TRUE`;
    case 'nin':
      return `(${isAnyOf(factOf(condition, scope), valuesOf(condition), parameters)}) IS NOT TRUE`;
    default:
      throw new Error(`conditions with the operator "${operator}" have no SQL`);
  }
}

/** True if a condition mentions one of these facts. */
function mentions(condition: Condition, facts: Readonly<Record<string, SqlFact>>): boolean {
  if ('field' in condition) return Object.hasOwn(facts, String(condition.field));
  return children(condition).some((child) => mentions(child, facts));
}

interface Fact {
  readonly sql: string;
  readonly type: SqlFact['type'];
}

function isAnyOf({ sql, type }: Fact, values: readonly unknown[], parameters: unknown[]): string {
  // Text that can't be an ID matches no row, but as a parameter it would make PostgreSQL reject the statement.
  const possible = values.filter((value) =>
    type === 'uuid' ? typeof value === 'string' && isId(value) : typeof value === (type === 'text' ? 'string' : type),
  );
  const alternatives: string[] = [];
  if (possible.length === 1) alternatives.push(`${sql} = $${parameters.push(possible[0])}::${type}`);
  else if (possible.length > 1) alternatives.push(`${sql} = ANY ($${parameters.push(possible)}::${type}[])`);
  if (values.some((value) => value === null || value === undefined)) alternatives.push(`${sql} IS NULL`);
  return alternatives.length === 0 ? 'FALSE' : alternatives.join(' OR ');
}

function factOf(condition: Condition, scope: SqlScope): Fact {
  const name = 'field' in condition ? String(condition.field) : '';
  const fact = Object.hasOwn(scope.facts, name) ? scope.facts[name] : undefined;
  if (fact === undefined) throw new Error(`the fact "${name}" of ${scope.alias} has no SQL`);
  return { sql: fact.sql(scope.alias), type: fact.type };
}

function joined(
  conditions: readonly Condition[],
  operator: string,
  none: string,
  scope: SqlScope,
  parameters: unknown[],
): string {
  if (conditions.length === 0) return none;
  return conditions.map((condition) => `(${toSql(condition, scope, parameters)})`).join(operator);
}

function children({ operator, value }: Condition): readonly Condition[] {
  if (Array.isArray(value)) return value as readonly Condition[];
  throw new Error(`a condition "${operator}" without conditions`);
}

function valuesOf({ operator, value }: Condition): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`a condition "${operator}" without values`);
}
