import type { Transaction } from '../kernel/database/database';
import { type InputError, invalidInput, notFound } from '../kernel/errors';
import { isId, newId } from '../kernel/ids';
import type { Access } from './access';
import { asUserGroup, readDescription, readName, refuseErrors } from './accessInput';
import type { Actor } from './actor';
import { requireAdministratorLeft } from './administrators';
import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import { changeRights } from './changeRights';
import { changeUserGroup, findGroupToChange, requireFreeName, requireNameable } from './changeUserGroup';
import { refuseIfUsed } from './inUse';
import { type AccountPermissionType, noPermissions } from './permission';
import {
  type ApplicationPermissionInput,
  broken,
  type PermissionsInput,
  readAppPermission,
  readPermissions,
} from './permissionInput';
import { readMembers, setMembers } from './setMembers';
import {
  ACCOUNT_ADMINISTRATOR,
  type CreateUserGroup,
  type GroupToChange,
  type UserGroup,
  type UserGroupWithPermissions,
  userGroups,
} from './userGroups';
import { deleteUserGroupRow, findApprovedPipelines, insertPermissions } from './userGroups.store';
import { type User, users } from './users';
import { addMemberships, findMemberships, removeMemberships } from './users.store';

type Changed = Promise<UserGroupWithPermissions>;
type Work<T> = (db: Transaction, group: UserGroupWithPermissions) => Promise<T>;

/** Frame of the commands on a group. `read` checks the input, after the caller’s right to use the command. */
async function onGroup<T>(
  app: App,
  actor: Actor,
  input: GroupToChange,
  read: (errors: InputError[]) => Work<T>,
): Promise<T> {
  actor.access.requireAccount('MANAGE_USERS_AND_GROUPS', asUserGroup(input.userGroupId));
  const errors: InputError[] = [];
  const work = read(errors);
  refuseErrors(errors);
  return changeRights(app, async (db) => work(db, await findGroupToChange(db, actor, input)));
}

/** Creates a group. Without permissions in the input, it has none. */
export async function createUserGroup(app: App, actor: Actor, input: CreateUserGroup): Changed {
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
    await userGroups.insert(db, [group]);
    await insertPermissions(db, rows);
    await setMembers(db, group.id, userIds, now);
    auditDetail(db, { kind: 'userGroup', id: group.id, name, after: { ...group, appPermissions: rows, userIds } });
    return { ...group, appPermissions: rows };
  });
}

export interface UpdateUserGroup extends GroupToChange {
  readonly name?: string | null;
  /** Undefined keeps the description. */
  readonly description?: string | null;
  readonly permissions?: PermissionsInput | null;
  readonly userIds?: readonly string[] | null;
}

/** Changes a group. A group that approvals of pipelines name keeps its name. */
export const updateUserGroup = (app: App, actor: Actor, input: UpdateUserGroup): Changed =>
  onGroup(app, actor, input, (errors) => {
    const name = typeof input.name === 'string' ? readName(input.name, 'name', errors) : undefined;
    const description = input.description === undefined ? undefined : readDescription(input.description, errors);
    const permissions = input.permissions ? readPermissions(input.permissions) : undefined;
    const userIds = input.userIds ? readMembers(input.userIds, errors) : undefined;
    errors.push(...(permissions?.errors ?? []));
    return async (db, group) => {
      if (name !== undefined && name !== group.name) await refuseApprovers(db, actor.access, group.name);
      if (userIds !== undefined) await setMembers(db, group.id, userIds, app.clock.now());
      return changeUserGroup(app, db, group, { name, description, ...permissions?.value });
    };
  });

/**
 * Deletes a group, unless approvals of pipelines name it. Its members and keys stay, without the rights of the group.
 */
export const deleteUserGroup = (app: App, actor: Actor, input: GroupToChange): Promise<void> =>
  onGroup(app, actor, input, () => async (db, group) => {
    if (group.system) {
      const message = `"${group.name}" is built in and can’t be deleted.`;
      throw invalidInput([broken('userGroupId', input.userGroupId, 'SYSTEM_GROUP', message)]);
    }
    await refuseApprovers(db, actor.access, group.name);
    await deleteUserGroupRow(db, group.id);
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name, before: group });
  });

/** Replaces all permissions of a group. */
export const updateUserGroupPermissions = (
  app: App,
  actor: Actor,
  input: GroupToChange & { readonly permissions: PermissionsInput },
): Changed =>
  onGroup(app, actor, input, (errors) => {
    const permissions = readPermissions(input.permissions);
    errors.push(...permissions.errors);
    return (db, group) => changeUserGroup(app, db, group, permissions.value);
  });

/** Adds a permission. Adding one that the group already has changes nothing. */
export const addAppPermission = (
  app: App,
  actor: Actor,
  input: GroupToChange & { readonly appPermission: ApplicationPermissionInput },
): Changed =>
  onGroup(app, actor, input, (errors) => {
    const permission = readAppPermission(input.appPermission);
    errors.push(...permission.errors);
    return (db, group) =>
      changeUserGroup(app, db, group, { appPermissions: [...group.appPermissions, permission.value] });
  });

/** Removes a whole permission by its ID; removing half of it would leave a different permission. */
export const removeAppPermission = (
  app: App,
  actor: Actor,
  input: GroupToChange & { readonly appPermissionId: string },
): Changed =>
  onGroup(app, actor, input, () => (db, group) => {
    const id = input.appPermissionId.toLowerCase();
    const appPermissions = group.appPermissions.filter((one) => one.id !== id);
    if (appPermissions.length === group.appPermissions.length) throw notFound('permission', input.appPermissionId);
    return changeUserGroup(app, db, group, { appPermissions });
  });

interface ChangeAccountPermission extends GroupToChange {
  readonly accountPermission: AccountPermissionType;
}

export const addAccountPermission = (app: App, actor: Actor, input: ChangeAccountPermission): Changed =>
  onGroup(app, actor, input, () => (db, group) => {
    const accountPermissions = [...new Set([...group.accountPermissions, input.accountPermission])];
    return changeUserGroup(app, db, group, { accountPermissions });
  });

export const removeAccountPermission = (app: App, actor: Actor, input: ChangeAccountPermission): Changed =>
  onGroup(app, actor, input, () => (db, group) => {
    const accountPermissions = group.accountPermissions.filter((one) => one !== input.accountPermission);
    return changeUserGroup(app, db, group, { accountPermissions });
  });

interface GroupMember extends GroupToChange {
  readonly userId: string;
}

/** Adds a user to a group. Adding a member again changes nothing. */
export const addUserToUserGroup = (app: App, actor: Actor, input: GroupMember): Changed =>
  onMember(app, actor, input, (db, group, user) =>
    addMemberships(db, [{ userId: user.id, groupId: group.id, source: 'MANUAL' }], app.clock.now()),
  );

/** Removes a user from a group. A membership from the identity provider can only be ended there. */
export const removeUserFromUserGroup = (app: App, actor: Actor, input: GroupMember): Changed =>
  onMember(app, actor, input, async (db, group, user) => {
    const memberships = (await findMemberships(db, [user.id])).filter((one) => one.groupId === group.id);
    if (memberships.some((one) => one.source === 'IDENTITY_PROVIDER')) {
      const message = `${user.name} is a member through the identity provider; end the membership there.`;
      throw invalidInput([broken('userId', input.userId, 'IDENTITY_PROVIDER', message)]);
    }
    await removeMemberships(db, memberships);
    if (group.id === ACCOUNT_ADMINISTRATOR && memberships.length > 0) await requireAdministratorLeft(db);
  });

function onMember(
  app: App,
  actor: Actor,
  input: GroupMember,
  work: (db: Transaction, group: UserGroup, user: User) => Promise<void>,
): Changed {
  return onGroup(app, actor, input, () => async (db, group) => {
    const user = isId(input.userId) ? await users.find(db, input.userId) : undefined;
    if (user === undefined) throw notFound('user', input.userId);
    await work(db, group, user);
    auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name });
    return group;
  });
}

/** Refuses to rename a group that approvals of pipelines name: nobody could decide them. */
async function refuseApprovers(db: Transaction, access: Access, groupName: string): Promise<void> {
  const seenOf = (parameters: unknown[]) => access.condition('READ', 'Pipeline', 'pipeline', parameters);
  const pipelines = await findApprovedPipelines(db, groupName, seenOf);
  const seen = pipelines.filter((one) => one.seen).map(({ id, name }) => ({ kind: 'PIPELINE', id, name }));
  refuseIfUsed('user group', groupName, seen, pipelines.length - seen.length);
}
