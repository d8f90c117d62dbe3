import type { Actor } from '../../access/actor';
import type { SubjectType } from '../../access/subjects';
import { notFound } from '../../kernel/errors';
import { allOf, type IdFilter, idCondition } from '../../kernel/filters';
import { isId } from '../../kernel/ids';
import { isStorable } from '../../kernel/naming';
import { type Page, type PageArguments, afterCondition, cursorCodec } from '../../kernel/paging';
import { type ListOfParent, nestedList } from '../../kernel/nestedList';
import type { Loaders } from '../../kernel/loaders';
import type { Access } from '../../access/access';
import type { App } from '../app';
import { seenTriggers } from '../triggers/triggers.queries';
import { type Tag, type TagEntityType, tagEntityTypes, tags } from './tags';

/** Tables behind the kinds of objects that are subjects of rights, as `row`. */
const objects: Readonly<
  Record<Exclude<TagEntityType, 'TRIGGER'>, { readonly table: string; readonly type: SubjectType }>
> = {
  APPLICATION: { table: 'application', type: 'Application' },
  DEPLOYMENT: { table: 'execution', type: 'Execution' },
  ENVIRONMENT: { table: 'environment', type: 'Environment' },
  PIPELINE: { table: 'pipeline', type: 'Pipeline' },
  SERVICE: { table: 'service', type: 'Service' },
  WORKFLOW: { table: 'workflow', type: 'Workflow' },
};

/** Condition on `link`: its object exists, and the actor may see it. */
function seenLink(access: Access, kinds: readonly TagEntityType[], parameters: unknown[]): string {
  const seen = kinds.map((kind) => {
    const [table, mayRead] =
      kind === 'TRIGGER'
        ? ['start_trigger', seenTriggers({ access }, parameters)]
        : [objects[kind].table, access.condition('READ', objects[kind].type, 'row', parameters)];
    const live = kind === 'DEPLOYMENT' ? 'TRUE' : 'row.deleted_at IS NULL';
    return `(link.entity_type = '${kind}' AND EXISTS (SELECT FROM ${table} AS row WHERE row.id = link.entity_id AND ${live} AND ${mayRead}))`;
  });
  return seen.length === 0 ? 'FALSE' : `(${seen.join(' OR ')})`;
}

/** A tag is visible to actors who manage tags, and to those who may see an object that has it. */
function seenTag({ access }: Actor, parameters: unknown[]): string {
  if (access.canInAccount('MANAGE_TAGS')) return 'TRUE';
  return `EXISTS (SELECT FROM tag_link link WHERE link.tag_id = row.id AND ${seenLink(access, tagEntityTypes, parameters)})`;
}

async function read(app: App, actor: Actor, column: 'id' | 'name', given: string): Promise<Tag> {
  const parameters: unknown[] = [given];
  const seen = seenTag(actor, parameters);
  const possible = column === 'id' ? isId(given) : isStorable(given);
  const tag = possible ? await tags.findWhere(app.database, `row.${column} = $1 AND ${seen}`, parameters) : undefined;
  if (tag === undefined) throw notFound('tag', given);
  return tag;
}

export const readTag = (app: App, actor: Actor, id: string): Promise<Tag> => read(app, actor, 'id', id);
export const readTagByName = (app: App, actor: Actor, name: string): Promise<Tag> => read(app, actor, 'name', name);

export function listTags(
  app: App,
  actor: Actor,
  filters: readonly { readonly tagName?: IdFilter | null }[],
  page: PageArguments,
): Promise<Page<Tag>> {
  const parameters: unknown[] = [];
  const conditions = filters.flatMap(({ tagName }, index) =>
    tagName ? [idCondition('row.name', tagName, parameters, { field: `filters[${index}].tagName` })] : [],
  );
  return tags.list(app.database, [...conditions, seenTag(actor, parameters)], parameters, page);
}

/** An object that has a tag. */
export interface TagUsage {
  readonly tagId: string;
  readonly entityId: string;
  readonly entityType: TagEntityType;
  readonly value: string;
}

export interface TagUsageFilter {
  readonly entityType?: readonly TagEntityType[] | null;
}

type UsageKey = readonly [value: string, entityId: string];
const cursor = cursorCodec('tagUsages', 'text', 'id');
const lists = new WeakMap<Access, Map<string, ListOfParent<TagUsage>>>();

/** Objects with a tag that the actor may see, sorted by value; one statement loads the pages of several tags. */
export function usagesOfTag(
  loaders: Loaders,
  { access }: Actor,
  tagId: string,
  filters: readonly TagUsageFilter[],
  page: PageArguments,
): Promise<Page<TagUsage>> {
  const kinds = tagEntityTypes.filter((kind) =>
    filters.every(({ entityType }) => entityType == null || entityType.includes(kind)),
  );
  const known = lists.get(access) ?? new Map<string, ListOfParent<TagUsage>>();
  lists.set(access, known);
  const list = known.get(kinds.join()) ?? usageList(access, kinds);
  known.set(kinds.join(), list);
  return list(loaders, tagId, page);
}

const usageList = (access: Access, kinds: readonly TagEntityType[]): ListOfParent<TagUsage> =>
  nestedList<TagUsage, UsageKey>({
    cursor,
    keyOf: ({ value, entityId }) => [value, entityId],
    parentOf: ({ tagId }) => tagId,
    find(app, tagIds, { after, offset, fetch }) {
      const parameters: unknown[] = [tagIds, fetch, offset];
      const behind = after ? [afterCondition(['link.value', 'link.entity_id'], 'ASC', after, parameters)] : [];
      const where = allOf(['link.tag_id = parent.id', seenLink(access, kinds, parameters), ...behind]);
      return app.database.rows<TagUsage>(
        `SELECT usage.tag_id AS "tagId", usage.entity_id AS "entityId", usage.entity_type AS "entityType", usage.value
         FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL (
           SELECT * FROM tag_link link WHERE ${where} ORDER BY link.value, link.entity_id LIMIT $2 OFFSET $3
         ) AS usage ORDER BY usage.value, usage.entity_id`,
        parameters,
      );
    },
    async count(app, tagIds) {
      const parameters: unknown[] = [tagIds];
      const rows = await app.database.rows<{ tagId: string; count: number }>(
        `SELECT link.tag_id AS "tagId", count(*)::int AS count FROM tag_link link
         WHERE link.tag_id = ANY ($1::uuid[]) AND ${seenLink(access, kinds, parameters)} GROUP BY link.tag_id`,
        parameters,
      );
      return new Map(rows.map(({ tagId, count }) => [tagId, count]));
    },
  });
