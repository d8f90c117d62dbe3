import type { Actor } from '../../access/actor';
import { auditDetail } from '../../access/audit/auditDetail';
import type { Db } from '../../kernel/database/database';
import { type InputError, invalidInput, notFound, Refusal } from '../../kernel/errors';
import { isId, newId } from '../../kernel/ids';
import type { App } from '../app';
import { isTagValue, TAG_VALUE } from '../language/tagShape';
import { nameTaken, refusingTakenName } from '../nameTaken';
import { type NewTag, type Tag, type TagChanges, tags } from './tags';
import { deleteTagRow, findOtherValue, lockTagRow } from './tags.store';
import { tagErrors } from './writeTags';

const MAX_ALLOWED = 200;

/** Creates a tag. A tag that does not exist is also created by attaching it, with any value allowed. */
export async function createTag(app: App, actor: Actor, input: NewTag): Promise<Tag> {
  actor.access.requireAccount('MANAGE_TAGS');
  refuseBad(input.name, input.allowedValues);
  const now = app.clock.now();
  const tag: Tag = {
    ...{ id: newId(), name: input.name, allowedValues: distinct(input.allowedValues) },
    ...{ createdAt: now, createdBy: actor.id, updatedAt: now },
  };
  const work = app.database.transaction(async (db) => {
    if (await tags.findWhere(db, 'row.name = $1', [tag.name])) throw nameTaken('tag', tag.name);
    await tags.insert(db, [tag]);
    auditDetail(db, { kind: 'tag', id: tag.id, name: tag.name, after: tag });
    return tag;
  });
  return refusingTakenName('tag', tag.name, work);
}

/** Renames a tag, or changes its allowed values. Objects keep it, so the new list must have every value in use. */
export async function updateTag(app: App, actor: Actor, id: string, changes: TagChanges): Promise<Tag> {
  actor.access.requireAccount('MANAGE_TAGS');
  const { name, allowedValues } = changes;
  refuseBad(name ?? 'unchanged', allowedValues);
  const work = app.database.transaction(async (db) => {
    const before = await lockTag(db, id);
    const after: Tag = {
      ...before,
      name: name ?? before.name,
      allowedValues: allowedValues === undefined ? before.allowedValues : distinct(allowedValues),
      updatedAt: app.clock.now(),
    };
    if (after.name !== before.name && (await tags.findWhere(db, 'row.name = $1', [after.name])))
      throw nameTaken('tag', after.name);
    const other = after.allowedValues === null ? undefined : await findOtherValue(db, before.id, after.allowedValues);
    if (other !== undefined) {
      const message = `Objects have the tag "${before.name}" with the value "${other}", which the new list does not have.`;
      throw new Refusal('IN_USE', message, { kind: 'tag', name: before.name, value: other, usedBy: [] });
    }
    const { updatedAt } = after;
    await tags.update(db, before.id, { name: after.name, allowedValues: after.allowedValues, updatedAt });
    auditDetail(db, { kind: 'tag', id: before.id, name: before.name, before, after });
    return after;
  });
  return refusingTakenName('tag', name ?? '', work);
}

/** Deletes a tag, and detaches it from every object. */
export async function deleteTag(app: App, actor: Actor, id: string): Promise<void> {
  actor.access.requireAccount('MANAGE_TAGS');
  await app.database.transaction(async (db) => {
    const tag = await lockTag(db, id);
    await deleteTagRow(db, tag.id);
    auditDetail(db, { kind: 'tag', id: tag.id, name: tag.name, before: tag });
  });
}

async function lockTag(db: Db, id: string): Promise<Tag> {
  const tag = isId(id) ? await lockTagRow(db, id) : undefined;
  if (tag === undefined) throw notFound('tag', id);
  return tag;
}

const distinct = (values: readonly string[] | null | undefined): string[] | null =>
  values == null ? null : [...new Set(values)];

function refuseBad(name: string, allowed: readonly string[] | null | undefined): void {
  const errors: InputError[] = tagErrors(name);
  (allowed ?? []).forEach((value, index) => {
    if (isTagValue(value)) return;
    const message = `The value of a tag has ${TAG_VALUE}.`;
    errors.push({ field: `allowedValues[${index}]`, value, rule: 'FORMAT', message });
  });
  if (allowed != null && (allowed.length === 0 || allowed.length > MAX_ALLOWED)) {
    const message = `"allowedValues" must have 1 to ${MAX_ALLOWED} values, or be null; it has ${allowed.length}.`;
    errors.push({ field: 'allowedValues', value: allowed.length, rule: 'RANGE', message });
  }
  if (errors.length > 0) throw invalidInput(errors);
}
