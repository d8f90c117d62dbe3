import { type IdFilter, idCondition } from '../../kernel/filters';
import { columnsOf } from '../../kernel/database/table';
import { afterCondition, cursorCodec, type Page, type PageArguments, readPage, toPage } from '../../kernel/paging';
import type { App } from '../app';
import { type Firing, firingTable } from './firings.table';

const columns = columnsOf(firingTable, 'firing');
const cursor = cursorCodec('trigger firings', 'time', 'id');

export interface FiringFilter {
  readonly status?: IdFilter | null;
  readonly firing?: IdFilter | null;
  readonly reasonCode?: IdFilter | null;
}

/** Firings of a trigger that the caller may see, newest first. */
export async function listFirings(
  app: App,
  triggerId: string,
  filters: readonly FiringFilter[],
  page: PageArguments,
): Promise<Page<Firing>> {
  const request = readPage(page, cursor);
  const parameters: unknown[] = [triggerId];
  const conditions = filters.flatMap((filter, index) => {
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
  const where = ['firing.trigger_id = $1', ...conditions].join(' AND ');
  const counted = [...parameters];
  const after = request.after
    ? ` AND ${afterCondition(['firing.created_at', 'firing.id'], 'DESC', request.after, parameters)}`
    : '';
  const rows = await app.database.rows<Firing>(
    `SELECT ${columns} FROM trigger_firing firing WHERE ${where}${after}
     ORDER BY firing.created_at DESC, firing.id DESC LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: ({ createdAt, id }) => cursor.encode([createdAt, id]),
    countTotal: async () => {
      const sql = `SELECT count(*)::int AS count FROM trigger_firing firing WHERE ${where}`;
      return (await app.database.rows<{ count: number }>(sql, counted))[0]?.count ?? 0;
    },
  });
}
