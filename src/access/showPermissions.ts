import { type AppPermission, type AppPermissionType, filterTypesOf } from './permission';
import type { UserGroupWithPermissions } from './userGroups';

const FILTER_FIELD: Readonly<Partial<Record<AppPermissionType, string>>> = {
  DEPLOYMENT: 'deployments',
  ENV: 'environments',
  PIPELINE: 'pipelines',
  WORKFLOW: 'workflows',
};

/** Grants of a group in the API's form: the inverse of `permissionInput.ts`. */
export function showPermissions(group: UserGroupWithPermissions) {
  return {
    accountPermissions: { accountPermissionTypes: group.accountPermissions },
    appPermissions: group.appPermissions.map(showPermission),
    version: group.version,
  };
}

/** One application permission in the API's form. */
export function showPermission(permission: AppPermission) {
  const { id, permissionType, actions, applicationScope, applicationIds } = permission;
  const all = applicationScope === 'ALL';
  const field = FILTER_FIELD[permissionType];
  return {
    id,
    permissionType,
    actions,
    applications: { appIds: all ? null : applicationIds, filterType: all ? 'ALL' : null },
    deployments: null,
    environments: null,
    pipelines: null,
    workflows: null,
    ...(field !== undefined && { [field]: showFilter(permission) }),
  };
}

function showFilter({ permissionType, environmentScope, environmentIds, environmentTypes }: AppPermission) {
  const names = Object.entries(filterTypesOf[permissionType] ?? {});
  return {
    envIds: environmentScope === 'IDS' ? environmentIds : null,
    filterTypes:
      environmentScope === 'TYPES'
        ? names.filter(([, type]) => environmentTypes.includes(type)).map(([name]) => name)
        : null,
  };
}
