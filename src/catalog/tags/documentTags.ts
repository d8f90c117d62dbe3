import { isDeepStrictEqual } from 'node:util';
import type { Db } from '../../kernel/database/database';
import type { Configuration } from '../definitions/configuration';
import type { Step } from '../definitions/planDocument';
import type { Author } from '../definitions/revise';
import type { AnyDocument, DocumentKind } from '../language/documentShapes';
import type { ParsedSource } from '../language/parseDefinitions';
import type { TagValues } from '../language/tagShape';
import type { TagEntityType } from './tags';
import { findTagsOf, holdTags } from './tags.store';
import { notAllowed, writeTags } from './writeTags';

/** `tags` of documents. */

const entityTypes: Readonly<Partial<Record<DocumentKind, TagEntityType>>> = {
  Application: 'APPLICATION',
  Environment: 'ENVIRONMENT',
  Service: 'SERVICE',
  Workflow: 'WORKFLOW',
  Pipeline: 'PIPELINE',
  Trigger: 'TRIGGER',
};

const tagsIn = (document: AnyDocument): TagValues | null => ('tags' in document ? document.tags : null);

/** Reports values that a tag does not allow. */
export async function checkTags(db: Db, source: ParsedSource): Promise<void> {
  const names = new Set(source.documents.flatMap(({ document }) => Object.keys(tagsIn(document) ?? {})));
  if (names.size === 0) return;
  const known = await holdTags(db, [...names]);
  source.problems.collect(() => {
    for (const { document, complain } of source.documents) {
      for (const { name, allowedValues } of known) {
        const value = tagsIn(document)?.[name];
        if (value === undefined || allowedValues === null || allowedValues.includes(value)) continue;
        complain('BAD_VALUE', ['tags', name], notAllowed(name, value, allowedValues).message);
      }
    }
  });
}

/** Current tags of the objects that documents with `tags` define, by ID; undefined if no document has any. */
export async function loadTags(
  db: Db,
  source: ParsedSource,
  configurations: ReadonlyMap<string, Configuration>,
): Promise<ReadonlyMap<string, TagValues>> {
  const ids = source.documents.flatMap(({ document }) => {
    if (tagsIn(document) === null) return [];
    const name = document.kind === 'Application' ? document.name : document.application;
    return idOf(document, configurations.get(name)) ?? [];
  });
  const tags = new Map<string, TagValues>();
  if (ids.length === 0) return tags;
  for (const { entityId, name, value } of await findTagsOf(db, ids)) {
    tags.set(entityId, { ...tags.get(entityId), [name]: value });
  }
  return tags;
}

function idOf({ kind, name }: AnyDocument, existing: Configuration | undefined): string | undefined {
  switch (kind) {
    case 'Application':
      return existing?.application.id;
    case 'Environment':
      return existing?.environments.get(name)?.id;
    case 'Service':
      return existing?.services.get(name)?.id;
    case 'Workflow':
      return existing?.workflows.get(name)?.row.id;
    case 'Pipeline':
      return existing?.pipelines.get(name)?.row.id;
    case 'Trigger':
      return existing?.triggers.get(name)?.id;
    default:
      return undefined;
  }
}

/** The step of a document, and the change of its tags. */
export function withTags(
  document: AnyDocument,
  step: Step,
  own: ReadonlyMap<string, TagValues>,
  author: Author,
  applicationId: string,
): Step {
  const entityType = entityTypes[document.kind];
  const wanted = tagsIn(document);
  const { id, name, action } = step.applied;
  if (wanted === null || entityType === undefined || id === null) return step;
  if (isDeepStrictEqual({ ...own.get(id) }, { ...wanted })) return step;
  return {
    applied: { ...step.applied, action: action === 'UNCHANGED' ? 'UPDATED' : action },
    async write(db) {
      await step.write?.(db);
      await writeTags(db, author, { entityType, id, name, applicationId }, { set: wanted, remove: 'ALL_OTHERS' });
    },
  };
}
