import { invalidInput, notFound } from '../kernel/errors';
import { isId } from '../kernel/ids';
import { isStorable } from '../kernel/naming';
import type { Page, PageArguments } from '../kernel/paging';
import type { Actor } from './actor';
import type { ApiKey } from './apiKeys';
import { findApiKeys } from './apiKeys.store';
import type { App } from './app';
import { type UserGroup, userGroups } from './userGroups';
import { findUserGroupsByName } from './userGroups.store';
import { type User, users } from './users';
import { findUserByEmail } from './users.store';

/** READ_USERS_AND_GROUPS shows users and groups; every caller sees itself and its own groups. */
const mayReadPeople = (actor: Actor): boolean => actor.access.canInAccount('READ_USERS_AND_GROUPS');

export async function readUser(app: App, actor: Actor, id: string): Promise<User> {
  const own = actor.access.personId === id;
  const user = (own || mayReadPeople(actor)) && isId(id) ? await users.find(app.database, id) : undefined;
  if (user === undefined) throw notFound('user', id);
  return user;
}

export async function readUserByEmail(app: App, actor: Actor, email: string): Promise<User> {
  const user = await findUserByEmail(app.database, email.trim().toLowerCase());
  if (user === undefined || !(mayReadPeople(actor) || actor.access.personId === user.id)) throw notFound('user', email);
  return user;
}

/** Names are not unique, so a name that several people have selects none of them. */
export async function readUserByName(app: App, actor: Actor, name: string): Promise<User> {
  const found = isStorable(name)
    ? await users.findAll(app.database, 'row.name = $1 AND ($2 OR row.id = $3)', [
        name,
        mayReadPeople(actor),
        actor.access.personId,
      ])
    : [];
  const [user] = found;
  if (user === undefined) throw notFound('user', name);
  if (found.length > 1) {
    const message = `${found.length} users are named "${name}". Use \`userByEmail\`: addresses are unique.`;
    throw invalidInput([{ field: 'name', value: name, rule: 'AMBIGUOUS', message }]);
  }
  return user;
}

export async function readGroup(app: App, actor: Actor, id: string): Promise<UserGroup> {
  const seen = isId(id) && (actor.access.hasGroup(id) || mayReadPeople(actor));
  const group = seen ? await userGroups.find(app.database, id) : undefined;
  if (group === undefined) throw notFound('user group', id);
  return group;
}

export async function readGroupByName(app: App, actor: Actor, name: string): Promise<UserGroup> {
  const [group] = await findUserGroupsByName(app.database, [name]);
  if (group === undefined || !(actor.access.hasGroup(group.id) || mayReadPeople(actor)))
    throw notFound('user group', name);
  return group;
}

/** Users by name, as the caller may see them. */
export const listUsers = (app: App, actor: Actor, page: PageArguments): Promise<Page<User>> =>
  users.list(app.database, ['($1 OR row.id = $2)'], [mayReadPeople(actor), actor.access.personId], page);

/** Groups by name, as the caller may see them. */
export const listGroups = (app: App, actor: Actor, page: PageArguments): Promise<Page<UserGroup>> =>
  userGroups.list(
    app.database,
    ['($1 OR row.id = ANY ($2::uuid[]))'],
    [mayReadPeople(actor), actor.access.principal?.groupIds ?? []],
    page,
  );

/**
 * Keys, newest first: all for callers who manage keys, else the caller's own. Keys of CI jobs are listed for their rule.
 */
export async function listApiKeys(app: App, actor: Actor, trustRuleId: string | null): Promise<readonly ApiKey[]> {
  if (trustRuleId !== null && !isId(trustRuleId)) return [];
  const all = actor.access.canInAccount('MANAGE_API_KEYS');
  const { principal, personId } = actor.access;
  const rows = await app.database.rows<{ id: string }>(
    `SELECT id FROM api_key WHERE revoked_at IS NULL AND ($1 OR id = $2 OR owner_id = $3)
       AND CASE WHEN $4::text IS NULL THEN trust_rule_id IS NULL OR id = $2 ELSE trust_rule_id::text = $4 END ORDER BY created_at DESC, id DESC LIMIT 500`,
    [all, principal?.kind === 'API_KEY' ? principal.id : null, personId, trustRuleId],
  );
  const order = new Map(rows.map((row, index) => [row.id, index]));
  const keys = await findApiKeys(
    app.database,
    rows.map((row) => row.id),
  );
  return [...keys].sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
}
