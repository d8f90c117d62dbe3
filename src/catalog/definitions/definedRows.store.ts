import type { Db } from '../../kernel/database/database';
import { type DefinedEntity, definedFields, type Revision } from '../language/definition';
import { PartRows, partTable } from '../resources.store';
import { RevisionTable } from './revisionTable.store';

/** Current state of a workflow or pipeline. */
export interface Defined<Definition> {
  readonly row: DefinedEntity;
  readonly revision: Revision<Definition>;
}

/** Rows of workflows or pipelines, and their immutable revisions. */
export class DefinedRows<Definition> extends PartRows<DefinedEntity> {
  readonly revisions: RevisionTable<Definition>;

  constructor(override readonly type: 'Workflow' | 'Pipeline') {
    const kind = type === 'Workflow' ? 'workflow' : 'pipeline';
    super(type, partTable(kind, definedFields(kind)));
    this.revisions = new RevisionTable(kind);
  }

  /** All workflows or pipelines of applications, with their current definitions. */
  async definedIn(db: Db, applicationIds: readonly string[]): Promise<Defined<Definition>[]> {
    const rows = await this.ofApplications(db, applicationIds);
    const revisions = await this.revisions.find(
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
}
