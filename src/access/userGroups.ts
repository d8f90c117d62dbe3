import { NamedRows } from '../kernel/database/namedRows';
import { tableOf } from '../kernel/database/table';
import { field, listOf, optional, orNull, type ShapeOf } from '../kernel/fields';
import { derivedId } from '../kernel/ids';
import { type AppPermission, accountPermissionType, accountPermissionTypes } from './permission';
import type { PermissionsInput } from './permissionInput';

/** Group of users and keys that grants them permissions. */
export const userGroupFields = {
  id: field.id('ID.'),
  name: field.text('Name, unique. Approvals refer to approver groups by this name.'),
  description: orNull(field.text('Free-text description.')),
  system: field.boolean('True for the three built-in groups, which can be neither renamed nor deleted.'),
  accountPermissions: listOf(field.oneOf(accountPermissionType)),
  /** Membership changes do not count. */
  version: field.integer('Version, incremented with each change to the group or its permissions.'),
  createdAt: field.time(),
  createdBy: orNull(field.key()),
  updatedAt: field.time(),
};
export type UserGroup = ShapeOf<typeof userGroupFields>;
export type UserGroupWithPermissions = UserGroup & { readonly appPermissions: readonly AppPermission[] };

/** Values of an enum as an SQL array. */
export const sqlList = (values: readonly string[]): string =>
  `ARRAY[${values.map((value) => `'${value}'`).join(', ')}]`;

export const userGroups = new NamedRows<UserGroup>(
  tableOf('user_group', userGroupFields, {
    uniques: [{ name: 'user_group_name', columns: ['name'] }],
    checks: [
      {
        name: 'user_group_account_permissions',
        expression: `account_permissions <@ ${sqlList(accountPermissionTypes)}`,
      },
    ],
  }),
  'userGroups',
  'TRUE',
);

/** Built-in groups are recognized by their IDs, which are the same everywhere, and never by their names. */
const groupId = (name: string): string =>
  derivedId('6ba7b812-9dad-11d1-80b4-00c04fd430c8', 'slipway', 'user-group', name);
export const ACCOUNT_ADMINISTRATOR = groupId('Account Administrator');
export const PRODUCTION_SUPPORT = groupId('Production Support');
export const NON_PRODUCTION_SUPPORT = groupId('Non-Production Support');

/** Input fields of the commands on groups; the API adds those for permissions. */
export const newUserGroup = {
  name: field.text('Name, unique, 1 to 100 characters.'),
  description: optional(field.text('Free text, at most 5,000 characters.')),
  userIds: optional(listOf(field.uuid('Members.'))),
};
export type CreateUserGroup = ShapeOf<typeof newUserGroup> & { readonly permissions?: PermissionsInput | null };

export const groupToChange = {
  userGroupId: field.uuid('User group to change.'),
};
/** Makes the change conditional on the version that the caller read. */
export const seenVersion = {
  version: optional(
    field.integer('Version that the caller last read. Fails with CONFLICT if the group has changed since.'),
  ),
};
export type GroupToChange = ShapeOf<typeof groupToChange> & ShapeOf<typeof seenVersion>;
