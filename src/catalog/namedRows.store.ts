import type { EntitySchema } from 'typeorm';
import { auditDetail } from '../access/audit/auditDetail';
import type { Db } from '../kernel/database/database';
import { snakeCase } from '../kernel/database/naming';
import { columnsOf, insertRows } from '../kernel/database/table';

/** What everything that people configure has. */
export interface NamedRow {
  readonly id: string;
  readonly name: string;
  readonly deletedAt: Date | null;
}

/** A part of the list of things in the order of their names: `after` is the name and id of the last one before it. */
export interface NamePage {
  readonly after: readonly [name: string, id: string] | undefined;
  readonly offset: number;
  readonly fetch: number;
}

/** Makes a condition on `row`, and adds its parameters to those that the statement has already. */
export type RowCondition = (parameters: unknown[]) => string;

/**
 * The SQL that applications, environments, services, workflows and pipelines have in common. Deleted rows stay, because executions and
 * deployments of the past refer to them; only what says so answers them.
 */
export class NamedRows<T extends NamedRow> {
  readonly table: string;
  protected readonly columns: string;

  constructor(private readonly schema: EntitySchema<T>) {
    this.table = schema.options.name;
    this.columns = columnsOf(schema, 'row');
  }

  /** Deleted ones too: for what refers to them. */
  findWithDeleted(db: Db, ids: readonly string[]): Promise<T[]> {
    return db.rows(`SELECT ${this.columns} FROM ${this.table} AS row WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  async find(db: Db, id: string): Promise<T | undefined> {
    const [row] = await db.rows<T>(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE id = $1 AND deleted_at IS NULL`,
      [id],
    );
    return row;
  }

  /** The one for which a condition on `row` holds. */
  async findWhere(db: Db, where: string, parameters: readonly unknown[]): Promise<T | undefined> {
    const [row] = await db.rows<T>(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE row.deleted_at IS NULL AND ${where}`,
      parameters,
    );
    return row;
  }

  /** `where` is a condition on `row`, with its parameters. */
  page(db: Db, where: string, parameters: readonly unknown[], { after, offset, fetch }: NamePage): Promise<T[]> {
    const given = [...parameters];
    const behind = after ? `AND (row.name, row.id) > ($${given.push(after[0])}, $${given.push(after[1])}::uuid)` : '';
    return db.rows(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE row.deleted_at IS NULL AND ${where} ${behind}
       ORDER BY row.name, row.id LIMIT $${given.push(fetch)} OFFSET $${given.push(offset)}`,
      given,
    );
  }

  async count(db: Db, where: string, parameters: readonly unknown[]): Promise<number> {
    const [row] = await db.rows<{ n: string }>(
      `SELECT count(*) AS n FROM ${this.table} AS row WHERE row.deleted_at IS NULL AND ${where}`,
      parameters,
    );
    return Number(row?.n ?? 0);
  }

  async insert(db: Db, rows: readonly T[]): Promise<void> {
    await insertRows(db, this.schema, rows);
    for (const row of rows) this.tell(db, row, { after: row });
  }

  async update(db: Db, id: string, changes: Partial<Omit<T, 'id'>>): Promise<void> {
    const entries = Object.entries(changes);
    const assignments = entries.map(([name], index) => `${snakeCase(name)} = $${index + 2}`);
    const before = await this.changing(db, `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE id = $1`, [
      id,
      ...entries.map(([, value]) => value),
    ]);
    if (before !== undefined) this.tell(db, before, { before, after: { ...before, ...changes } });
  }

  async delete(db: Db, id: string, now: Date): Promise<void> {
    const update = `UPDATE ${this.table} SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND deleted_at IS NULL`;
    const before = await this.changing(db, update, [id, now]);
    if (before !== undefined && before.deletedAt === null) this.tell(db, before, { before });
  }

  /** Runs an UPDATE of the row `$1`, and answers the row as it was: the SELECT of a statement does not see what its WITH writes. */
  private async changing(db: Db, update: string, parameters: readonly unknown[]): Promise<T | undefined> {
    const sql = `WITH changed AS (${update}) SELECT ${this.columns} FROM ${this.table} AS row WHERE id = $1`;
    const [row] = await db.rows<T>(sql, parameters);
    return row;
  }

  /** All changes of configuration pass here, so that no command has to think of the audit trail. */
  private tell(db: Db, row: T, change: { readonly before?: T; readonly after?: T }): void {
    const { id, name } = row;
    const applicationId = 'applicationId' in row ? String(row.applicationId) : id;
    auditDetail(db, { kind: this.table, id, name, applicationId, ...change });
  }
}

/** The same for what belongs to an application. */
export class ApplicationParts<T extends NamedRow & { readonly applicationId: string }> extends NamedRows<T> {
  async findByName(db: Db, applicationId: string, name: string): Promise<T | undefined> {
    const [row] = await db.rows<T>(
      `SELECT ${this.columns} FROM ${this.table} AS row WHERE application_id = $1 AND name = $2 AND deleted_at IS NULL`,
      [applicationId, name],
    );
    return row;
  }

  /** Several by application and name. */
  findNamed(db: Db, wanted: readonly { readonly applicationId: string; readonly name: string }[]): Promise<T[]> {
    return db.rows(
      `SELECT ${this.columns} FROM ${this.table} AS row
       WHERE (application_id, name) IN (SELECT * FROM unnest($1::uuid[], $2::text[])) AND deleted_at IS NULL`,
      [wanted.map((one) => one.applicationId), wanted.map((one) => one.name)],
    );
  }

  ofApplications(db: Db, applicationIds: readonly string[]): Promise<T[]> {
    return db.rows(
      `SELECT ${this.columns} FROM ${this.table} AS row
       WHERE application_id = ANY ($1::uuid[]) AND deleted_at IS NULL ORDER BY name, id`,
      [applicationIds],
    );
  }

  /** The same page of each of several applications: one statement, whatever their number. */
  pages(
    db: Db,
    applicationIds: readonly string[],
    conditionOf: RowCondition,
    { after, offset, fetch }: NamePage,
  ): Promise<T[]> {
    const parameters: unknown[] = [applicationIds, fetch, offset];
    const condition = conditionOf(parameters);
    const behind = after
      ? `AND (row.name, row.id) > ($${parameters.push(after[0])}, $${parameters.push(after[1])}::uuid)`
      : '';
    return db.rows(
      `SELECT ${this.columns} FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL (
         SELECT * FROM ${this.table} AS row
         WHERE row.application_id = parent.id AND row.deleted_at IS NULL AND ${condition} ${behind}
         ORDER BY row.name, row.id LIMIT $2 OFFSET $3
       ) AS row ORDER BY row.name, row.id`,
      parameters,
    );
  }

  counts(
    db: Db,
    applicationIds: readonly string[],
    conditionOf: RowCondition,
  ): Promise<{ applicationId: string; count: number }[]> {
    const parameters: unknown[] = [applicationIds];
    return db.rows(
      `SELECT row.application_id AS "applicationId", count(*)::int AS count FROM ${this.table} AS row
       WHERE row.application_id = ANY ($1::uuid[]) AND row.deleted_at IS NULL AND ${conditionOf(parameters)}
       GROUP BY row.application_id`,
      parameters,
    );
  }

  async deleteOfApplication(db: Db, applicationId: string, now: Date): Promise<void> {
    await db.write(
      `UPDATE ${this.table} SET deleted_at = $2, updated_at = $2 WHERE application_id = $1 AND deleted_at IS NULL`,
      [applicationId, now],
    );
  }
}
