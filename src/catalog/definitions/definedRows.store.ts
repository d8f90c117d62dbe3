import type { EntitySchema } from 'typeorm';
import { ApplicationParts, insertRows } from '../namedRows.store';
import type { Db } from '../../kernel/database/database';
import { columnsOf } from '../../kernel/database/table';
import type { DefinedEntity, Revision } from '../language/definition';

/** A workflow or pipeline as it stands. */
export interface Defined<Definition> {
  readonly row: DefinedEntity;
  readonly revision: Revision<Definition>;
}

/** The SQL that workflows and pipelines have in common. */
export class DefinedRows<Definition> extends ApplicationParts<DefinedEntity> {
  private readonly revisionTable: string;
  private readonly revisionColumns: string;

  constructor(
    schema: EntitySchema<DefinedEntity>,
    private readonly revisionSchema: EntitySchema<Revision<Definition>>,
  ) {
    super(schema);
    this.revisionTable = revisionSchema.options.name;
    this.revisionColumns = columnsOf(revisionSchema, 'revision');
  }

  /** All that is defined in applications, each with its current definition. */
  async definedIn(db: Db, applicationIds: readonly string[]): Promise<Defined<Definition>[]> {
    const rows = await this.ofApplications(db, applicationIds);
    const revisions = await db.rows<Revision<Definition>>(
      `SELECT ${this.revisionColumns} FROM ${this.revisionTable} AS revision WHERE id = ANY ($1::uuid[])`,
      [rows.map((row) => row.currentRevisionId)],
    );
    const byId = new Map(revisions.map((revision) => [revision.id, revision]));
    return rows.map((row) => {
      const revision = byId.get(row.currentRevisionId);
      if (revision === undefined) throw new Error(`the ${this.table} ${row.id} has no current revision`);
      return { row, revision };
    });
  }

  async insertRevisions(db: Db, revisions: readonly Revision<Definition>[]): Promise<void> {
    if (revisions.length > 0) await insertRows(db, this.revisionSchema, revisions);
  }

  /** The same page of the revisions of each of several rows, the newest first. `before` is the number of the last one before it. */
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

  /** How many revisions each has: their numbers have no gaps. */
  revisionCounts(db: Db, entityIds: readonly string[]): Promise<{ entityId: string; count: number }[]> {
    return db.rows(
      `SELECT entity_id AS "entityId", max(number) AS count FROM ${this.revisionTable}
       WHERE entity_id = ANY ($1::uuid[]) GROUP BY entity_id`,
      [entityIds],
    );
  }
}
