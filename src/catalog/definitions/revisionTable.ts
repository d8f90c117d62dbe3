import type { EntitySchema } from 'typeorm';
import { column, references, table } from '../../kernel/database/table';
import type { DefinedEntity, Revision } from '../language/definition';

/** Workflows and pipelines are stored alike: a named row, and its immutable revisions. */
export function definedEntityTable(name: string): EntitySchema<DefinedEntity> {
  return table<DefinedEntity>(name, {
    columns: {
      id: column.id,
      applicationId: column.uuid,
      name: column.text,
      description: column.textOrNull,
      currentRevisionId: column.uuid,
      createdAt: column.time,
      createdBy: column.textOrNull,
      updatedAt: column.time,
      deletedAt: column.timeOrNull,
    },
    foreignKeys: [references('application', 'applicationId')],
    indices: [{ name: `${name}_name`, columns: ['applicationId', 'name'], unique: true, where: 'deleted_at IS NULL' }],
  });
}

export function revisionTable<Definition>(name: string, entity: string): EntitySchema<Revision<Definition>> {
  return table<Revision<Definition>>(name, {
    columns: {
      id: column.id,
      entityId: column.uuid,
      number: column.integer,
      contentHash: column.text,
      definition: column.json,
      createdAt: column.time,
      createdBy: column.textOrNull,
    },
    foreignKeys: [references(entity, 'entityId')],
    uniques: [{ name: `${name}_number`, columns: ['entityId', 'number'] }],
  });
}
