import type { App } from './app';
import { columnsOf } from '../kernel/database/table';
import { afterCondition, cursorCodec, readPage, toPage } from '../kernel/paging';
import type { Page, PageArguments } from '../kernel/paging';
import { isId } from '../kernel/ids';
import { notFound } from '../kernel/errors';
import type { Actor } from './actor';
import { type ApiKeyWithRights, findApiKeysWithRights } from './apiKeyRights.store';
import type { User } from './user';
import type { UserGroup } from './userGroup';
import { findUserGroups, findUserGroupsByName } from './userGroups.store';
import { userGroupTable } from './userGroups.table';
import { findUser, findUserByEmail } from './users.store';
import { userTable } from './users.table';

/** Users and groups are seen by those with READ_USERS_AND_GROUPS; everybody may see itself and its own groups. */
const mayReadPeople = (actor: Actor): boolean => actor.access.canInAccount('READ_USERS_AND_GROUPS');

export async function readUser(app: App, actor: Actor, id: string): Promise<User> {
  const own = actor.access.personId === id;
  const user = (own || mayReadPeople(actor)) && isId(id) ? await findUser(app.database, id) : undefined;
  if (user === undefined) throw notFound('user', id);
  return user;
}

export async function readUserByEmail(app: App, actor: Actor, email: string): Promise<User> {
  const user = await findUserByEmail(app.database, email.trim().toLowerCase());
  if (user === undefined || !(mayReadPeople(actor) || actor.access.personId === user.id)) throw notFound('user', email);
  return user;
}

export async function readGroup(app: App, actor: Actor, id: string): Promise<UserGroup> {
  const seen = isId(id) && (actor.access.hasGroup(id) || mayReadPeople(actor));
  const [group] = seen ? await findUserGroups(app.database, [id]) : [];
  if (group === undefined) throw notFound('user group', id);
  return group;
}

export async function readGroupByName(app: App, actor: Actor, name: string): Promise<UserGroup> {
  const [group] = await findUserGroupsByName(app.database, [name]);
  if (group === undefined || !(actor.access.hasGroup(group.id) || mayReadPeople(actor)))
    throw notFound('user group', name);
  return group;
}

const userCursor = cursorCodec('users', 'text', 'id');
const groupCursor = cursorCodec('userGroups', 'text', 'id');

/** Users by name: those that the caller may see. */
export async function listUsers(app: App, actor: Actor, page: PageArguments): Promise<Page<User>> {
  const request = readPage(page, userCursor);
  const parameters: unknown[] = [mayReadPeople(actor), actor.access.personId];
  const where = 'u.deleted_at IS NULL AND ($1 OR u.id = $2)';
  const after = request.after ? ` AND ${afterCondition(['u.name', 'u.id'], 'ASC', request.after, parameters)}` : '';
  const rows = await app.database.rows<User>(
    `SELECT ${columnsOf(userTable, 'u')} FROM user_account u WHERE ${where}${after} ORDER BY u.name, u.id
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => userCursor.encode([row.name, row.id]),
    countTotal: () => count(app, `user_account u WHERE ${where}`, parameters.slice(0, 2)),
  });
}

/** Groups by name: those that the caller may see. */
export async function listGroups(app: App, actor: Actor, page: PageArguments): Promise<Page<UserGroup>> {
  const request = readPage(page, groupCursor);
  const own = actor.access.principal?.groupIds ?? [];
  const parameters: unknown[] = [mayReadPeople(actor), own];
  const where = '($1 OR g.id = ANY ($2::uuid[]))';
  const after = request.after ? ` AND ${afterCondition(['g.name', 'g.id'], 'ASC', request.after, parameters)}` : '';
  const rows = await app.database.rows<UserGroup>(
    `SELECT ${columnsOf(userGroupTable, 'g')} FROM user_group g WHERE ${where}${after} ORDER BY g.name, g.id
     LIMIT $${parameters.push(request.fetch)} OFFSET $${parameters.push(request.offset)}`,
    parameters,
  );
  return toPage(request, {
    rows,
    cursor: (row) => groupCursor.encode([row.name, row.id]),
    countTotal: () => count(app, `user_group g WHERE ${where}`, parameters.slice(0, 2)),
  });
}

/** Keys, the newest first: all for those who manage keys, else the caller's own. */
export async function listApiKeys(app: App, actor: Actor): Promise<readonly ApiKeyWithRights[]> {
  const all = actor.access.canInAccount('MANAGE_API_KEYS');
  const { principal, personId } = actor.access;
  const rows = await app.database.rows<{ id: string }>(
    `SELECT id FROM api_key WHERE revoked_at IS NULL AND ($1 OR id = $2 OR owner_id = $3) ORDER BY created_at DESC, id DESC LIMIT 500`,
    [all, principal?.kind === 'API_KEY' ? principal.id : null, personId],
  );
  const order = new Map(rows.map((row, index) => [row.id, index]));
  const keys = await findApiKeysWithRights(
    app.database,
    rows.map((row) => row.id),
  );
  return [...keys].sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
}

async function count(app: App, from: string, parameters: readonly unknown[]): Promise<number> {
  const [row] = await app.database.rows<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, parameters);
  return row?.n ?? 0;
}
