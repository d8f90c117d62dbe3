import { columnsOf } from '../kernel/database/table';
import type { Db } from '../kernel/database/database';
import type { NamePage } from '../kernel/database/namedRows';
import { nestedList } from '../kernel/nestedList';
import { afterCondition } from '../kernel/paging';
import { type UserGroup, userGroups } from './userGroups';
import { type User, users } from './users';

/** Members of groups, and groups of members, each once, no matter how a person became a member; sorted by name. */

const user = columnsOf(users.schema, 'row');
const group = columnsOf(userGroups.schema, 'row');

interface Side {
  readonly columns: string;
  readonly table: string;
  /** Column of the membership that names the parent, and the one that names the row. */
  readonly parent: string;
  readonly child: string;
  readonly live: string;
}

const membersOf: Side = {
  columns: user,
  table: 'user_account',
  parent: 'group_id',
  child: 'user_id',
  live: 'row.deleted_at IS NULL',
};
const groupsOf: Side = {
  columns: group,
  table: 'user_group',
  parent: 'user_id',
  child: 'group_id',
  live: 'TRUE',
};

type OfParent<T> = T & { readonly parentId: string };

function findPages<T>(
  db: Db,
  { columns, table, parent, child, live }: Side,
  parentIds: readonly string[],
  { after, offset, fetch }: NamePage,
): Promise<OfParent<T>[]> {
  const parameters: unknown[] = [parentIds, fetch, offset];
  const behind = after ? `AND ${afterCondition(['row.name', 'row.id'], 'ASC', after, parameters)}` : '';
  return db.rows(
    `SELECT parent.id AS "parentId", ${columns} FROM unnest($1::uuid[]) AS parent (id) CROSS JOIN LATERAL (
       SELECT * FROM ${table} AS row
       WHERE row.id IN (SELECT ${child} FROM user_group_member WHERE ${parent} = parent.id) AND ${live} ${behind}
       ORDER BY row.name, row.id LIMIT $2 OFFSET $3
     ) AS row ORDER BY row.name, row.id`,
    parameters,
  );
}

async function countMembers(
  db: Db,
  { table, parent, child, live }: Side,
  parentIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.rows<{ parentId: string; count: number }>(
    `SELECT m.${parent} AS "parentId", count(DISTINCT row.id)::int AS count
     FROM user_group_member m JOIN ${table} AS row ON row.id = m.${child} AND ${live}
     WHERE m.${parent} = ANY ($1::uuid[]) GROUP BY m.${parent}`,
    [parentIds],
  );
  return new Map(rows.map(({ parentId, count }) => [parentId, count]));
}

export const memberPages = nestedList<OfParent<User>, readonly [string, string]>({
  cursor: users.cursor,
  keyOf: ({ name, id }) => [name, id],
  parentOf: ({ parentId }) => parentId,
  find: (app, ids, request) => findPages(app.database, membersOf, ids, request),
  count: (app, ids) => countMembers(app.database, membersOf, ids),
});

export const membershipPages = nestedList<OfParent<UserGroup>, readonly [string, string]>({
  cursor: userGroups.cursor,
  keyOf: ({ name, id }) => [name, id],
  parentOf: ({ parentId }) => parentId,
  find: (app, ids, request) => findPages(app.database, groupsOf, ids, request),
  count: (app, ids) => countMembers(app.database, groupsOf, ids),
});
