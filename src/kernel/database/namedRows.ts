import type { EntitySchema } from 'typeorm';
import { notFound } from '../errors';
import { allOf } from '../filters';
import { isId } from '../ids';
import { byKey } from '../loaders';
import {
  afterCondition,
  type CursorCodec,
  cursorCodec,
  type Page,
  type PageArguments,
  readPage,
  toPage,
} from '../paging';
import type { Db } from './database';
import { snakeCase } from './naming';
import { columnsOf, insertRows } from './table';

export interface NamedRow {
  readonly id: string;
  readonly name: string;
}

/** Sort key of a list ordered by name. */
export type NameKey = readonly [name: string, id: string];

/** Page of a list ordered by name: `after` is the key of the last row before it. */
export interface NamePage {
  readonly after: NameKey | undefined;
  readonly offset: number;
  readonly fetch: number;
}

/** Returns a condition on `row`, and appends its parameters to those of the statement. */
export type RowCondition = (parameters: unknown[]) => string;

/** SQL of a table whose rows have an id and a name. `live` is the condition on `row` for rows that are not deleted. */
export class NamedRows<T extends NamedRow> {
  readonly table: string;
  readonly cursor: CursorCodec<NameKey>;
  protected readonly columns: string;

  constructor(
    readonly schema: EntitySchema<T>,
    list: string,
    protected readonly live = 'row.deleted_at IS NULL',
  ) {
    this.table = schema.options.name;
    this.cursor = cursorCodec(list, 'text', 'id');
    this.columns = columnsOf(schema, 'row');
  }

  /** Includes deleted rows, because other rows refer to them. */
  findWithDeleted(db: Db, ids: readonly string[]): Promise<T[]> {
    return db.rows(`SELECT ${this.columns} FROM ${this.table} AS row WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  async find(db: Db, id: string): Promise<T | undefined> {
    return this.findWhere(db, 'row.id = $1', [id]);
  }

  /** The row that matches a condition on `row`. */
  async findWhere(db: Db, where: string, parameters: readonly unknown[]): Promise<T | undefined> {
    return (await this.findAll(db, where, parameters))[0];
  }

  /** The row by its ID. Throws NOT_FOUND if there is none, or if the condition on `row` hides it. */
  async require(db: Db, id: string, kind: string, conditionOf: RowCondition): Promise<T> {
    const parameters: unknown[] = [id];
    const condition = conditionOf(parameters);
    const row = isId(id) ? await this.findWhere(db, `row.id = $1 AND ${condition}`, parameters) : undefined;
    if (row === undefined) throw notFound(kind, id);
    return row;
  }

  findAll(db: Db, where: string, parameters: readonly unknown[]): Promise<T[]> {
    return db.rows(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE ${this.live} AND ${where} ORDER BY row.name, row.id`,
      parameters,
    );
  }

  /** Page of the rows that match all conditions: one statement, and one more if the total is requested. */
  async list(
    db: Db,
    conditions: readonly string[],
    parameters: readonly unknown[],
    page: PageArguments,
  ): Promise<Page<T>> {
    const request = readPage(page, this.cursor);
    const where = allOf([this.live, ...conditions]);
    const given = [...parameters];
    const behind = request.after ? `AND ${afterCondition(['row.name', 'row.id'], 'ASC', request.after, given)}` : '';
    const rows = await db.rows<T>(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE ${where} ${behind}
       ORDER BY row.name, row.id LIMIT $${given.push(request.fetch)} OFFSET $${given.push(request.offset)}`,
      given,
    );
    return toPage(request, {
      rows,
      cursor: ({ name, id }) => this.cursor.encode([name, id]),
      countTotal: async () => {
        const sql = `SELECT count(*)::int AS count FROM ${this.table} AS row WHERE ${where}`;
        return (await db.rows<{ count: number }>(sql, parameters))[0]?.count ?? 0;
      },
    });
  }

  async insert(db: Db, rows: readonly T[]): Promise<void> {
    await insertRows(db, this.schema, rows);
  }

  /** Returns the row before the update. */
  update(db: Db, id: string, changes: Partial<Omit<T, 'id'>>): Promise<T | undefined> {
    const entries = Object.entries(changes);
    const assignments = entries.map(([name], index) => `${snakeCase(name)} = $${index + 2}`);
    return this.changing(db, `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE id = $1`, [
      id,
      ...entries.map(([, value]) => value),
    ]);
  }

  /**
   * Runs an UPDATE of the row `$1` and returns the previous row: a SELECT does not see writes of the WITH clause of its
   * statement.
   */
  protected async changing(db: Db, update: string, parameters: readonly unknown[]): Promise<T | undefined> {
    const sql = `WITH changed AS (${update}) SELECT ${this.columns} FROM ${this.table} AS row WHERE id = $1`;
    return (await db.rows<T>(sql, parameters))[0];
  }

  /** For `loaders.load(rows.byId, id)`. Includes deleted rows. */
  readonly byId = async (app: { readonly database: Db }, ids: readonly string[]): Promise<ReadonlyMap<string, T>> =>
    byKey(await this.findWithDeleted(app.database, ids), (row) => row.id);
}
