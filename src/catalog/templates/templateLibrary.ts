import type { Access } from '../../access/access';
import type { Db } from '../../kernel/database/database';
import { findApplicationsByName } from '../applications/applications.store';
import { kindOf, type ReadSource } from '../language/parseDefinitions';
import { extendsTemplate, referencesIn } from '../language/templates/expandTemplates';
import { noTemplates, TemplateBook, type TemplateLibrary } from '../language/templates/templateBook';
import type { Configuration } from '../definitions/configuration';
import { loadTemplates, lockTemplates } from './templateLibrary.store';

const changesTemplates = ({ roots }: ReadSource): boolean => roots.some((root) => kindOf(root) === 'Template');

/** Keeps the templates that a source uses, or changes, as they are until the transaction ends. */
export async function lockFor(db: Db, read: ReadSource): Promise<void> {
  if (changesTemplates(read)) await lockTemplates(db, 'CHANGE');
  else if (read.roots.some(extendsTemplate)) await lockTemplates(db, 'USE');
}

/** Templates that definitions of an application extend, as they are. */
export async function bookFor(db: Db, { workflows, pipelines }: Configuration): Promise<TemplateBook> {
  const extended = [...workflows.values(), ...pipelines.values()].flatMap(
    ({ revision: { definition } }) => definition.extended ?? [],
  );
  if (extended.length === 0) return new TemplateBook(noTemplates, []);
  const pinned = extended.flatMap(({ uses }) => uses.map(({ name, revision }) => `${name}@${revision}`));
  return new TemplateBook(await loadTemplates(db, pinned), []);
}

/** Templates for a source. No statement, for a source that neither has nor extends one. */
export async function libraryFor(db: Db, access: Access, read: ReadSource): Promise<TemplateLibrary> {
  if (!changesTemplates(read) && !read.roots.some(extendsTemplate)) return noTemplates;
  const library = await loadTemplates(db, read.roots.flatMap(referencesIn));
  const names = [...new Set(library.current.flatMap(({ application }) => application ?? []))];
  const applications = names.length === 0 ? [] : await findApplicationsByName(db, names);
  const hidden = new Set(applications.flatMap((one) => (access.can('READ', 'Application', one) ? [] : [one.name])));
  const isSeen = ({ application }: { readonly application: string | null }) =>
    application === null || !hidden.has(application);
  return { current: library.current.filter(isSeen), pinned: library.pinned.filter(isSeen) };
}
