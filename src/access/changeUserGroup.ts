import type { App } from './app';
import { auditDetail } from './audit/auditDetail';
import type { Db } from '../kernel/database/database';
import { isId, newId } from '../kernel/ids';
import { type InputError, notFound, Refusal } from '../kernel/errors';
import { nameTaken, refuseErrors } from './accessInput';
import type { Actor } from './actor';
import { requireAdministratorFor } from './administrators';
import { type AccountPermissionType, type AppGrant, grantKey, sameSet } from './permission';
import { broken, MOST_PERMISSIONS } from './permissionInput';
import {
  ACCOUNT_ADMINISTRATOR,
  type GroupToChange,
  type UserGroup,
  type UserGroupWithPermissions,
  userGroups,
} from './userGroups';
import {
  deletePermissions,
  findNameable,
  findUserGroup,
  findUserGroupsByName,
  insertPermissions,
} from './userGroups.store';

/** New values of a group; fields that are left out stay. */
export interface GroupChange {
  readonly name?: string;
  readonly description?: string | null;
  readonly accountPermissions?: readonly AccountPermissionType[];
  readonly appPermissions?: readonly AppGrant[];
}

/** The group, within `changeRights`. */
export async function findGroupToChange(
  db: Db,
  actor: Actor,
  { userGroupId, version = null }: GroupToChange,
): Promise<UserGroupWithPermissions> {
  const group = isId(userGroupId) ? await findUserGroup(db, userGroupId.toLowerCase()) : undefined;
  if (group === undefined) throw notFound('user group', userGroupId);
  requireAdministratorFor(actor.access, [group.id]);
  if (version !== null && version !== group.version) {
    const message = `The user group has changed since: it has version ${group.version}, not ${version}.`;
    throw new Refusal('CONFLICT', message, { version: group.version });
  }
  return group;
}

/**
 * Writes the differences. Unchanged permissions keep their IDs. Without a difference nothing is written, and the
 * version stays.
 */
export async function changeUserGroup(
  app: App,
  db: Db,
  group: UserGroupWithPermissions,
  change: GroupChange,
): Promise<UserGroupWithPermissions> {
  const wanted: UserGroup = {
    ...group,
    name: change.name ?? group.name,
    description: change.description === undefined ? group.description : change.description,
    accountPermissions: change.accountPermissions ?? group.accountPermissions,
  };
  const known = new Map(group.appPermissions.map((one) => [grantKey(one), one]));
  const grants = new Map((change.appPermissions ?? group.appPermissions).map((grant) => [grantKey(grant), grant]));
  const added = [...grants].filter(([key]) => !known.has(key)).map(([, grant]) => grant);
  const removed = [...known].filter(([key]) => !grants.has(key)).map(([, one]) => one);
  const otherPermissions =
    added.length > 0 || removed.length > 0 || !sameSet(wanted.accountPermissions, group.accountPermissions);
  const otherName = wanted.name !== group.name;
  if (!otherPermissions && !otherName && wanted.description === group.description) return group;
  refuseSystemChange(group, otherName, otherPermissions);
  if (otherName) await requireFreeName(db, wanted.name);
  if (grants.size > MOST_PERMISSIONS) {
    const message = `a group has at most ${MOST_PERMISSIONS} permissions.`;
    refuseErrors([broken('appPermissions', grants.size, 'MAX_LENGTH', message)]);
  }
  await requireNameable(db, change.appPermissions ?? [], added);
  const { name, description, accountPermissions } = wanted;
  const changed = { name, description, accountPermissions, version: group.version + 1, updatedAt: app.clock.now() };
  await userGroups.update(db, group.id, changed);
  await deletePermissions(
    db,
    removed.map((one) => one.id),
  );
  await insertPermissions(
    db,
    added.map((grant) => ({ ...grant, id: newId(), groupId: group.id })),
  );
  const after = (await findUserGroup(db, group.id)) ?? group;
  auditDetail(db, { kind: 'userGroup', id: group.id, name: group.name, before: group, after });
  return after;
}

export async function requireFreeName(db: Db, name: string): Promise<void> {
  if ((await findUserGroupsByName(db, [name])).length > 0) throw nameTaken('user group', name);
}

/**
 * Rejects applications and environments that never existed: a permission for a mistyped ID would silently grant
 * nothing.
 */
export async function requireNameable(db: Db, all: readonly AppGrant[], added: readonly AppGrant[]): Promise<void> {
  if (added.length === 0) return;
  const applicationIds = [...new Set(added.flatMap((grant) => grant.applicationIds))];
  const environmentIds = [...new Set(added.flatMap((grant) => grant.environmentIds))];
  const { applications, environments } = await findNameable(db, applicationIds, environmentIds);
  const errors: InputError[] = [];
  for (const grant of added) {
    const field = `appPermissions[${all.indexOf(grant)}]`;
    for (const id of grant.applicationIds) {
      if (applications.has(id)) continue;
      errors.push(broken(`${field}.applications`, id, 'UNKNOWN', `there is no application with the id "${id}".`));
    }
    for (const id of grant.environmentIds) {
      const applicationId = environments.get(id);
      if (applicationId === undefined) {
        errors.push(broken(field, id, 'UNKNOWN', `no environment has the id "${id}".`));
      } else if (grant.applicationScope === 'IDS' && !grant.applicationIds.includes(applicationId)) {
        const message = `the environment "${id}" belongs to none of the given applications.`;
        errors.push(broken(field, id, 'OTHER_APPLICATION', message));
      }
    }
  }
  refuseErrors(errors);
}

/** Being an administrator grants everything; permissions of that group would be misleading or useless. */
function refuseSystemChange(group: UserGroup, otherName: boolean, otherPermissions: boolean): void {
  const errors: InputError[] = [];
  if (group.system && otherName) {
    errors.push(broken('name', group.name, 'SYSTEM_GROUP', `"${group.name}" is built in and can’t be renamed.`));
  }
  if (group.id === ACCOUNT_ADMINISTRATOR && otherPermissions) {
    const message = `the permissions of "${group.name}" can’t be changed: its members may do everything.`;
    errors.push(broken('permissions', group.name, 'SYSTEM_GROUP', message));
  }
  refuseErrors(errors);
}
