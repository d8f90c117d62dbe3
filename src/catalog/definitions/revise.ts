import type { Actor } from '../../access/actor';
import type { Db } from '../../kernel/database/database';
import { newId } from '../../kernel/ids';
import { contentHash } from '../language/contentHash';
import type { Defined, DefinedRows } from './definedRows.store';
import type { Revision } from '../language/definition';
import type { Extended, TemplateDefinition } from '../language/templates/templateShape';

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

/** Templates whose contents a definition has, also by way of other templates; or the one that a template extends. */
export function templatesOf(definition: object): string[] {
  const { extended, base } = definition as { readonly extended?: Extended; readonly base?: TemplateDefinition['base'] };
  return base ? [base.id] : (extended?.uses.map(({ id }) => id) ?? []);
}

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
    templateIds: templatesOf(definition),
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
  await rows.revisions.insert(db, [revision]);
  await rows.update(db, revision.entityId, {
    currentRevisionId: revision.id,
    description: revision.definition.description,
    updatedAt: revision.createdAt,
  });
}
