import { column, oneOf, references, table } from '../kernel/database/table';
import {
  type AppPermission,
  accountPermissionTypes,
  actionsOfType,
  appPermissionTypes,
  environmentClasses,
} from './permission';
import { memberSources, type UserGroup, type UserGroupMember } from './userGroup';

const list = (values: readonly string[]): string => `ARRAY[${values.map((value) => `'${value}'`).join(', ')}]`;
const uuids = { ...column.uuid, array: true } as const;

export const userGroupTable = table<UserGroup>('user_group', {
  columns: {
    id: column.id,
    name: column.text,
    description: column.textOrNull,
    system: column.boolean,
    accountPermissions: column.texts,
    version: column.integer,
    createdAt: column.time,
    createdBy: column.textOrNull,
    updatedAt: column.time,
  },
  uniques: [{ name: 'user_group_name', columns: ['name'] }],
  checks: [
    {
      name: 'user_group_account_permissions',
      expression: `account_permissions <@ ${list(accountPermissionTypes)}`,
    },
  ],
});

export const userGroupMemberTable = table<UserGroupMember>('user_group_member', {
  columns: {
    userId: { ...column.uuid, primary: true },
    groupId: { ...column.uuid, primary: true },
    source: { ...column.text, primary: true },
    addedAt: column.time,
  },
  foreignKeys: [
    references('user_account', 'userId', { cascade: true }),
    references('user_group', 'groupId', { cascade: true }),
  ],
  indices: [{ name: 'user_group_member_group', columns: ['groupId', 'userId'] }],
  checks: [{ name: 'user_group_member_source', expression: oneOf('source', memberSources) }],
});

const ofType = appPermissionTypes
  .map((type) => `WHEN '${type}' THEN actions <@ ${list(actionsOfType[type])}`)
  .join(' ');

/**
 * A row for each permission, with the ids in arrays. Deleted applications and environments keep their rows, and so their ids stay here: nothing
 * new is allowed by that, and their history stays readable to those who could read it. So deleting one has nothing to clean up here.
 */
export const userGroupPermissionTable = table<AppPermission>('user_group_permission', {
  columns: {
    id: column.id,
    groupId: column.uuid,
    permissionType: column.text,
    actions: column.texts,
    applicationScope: column.text,
    applicationIds: uuids,
    environmentScope: column.text,
    environmentIds: uuids,
    environmentTypes: column.texts,
  },
  foreignKeys: [references('user_group', 'groupId', { cascade: true })],
  indices: [{ name: 'user_group_permission_group', columns: ['groupId', 'id'] }],
  checks: [
    { name: 'user_group_permission_type', expression: oneOf('permission_type', appPermissionTypes) },
    { name: 'user_group_permission_actions', expression: `CASE permission_type ${ofType} END` },
    {
      name: 'user_group_permission_applications',
      expression: `application_scope = 'IDS' OR application_scope = 'ALL' AND application_ids = '{}'`,
    },
    {
      name: 'user_group_permission_environments',
      expression: `environment_scope = 'IDS' AND environment_types = '{}' OR environment_scope = 'TYPES' AND environment_ids = '{}'
        OR environment_scope = 'ALL' AND environment_ids = '{}' AND environment_types = '{}'`,
    },
    {
      name: 'user_group_permission_restricted',
      expression: `environment_scope = 'ALL' OR permission_type NOT IN ('ALL', 'SERVICE')`,
    },
    {
      name: 'user_group_permission_environment_types',
      expression: `environment_types <@ ${list(environmentClasses)} AND (permission_type = 'WORKFLOW' OR NOT 'TEMPLATE' = ANY (environment_types))`,
    },
  ],
});
