// Long because GraphQL needs a type of its own for each side of each filter; there is nothing to decide in here.
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';

export enum AccountPermissionTypeEnum {
  ADMINISTER_OTHER_ACCOUNT_FUNCTIONS = 'ADMINISTER_OTHER_ACCOUNT_FUNCTIONS',
  CREATE_AND_DELETE_APPLICATION = 'CREATE_AND_DELETE_APPLICATION',
  MANAGE_API_KEYS = 'MANAGE_API_KEYS',
  MANAGE_DELEGATES = 'MANAGE_DELEGATES',
  MANAGE_USERS_AND_GROUPS = 'MANAGE_USERS_AND_GROUPS',
  READ_USERS_AND_GROUPS = 'READ_USERS_AND_GROUPS',
  VIEW_AUDITS = 'VIEW_AUDITS',
}
registerEnumType(AccountPermissionTypeEnum, {
  name: 'AccountPermissionType',
  description: 'What a group may do in the account, beside its applications.',
  valuesConfig: {
    ADMINISTER_OTHER_ACCOUNT_FUNCTIONS: { description: 'What no other permission covers.' },
    CREATE_AND_DELETE_APPLICATION: { description: 'Create applications, and delete those that it may see.' },
    MANAGE_API_KEYS: { description: 'Make, change and revoke API keys.' },
    MANAGE_DELEGATES: { description: 'See agents and make their registration tokens.' },
    MANAGE_USERS_AND_GROUPS: {
      description: 'Change users, groups and what groups give. Only an administrator decides who is one.',
    },
    READ_USERS_AND_GROUPS: { description: 'See users and groups.' },
    VIEW_AUDITS: { description: 'Read the audit trail.' },
  },
});

export enum AppPermissionTypeEnum {
  ALL = 'ALL',
  DEPLOYMENT = 'DEPLOYMENT',
  ENV = 'ENV',
  PIPELINE = 'PIPELINE',
  SERVICE = 'SERVICE',
  WORKFLOW = 'WORKFLOW',
}
registerEnumType(AppPermissionTypeEnum, {
  name: 'AppPermissionType',
  description: 'What kind of things an application permission is about.',
  valuesConfig: {
    ALL: { description: 'All of them.' },
    DEPLOYMENT: { description: 'Executions, and running them.' },
    ENV: { description: 'Environments.' },
    PIPELINE: { description: 'Pipelines.' },
    SERVICE: { description: 'Services.' },
    WORKFLOW: { description: 'Workflows.' },
  },
});

export enum Actions {
  CREATE = 'CREATE',
  READ = 'READ',
  UPDATE = 'UPDATE',
  DELETE = 'DELETE',
  EXECUTE = 'EXECUTE',
  EXECUTE_PIPELINE = 'EXECUTE_PIPELINE',
  EXECUTE_WORKFLOW = 'EXECUTE_WORKFLOW',
  ROLLBACK_WORKFLOW = 'ROLLBACK_WORKFLOW',
  ABORT_WORKFLOW = 'ABORT_WORKFLOW',
}
registerEnumType(Actions, {
  name: 'Actions',
  description: 'What a permission allows to do.',
  valuesConfig: {
    CREATE: { description: 'Make new ones.' },
    READ: { description: 'See them.' },
    UPDATE: { description: 'Change them.' },
    DELETE: { description: 'Delete them.' },
    EXECUTE: { description: 'Both EXECUTE_PIPELINE and EXECUTE_WORKFLOW.' },
    EXECUTE_PIPELINE: { description: 'Start, resume, rerun and end executions of pipelines.' },
    EXECUTE_WORKFLOW: { description: 'Start, resume, rerun and end executions of workflows.' },
    ROLLBACK_WORKFLOW: { description: 'Roll back what a workflow deployed.' },
    ABORT_WORKFLOW: { description: 'End executions, also of others.' },
  },
});

export enum FilterType {
  ALL = 'ALL',
}
registerEnumType(FilterType, {
  name: 'FilterType',
  description: 'Which applications.',
  valuesConfig: {
    ALL: { description: 'All of them, also those that do not exist yet.' },
  },
});

export enum DeploymentPermissionFilterType {
  NON_PRODUCTION_ENVIRONMENTS = 'NON_PRODUCTION_ENVIRONMENTS',
  PRODUCTION_ENVIRONMENTS = 'PRODUCTION_ENVIRONMENTS',
}
registerEnumType(DeploymentPermissionFilterType, {
  name: 'DeploymentPermissionFilterType',
  description: 'Environments by their type.',
  valuesConfig: {
    NON_PRODUCTION_ENVIRONMENTS: { description: 'Those that are not production.' },
    PRODUCTION_ENVIRONMENTS: { description: 'Those that are.' },
  },
});

export enum EnvFilterType {
  NON_PRODUCTION_ENVIRONMENTS = 'NON_PRODUCTION_ENVIRONMENTS',
  PRODUCTION_ENVIRONMENTS = 'PRODUCTION_ENVIRONMENTS',
}
registerEnumType(EnvFilterType, {
  name: 'EnvFilterType',
  description: 'Environments by their type.',
  valuesConfig: {
    NON_PRODUCTION_ENVIRONMENTS: { description: 'Those that are not production.' },
    PRODUCTION_ENVIRONMENTS: { description: 'Those that are.' },
  },
});

export enum PipelinePermissionFilterType {
  NON_PRODUCTION_PIPELINES = 'NON_PRODUCTION_PIPELINES',
  PRODUCTION_PIPELINES = 'PRODUCTION_PIPELINES',
}
registerEnumType(PipelinePermissionFilterType, {
  name: 'PipelinePermissionFilterType',
  description: 'Environments by their type.',
  valuesConfig: {
    NON_PRODUCTION_PIPELINES: { description: 'Aimed at environments that are not production.' },
    PRODUCTION_PIPELINES: { description: 'Aimed at production environments.' },
  },
});

export enum WorkflowPermissionFilterType {
  NON_PRODUCTION_WORKFLOWS = 'NON_PRODUCTION_WORKFLOWS',
  PRODUCTION_WORKFLOWS = 'PRODUCTION_WORKFLOWS',
  WORKFLOW_TEMPLATES = 'WORKFLOW_TEMPLATES',
}
registerEnumType(WorkflowPermissionFilterType, {
  name: 'WorkflowPermissionFilterType',
  description: 'Environments by their type.',
  valuesConfig: {
    NON_PRODUCTION_WORKFLOWS: { description: 'Aimed at environments that are not production.' },
    PRODUCTION_WORKFLOWS: { description: 'Aimed at production environments.' },
    WORKFLOW_TEMPLATES: { description: 'Whose environment is given by the pipeline or at the start.' },
  },
});

@ObjectType({
  simpleResolvers: true,
  description: 'Which executions a permission is about: by environment ids or by types. All when both are null.',
})
export class DeploymentPermissionFilter {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments.' })
  envIds!: readonly string[] | null;

  @Field(() => [DeploymentPermissionFilterType], { nullable: true, description: 'By the types of environments.' })
  filterTypes!: readonly string[] | null;
}

@InputType({
  description:
    'Which executions a permission is about. `envIds` and `filterTypes` exclude each other: giving both is refused. Without either: all.',
})
export class DeploymentPermissionFilterInput {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments. Not together with `filterTypes`.' })
  envIds?: string[] | null;

  @Field(() => [DeploymentPermissionFilterType], {
    nullable: true,
    description: 'By the types of environments. Not together with `envIds`.',
  })
  filterTypes?: DeploymentPermissionFilterType[] | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Which environments a permission is about: by environment ids or by types. All when both are null.',
})
export class EnvPermissionFilter {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments.' })
  envIds!: readonly string[] | null;

  @Field(() => [EnvFilterType], { nullable: true, description: 'By the types of environments.' })
  filterTypes!: readonly string[] | null;
}

@InputType({
  description:
    'Which environments a permission is about. `envIds` and `filterTypes` exclude each other: giving both is refused. Without either: all.',
})
export class EnvPermissionFilterInput {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments. Not together with `filterTypes`.' })
  envIds?: string[] | null;

  @Field(() => [EnvFilterType], {
    nullable: true,
    description: 'By the types of environments. Not together with `envIds`.',
  })
  filterTypes?: EnvFilterType[] | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Which pipelines a permission is about: by environment ids or by types. All when both are null.',
})
export class PipelinePermissionFilter {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments.' })
  envIds!: readonly string[] | null;

  @Field(() => [PipelinePermissionFilterType], { nullable: true, description: 'By the types of environments.' })
  filterTypes!: readonly string[] | null;
}

@InputType({
  description:
    'Which pipelines a permission is about. `envIds` and `filterTypes` exclude each other: giving both is refused. Without either: all.',
})
export class PipelinePermissionFilterInput {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments. Not together with `filterTypes`.' })
  envIds?: string[] | null;

  @Field(() => [PipelinePermissionFilterType], {
    nullable: true,
    description: 'By the types of environments. Not together with `envIds`.',
  })
  filterTypes?: PipelinePermissionFilterType[] | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Which workflows a permission is about: by environment ids or by types. All when both are null.',
})
export class WorkflowPermissionFilter {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments.' })
  envIds!: readonly string[] | null;

  @Field(() => [WorkflowPermissionFilterType], { nullable: true, description: 'By the types of environments.' })
  filterTypes!: readonly string[] | null;
}

@InputType({
  description:
    'Which workflows a permission is about. `envIds` and `filterTypes` exclude each other: giving both is refused. Without either: all.',
})
export class WorkflowPermissionFilterInput {
  @Field(() => [ID], { nullable: true, description: 'By the ids of environments. Not together with `filterTypes`.' })
  envIds?: string[] | null;

  @Field(() => [WorkflowPermissionFilterType], {
    nullable: true,
    description: 'By the types of environments. Not together with `envIds`.',
  })
  filterTypes?: WorkflowPermissionFilterType[] | null;
}

@ObjectType({ simpleResolvers: true, description: 'Which applications a permission is about.' })
export class AppFilter {
  @Field(() => [ID], { nullable: true, description: 'By their ids.' })
  appIds!: readonly string[] | null;

  @Field(() => FilterType, { nullable: true, description: 'ALL, or null when they are named by ids.' })
  filterType!: string | null;
}

@InputType({ description: 'Which applications a permission is about: `appIds` or `filterType`, one of the two.' })
export class AppFilterInput {
  @Field(() => [ID], { nullable: true, description: 'By their ids.' })
  appIds?: string[] | null;

  @Field(() => FilterType, { nullable: true, description: 'ALL of them.' })
  filterType?: FilterType | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'A permission about applications: a type, actions, applications, and environments.',
})
export class ApplicationPermission {
  @Field(() => ID, { description: 'Given by the server; `removeAppPermission` takes it.' })
  id!: string;

  @Field(() => AppPermissionTypeEnum, { description: 'What kind of things it is about.' })
  permissionType!: string;

  @Field(() => [Actions], { description: 'What it allows.' })
  actions!: readonly string[];

  @Field(() => AppFilter, { description: 'In which applications.' })
  applications!: AppFilter;

  @Field(() => DeploymentPermissionFilter, { nullable: true, description: 'For DEPLOYMENT: which executions.' })
  deployments!: DeploymentPermissionFilter | null;

  @Field(() => EnvPermissionFilter, { nullable: true, description: 'For ENV: which environments.' })
  environments!: EnvPermissionFilter | null;

  @Field(() => PipelinePermissionFilter, { nullable: true, description: 'For PIPELINE: which pipelines.' })
  pipelines!: PipelinePermissionFilter | null;

  @Field(() => WorkflowPermissionFilter, { nullable: true, description: 'For WORKFLOW: which workflows.' })
  workflows!: WorkflowPermissionFilter | null;
}

@InputType('ApplicationPermissionInput', {
  description: 'A permission about applications. Of the four filters only the one of its type may be given.',
})
export class ApplicationPermissionInputType {
  @Field(() => [Actions], { description: 'What it allows; at least one.' })
  actions!: Actions[];

  @Field(() => AppFilterInput, { description: 'In which applications.' })
  applications!: AppFilterInput;

  @Field(() => AppPermissionTypeEnum, { description: 'What kind of things it is about.' })
  permissionType!: AppPermissionTypeEnum;

  @Field(() => DeploymentPermissionFilterInput, { nullable: true, description: 'For DEPLOYMENT only.' })
  deployments?: DeploymentPermissionFilterInput | null;

  @Field(() => EnvPermissionFilterInput, { nullable: true, description: 'For ENV only.' })
  environments?: EnvPermissionFilterInput | null;

  @Field(() => PipelinePermissionFilterInput, { nullable: true, description: 'For PIPELINE only.' })
  pipelines?: PipelinePermissionFilterInput | null;

  @Field(() => WorkflowPermissionFilterInput, { nullable: true, description: 'For WORKFLOW only.' })
  workflows?: WorkflowPermissionFilterInput | null;
}

@ObjectType({ simpleResolvers: true, description: 'What a group may do in the account.' })
export class AccountPermissions {
  @Field(() => [AccountPermissionTypeEnum], { description: 'The permissions.' })
  accountPermissionTypes!: readonly string[];
}

@InputType({ description: 'What a group may do in the account.' })
export class AccountPermissionInput {
  @Field(() => [AccountPermissionTypeEnum], { nullable: true, description: 'The permissions.' })
  accountPermissionTypes?: AccountPermissionTypeEnum[] | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'All that a group gives. What several groups give adds up; nothing takes away.',
})
export class UserGroupPermissions {
  @Field(() => AccountPermissions, { description: 'In the account.' })
  accountPermissions!: AccountPermissions;

  @Field(() => [ApplicationPermission], { description: 'In applications.' })
  appPermissions!: readonly ApplicationPermission[];

  @Field(() => Int, {
    description:
      'The version of the group: `updateUserGroupPermissions` takes it, so that a change that was not seen is not lost.',
  })
  version!: number;
}

@InputType('Permissions', { description: 'All that a group shall give.' })
export class PermissionsInputType {
  @Field(() => AccountPermissionInput, { nullable: true, description: 'In the account.' })
  accountPermissions?: AccountPermissionInput | null;

  @Field(() => [ApplicationPermissionInputType], { nullable: true, description: 'In applications.' })
  appPermissions?: ApplicationPermissionInputType[] | null;
}
