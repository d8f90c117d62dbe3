import { column, oneOf, references, table } from '../kernel/database/table';
import { type AppPermission, actionsOfType, appPermissionTypes, environmentClasses } from './permission';
import { sqlList } from './userGroups';

const uuids = { ...column.uuid, array: true } as const;

/**
 * MANUAL: added by a user, until a user removes it. IDENTITY_PROVIDER: named by the person’s token, until a newer token
 * does not name it. A person can be in a group for both reasons.
 */
export const memberSources = ['MANUAL', 'IDENTITY_PROVIDER'] as const;
export type MemberSource = (typeof memberSources)[number];

interface UserGroupMember {
  readonly groupId: string;
  readonly userId: string;
  readonly source: MemberSource;
  readonly addedAt: Date;
}

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
  .map((type) => `WHEN '${type}' THEN actions <@ ${sqlList(actionsOfType[type])}`)
  .join(' ');

/**
 * One row per permission, with the IDs in arrays. Deleted applications and environments keep their rows, so their IDs
 * stay here: they allow nothing new, and history stays readable for those who could read it. So deleting one needs no
 * cleanup here.
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
      expression: `environment_types <@ ${sqlList(environmentClasses)} AND (permission_type = 'WORKFLOW' OR NOT 'TEMPLATE' = ANY (environment_types))`,
    },
  ],
});
