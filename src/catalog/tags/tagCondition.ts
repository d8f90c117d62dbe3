import { bind } from '../../kernel/filters';
import { invalidInput } from '../../kernel/errors';
import { isStorable } from '../../kernel/naming';
import type { TagEntityType } from './tags';

export interface FilteredTag {
  readonly name: string;
  readonly value?: string | null;
  /** All objects that have it, if they are few. */
  readonly objects?: readonly string[];
}

/** Filter of a list by tags: the object has one of them. */
export interface TagFilter {
  readonly entityType?: TagEntityType | null;
  readonly tags: readonly (FilteredTag | null)[];
}

/** SQL condition: the object whose ID this SQL is has the tag. */
type HasTag = (id: string) => string;

/** Condition on one object of a row: true if it has the tag, of which `name` gives the SQL of the name. */
export type TagPlaces = Readonly<Partial<Record<TagEntityType, (has: HasTag, name: () => string) => string>>>;

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
    const name = () => bind(parameters, tag.name);
    if (tag.objects) {
      const known = bind(parameters, tag.objects);
      return [place((id) => `${id} = ANY (${known}::uuid[])`, name)];
    }
    const value = tag.value == null ? '' : ` AND link.value = ${bind(parameters, tag.value)}`;
    const links = `SELECT link.entity_id FROM ${TAG_LINKS} WHERE tag.name = ${name()}${value}`;
    return [place((id) => `${id} IN (${links})`, name)];
  });
  return conditions.length === 0 ? 'FALSE' : `(${conditions.join(' OR ')})`;
}

/** For the rows of a table, and of the applications that they belong to. */
export const ownTag =
  (column: string) =>
  (has: HasTag): string =>
    has(column);
