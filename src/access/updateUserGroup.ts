import type { App } from './app';
import type { InputError } from '../kernel/errors';
import { type AccessActor, asUserGroup, readDescription, readName, refuseErrors } from './accessInput';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, type GroupToChange } from './changeUserGroup';
import { refuseApprovers } from './deleteUserGroup';
import { type PermissionsInput, readPermissions } from './permissionInput';
import { readMembers, setMembers } from './setMembers';
import type { UserGroupWithPermissions } from './userGroup';

export interface UpdateUserGroup extends GroupToChange {
  readonly name?: string | null;
  /** Null empties it; left out it stays. */
  readonly description?: string | null;
  /** In place of all that the group has. */
  readonly permissions?: PermissionsInput | null;
  /** In place of all members that people put into the group. */
  readonly userIds?: readonly (string | null)[] | null;
}

/** Changes what is given. A group that approvals of pipelines name keeps its name. */
export async function updateUserGroup(
  app: App,
  actor: AccessActor,
  input: UpdateUserGroup,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  const errors: InputError[] = [];
  const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
  const description = input.description === undefined ? undefined : readDescription(input.description, errors);
  const permissions = input.permissions ? readPermissions(input.permissions) : undefined;
  const userIds = input.userIds ? readMembers(input.userIds, errors) : undefined;
  refuseErrors([...errors, ...(permissions?.errors ?? [])]);
  return changeRights(app, async (db) => {
    const group = await findGroupToChange(db, actor, input);
    if (name !== undefined && name !== group.name) await refuseApprovers(db, actor.access, group.name);
    if (userIds !== undefined) await setMembers(db, group.id, userIds, app.clock.now());
    return changeUserGroup(app, db, group, { name, description, ...permissions?.value });
  });
}
