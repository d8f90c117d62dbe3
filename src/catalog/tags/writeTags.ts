import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { type InputError, invalidInput } from '../../kernel/errors';
import { newId } from '../../kernel/ids';
import type { Author } from '../definitions/revise';
import { isTagName, isTagValue, MAX_TAGS, TAG_NAME, TAG_VALUE, type TagValues } from '../language/tagShape';
import {
  createMissingTags,
  findTagsOf,
  holdTags,
  lockTagsOf,
  putTagLinks,
  removeTagLinks,
  type Tagged,
} from './tags.store';

/** An object whose tags change, once the actor may change the object. */
export interface TaggedObject extends Tagged {
  readonly name: string;
}

export interface TagsChange {
  /** New values, by name of the tag. Tags that do not exist yet are created. */
  readonly set: TagValues;
  /** Names of tags to remove, or ALL_OTHERS. */
  readonly remove: readonly string[] | 'ALL_OTHERS';
}

/** Changes the tags of an object. Returns its tags afterwards; writes nothing if they stay the same. */
export async function writeTags(
  db: Db,
  { actor, now }: Author,
  object: TaggedObject,
  { set, remove }: TagsChange,
): Promise<TagValues> {
  refuseBadTags(set);
  await lockTagsOf(db, object.id);
  const own = await findTagsOf(db, [object.id]);
  const before: TagValues = Object.fromEntries(own.map(({ name, value }) => [name, value]));
  const removed = own.filter(({ name }) =>
    remove === 'ALL_OTHERS' ? !Object.hasOwn(set, name) : remove.includes(name),
  );
  const kept = own.filter((one) => !removed.includes(one)).map(({ name, value }) => [name, value] as const);
  const after: TagValues = { ...Object.fromEntries(kept), ...set };
  refuseTooMany(after);
  const names = Object.keys(set).filter((name) => before[name] !== set[name]);
  if (names.length === 0 && removed.length === 0) return before;
  const links = await linksTo(db, { actor, now }, names, set);
  await putTagLinks(db, object, links, { now, by: actor.id });
  await removeTagLinks(
    db,
    object.id,
    removed.map(({ tagId }) => tagId),
  );
  const { id, name, applicationId, entityType } = object;
  const changed = { before: { entityType, tags: inWords(before) }, after: { entityType, tags: inWords(after) } };
  auditDetail(db, { kind: 'tags', id, name, applicationId, ...changed });
  return after;
}

/** As the audit trail shows them. */
const inWords = (tags: TagValues): string[] =>
  Object.entries(tags).map(([name, value]) => (value === '' ? name : `${name}=${value}`));

async function linksTo(db: Db, { actor, now }: Author, names: readonly string[], set: TagValues) {
  if (names.length === 0) return [];
  let known = await holdTags(db, names);
  const missing = names.filter((name) => !known.some((tag) => tag.name === name));
  if (missing.length > 0) {
    const made = { allowedValues: null, createdAt: now, createdBy: actor.id, updatedAt: now };
    await createMissingTags(
      db,
      missing.map((name) => ({ ...made, id: newId(), name })),
    );
    known = await holdTags(db, names);
  }
  const errors: InputError[] = known.flatMap(({ name, allowedValues }) => {
    const value = set[name] ?? '';
    return allowedValues === null || allowedValues.includes(value) ? [] : [notAllowed(name, value, allowedValues)];
  });
  if (errors.length > 0) throw invalidInput(errors);
  return known.map(({ id, name }) => ({ tagId: id, value: set[name] ?? '' }));
}

export const notAllowed = (name: string, value: string, allowed: readonly string[]): InputError => ({
  field: 'value',
  value,
  rule: 'ONE_OF',
  message: `"${value}" is not a value of the tag "${name}"; expected one of ${allowed.map((one) => `"${one}"`).join(', ')}.`,
});

function refuseBadTags(set: TagValues): void {
  const errors = Object.entries(set).flatMap(([name, value]) => tagErrors(name, value));
  if (errors.length > 0) throw invalidInput(errors);
}

export function tagErrors(name: string, value = ''): InputError[] {
  const errors: InputError[] = [];
  const refuse = (field: string, given: string, rule: string) =>
    errors.push({ field, value: given, rule: 'FORMAT', message: `The ${field} of a tag has ${rule}.` });
  if (!isTagName(name)) refuse('name', name, TAG_NAME);
  if (!isTagValue(value)) refuse('value', value, TAG_VALUE);
  return errors;
}

function refuseTooMany(after: TagValues): void {
  const count = Object.keys(after).length;
  if (count <= MAX_TAGS) return;
  const message = `The object would have ${count} tags; the limit is ${MAX_TAGS}.`;
  throw invalidInput([{ field: 'name', value: count, rule: 'LIMIT', message }]);
}
