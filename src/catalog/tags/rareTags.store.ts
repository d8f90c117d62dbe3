import type { Db } from '../../kernel/database/database';
import { isStorable } from '../../kernel/naming';
import type { FilteredTag, TagFilter } from './tagCondition';

const FEW = 500;

/**
 * The filters, with the objects of each tag that few objects have. PostgreSQL then finds their rows through indexes,
 * instead of reading the whole list for a rare tag.
 */
export async function withRareTags<F extends { readonly tag?: TagFilter | null }>(
  db: Db,
  filters: readonly F[],
): Promise<readonly F[]> {
  const wanted = filters.flatMap(({ tag }) => tag?.tags.flatMap((one) => one ?? []) ?? []).filter(isKnowable);
  if (wanted.length === 0) return filters;
  const rows = await db.rows<{ place: number; ids: string[] }>(
    `SELECT wanted.place::int AS place, found.ids FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (name, value, place)
     CROSS JOIN LATERAL (SELECT coalesce(array_agg(few.entity_id), '{}') AS ids FROM tag CROSS JOIN LATERAL (
       (SELECT entity_id FROM tag_link WHERE tag_id = tag.id AND value = wanted.value LIMIT $3)
       UNION ALL (SELECT entity_id FROM tag_link WHERE tag_id = tag.id AND wanted.value IS NULL LIMIT $3)
     ) AS few WHERE tag.name = wanted.name) AS found`,
    [wanted.map(({ name }) => name), wanted.map(({ value }) => value ?? null), FEW + 1],
  );
  const few = new Map(rows.flatMap(({ place, ids }) => (ids.length > FEW ? [] : [[wanted[place - 1], ids] as const])));
  return filters.map((filter) => {
    if (!filter.tag) return filter;
    const tags = filter.tag.tags.map((one) => {
      const objects = one === null ? undefined : few.get(one);
      return objects === undefined ? one : { ...one, objects };
    });
    return { ...filter, tag: { ...filter.tag, tags } };
  });
}

const isKnowable = ({ name, value }: FilteredTag): boolean => isStorable(name) && isStorable(value ?? '');
