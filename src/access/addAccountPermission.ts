import type { App } from './app';
import { type AccessActor, asUserGroup } from './accessInput';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, type GroupToChange } from './changeUserGroup';
import type { AccountPermissionType } from './permission';
import type { UserGroupWithPermissions } from './userGroup';

export interface ChangeAccountPermission extends GroupToChange {
  readonly accountPermission: AccountPermissionType;
}

/** Adds an account permission to what a group has; one that it has already changes nothing. */
export async function addAccountPermission(
  app: App,
  actor: AccessActor,
  input: ChangeAccountPermission,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    const accountPermissions = [...new Set([...group.accountPermissions, input.accountPermission])];
    return changeUserGroup(app, db, group, { accountPermissions });
  });
}
