import type { App } from './app';
import { type AccessActor, asUserGroup, refuseErrors } from './accessInput';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, type GroupToChange } from './changeUserGroup';
import { type PermissionsInput, readPermissions } from './permissionInput';
import type { UserGroupWithPermissions } from './userGroup';

export interface UpdateUserGroupPermissions extends GroupToChange {
  readonly permissions: PermissionsInput;
}

/** Replaces everything that a group gives. With the version that the caller has read, a change that it has not seen is refused instead of lost. */
export async function updateUserGroupPermissions(
  app: App,
  actor: AccessActor,
  input: UpdateUserGroupPermissions,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  const { value, errors } = readPermissions(input.permissions);
  refuseErrors(errors);
  return changeRights(app, async (db) => changeUserGroup(app, db, await findGroupToChange(db, actor, input), value));
}
