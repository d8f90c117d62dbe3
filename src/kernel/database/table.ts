import { EntitySchema, type EntitySchemaColumnOptions, type EntitySchemaOptions } from 'typeorm';
import type { Fields, ShapeOf } from '../fields';
import type { Db } from './database';
import { snakeCase } from './naming';

/**
 * A table is described once, by an EntitySchema over a plain interface. Hand-written SQL takes its column list from
 * there (`columnsOf`), so rows read by SQL and by TypeORM are the same objects.
 */
export type TableOptions<T> = Omit<EntitySchemaOptions<T>, 'name' | 'tableName' | 'columns'> & {
  columns: { [P in keyof Required<T>]: EntitySchemaColumnOptions };
};

export function table<T>(name: string, options: TableOptions<T>): EntitySchema<T> {
  return new EntitySchema<T>({ ...options, name, tableName: name });
}

/** The table of described fields: each field is a column. */
export function tableOf<F extends Fields>(
  name: string,
  fields: F,
  options: Omit<TableOptions<ShapeOf<F>>, 'columns'>,
): EntitySchema<ShapeOf<F>> {
  const columns = Object.fromEntries(Object.entries(fields).map(([property, { column }]) => [property, column]));
  return table<ShapeOf<F>>(name, { ...options, columns: columns as TableOptions<ShapeOf<F>>['columns'] });
}

/** `a.id, a.created_at AS "createdAt", …` for the alias `a`; only the named properties when given. */
export function columnsOf<T>(schema: EntitySchema<T>, alias: string, only?: readonly (keyof T & string)[]): string {
  const names = only ?? Object.keys(schema.options.columns);
  return names.map((name) => `${alias}.${snakeCase(name)} AS "${name}"`).join(', ');
}

/**
 * Inserts rows with one statement, the same for any number of them. Columns of properties that no row has keep their
 * default.
 */
export async function insertRows<T extends object>(db: Db, schema: EntitySchema<T>, rows: readonly T[]): Promise<void> {
  if (rows.length === 0) return;
  const { name, columns } = schema.options;
  const given = Object.keys(columns).filter((property) => rows.some((row) => Reflect.get(row, property) !== undefined));
  const list = given.map(snakeCase).join(', ');
  const records = rows.map((row) =>
    Object.fromEntries(given.map((property) => [snakeCase(property), Reflect.get(row, property)])),
  );
  await db.write(
    `INSERT INTO ${name} (${list}) SELECT ${list} FROM jsonb_populate_recordset(NULL::${name}, $1::jsonb)`,
    [JSON.stringify(records)],
  );
}

/** Writes some columns of rows, found by their id, in one statement. */
export async function updateRows<T extends { readonly id: string }>(
  db: Db,
  schema: EntitySchema<T>,
  rows: readonly T[],
  columns: readonly (keyof T & string)[],
): Promise<void> {
  if (rows.length === 0) return;
  const { name } = schema.options;
  const set = columns.map((property) => `${snakeCase(property)} = r.${snakeCase(property)}`).join(', ');
  const records = rows.map((row) =>
    Object.fromEntries(['id', ...columns].map((property) => [snakeCase(property), Reflect.get(row, property)])),
  );
  await db.write(
    `UPDATE ${name} SET ${set} FROM jsonb_populate_recordset(NULL::${name}, $1::jsonb) r WHERE ${name}.id = r.id`,
    [JSON.stringify(records)],
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
