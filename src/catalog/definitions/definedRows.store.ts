import type { EntitySchema } from 'typeorm';
import type { Db } from '../../kernel/database/database';
import { columnsOf, insertRows, references, tableOf } from '../../kernel/database/table';
import { type DefinedEntity, definedFields, type Revision, revisionFields } from '../language/definition';
import { PartRows, partTable } from '../resources.store';

/** Current state of a workflow or pipeline. */
export interface Defined<Definition> {
  readonly row: DefinedEntity;
  readonly revision: Revision<Definition>;
}

/** Rows of workflows or pipelines, and their immutable revisions. */
export class DefinedRows<Definition> extends PartRows<DefinedEntity> {
  readonly revisionSchema: EntitySchema<Revision<Definition>>;
  private readonly revisionTable: string;
  private readonly revisionColumns: string;

  constructor(override readonly type: 'Workflow' | 'Pipeline') {
    const kind = type.toLowerCase();
    super(type, partTable(kind, definedFields(kind)));
    this.revisionTable = `${kind}_revision`;
    this.revisionSchema = tableOf(this.revisionTable, revisionFields, {
      foreignKeys: [references(kind, 'entityId')],
      uniques: [{ name: `${this.revisionTable}_number`, columns: ['entityId', 'number'] }],
    }) as EntitySchema<Revision<Definition>>;
    this.revisionColumns = columnsOf(this.revisionSchema, 'revision');
  }

  /** All workflows or pipelines of applications, with their current definitions. */
  async definedIn(db: Db, applicationIds: readonly string[]): Promise<Defined<Definition>[]> {
    const rows = await this.ofApplications(db, applicationIds);
    const revisions = await this.findRevisions(
      db,
      rows.map((row) => row.currentRevisionId),
    );
    const byId = new Map(revisions.map((revision) => [revision.id, revision]));
    return rows.map((row) => {
      const revision = byId.get(row.currentRevisionId);
      if (revision === undefined) throw new Error(`the ${this.table} ${row.id} has no current revision`);
      return { row, revision };
    });
  }

  findRevisions(db: Db, ids: readonly string[]): Promise<Revision<Definition>[]> {
    return db.rows(
      `SELECT ${this.revisionColumns} FROM ${this.revisionTable} AS revision WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
  }

  async insertRevisions(db: Db, revisions: readonly Revision<Definition>[]): Promise<void> {
    await insertRows(db, this.revisionSchema, revisions);
  }

  /**
   * The same page of the revisions of each row, newest first. `before` is the number of the last revision on the
   * previous page.
   */
  async revisionPages(
    db: Db,
    entityIds: readonly string[],
    page: { readonly before: number | undefined; readonly offset: number; readonly fetch: number },
  ): Promise<Revision<Definition>[]> {
    return db.rows<Revision<Definition>>(
      `SELECT ${this.revisionColumns} FROM unnest($1::uuid[]) AS entity (id) CROSS JOIN LATERAL (
         SELECT * FROM ${this.revisionTable} WHERE entity_id = entity.id AND number < $2
         ORDER BY number DESC LIMIT $3 OFFSET $4
       ) AS revision ORDER BY revision.number DESC`,
      [entityIds, page.before ?? 2_147_483_647, page.fetch, page.offset],
    );
  }

  /** Number of revisions of each; revision numbers have no gaps. */
  async revisionCounts(db: Db, entityIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await db.rows<{ entityId: string; count: number }>(
      `SELECT entity_id AS "entityId", max(number) AS count FROM ${this.revisionTable}
       WHERE entity_id = ANY ($1::uuid[]) GROUP BY entity_id`,
      [entityIds],
    );
    return new Map(rows.map(({ entityId, count }) => [entityId, count]));
  }
}
