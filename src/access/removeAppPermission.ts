import type { App } from './app';
import { notFound } from '../kernel/errors';
import { type AccessActor, asUserGroup } from './accessInput';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, type GroupToChange } from './changeUserGroup';
import type { UserGroupWithPermissions } from './userGroup';

export interface RemoveAppPermission extends GroupToChange {
  readonly appPermissionId: string;
}

/** Takes one permission away, as a whole: by its id, because half of a permission would be another one. */
export async function removeAppPermission(
  app: App,
  actor: AccessActor,
  input: RemoveAppPermission,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    const id = input.appPermissionId.toLowerCase();
    const rest = group.appPermissions.filter((one) => one.id !== id);
    if (rest.length === group.appPermissions.length) throw notFound('permission', input.appPermissionId);
    return changeUserGroup(app, db, group, { appPermissions: rest });
  });
}
