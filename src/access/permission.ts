import { valuesOf } from '../kernel/fields';

/**
 * Permissions of a user group. Rights are the union over the groups of the caller; nothing denies. `README.md` defines
 * what each permission means for each kind of object, and `ability.ts` turns permissions into rules.
 */
export const accountPermissionType = {
  name: 'AccountPermissionType',
  description: 'Permission of a user group in the account, outside of applications.',
  values: {
    ADMINISTER_OTHER_ACCOUNT_FUNCTIONS: 'Everything that no other permission covers.',
    CREATE_AND_DELETE_APPLICATION: 'Create applications, and delete those that the caller may see.',
    MANAGE_API_KEYS: 'Create, change and revoke API keys.',
    MANAGE_DELEGATES: 'See agents and create their registration tokens; change the order of the queue and pause it.',
    MANAGE_EVENT_SUBSCRIPTIONS:
      'Create, change and delete all event subscriptions (webhooks), and see their deliveries.',
    MANAGE_FREEZES: 'Create, change and delete freezes and deployment windows.',
    MANAGE_TEMPLATES: 'Create, change and delete templates of the account, which every application can extend.',
    MANAGE_TAGS:
      'Create, change and delete tags. Attaching a tag to an object requires the right to change the object.',
    MANAGE_USERS_AND_GROUPS:
      'Change users, user groups and their permissions. Only an administrator can grant or revoke administrator rights.',
    READ_USERS_AND_GROUPS: 'See users and user groups.',
    VIEW_AUDITS: 'Read the audit trail.',
  },
} as const;
export const accountPermissionTypes = valuesOf(accountPermissionType);
export type AccountPermissionType = (typeof accountPermissionTypes)[number];

/** An actor who may change users and groups must see them, so the first permission includes the second. */
export const impliedAccountPermissions: Readonly<Partial<Record<AccountPermissionType, AccountPermissionType>>> = {
  MANAGE_USERS_AND_GROUPS: 'READ_USERS_AND_GROUPS',
};

export const appPermissionType = {
  name: 'AppPermissionType',
  description: 'Kind of resource that an application permission applies to.',
  values: {
    ALL: 'All kinds.',
    DEPLOYMENT: 'Executions, and running them.',
    ENV: 'Environments.',
    PIPELINE: 'Pipelines.',
    SERVICE: 'Services.',
    WORKFLOW: 'Workflows.',
  },
} as const;
export const appPermissionTypes = valuesOf(appPermissionType);
export type AppPermissionType = (typeof appPermissionTypes)[number];

export const entityActions = ['CREATE', 'READ', 'UPDATE', 'DELETE'] as const;
export type EntityAction = (typeof entityActions)[number];

export const deploymentActions = [
  'READ',
  'EXECUTE_PIPELINE',
  'EXECUTE_WORKFLOW',
  'ROLLBACK_WORKFLOW',
  'ABORT_WORKFLOW',
  'OVERRIDE_FREEZE',
] as const;
export type DeploymentAction = (typeof deploymentActions)[number];

export type Action = EntityAction | DeploymentAction;

/** Actions as clients write them. EXECUTE is an older name for both execute actions and is stored as the two. */
export const writtenAction = {
  name: 'Actions',
  description: 'Action that a permission allows.',
  values: {
    CREATE: 'Create resources.',
    READ: 'See resources.',
    UPDATE: 'Change resources.',
    DELETE: 'Delete resources.',
    EXECUTE: 'Both EXECUTE_PIPELINE and EXECUTE_WORKFLOW.',
    EXECUTE_PIPELINE: 'Start, resume, rerun and abort executions of pipelines.',
    EXECUTE_WORKFLOW: 'Start, resume, rerun and abort executions of standalone workflows.',
    ROLLBACK_WORKFLOW: 'Roll back deployments of a workflow.',
    ABORT_WORKFLOW: 'Abort executions, including those started by others.',
    OVERRIDE_FREEZE:
      'Deploy in spite of a freeze or outside of the deployment windows, with a reason. Does not include starting anything.',
  },
} as const;
export type WrittenAction = keyof (typeof writtenAction)['values'];

const entityOnly: readonly Action[] = entityActions;
export const actionsOfType: Readonly<Record<AppPermissionType, readonly Action[]>> = {
  ALL: [...new Set<Action>([...entityActions, ...deploymentActions])],
  DEPLOYMENT: deploymentActions,
  ENV: entityOnly,
  PIPELINE: entityOnly,
  SERVICE: entityOnly,
  WORKFLOW: entityOnly,
};

export const environmentType = {
  name: 'EnvironmentType',
  description: 'Purpose of an environment. Permissions can be given by type.',
  values: {
    PROD: 'Customers depend on it.',
    NON_PROD: 'Customers do not depend on it: development, test, staging.',
  },
} as const;
export const environmentTypes = valuesOf(environmentType);
export type EnvironmentType = (typeof environmentTypes)[number];

/** TEMPLATE is for workflows only: those whose environment is given by the pipeline or at the start, and may be any. */
export const environmentClasses = ['PROD', 'NON_PROD', 'TEMPLATE'] as const;
export type EnvironmentClass = (typeof environmentClasses)[number];

/** The types as clients write them, for each permission type that can be restricted. */
export const filterTypesOf: Readonly<Partial<Record<AppPermissionType, Readonly<Record<string, EnvironmentClass>>>>> = {
  DEPLOYMENT: { PRODUCTION_ENVIRONMENTS: 'PROD', NON_PRODUCTION_ENVIRONMENTS: 'NON_PROD' },
  ENV: { PRODUCTION_ENVIRONMENTS: 'PROD', NON_PRODUCTION_ENVIRONMENTS: 'NON_PROD' },
  PIPELINE: { PRODUCTION_PIPELINES: 'PROD', NON_PRODUCTION_PIPELINES: 'NON_PROD' },
  WORKFLOW: { PRODUCTION_WORKFLOWS: 'PROD', NON_PRODUCTION_WORKFLOWS: 'NON_PROD', WORKFLOW_TEMPLATES: 'TEMPLATE' },
};

/**
 * A field next to each list states its scope, and an empty list never does: a list that lost its last ID must match
 * nothing, not everything.
 */
export interface AppGrant {
  readonly permissionType: AppPermissionType;
  readonly actions: readonly Action[];
  readonly applicationScope: 'ALL' | 'IDS';
  readonly applicationIds: readonly string[];
  /** ALL: unrestricted, which also covers what has no environment. */
  readonly environmentScope: 'ALL' | 'IDS' | 'TYPES';
  readonly environmentIds: readonly string[];
  readonly environmentTypes: readonly EnvironmentClass[];
}

/** An application permission of a group. Immutable: a changed one is another one. */
export interface AppPermission extends AppGrant {
  readonly id: string;
  readonly groupId: string;
}

/** Grants of a group. */
export interface Permissions {
  readonly accountPermissions: readonly AccountPermissionType[];
  readonly appPermissions: readonly AppGrant[];
}

export const noPermissions: Permissions = { accountPermissions: [], appPermissions: [] };

/** Equal for grants with the same meaning, in any order. */
export function grantKey(grant: AppGrant): string {
  const { permissionType, applicationScope, environmentScope } = grant;
  const lists = [grant.actions, grant.applicationIds, grant.environmentIds, grant.environmentTypes];
  const sorted = lists.map((list) => [...new Set<string>(list)].sort());
  return JSON.stringify([permissionType, applicationScope, environmentScope, ...sorted]);
}

export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const first = new Set(a);
  const second = new Set(b);
  return first.size === second.size && [...first].every((value) => second.has(value));
}
