import { bind } from '../../kernel/filters';
import { invalidInput } from '../../kernel/errors';
import { isStorable } from '../../kernel/naming';
import type { TagEntityType } from './tags';

/** Filter of a list by tags: the object has one of them. */
export interface TagFilter {
  readonly entityType?: TagEntityType | null;
  readonly tags: readonly ({ readonly name: string; readonly value?: string | null } | null)[];
}

/**
 * Condition on one object of a row: true if it has the tag. `links` is the subquery of objects with the tag, and `tag`
 * the SQL of its name.
 */
export type TagPlaces = Readonly<Partial<Record<TagEntityType, (links: string, name: string) => string>>>;

export const TAG_LINKS = 'tag_link link JOIN tag ON tag.id = link.tag_id';

/** SQL condition for a filter, where `places` has a condition for each kind of objects that the list can be filtered by. */
export function tagCondition(
  filter: TagFilter,
  places: TagPlaces,
  otherwise: TagEntityType,
  parameters: unknown[],
  field: string,
): string {
  const entityType = filter.entityType ?? otherwise;
  const place = places[entityType];
  if (place === undefined) {
    const message = `This list can’t be filtered by tags of ${entityType}; expected one of ${Object.keys(places).join(', ')}.`;
    throw invalidInput([{ field: `${field}.entityType`, value: entityType, rule: 'ONE_OF', message }]);
  }
  const conditions = filter.tags.flatMap((tag) => {
    if (tag === null || !isStorable(tag.name) || !isStorable(tag.value ?? '')) return [];
    const name = bind(parameters, tag.name);
    const value = tag.value == null ? '' : ` AND link.value = ${bind(parameters, tag.value)}`;
    return [place(`SELECT link.entity_id FROM ${TAG_LINKS} WHERE tag.name = ${name}${value}`, name)];
  });
  return conditions.length === 0 ? 'FALSE' : `(${conditions.join(' OR ')})`;
}

/** For the rows of a table, and of the applications that they belong to. */
export const ownTag =
  (column: string) =>
  (links: string): string =>
    `${column} IN (${links})`;
