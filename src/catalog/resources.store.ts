import type { EntitySchema } from 'typeorm';
import type { Actor } from '../access/actor';
import { auditDetail } from '../access/audit/auditDetail';
import type { SubjectType } from '../access/subjects';
import type { Db } from '../kernel/database/database';
import { type NamedRow, NamedRows, type NamePage, type RowCondition } from '../kernel/database/namedRows';
import { references, type TableOptions, tableOf } from '../kernel/database/table';
import type { ShapeOf } from '../kernel/fields';
import { afterCondition } from '../kernel/paging';
import { type BatchLoad, byKey, type Loaders } from '../kernel/loaders';
import type { PartRow, partFields, ResourceRow } from './resourceFields';

/** A table of resources. It records every change on the audit trail, so that commands don't have to. */
export class ResourceRows<T extends Omit<ResourceRow, 'description'>> extends NamedRows<T> {
  /** Kind of its rows on the audit trail. */
  protected readonly kind: string = this.table;

  override async insert(db: Db, rows: readonly T[]): Promise<void> {
    await super.insert(db, rows);
    for (const row of rows) this.audit(db, row, { after: row });
  }

  override async update(db: Db, id: string, changes: Partial<Omit<T, 'id'>>): Promise<T | undefined> {
    const before = await super.update(db, id, changes);
    if (before !== undefined) this.audit(db, before, { before, after: { ...before, ...changes } });
    return before;
  }

  async delete(db: Db, id: string, now: Date): Promise<void> {
    const update = `UPDATE ${this.table} SET deleted_at = $2, updated_at = $2 WHERE id = $1 AND deleted_at IS NULL`;
    const before = await this.changing(db, update, [id, now]);
    if (before?.deletedAt === null) this.audit(db, before, { before });
  }

  private audit(db: Db, row: T, change: { readonly before?: T; readonly after?: T }): void {
    const { id, name } = row;
    auditDetail(db, { kind: this.kind, id, name, applicationId: this.applicationOf(row), ...change });
  }

  /** Application that a row is, or belongs to; null for a resource of the account. */
  protected applicationOf(row: T): string | null {
    return 'applicationId' in row ? String(row.applicationId) : row.id;
  }
}

/** Table of a kind of parts. */
export function partTable<F extends ReturnType<typeof partFields>>(
  name: string,
  fields: F,
  options: Pick<TableOptions<ShapeOf<F>>, 'checks'> = {},
): EntitySchema<ShapeOf<F>> {
  const unique = {
    name: `${name}_name`,
    columns: ['applicationId', 'name'],
    unique: true,
    where: 'deleted_at IS NULL',
  };
  return tableOf(name, fields, {
    foreignKeys: [references('application', 'applicationId')],
    indices: [unique],
    ...options,
  });
}

export type PartType = Extract<SubjectType, 'Environment' | 'Service' | 'Workflow' | 'Pipeline'>;

/** A kind of parts of an application: its description and its SQL. */
export class PartRows<T extends PartRow> extends ResourceRows<T> {
  constructor(
    readonly type: PartType,
    schema: EntitySchema<T>,
  ) {
    super(schema, `${schema.options.name}s`);
  }

  findByName(db: Db, applicationId: string, name: string): Promise<T | undefined> {
    return this.findWhere(db, 'row.application_id = $1 AND row.name = $2', [applicationId, name]);
  }

  ofApplications(db: Db, applicationIds: readonly string[]): Promise<T[]> {
    return this.findAll(db, 'row.application_id = ANY ($1::uuid[])', [applicationIds]);
  }

  /** The same page of each of several applications, in one statement. */
  pages(
    db: Db,
    applicationIds: readonly string[],
    conditionOf: RowCondition,
    { after, offset, fetch }: NamePage,
  ): Promise<T[]> {
    const parameters: unknown[] = [applicationIds, fetch, offset];
    const condition = conditionOf(parameters);
    const behind = after ? `AND ${afterCondition(['row.name', 'row.id'], 'ASC', after, parameters)}` : '';
    return db.rows(
      `SELECT ${this.columns} FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL (
         SELECT * FROM ${this.table} AS row
         WHERE row.application_id = parent.id AND ${this.live} AND ${condition} ${behind}
         ORDER BY row.name, row.id LIMIT $2 OFFSET $3
       ) AS row ORDER BY row.name, row.id`,
      parameters,
    );
  }

  async counts(
    db: Db,
    applicationIds: readonly string[],
    conditionOf: RowCondition,
  ): Promise<ReadonlyMap<string, number>> {
    const parameters: unknown[] = [applicationIds];
    const rows = await db.rows<{ applicationId: string; count: number }>(
      `SELECT row.application_id AS "applicationId", count(*)::int AS count FROM ${this.table} AS row
       WHERE row.application_id = ANY ($1::uuid[]) AND ${this.live} AND ${conditionOf(parameters)}
       GROUP BY row.application_id`,
      parameters,
    );
    return new Map(rows.map(({ applicationId, count }) => [applicationId, count]));
  }

  async deleteOfApplication(db: Db, applicationId: string, now: Date): Promise<void> {
    await db.write(
      `UPDATE ${this.table} SET deleted_at = $2, updated_at = $2 WHERE application_id = $1 AND deleted_at IS NULL`,
      [applicationId, now],
    );
  }

  /** Loads a part by application and name, as definitions refer to it; many in one statement. */
  byName(loaders: Loaders, applicationId: string, name: string): Promise<T | undefined> {
    return loaders.load(this.named, nameKey(applicationId, name));
  }

  private readonly named: BatchLoad<T> = async (app, keys) => {
    const split = keys.map((key) => [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)]);
    const where = '(row.application_id, row.name) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))';
    const rows = await this.findAll(app.database, where, [split.map(([id]) => id), split.map(([, name]) => name)]);
    return byKey(rows, (row) => nameKey(row.applicationId, row.name));
  };
}

interface DeletedBy {
  readonly actor: Actor;
  readonly application: NamedRow;
}

/** Fields and rules of one kind of configured parts, in addition to the common ones. */
export interface OwnFields<T extends PartRow, Input> {
  /** Checks the fields that only this kind has. Fields missing in the input are missing in the result. */
  readonly read: (input: Partial<Input>) => Partial<T>;
  /** Values of a new part for fields that are missing in the input. */
  readonly defaults?: Partial<T>;
  /** Checks a row against others before it is written, and returns it as it is stored. */
  readonly complete?: (db: Db, actor: Actor, application: NamedRow, row: T) => Promise<T>;
  /** Refuses a deletion, or deletes data that is useless after it. */
  readonly beforeDelete?: (db: Db, row: T, by: DeletedBy) => Promise<void>;
}

/** Parts that people configure field by field. Workflows and pipelines are configured by documents. */
export class ConfiguredRows<T extends PartRow, Input = object> extends PartRows<T> {
  constructor(
    override readonly type: 'Environment' | 'Service',
    schema: EntitySchema<T>,
    readonly own: OwnFields<T, Input>,
  ) {
    super(type, schema);
  }
}

const nameKey = (applicationId: string, name: string): string => `${applicationId} ${name}`;
