import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { newId } from '../kernel/ids';
import type { InputError } from '../kernel/errors';
import { type AccessActor, readDescription, readName, refuseErrors } from './accessInput';
import { changeRights } from './changeRights';
import { requireFreeName, requireNameable } from './changeUserGroup';
import { noPermissions } from './permission';
import { type PermissionsInput, readPermissions } from './permissionInput';
import { readMembers, setMembers } from './setMembers';
import type { UserGroup, UserGroupWithPermissions } from './userGroup';
import { insertPermissions, insertUserGroup } from './userGroups.store';

export interface CreateUserGroup {
  readonly name: string;
  readonly description?: string | null;
  /** Without them the group gives nothing yet. */
  readonly permissions?: PermissionsInput | null;
  readonly userIds?: readonly (string | null)[] | null;
}

/** Makes a group. It is made without rights when none are given: a default that opens everything is what nobody expects. */
export async function createUserGroup(
  app: App,
  actor: AccessActor,
  input: CreateUserGroup,
): Promise<UserGroupWithPermissions> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS');
  const errors: InputError[] = [];
  const name = readName(input.name, 'name', errors);
  const description = readDescription(input.description, errors);
  const permissions = input.permissions ? readPermissions(input.permissions) : { value: noPermissions, errors: [] };
  const userIds = readMembers(input.userIds, errors);
  refuseErrors([...errors, ...permissions.errors]);
  const { accountPermissions, appPermissions } = permissions.value;
  return changeRights(app, async (db) => {
    await requireFreeName(db, name);
    await requireNameable(db, appPermissions, appPermissions);
    const now = app.clock.now();
    const group: UserGroup = {
      id: newId(),
      name,
      description,
      system: false,
      accountPermissions,
      version: 1,
      createdAt: now,
      createdBy: actor.id,
      updatedAt: now,
    };
    const rows = appPermissions.map((grant) => ({ ...grant, id: newId(), groupId: group.id }));
    await insertUserGroup(db, group);
    await insertPermissions(db, rows);
    await setMembers(db, group.id, userIds, now);
    const after = { ...group, appPermissions: rows, userIds };
    auditDetail(db, { kind: 'userGroup', id: group.id, name, after });
    return { ...group, appPermissions: rows };
  });
}
