import {
  accountPermissionType,
  type AppPermissionType,
  appPermissionType,
  type EnvironmentClass,
  filterTypesOf,
  writtenAction,
} from '../../access/permission';
import { type EnumType, field, listOf, optional, orNull } from '../../kernel/fields';
import { inputType, objectType } from '../graphql/described.types';

const byClass: Readonly<Record<EnvironmentClass, string>> = {
  PROD: 'For production environments.',
  NON_PROD: 'For environments that are not production.',
  TEMPLATE: 'Workflows whose environment is given by the pipeline or by the start.',
};

/** Filter of one permission type, for both output and input. */
function filterOf(type: AppPermissionType, name: string, enumName: string, things: string) {
  const values = Object.entries(filterTypesOf[type] ?? {}).map(([value, environments]) => [
    value,
    byClass[environments],
  ]);
  const filterType: EnumType<string> = {
    name: enumName,
    description: `Types of environments, in a filter of ${things}.`,
    values: Object.fromEntries(values),
  };
  const what = `Filter of the ${things} that a permission applies to, by environment IDs or by environment types.`;
  const fields = {
    envIds: listOf(field.uuid('IDs of environments. Excludes `filterTypes`.')),
    filterTypes: listOf(field.oneOf(filterType, 'Types of environments. Excludes `envIds`.')),
  };
  const Shown = objectType(name, `${what} All ${things} if both are null.`, {
    envIds: orNull(fields.envIds),
    filterTypes: orNull(fields.filterTypes),
  });
  const Given = inputType(`${name}Input`, `${what} Exactly one of the two must be given.`, {
    envIds: optional(fields.envIds),
    filterTypes: optional(fields.filterTypes),
  });
  const description = `Filter of the ${things}, for permissions of the type ${type}.`;
  return {
    shown: orNull(field.object(() => Shown, description)),
    given: optional(field.object(() => Given, description)),
  };
}

const filters = {
  deployments: filterOf('DEPLOYMENT', 'DeploymentPermissionFilter', 'DeploymentPermissionFilterType', 'executions'),
  environments: filterOf('ENV', 'EnvPermissionFilter', 'EnvFilterType', 'environments'),
  pipelines: filterOf('PIPELINE', 'PipelinePermissionFilter', 'PipelinePermissionFilterType', 'pipelines'),
  workflows: filterOf('WORKFLOW', 'WorkflowPermissionFilter', 'WorkflowPermissionFilterType', 'workflows'),
};

const filterType = {
  name: 'FilterType',
  description: 'Scope of applications.',
  values: { ALL: 'All applications, including those that do not exist yet.' },
} as const;
const appIds = listOf(field.uuid('IDs of applications.'));
const allApplications = field.oneOf(filterType, 'ALL for all applications.');
const AppFilter = objectType('AppFilter', 'Applications that a permission applies to.', {
  appIds: orNull(appIds),
  filterType: orNull(allApplications),
});
const AppFilterInput = inputType(
  'AppFilterInput',
  'Applications that a permission applies to: `appIds` or `filterType`, one of the two.',
  { appIds: optional(appIds), filterType: optional(allApplications) },
);

const common = {
  permissionType: field.oneOf(appPermissionType, 'Kind of resource that it applies to.'),
  actions: listOf(field.oneOf(writtenAction, 'Actions that it allows. At least one is required.')),
};

export const ApplicationPermission = objectType(
  'ApplicationPermission',
  'Permission in applications: a type, actions, applications, and environments.',
  {
    id: field.id('ID, for `removeAppPermission`.'),
    ...common,
    applications: field.object(() => AppFilter, 'Applications that it applies to.'),
    deployments: filters.deployments.shown,
    environments: filters.environments.shown,
    pipelines: filters.pipelines.shown,
    workflows: filters.workflows.shown,
  },
);

export const ApplicationPermissionInput = inputType(
  'ApplicationPermissionInput',
  'Permission in applications. Of the four filters, only the one of its type may be given.',
  {
    ...common,
    applications: field.object(() => AppFilterInput, 'Applications that it applies to.'),
    deployments: filters.deployments.given,
    environments: filters.environments.given,
    pipelines: filters.pipelines.given,
    workflows: filters.workflows.given,
  },
);

const accountPermissionTypes = listOf(field.oneOf(accountPermissionType, 'Permissions.'));
const AccountPermissions = objectType('AccountPermissions', 'Permissions of a user group in the account.', {
  accountPermissionTypes,
});
const AccountPermissionInput = inputType('AccountPermissionInput', 'Permissions of a user group in the account.', {
  accountPermissionTypes: optional(accountPermissionTypes),
});

export const UserGroupPermissions = objectType(
  'UserGroupPermissions',
  'All permissions of a user group. The permissions of several groups add up; nothing denies.',
  {
    accountPermissions: field.object(() => AccountPermissions, 'Permissions in the account.'),
    appPermissions: listOf(field.object(() => ApplicationPermission, 'Permissions in applications.')),
    version: field.integer(
      'Version of the group. Pass it to `updateUserGroupPermissions`, so that no unseen change is overwritten.',
    ),
  },
);

export const PermissionsInput = inputType('Permissions', 'All permissions of a user group.', {
  accountPermissions: optional(field.object(() => AccountPermissionInput, 'Permissions in the account.')),
  appPermissions: optional(listOf(field.object(() => ApplicationPermissionInput, 'Permissions in applications.'))),
});
