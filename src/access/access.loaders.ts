import { type BatchLoad, byKey, groupBy } from '../kernel/loaders';
import type { User } from './user';
import type { UserGroup, UserGroupWithPermissions } from './userGroup';
import { findGroupsOfUsers, findPermissionsOfGroups, findUserGroups } from './userGroups.store';
import { findMembers, findUsers } from './users.store';

export const userById: BatchLoad<User> = async (app, ids) => byKey(await findUsers(app.database, ids), (row) => row.id);

export const groupById: BatchLoad<UserGroupWithPermissions> = async (app, ids) => {
  const groups = await findUserGroups(app.database, ids);
  const permissions = groupBy(await findPermissionsOfGroups(app.database, ids), (row) => row.groupId);
  return byKey(
    groups.map((group) => ({ ...group, appPermissions: permissions.get(group.id) ?? [] })),
    (row) => row.id,
  );
};

export const groupsOfUser: BatchLoad<UserGroup[]> = async (app, ids) =>
  groupBy(await findGroupsOfUsers(app.database, ids), (row) => row.userId);

/** Each member once, whatever brought it there. */
export const membersOfGroup: BatchLoad<User[]> = async (app, ids) => {
  const members = await findMembers(app.database, ids);
  const users = byKey(await findUsers(app.database, [...new Set(members.map((one) => one.userId))]), (row) => row.id);
  return new Map(
    [...groupBy(members, (one) => one.groupId)].map(([groupId, list]) => [
      groupId,
      [...new Set(list.map((one) => one.userId))].flatMap((id) => users.get(id) ?? []),
    ]),
  );
};
