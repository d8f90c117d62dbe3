import { findUserGroupsByName } from '../../access/userGroups.store';
import type { Actor } from '../../access/actor';
import { didYouMean } from '../../kernel/didYouMean';
import type { Db } from '../../kernel/database/database';
import { freezes } from '../freezes/freezes';
import type { FreezeDocument } from '../language/documentShapes';
import type { ParsedSource } from '../language/parseDefinitions';
import type { NamedByFreezes } from './planDocument';

const freezesOf = ({ documents }: ParsedSource): FreezeDocument[] =>
  documents.flatMap(({ document }) => (document.kind === 'Freeze' ? [document] : []));

/** User groups of exceptions, by name. Callers who may not manage freezes don't learn which groups exist. */
export async function findExceptedGroups(
  db: Db,
  { access }: Actor,
  source: ParsedSource,
): Promise<NamedByFreezes['groups']> {
  const names = [...new Set(freezesOf(source).flatMap(({ exceptGroups }) => exceptGroups))];
  if (names.length === 0 || !access.canInAccount('MANAGE_FREEZES')) return new Map();
  const groups = new Map((await findUserGroupsByName(db, names)).map(({ id, name }) => [name, id]));
  source.problems.collect(() => {
    for (const { document, complain } of source.documents) {
      if (document.kind !== 'Freeze') continue;
      document.exceptGroups.forEach((name, index) => {
        if (groups.has(name)) return;
        const message = `There is no user group "${name}"${didYouMean(name, [...groups.keys()])}.`;
        complain('UNKNOWN_GROUP', ['exceptGroups', index], message);
      });
    }
  });
  return groups;
}

/** Freezes that have the names of the documents. */
export async function findNamedFreezes(db: Db, source: ParsedSource): Promise<NamedByFreezes['freezes']> {
  const names = freezesOf(source).map(({ name }) => name);
  const found = names.length === 0 ? [] : await freezes.findAll(db, 'row.name = ANY ($1::text[])', [names]);
  return new Map(found.map((one) => [one.name, one]));
}
