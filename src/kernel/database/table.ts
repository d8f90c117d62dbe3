import { EntitySchema, type EntitySchemaColumnOptions, type EntitySchemaOptions } from 'typeorm';
import type { Fields, ShapeOf } from '../fields';
import { remembered } from '../remembered';
import type { Db } from './database';
import { snakeCase } from './naming';

/**
 * A table is described once, by an EntitySchema over a plain interface. Hand-written SQL takes its column list from the
 * schema (`columnsOf`), so rows read by SQL and by TypeORM are the same objects.
 */
export type TableOptions<T> = Omit<EntitySchemaOptions<T>, 'name' | 'tableName' | 'columns'> & {
  columns: { [P in keyof Required<T>]: EntitySchemaColumnOptions };
};

export function table<T>(name: string, options: TableOptions<T>): EntitySchema<T> {
  return new EntitySchema<T>({ ...options, name, tableName: name });
}

/** Table from described fields: each field is a column. */
export function tableOf<F extends Fields>(
  name: string,
  fields: F,
  options: Omit<TableOptions<ShapeOf<F>>, 'columns'>,
): EntitySchema<ShapeOf<F>> {
  const columns = Object.fromEntries(Object.entries(fields).map(([property, { column }]) => [property, column]));
  return table<ShapeOf<F>>(name, { ...options, columns: columns as TableOptions<ShapeOf<F>>['columns'] });
}

/** `a.id, a.created_at AS "createdAt", …` for the alias `a`; only the named properties if given. */
export function columnsOf<T>(schema: EntitySchema<T>, alias: string, only?: readonly (keyof T & string)[]): string {
  const names = only ?? Object.keys(schema.options.columns);
  return names.map((name) => `${alias}.${snakeCase(name)} AS "${name}"`).join(', ');
}

/** A column as statements write it: one array parameter with the values of all rows. */
interface WrittenColumn {
  readonly name: string;
  readonly cast: string;
  /** True if its default in the database is NULL, so that rows without a value need not name it. */
  readonly mayBeLeftOut: boolean;
  /** Formats a value as an element of an array literal. */
  readonly element: (value: unknown) => string;
  /** SQL of the value in a row `r` of the parameters. */
  readonly value: string;
}

/** Columns by property, of the columns of a schema. */
const writtenColumns = remembered((schemaColumns: object): ReadonlyMap<string, WrittenColumn> => {
  const described: [string, EntitySchemaColumnOptions | undefined][] = Object.entries(schemaColumns);
  const columns = described.map(([property, options]): [string, WrittenColumn] => {
    const { type, array, nullable: isNullable, default: otherwise } = options ?? {};
    const kind = String(type);
    // An array of arrays has to be rectangular, so lists are sent as JSON.
    const cast = array ? 'jsonb' : kind;
    const mayBeLeftOut = isNullable === true && otherwise === undefined;
    const name = snakeCase(property);
    const list = `CASE WHEN r.${name} IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(r.${name})::${kind}) END`;
    return [property, { name, cast, mayBeLeftOut, element: elementOf(cast), value: array ? list : `r.${name}` }];
  });
  return new Map(columns);
});

/** Array literal of texts, for a parameter; the driver's conversion takes several times as long. */
export const textArray = (values: readonly string[]): string => `{${values.map(quoted).join(',')}}`;

/** The same for values that need no quotes, such as numbers and ids. */
export const plainArray = (values: readonly unknown[]): string => `{${values.join(',')}}`;

const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function elementOf(cast: string): WrittenColumn['element'] {
  const encode = (value: unknown): string => {
    if (cast === 'jsonb') return quoted(JSON.stringify(value));
    if (value instanceof Date) return value.toISOString();
    return cast === 'text' || typeof value === 'string' ? quoted(String(value)) : String(value);
  };
  return (value) => (value === null || value === undefined ? 'NULL' : encode(value));
}

/** One parameter for each column, and the `unnest` that converts them to rows. */
function asArrays<T extends object>(
  columns: readonly (readonly [string, WrittenColumn])[],
  rows: readonly T[],
): { readonly from: string; readonly parameters: string[] } {
  const parameters = columns.map(
    ([property, { element }]) => `{${rows.map((row) => element(Reflect.get(row, property))).join(',')}}`,
  );
  const arrays = columns.map(([, { cast }], index) => `$${index + 1}::${cast}[]`);
  return { from: `unnest(${arrays.join(', ')})`, parameters };
}

/**
 * Inserts rows with one statement, the same for any number of rows. Columns of properties that no row has keep their
 * default.
 */
export async function insertRows<T extends object>(db: Db, schema: EntitySchema<T>, rows: readonly T[]): Promise<void> {
  if (rows.length === 0) return;
  const given = [...writtenColumns(schema.options.columns)].filter(([property, { mayBeLeftOut }]) =>
    rows.some((row) => {
      const value = Reflect.get(row, property);
      return value !== undefined && !(value === null && mayBeLeftOut);
    }),
  );
  const list = given.map(([, { name }]) => name).join(', ');
  const { from, parameters } = asArrays(given, rows);
  const values = given.map(([, { value }]) => value).join(', ');
  await db.write(
    `INSERT INTO ${schema.options.name} (${list}) SELECT ${values} FROM ${from} AS r (${list})`,
    parameters,
  );
}

/** A row before and after a change. `before` is null if it is unknown. */
export interface ChangedRow<T> {
  readonly before: T | null;
  readonly after: T;
}

/**
 * Writes the columns that changed, in one statement. Rows are found by id. A column that no row changed is not named,
 * so that PostgreSQL does not touch its indexes.
 */
export async function updateRows<T extends { readonly id: string }>(
  db: Db,
  schema: EntitySchema<T>,
  rows: readonly ChangedRow<T>[],
  columns: readonly (keyof T & string)[],
): Promise<void> {
  const known = writtenColumns(schema.options.columns);
  const differ = ({ before, after }: ChangedRow<T>, property: keyof T) => before?.[property] !== after[property];
  const changed = columns.filter((property) => rows.some((row) => differ(row, property)));
  if (changed.length === 0) return;
  const sent = ['id', ...changed].flatMap((property) => {
    const column = known.get(property);
    return column === undefined ? [] : [[property, column] as const];
  });
  const { from, parameters } = asArrays(
    sent,
    rows.filter((row) => changed.some((property) => differ(row, property))).map(({ after }) => after),
  );
  const { name: table } = schema.options;
  const set = sent.slice(1).map(([, { name, value }]) => `${name} = ${value}`);
  await db.write(
    `UPDATE ${table} SET ${set.join(', ')} FROM ${from} AS r (${sent.map(([, { name }]) => name).join(', ')})
     WHERE ${table}.id = r.id`,
    parameters,
  );
}

const text = { type: 'text' } as const;
const uuid = { type: 'uuid' } as const;
const integer = { type: 'integer' } as const;
const time = { type: 'timestamptz', precision: 3 } as const;
const json = { type: 'jsonb' } as const;
const boolean = { type: 'boolean' } as const;
const nullable = { nullable: true } as const;

const bigint = { type: 'bigint' } as const;

export const column = {
  id: { ...uuid, primary: true },
  uuid,
  uuidOrNull: { ...uuid, ...nullable },
  text,
  textOrNull: { ...text, ...nullable },
  texts: { ...text, array: true },
  integer,
  integers: { ...integer, array: true },
  integerOrNull: { ...integer, ...nullable },
  bigint,
  time,
  timeOrNull: { ...time, ...nullable },
  json,
  jsonOrNull: { ...json, ...nullable },
  boolean,
  bytes: { type: 'bytea' },
  bytesOrNull: { type: 'bytea', ...nullable },
  bigintOrNull: { ...bigint, ...nullable },
} as const satisfies Record<string, EntitySchemaColumnOptions>;

/** Reference to `table`. Deleting a referenced row fails unless `cascade` is set. */
export function references(target: string, columnName: string, options: { cascade?: boolean } = {}) {
  return {
    target,
    columnNames: [columnName],
    referencedColumnNames: ['id'],
    onDelete: options.cascade ? ('CASCADE' as const) : ('NO ACTION' as const),
  };
}

export const oneOf = (columnName: string, values: readonly string[]): string =>
  `${columnName} IN (${values.map((value) => `'${value}'`).join(', ')})`;
