import type { App } from './app';
import { type AccessActor, asUserGroup, refuseErrors } from './accessInput';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, type GroupToChange } from './changeUserGroup';
import { type ApplicationPermissionInput, readAppPermission } from './permissionInput';
import type { UserGroupWithPermissions } from './userGroup';

export interface AddAppPermission extends GroupToChange {
  readonly appPermission: ApplicationPermissionInput;
}

/** Adds one permission to what a group has; one that it has already changes nothing. */
export async function addAppPermission(
  app: App,
  actor: AccessActor,
  input: AddAppPermission,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  const { value, errors } = readAppPermission(input.appPermission);
  refuseErrors(errors);
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    return changeUserGroup(app, db, group, { appPermissions: [...group.appPermissions, value] });
  });
}
