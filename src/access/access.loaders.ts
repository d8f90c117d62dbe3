import { columnsOf } from '../kernel/database/table';
import { isId } from '../kernel/ids';
import { type BatchLoad, byKey, groupBy } from '../kernel/loaders';
import { type UserGroup, type UserGroupWithPermissions, userGroups } from './userGroups';
import { findGroupsOfUsers, findPermissionsOfGroups } from './userGroups.store';
import { type User, users } from './users';
import { findMembers } from './users.store';

const personColumns = columnsOf(users.schema, 'person');

export const groupById: BatchLoad<UserGroupWithPermissions> = async (app, ids) => {
  const groups = await userGroups.findWithDeleted(app.database, ids);
  const permissions = groupBy(await findPermissionsOfGroups(app.database, ids), (row) => row.groupId);
  return byKey(
    groups.map((group) => ({ ...group, appPermissions: permissions.get(group.id) ?? [] })),
    (row) => row.id,
  );
};

export const groupsOfUser: BatchLoad<UserGroup[]> = async (app, ids) =>
  groupBy(await findGroupsOfUsers(app.database, ids), (row) => row.userId);

/** Each member once, no matter how it was added. */
export const membersOfGroup: BatchLoad<User[]> = async (app, ids) => {
  const members = await findMembers(app.database, ids);
  const people = await users.byId(app, [...new Set(members.map((one) => one.userId))]);
  return new Map(
    [...groupBy(members, (one) => one.groupId)].map(([groupId, list]) => [
      groupId,
      [...new Set(list.map((one) => one.userId))].flatMap((id) => people.get(id) ?? []),
    ]),
  );
};

/** Issuer of the identity provider whose tokens name members of a group; groups without such members are missing. */
export const issuerOfGroup: BatchLoad<string> = async (app, ids) => {
  const rows = await app.database.rows<{ groupId: string; issuer: string }>(
    `SELECT m.group_id AS "groupId", max(u.identity_issuer) AS issuer
     FROM user_group_member m JOIN user_account u ON u.id = m.user_id
     WHERE m.group_id = ANY ($1::uuid[]) AND m.source = 'IDENTITY_PROVIDER' AND u.identity_issuer IS NOT NULL
     GROUP BY m.group_id`,
    [ids],
  );
  return new Map(rows.map(({ groupId, issuer }) => [groupId, issuer]));
};

/**
 * People behind the authors of resources, by the ID of the user or of the API key. Keys without an owner, and authors
 * that are neither, are missing.
 */
export const personById: BatchLoad<User> = async (app, ids) => {
  const known = ids.filter(isId);
  const rows = await app.database.rows<User & { authorId: string }>(
    `SELECT author.id::text AS "authorId", ${personColumns}
     FROM unnest($1::uuid[]) AS author (id) LEFT JOIN api_key ON api_key.id = author.id
     JOIN user_account person ON person.id = coalesce(api_key.owner_id, author.id)`,
    [known],
  );
  return byKey(rows, (row) => row.authorId);
};

/** Author of a resource: a user, or an API key with its owner. */
export interface Author {
  readonly kind: 'USER' | 'API_KEY';
  readonly id: string;
  readonly name: string;
  readonly personId: string | null;
}

/** Users and API keys by their IDs. Authors that are neither are missing. */
export const authorById: BatchLoad<Author> = async (app, ids) => {
  const known = ids.filter(isId);
  const rows = await app.database.rows<Author>(
    `SELECT 'USER' AS kind, id::text, name, id::text AS "personId" FROM user_account WHERE id = ANY ($1::uuid[])
     UNION ALL
     SELECT 'API_KEY', id::text, name, owner_id::text FROM api_key WHERE id = ANY ($1::uuid[])`,
    [known],
  );
  return byKey(rows, (row) => row.id);
};
