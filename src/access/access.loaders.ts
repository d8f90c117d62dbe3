import { type BatchLoad, byKey, groupBy } from '../kernel/loaders';
import { type UserGroup, type UserGroupWithPermissions, userGroups } from './userGroups';
import { findGroupsOfUsers, findPermissionsOfGroups } from './userGroups.store';
import { type User, users } from './users';
import { findMembers } from './users.store';

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
