import type { EntitySchema } from 'typeorm';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows, references, tableOf } from '../../kernel/database/table';
import { type Revision, revisionFields } from '../language/definition';

/** Immutable revisions of workflows, pipelines or templates. */
export class RevisionTable<Definition> {
  readonly schema: EntitySchema<Revision<Definition>>;
  private readonly table: string;
  private readonly columns: string;

  constructor(kind: 'workflow' | 'pipeline' | 'template') {
    this.table = `${kind}_revision`;
    this.schema = tableOf(this.table, revisionFields, {
      // Handwritten, because it is a GIN index.
      indices: [{ name: `${this.table}_templates`, columns: ['templateIds'], synchronize: false }],
      foreignKeys: [references(kind, 'entityId')],
      uniques: [{ name: `${this.table}_number`, columns: ['entityId', 'number'] }],
    }) as EntitySchema<Revision<Definition>>;
    this.columns = columnsOf(this.schema, 'revision');
  }

  find(db: Db, ids: readonly string[]): Promise<Revision<Definition>[]> {
    return db.rows(`SELECT ${this.columns} FROM ${this.table} AS revision WHERE id = ANY ($1::uuid[])`, [ids]);
  }

  async insert(db: Db, revisions: readonly Revision<Definition>[]): Promise<void> {
    await insertRows(db, this.schema, revisions);
  }

  /**
   * The same page of the revisions of each row, newest first. `before` is the number of the last revision on the
   * previous page.
   */
  async pages(
    db: Db,
    entityIds: readonly string[],
    page: { readonly before: number | undefined; readonly offset: number; readonly fetch: number },
  ): Promise<Revision<Definition>[]> {
    return db.rows<Revision<Definition>>(
      `SELECT ${this.columns} FROM unnest($1::uuid[]) AS entity (id) CROSS JOIN LATERAL (
         SELECT * FROM ${this.table} WHERE entity_id = entity.id AND number < $2
         ORDER BY number DESC LIMIT $3 OFFSET $4
       ) AS revision ORDER BY revision.number DESC`,
      [entityIds, page.before ?? 2_147_483_647, page.fetch, page.offset],
    );
  }

  /** Number of revisions of each; revision numbers have no gaps. */
  async counts(db: Db, entityIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await db.rows<{ entityId: string; count: number }>(
      `SELECT entity_id AS "entityId", max(number) AS count FROM ${this.table}
       WHERE entity_id = ANY ($1::uuid[]) GROUP BY entity_id`,
      [entityIds],
    );
    return new Map(rows.map(({ entityId, count }) => [entityId, count]));
  }
}
