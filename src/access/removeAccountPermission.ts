import type { App } from './app';
import { type AccessActor, asUserGroup } from './accessInput';
import type { ChangeAccountPermission } from './addAccountPermission';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange } from './changeUserGroup';
import type { UserGroupWithPermissions } from './userGroup';

/** Takes an account permission away; one that the group does not have changes nothing. */
export async function removeAccountPermission(
  app: App,
  actor: AccessActor,
  input: ChangeAccountPermission,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    const accountPermissions = group.accountPermissions.filter((one) => one !== input.accountPermission);
    return changeUserGroup(app, db, group, { accountPermissions });
  });
}
