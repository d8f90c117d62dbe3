import type { Db } from '../../kernel/database/database';
import type { ShownTag, Tag, TagEntityType } from './tags';
import { tags } from './tags';

/** An object that has tags. */
export interface Tagged {
  readonly entityType: TagEntityType;
  readonly id: string;
  readonly applicationId: string;
}

/** Tags by name, locked against changes of their allowed values until the transaction ends. */
export function holdTags(db: Db, names: readonly string[]): Promise<Pick<Tag, 'id' | 'name' | 'allowedValues'>[]> {
  return db.rows(
    `SELECT id, name, allowed_values AS "allowedValues" FROM tag WHERE name = ANY ($1::text[]) ORDER BY name FOR SHARE`,
    [names],
  );
}

/** Creates the tags that do not exist. In the order of their names, so that two transactions can't block each other. */
export async function createMissingTags(db: Db, rows: readonly Tag[]): Promise<void> {
  const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  await db.write(
    `INSERT INTO tag (id, name, created_at, created_by, updated_at)
     SELECT id, name, $3, $4, $3 FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS t (id, name, place) ORDER BY place
     ON CONFLICT (name) DO NOTHING`,
    [sorted.map(({ id }) => id), sorted.map(({ name }) => name), sorted[0]?.createdAt, sorted[0]?.createdBy],
  );
}

/** The current row, locked against attachments and other changes. */
export async function lockTagRow(db: Db, id: string): Promise<Tag | undefined> {
  await db.rows('SELECT FROM tag WHERE id = $1 FOR UPDATE', [id]);
  return tags.find(db, id);
}

/** Deletes a tag, and with it every link to it. */
export async function deleteTagRow(db: Db, id: string): Promise<void> {
  await db.write('DELETE FROM tag WHERE id = $1', [id]);
}

export interface OwnTag extends ShownTag {
  readonly entityId: string;
  readonly tagId: string;
}

/** Tags of objects, sorted by name. */
export function findTagsOf(db: Db, entityIds: readonly string[]): Promise<OwnTag[]> {
  return db.rows(
    `SELECT link.entity_id AS "entityId", link.tag_id AS "tagId", tag.name, link.value
     FROM tag_link link JOIN tag ON tag.id = link.tag_id
     WHERE link.entity_id = ANY ($1::uuid[]) ORDER BY tag.name`,
    [entityIds],
  );
}

/** Changes of the tags of one object run one after another. */
export async function lockTagsOf(db: Db, entityId: string): Promise<void> {
  await db.rows(`SELECT pg_advisory_xact_lock(hashtextextended('slipway.tags.' || $1, 0))`, [entityId]);
}

export async function putTagLinks(
  db: Db,
  { entityType, id, applicationId }: Tagged,
  links: readonly { readonly tagId: string; readonly value: string }[],
  { now, by }: { readonly now: Date; readonly by: string },
): Promise<void> {
  if (links.length === 0) return;
  await db.write(
    `INSERT INTO tag_link (entity_id, tag_id, entity_type, application_id, value, attached_at, attached_by)
     SELECT $1, tag_id, $2, $3, value, $4, $5 FROM unnest($6::uuid[], $7::text[]) AS l (tag_id, value)
     ON CONFLICT (entity_id, tag_id) DO UPDATE
     SET value = excluded.value, attached_at = excluded.attached_at, attached_by = excluded.attached_by`,
    [id, entityType, applicationId, now, by, links.map(({ tagId }) => tagId), links.map(({ value }) => value)],
  );
}

export async function removeTagLinks(db: Db, entityId: string, tagIds: readonly string[]): Promise<void> {
  if (tagIds.length === 0) return;
  await db.write('DELETE FROM tag_link WHERE entity_id = $1 AND tag_id = ANY ($2::uuid[])', [entityId, tagIds]);
}

/** A value that objects have a tag with and that is not one of these. */
export async function findOtherValue(db: Db, tagId: string, allowed: readonly string[]): Promise<string | undefined> {
  const [row] = await db.rows<{ value: string }>(
    'SELECT value FROM tag_link WHERE tag_id = $1 AND value <> ALL ($2::text[]) LIMIT 1',
    [tagId, allowed],
  );
  return row?.value;
}
