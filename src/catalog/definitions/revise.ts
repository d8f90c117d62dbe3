import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import { contentHash } from '../language/canonical';
import type { Defined, DefinedRows } from './definedRows.store';
import type { Revision } from '../language/definition';

/** Actor and time of a change, recorded in rows and revisions. */
export interface Author {
  readonly actor: Actor;
  readonly now: Date;
}

/** The fields that every new resource has. */
export const newRow = (name: string, { actor, now }: Author, id = newId()) => ({
  id,
  name,
  createdAt: now,
  createdBy: actor.id,
  updatedAt: now,
  deletedAt: null,
});

/** The next revision after `before`, or the first one of a new object. */
export function nextRevision<Definition extends object>(
  before: Defined<Definition> | undefined,
  definition: Definition,
  { actor, now }: Author,
): Revision<Definition> {
  return {
    id: newId(),
    entityId: before?.row.id ?? newId(),
    number: (before?.revision.number ?? 0) + 1,
    contentHash: contentHash(definition),
    definition,
    createdAt: now,
    createdBy: actor.id,
  };
}

/** Makes a revision the current one. The application is locked, so no other transaction takes the same number. */
export async function saveRevision<Definition extends { readonly description: string | null }>(
  db: Db,
  rows: DefinedRows<Definition>,
  revision: Revision<Definition>,
): Promise<void> {
  await rows.insertRevisions(db, [revision]);
  await rows.update(db, revision.entityId, {
    currentRevisionId: revision.id,
    description: revision.definition.description,
    updatedAt: revision.createdAt,
  });
}
