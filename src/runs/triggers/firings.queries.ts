import { type IdFilter, idCondition } from '../../kernel/filters';
import { columnsOf } from '../../kernel/database/table';
import { groupBy, type Loaders } from '../../kernel/loaders';
import { nestedList } from '../../kernel/nestedList';
import { afterCondition, cursorCodec, type Page, type PageArguments } from '../../kernel/paging';
import { type Firing, firingTable } from './firings.table';

const columns = columnsOf(firingTable, 'firing');
const cursor = cursorCodec('trigger firings', 'time', 'id');

export interface FiringFilter {
  readonly status?: IdFilter | null;
  readonly firing?: IdFilter | null;
  readonly reasonCode?: IdFilter | null;
}

/** Firings of a trigger that the caller may see, newest first. */
export function listFirings(
  loaders: Loaders,
  triggerId: string,
  filters: readonly FiringFilter[],
  page: PageArguments,
): Promise<Page<Firing>> {
  // Requests share batches, so a filter that is refused must be refused before.
  conditionsOf(filters, []);
  return firingPages(loaders, keyOf(triggerId, filters), page);
}

/** Key of a trigger with filters among the parents of a page. */
const keyOf = (triggerId: string, filters: readonly FiringFilter[]): string =>
  `${triggerId}/${Buffer.from(JSON.stringify(filters)).toString('base64url')}`;

/** IDs of triggers, by their filters. */
function byFilters(keys: readonly string[]): [filters: readonly FiringFilter[], triggerIds: readonly string[]][] {
  const groups = groupBy(keys, (key) => key.slice(key.indexOf('/') + 1));
  return [...groups].map(([text, group]) => [
    JSON.parse(Buffer.from(text, 'base64url').toString()) as FiringFilter[],
    group.map((key) => key.slice(0, key.indexOf('/'))),
  ]);
}

type Listed = Firing & { readonly parent: string };
const firingPages = nestedList<Listed, readonly [Date, string]>({
  cursor,
  keyOf: ({ createdAt, id }) => [createdAt, id],
  parentOf: ({ parent }) => parent,
  async find({ database }, keys, { after, offset, fetch }) {
    const pages: Listed[] = [];
    for (const [filters, triggerIds] of byFilters(keys)) {
      const parameters: unknown[] = [triggerIds];
      const where = ['firing.trigger_id = wanted.id', ...conditionsOf(filters, parameters)];
      if (after) where.push(afterCondition(['firing.created_at', 'firing.id'], 'DESC', after, parameters));
      const rows = await database.rows<Firing>(
        `SELECT page.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
           SELECT ${columns} FROM trigger_firing firing WHERE ${where.join(' AND ')}
           ORDER BY firing.created_at DESC, firing.id DESC
           LIMIT $${parameters.push(fetch)} OFFSET $${parameters.push(offset)}
         ) AS page ORDER BY page."createdAt" DESC, page.id DESC`,
        parameters,
      );
      pages.push(...rows.map((row) => ({ ...row, parent: keyOf(row.triggerId, filters) })));
    }
    return pages;
  },
  async count({ database }, keys) {
    const counts = new Map<string, number>();
    for (const [filters, triggerIds] of byFilters(keys)) {
      const parameters: unknown[] = [triggerIds];
      const where = ['firing.trigger_id = ANY ($1::uuid[])', ...conditionsOf(filters, parameters)].join(' AND ');
      const rows = await database.rows<{ id: string; count: number }>(
        `SELECT firing.trigger_id AS id, count(*)::int AS count FROM trigger_firing firing WHERE ${where} GROUP BY 1`,
        parameters,
      );
      for (const { id, count } of rows) counts.set(keyOf(id, filters), count);
    }
    return counts;
  },
});

function conditionsOf(filters: readonly FiringFilter[], parameters: unknown[]): string[] {
  return filters.flatMap((filter, index) => {
    const by = (property: keyof FiringFilter, column: string, type: 'uuid' | 'text') => {
      const one = filter[property];
      return one ? [idCondition(column, one, parameters, { field: `filters[${index}].${property}`, type })] : [];
    };
    return [
      ...by('status', 'firing.status', 'text'),
      ...by('firing', 'firing.id', 'uuid'),
      ...by('reasonCode', 'firing.reason_code', 'text'),
    ];
  });
}
