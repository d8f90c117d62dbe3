/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type AbortExecutionInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly executionId: string;
  readonly reason?: string | null | undefined;
};

export type AccountPermissionInput = {
  readonly accountPermissionTypes?: ReadonlyArray<AccountPermissionType> | null | undefined;
};

export type AccountPermissionType =
  | 'ADMINISTER_OTHER_ACCOUNT_FUNCTIONS'
  | 'CREATE_AND_DELETE_APPLICATION'
  | 'MANAGE_API_KEYS'
  | 'MANAGE_DELEGATES'
  | 'MANAGE_USERS_AND_GROUPS'
  | 'READ_USERS_AND_GROUPS'
  | 'VIEW_AUDITS';

export type Actions =
  | 'ABORT_WORKFLOW'
  | 'CREATE'
  | 'DELETE'
  | 'EXECUTE'
  | 'EXECUTE_PIPELINE'
  | 'EXECUTE_WORKFLOW'
  | 'READ'
  | 'ROLLBACK_WORKFLOW'
  | 'UPDATE';

export type AddImagesToRunInput = {
  readonly clientMutationId?: string | null | undefined;
  readonly debug?: boolean | null | undefined;
  readonly images?: ReadonlyArray<ImageInput> | null | undefined;
  readonly reason?: string | null | undefined;
  readonly runId: string;
  readonly variableInputs?: ReadonlyArray<VariableInput> | null | undefined;
};

export type AppFilterInput = {
  readonly appIds?: ReadonlyArray<string> | null | undefined;
  readonly filterType?: FilterType | null | undefined;
};

export type AppPermissionType =
  | 'ALL'
  | 'DEPLOYMENT'
  | 'ENV'
  | 'PIPELINE'
  | 'SERVICE'
  | 'WORKFLOW';

export type ApplicationPermissionInput = {
  readonly actions: ReadonlyArray<Actions>;
  readonly applications: AppFilterInput;
  readonly deployments?: DeploymentPermissionFilterInput | null | undefined;
  readonly environments?: EnvPermissionFilterInput | null | undefined;
  readonly permissionType: AppPermissionType;
  readonly pipelines?: PipelinePermissionFilterInput | null | undefined;
  readonly workflows?: WorkflowPermissionFilterInput | null | undefined;
};

export type ApplyAction =
  | 'CREATED'
  | 'UNCHANGED'
  | 'UPDATED';

export type ApplyDefinitionsInput = {
  readonly application?: string | null | undefined;
  readonly clientMutationId?: string | null | undefined;
  readonly dryRun?: boolean;
  readonly format?: DefinitionFormat;
  readonly source: string;
};

export type ApprovalActionType =
  | 'APPROVE'
  | 'REJECT';

export type ApprovalStatus =
  | 'ABORTED'
  | 'APPROVED'
  | 'EXPIRED'
  | 'REJECTED'
  | 'WAITING';

export type ApprovalStepType =
  | 'USER_GROUP';

export type ApproveOrRejectApprovalsInput = {
  readonly action: ApprovalActionType;
  readonly applicationId: string;
  readonly approvalId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly comments?: string | null | undefined;
  readonly executionId: string;
};

export type AttemptKind =
  | 'EXTEND'
  | 'RERUN'
  | 'RESUME'
  | 'START';

export type CreateApiKeyInput = {
  readonly applicationIds?: ReadonlyArray<string> | null | undefined;
  readonly clientMutationId?: string | null | undefined;
  readonly expiresAt?: string | null | undefined;
  readonly name: string;
  readonly ownerId?: string | null | undefined;
  readonly userGroupIds: ReadonlyArray<string>;
};

export type CreateUserGroupInput = {
  readonly clientMutationId?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly name: string;
  readonly permissions?: Permissions | null | undefined;
  readonly userIds?: ReadonlyArray<string> | null | undefined;
};

export type DefinitionFormat =
  | 'JSON'
  | 'TOML'
  | 'YAML';

export type DefinitionKind =
  | 'APPLICATION'
  | 'ENVIRONMENT'
  | 'PIPELINE'
  | 'SERVICE'
  | 'WORKFLOW';

export type DeploymentPermissionFilterInput = {
  readonly envIds?: ReadonlyArray<string> | null | undefined;
  readonly filterTypes?: ReadonlyArray<DeploymentPermissionFilterType> | null | undefined;
};

export type DeploymentPermissionFilterType =
  | 'NON_PRODUCTION_ENVIRONMENTS'
  | 'PRODUCTION_ENVIRONMENTS';

export type EnumOperator =
  | 'EQUALS'
  | 'IN';

export type EnvFilterType =
  | 'NON_PRODUCTION_ENVIRONMENTS'
  | 'PRODUCTION_ENVIRONMENTS';

export type EnvPermissionFilterInput = {
  readonly envIds?: ReadonlyArray<string> | null | undefined;
  readonly filterTypes?: ReadonlyArray<EnvFilterType> | null | undefined;
};

export type EnvironmentType =
  | 'NON_PROD'
  | 'PROD';

export type EnvironmentTypeFilter = {
  readonly operator?: EnumOperator | null | undefined;
  readonly values?: ReadonlyArray<EnvironmentType | null | undefined> | null | undefined;
};

export type ExecutionFilter = {
  readonly application?: IdFilter | null | undefined;
  readonly creationTime?: TimeFilter | null | undefined;
  readonly duration?: NumberFilter | null | undefined;
  readonly endTime?: TimeFilter | null | undefined;
  readonly environment?: IdFilter | null | undefined;
  readonly environmentType?: EnvironmentTypeFilter | null | undefined;
  readonly execution?: IdFilter | null | undefined;
  readonly pipeline?: IdFilter | null | undefined;
  readonly pipelineExecutionId?: IdFilter | null | undefined;
  readonly resumable?: boolean | null | undefined;
  readonly service?: IdFilter | null | undefined;
  readonly startTime?: TimeFilter | null | undefined;
  readonly status?: IdFilter | null | undefined;
  readonly trigger?: IdFilter | null | undefined;
  readonly triggeredBy?: IdFilter | null | undefined;
  readonly workflow?: IdFilter | null | undefined;
};

export type ExecutionStatus =
  | 'ABORTED'
  | 'ERROR'
  | 'EXPIRED'
  | 'FAILED'
  | 'PAUSED'
  | 'QUEUED'
  | 'REJECTED'
  | 'RESTORING'
  | 'RESUMED'
  | 'RESUMING'
  | 'RUNNING'
  | 'SKIPPED'
  | 'SUCCESS'
  | 'WAITING';

export type ExecutionType =
  | 'PIPELINE'
  | 'WORKFLOW';

export type FilterType =
  | 'ALL';

export type GapReason =
  | 'PRUNED'
  | 'UNKNOWN';

export type GraphFormat =
  | 'ASCII'
  | 'DOT'
  | 'JSON'
  | 'MERMAID';

export type IdFilter = {
  readonly operator: IdOperator;
  readonly values: ReadonlyArray<string | null | undefined>;
};

export type IdOperator =
  | 'EQUALS'
  | 'IN'
  | 'LIKE'
  | 'NOT_IN'
  | 'NOT_NULL';

export type ImageInput = {
  readonly image?: string | null | undefined;
  readonly service: string;
};

export type InterveneExecutionInput = {
  readonly action: InterventionAction;
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly executionId: string;
  readonly pipelineStageElementId?: string | null | undefined;
  readonly reason?: string | null | undefined;
  readonly taskExecutionId?: string | null | undefined;
};

export type InterventionAction =
  | 'ABORT'
  | 'FAIL'
  | 'IGNORE'
  | 'MARK_AS_SUCCESS'
  | 'RETRY';

export type LogStream =
  | 'stderr'
  | 'stdout';

export type NumberFilter = {
  readonly operator: NumericOperator;
  readonly values: ReadonlyArray<number | null | undefined>;
};

export type NumericOperator =
  | 'EQUALS'
  | 'GREATER_THAN'
  | 'GREATER_THAN_OR_EQUALS'
  | 'IN'
  | 'LESS_THAN'
  | 'LESS_THAN_OR_EQUALS'
  | 'NOT_EQUALS';

export type OperationKind =
  | 'EXTEND'
  | 'RESTORE';

export type OperationLogLevel =
  | 'DEBUG'
  | 'ERROR'
  | 'INFO';

export type OperationStatus =
  | 'FAILED'
  | 'RUNNING'
  | 'SUCCESS';

export type ParallelMode =
  | 'ALL'
  | 'FAILED_ONLY';

export type PauseExecutionInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly executionId: string;
  readonly reason?: string | null | undefined;
};

export type Permissions = {
  readonly accountPermissions?: AccountPermissionInput | null | undefined;
  readonly appPermissions?: ReadonlyArray<ApplicationPermissionInput> | null | undefined;
};

export type PipelinePermissionFilterInput = {
  readonly envIds?: ReadonlyArray<string> | null | undefined;
  readonly filterTypes?: ReadonlyArray<PipelinePermissionFilterType> | null | undefined;
};

export type PipelinePermissionFilterType =
  | 'NON_PRODUCTION_PIPELINES'
  | 'PRODUCTION_PIPELINES';

export type PipelineResumeRuntimeInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly pipelineExecutionId: string;
  readonly pipelineStageElementId: string;
  readonly variableInputs?: ReadonlyArray<VariableInput> | null | undefined;
};

export type RerunExecutionInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly executionId: string;
  readonly expectedVersion?: number | null | undefined;
  readonly reason?: string | null | undefined;
};

export type RestoreRunInput = {
  readonly clientMutationId?: string | null | undefined;
  readonly confirmEnvironmentConflicts?: boolean | null | undefined;
  readonly debug?: boolean | null | undefined;
  readonly planToken?: string | null | undefined;
  readonly restorePointId?: string | null | undefined;
  readonly runId: string;
};

export type ResumeDefinition =
  | 'LATEST'
  | 'PINNED';

export type ResumeExecutionInput = {
  readonly applicationId: string;
  readonly askRuntimeInputs?: boolean | null | undefined;
  readonly clientMutationId?: string | null | undefined;
  readonly definition?: ResumeDefinition | null | undefined;
  readonly executionMode?: WorkflowMode | null | undefined;
  readonly expectedVersion?: number | null | undefined;
  readonly force?: boolean | null | undefined;
  readonly granularity?: ResumeGranularity | null | undefined;
  readonly maxParallel?: number | null | undefined;
  readonly parallelMode?: ParallelMode | null | undefined;
  readonly pipelineExecutionId: string;
  readonly pipelineStageElementId?: string | null | undefined;
  readonly pipelineStageName?: string | null | undefined;
  readonly planToken?: string | null | undefined;
  readonly reason?: string | null | undefined;
};

export type ResumeGranularity =
  | 'STAGE'
  | 'TASK';

export type ResumeWorkflowExecutionInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly definition?: ResumeDefinition | null | undefined;
  readonly expectedVersion?: number | null | undefined;
  readonly force?: boolean | null | undefined;
  readonly maxParallel?: number | null | undefined;
  readonly mode?: WorkflowMode | null | undefined;
  readonly planToken?: string | null | undefined;
  readonly reason?: string | null | undefined;
  readonly reevaluateSkipped?: boolean | null | undefined;
  readonly rerunIgnoredFailures?: boolean | null | undefined;
  readonly variableInputs?: ReadonlyArray<VariableInput> | null | undefined;
  readonly workflowExecutionId: string;
};

export type RetryTaskInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly reason?: string | null | undefined;
  readonly taskExecutionId: string;
};

export type ServiceInput = {
  readonly image: string;
  readonly name: string;
};

export type StartExecutionInput = {
  readonly applicationId: string;
  readonly clientMutationId?: string | null | undefined;
  readonly entityId: string;
  readonly executionType: ExecutionType;
  readonly idempotencyKey?: string | null | undefined;
  readonly maxParallel?: number | null | undefined;
  readonly mode?: WorkflowMode | null | undefined;
  readonly notes?: string | null | undefined;
  readonly serviceInputs?: ReadonlyArray<ServiceInput> | null | undefined;
  readonly variableInputs?: ReadonlyArray<VariableInput> | null | undefined;
};

export type TimeFilter = {
  readonly operator: TimeOperator;
  readonly value: string;
};

export type TimeOperator =
  | 'AFTER'
  | 'BEFORE'
  | 'EQUALS';

export type VariableInput = {
  readonly name: string;
  readonly variableValue: VariableValue;
};

export type VariableValue = {
  readonly type: VariableValueType;
  readonly value: string;
};

export type VariableValueType =
  | 'EXPRESSION'
  | 'ID'
  | 'NAME';

export type WorkflowMode =
  | 'PARALLEL'
  | 'SEQUENTIAL'
  | 'WORK_STEALING';

export type WorkflowPermissionFilterInput = {
  readonly envIds?: ReadonlyArray<string> | null | undefined;
  readonly filterTypes?: ReadonlyArray<WorkflowPermissionFilterType> | null | undefined;
};

export type WorkflowPermissionFilterType =
  | 'NON_PRODUCTION_WORKFLOWS'
  | 'PRODUCTION_WORKFLOWS'
  | 'WORKFLOW_TEMPLATES';

type Changed_PipelineExecution_Fragment = { readonly id: string, readonly status: ExecutionStatus, readonly attempt: number };

type Changed_WorkflowExecution_Fragment = { readonly id: string, readonly status: ExecutionStatus, readonly attempt: number };

export type ChangedFragment =
  | Changed_PipelineExecution_Fragment
  | Changed_WorkflowExecution_Fragment
;

export type AbortExecutionMutationVariables = Exact<{
  input: AbortExecutionInput;
}>;


export type AbortExecutionMutation = { readonly abortExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type PauseExecutionMutationVariables = Exact<{
  input: PauseExecutionInput;
}>;


export type PauseExecutionMutation = { readonly pauseExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type ContinueExecutionMutationVariables = Exact<{
  input: PauseExecutionInput;
}>;


export type ContinueExecutionMutation = { readonly continueExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type RerunExecutionMutationVariables = Exact<{
  input: RerunExecutionInput;
}>;


export type RerunExecutionMutation = { readonly rerunExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type AddImagesToRunMutationVariables = Exact<{
  input: AddImagesToRunInput;
}>;


export type AddImagesToRunMutation = { readonly addImagesToRun: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type RetryTaskMutationVariables = Exact<{
  input: RetryTaskInput;
}>;


export type RetryTaskMutation = { readonly retryTask: { readonly taskExecution: { readonly id: string, readonly name: string, readonly status: ExecutionStatus } } };

export type InterveneExecutionMutationVariables = Exact<{
  input: InterveneExecutionInput;
}>;


export type InterveneExecutionMutation = { readonly interveneExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type WaitingApprovalsQueryVariables = Exact<{
  applicationId: string;
  executionId: string;
}>;


export type WaitingApprovalsQuery = { readonly approvalDetails: { readonly approvalDetails: ReadonlyArray<{ readonly approvers: ReadonlyArray<string>, readonly approvalId: string, readonly stageName: string, readonly stepName: string }> } | null };

export type DecideApprovalMutationVariables = Exact<{
  input: ApproveOrRejectApprovalsInput;
}>;


export type DecideApprovalMutation = { readonly approveOrRejectApprovals: { readonly success: boolean } };

export type GiveRuntimeInputsMutationVariables = Exact<{
  input: PipelineResumeRuntimeInput;
}>;


export type GiveRuntimeInputsMutation = { readonly pipelineResumeRuntime: { readonly status: boolean } | null };

export type OneExecutionQueryVariables = Exact<{
  id: string;
}>;


export type OneExecutionQuery = { readonly execution:
    | { readonly status: ExecutionStatus, readonly id: string, readonly pipelineStageExecutions: ReadonlyArray<
        | { readonly approvalStepType: ApprovalStepType, readonly status: ExecutionStatus, readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string }
        | { readonly status: ExecutionStatus, readonly workflowExecutionId: string | null, readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly runtimeInputVariables: ReadonlyArray<{ readonly allowedValues: ReadonlyArray<string> | null, readonly defaultValue: string | null, readonly allowMultipleValues: boolean, readonly fixed: boolean, readonly name: string, readonly required: boolean, readonly type: string }> | null }
      > }
    | { readonly id: string }
   | null };

export type NewestExecutionsQueryVariables = Exact<{ [key: string]: never; }>;


export type NewestExecutionsQuery = { readonly executions: { readonly nodes: ReadonlyArray<
      | { readonly id: string, readonly status: ExecutionStatus, readonly createdAt: string, readonly startedAt: string | null, readonly endedAt: string | null, readonly pipeline: { readonly name: string } | null, readonly pipelineStageExecutions: ReadonlyArray<
          | { readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly startedAt: string | null, readonly endedAt: string | null }
          | { readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly startedAt: string | null, readonly endedAt: string | null }
        > }
      | { readonly id: string, readonly status: ExecutionStatus, readonly createdAt: string, readonly startedAt: string | null, readonly endedAt: string | null }
    >, readonly pageInfo: { readonly hasMore: boolean } } };

export type VersionQueryVariables = Exact<{ [key: string]: never; }>;


export type VersionQuery = { readonly version: string };

export type EventCursorsSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type EventCursorsSubscription = { readonly executionEvents: { readonly cursor: string } };

export type DeliveredEventsSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type DeliveredEventsSubscription = { readonly executionEvents: { readonly cursor: string, readonly event:
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly data: unknown }
     | null } };

export type AllUpdatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type AllUpdatesSubscription = { readonly executionsUpdated: { readonly cursor: string } };

export type ApplyDefinitionsMutationVariables = Exact<{
  input: ApplyDefinitionsInput;
}>;


export type ApplyDefinitionsMutation = { readonly applyDefinitions: { readonly results: ReadonlyArray<{ readonly action: ApplyAction, readonly kind: DefinitionKind, readonly application: string, readonly name: string, readonly id: string | null, readonly revision: { readonly number: number, readonly contentHash: string } | null }> } };

export type ProblemFragment = { readonly path: string, readonly line: number | null, readonly column: number | null, readonly rule: string, readonly message: string };

export type ValidateDefinitionQueryVariables = Exact<{
  source: string;
  format: DefinitionFormat;
  application?: string | null | undefined;
}>;


export type ValidateDefinitionQuery = { readonly validateDefinition: { readonly valid: boolean, readonly errors: ReadonlyArray<ProblemFragment>, readonly warnings: ReadonlyArray<ProblemFragment> } };

export type CreateAgentTokenMutationVariables = Exact<{
  name: string;
}>;


export type CreateAgentTokenMutation = { readonly createAgentToken: { readonly value: string } };

export type DeployedImagesQueryVariables = Exact<{
  application: string;
}>;


export type DeployedImagesQuery = { readonly applicationByName: { readonly environments: { readonly nodes: ReadonlyArray<{ readonly name: string, readonly type: EnvironmentType, readonly variables: ReadonlyArray<{ readonly name: string, readonly value: string }>, readonly deployments: ReadonlyArray<{ readonly image: string, readonly service: { readonly name: string } | null }> }> } } | null };

export type UserGroupsQueryVariables = Exact<{ [key: string]: never; }>;


export type UserGroupsQuery = { readonly userGroups: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string }> } };

export type CreateUserGroupMutationVariables = Exact<{
  input: CreateUserGroupInput;
}>;


export type CreateUserGroupMutation = { readonly createUserGroup: { readonly userGroup: { readonly id: string } } };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { readonly createApiKey: { readonly value: string } };

export type TaskProgressFragment = { readonly id: string, readonly name: string, readonly status: ExecutionStatus, readonly reason: string | null, readonly reused: boolean, readonly durationMs: number | null, readonly jobs: ReadonlyArray<{ readonly id: string, readonly agent: { readonly name: string } | null }> };

type StageProgress_ApprovalStageExecution_Fragment = { readonly __typename: 'ApprovalStageExecution', readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly reason: string | null };

type StageProgress_WorkflowStageExecution_Fragment = { readonly __typename: 'WorkflowStageExecution', readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly reason: string | null, readonly workflowExecution: { readonly durationMs: number | null, readonly tasks: ReadonlyArray<TaskProgressFragment> } | null };

export type StageProgressFragment =
  | StageProgress_ApprovalStageExecution_Fragment
  | StageProgress_WorkflowStageExecution_Fragment
;

type RunProgress_PipelineExecution_Fragment = { readonly __typename: 'PipelineExecution', readonly id: string, readonly status: ExecutionStatus, readonly durationMs: number | null, readonly failureDetails: string | null, readonly pipelineStageExecutions: ReadonlyArray<
    | StageProgress_ApprovalStageExecution_Fragment
    | StageProgress_WorkflowStageExecution_Fragment
  > };

type RunProgress_WorkflowExecution_Fragment = { readonly __typename: 'WorkflowExecution', readonly id: string, readonly status: ExecutionStatus, readonly durationMs: number | null, readonly failureDetails: string | null, readonly tasks: ReadonlyArray<TaskProgressFragment> };

export type RunProgressFragment =
  | RunProgress_PipelineExecution_Fragment
  | RunProgress_WorkflowExecution_Fragment
;

export type RunProgressedSubscriptionVariables = Exact<{
  id: string;
}>;


export type RunProgressedSubscription = { readonly executionUpdated:
    | RunProgress_PipelineExecution_Fragment
    | RunProgress_WorkflowExecution_Fragment
   };

export type NewestSuccessQueryVariables = Exact<{
  applicationId: string;
}>;


export type NewestSuccessQuery = { readonly executions: { readonly nodes: ReadonlyArray<
      | { readonly id: string, readonly inputVariables: ReadonlyArray<{ readonly name: string, readonly value: string }> }
      | { readonly id: string, readonly inputVariables: ReadonlyArray<{ readonly name: string, readonly value: string }> }
    > } };

export type RunAttemptsQueryVariables = Exact<{
  id: string;
}>;


export type RunAttemptsQuery = { readonly execution:
    | { readonly status: ExecutionStatus, readonly attempts: ReadonlyArray<{ readonly attempt: number, readonly revertedBy: { readonly id: string } | null }> }
    | { readonly status: ExecutionStatus, readonly attempts: ReadonlyArray<{ readonly attempt: number, readonly revertedBy: { readonly id: string } | null }> }
   | null };

export type LoggedJobFragment = { readonly id: string, readonly log: { readonly bytes: number } };

export type LoggedTaskFragment = { readonly name: string, readonly jobs: ReadonlyArray<LoggedJobFragment> };

export type LoggedTasksQueryVariables = Exact<{
  id: string;
}>;


export type LoggedTasksQuery = { readonly execution:
    | { readonly __typename: 'PipelineExecution', readonly id: string, readonly pipelineStageExecutions: ReadonlyArray<
        | { readonly __typename: 'ApprovalStageExecution', readonly pipelineStepName: string }
        | { readonly __typename: 'WorkflowStageExecution', readonly pipelineStepName: string, readonly workflowExecution: { readonly id: string, readonly tasks: ReadonlyArray<LoggedTaskFragment> } | null }
      > }
    | { readonly __typename: 'WorkflowExecution', readonly id: string, readonly tasks: ReadonlyArray<LoggedTaskFragment>, readonly forensicExecutions: ReadonlyArray<LoggedTaskFragment> }
   | null };

export type LoggedRestoresQueryVariables = Exact<{
  id: string;
}>;


export type LoggedRestoresQuery = { readonly execution:
    | { readonly __typename: 'PipelineExecution', readonly operations: ReadonlyArray<{ readonly kind: OperationKind, readonly tasks: ReadonlyArray<(
          LoggedTaskFragment
          & PlacedFragment
        )> }> }
    | { readonly __typename: 'WorkflowExecution' }
   | null };

export type LogPageFragment = { readonly nextOffset: number, readonly final: boolean, readonly frames: ReadonlyArray<{ readonly stream: LogStream, readonly text: string, readonly at: string }> };

export type JobLogQueryVariables = Exact<{
  jobId: string;
  afterOffset?: number | null | undefined;
}>;


export type JobLogQuery = { readonly jobLog: LogPageFragment | null };

export type FollowJobLogSubscriptionVariables = Exact<{
  jobId: string;
  afterOffset?: number | null | undefined;
}>;


export type FollowJobLogSubscription = { readonly jobLog: LogPageFragment };

export type RestorePreviewQueryVariables = Exact<{
  runId: string;
}>;


export type RestorePreviewQuery = { readonly restorePreview: { readonly allowed: boolean, readonly configuration: string | null, readonly planToken: string | null, readonly refusals: ReadonlyArray<{ readonly code: string, readonly message: string }>, readonly run: { readonly id: string, readonly status: ExecutionStatus }, readonly restorePoint: { readonly id: string, readonly attempt: number, readonly createdAt: string, readonly createdBy: { readonly name: string } } | null, readonly images: ReadonlyArray<{ readonly environment: string, readonly service: string, readonly now: string | null, readonly restored: string | null }>, readonly inputs: ReadonlyArray<{ readonly name: string, readonly now: string | null, readonly restored: string | null }>, readonly variables: ReadonlyArray<{ readonly stageName: string, readonly stepName: string, readonly name: string, readonly now: string | null, readonly restored: string | null }>, readonly stages: ReadonlyArray<{ readonly stageName: string, readonly stepName: string, readonly status: ExecutionStatus | null, readonly attempt: number | null, readonly restoredStatus: ExecutionStatus | null, readonly restoredAttempt: number | null }>, readonly tasks: ReadonlyArray<{ readonly step: number, readonly stageName: string, readonly stepName: string, readonly name: string, readonly workflow: string, readonly environment: string | null, readonly labels: ReadonlyArray<string> }>, readonly environmentConflicts: ReadonlyArray<{ readonly environment: string, readonly service: string, readonly now: string | null, readonly restored: string | null, readonly runId: string, readonly deployedAt: string }> } };

export type OperationFragment = { readonly id: string, readonly kind: OperationKind, readonly status: OperationStatus, readonly startedAt: string, readonly endedAt: string | null, readonly error: { readonly code: string, readonly message: string } | null, readonly tasks: ReadonlyArray<{ readonly name: string, readonly status: ExecutionStatus, readonly reason: string | null, readonly jobs: ReadonlyArray<LoggedJobFragment> }> };

export type RestoreRunMutationVariables = Exact<{
  input: RestoreRunInput;
}>;


export type RestoreRunMutation = { readonly restoreRun: { readonly operation: OperationFragment } };

export type RestoreResultQueryVariables = Exact<{
  operationId: string;
  runId: string;
}>;


export type RestoreResultQuery = { readonly operation: OperationFragment | null, readonly execution:
    | Changed_PipelineExecution_Fragment
    | Changed_WorkflowExecution_Fragment
   | null };

export type OperationLogSubscriptionVariables = Exact<{
  operationId: string;
  after?: number | null | undefined;
}>;


export type OperationLogSubscription = { readonly operationLog: { readonly nextAfter: number, readonly lines: ReadonlyArray<{ readonly at: string, readonly level: OperationLogLevel, readonly message: string }> } };

export type ResumePlanFragment = { readonly allowed: boolean, readonly tasksThatRun: ReadonlyArray<string>, readonly tasksKept: ReadonlyArray<string>, readonly askedAgain: ReadonlyArray<string>, readonly planToken: string | null, readonly refusals: ReadonlyArray<{ readonly code: string, readonly message: string }>, readonly willRun: ReadonlyArray<ResumePlanElementFragment>, readonly kept: ReadonlyArray<ResumePlanElementFragment>, readonly changes: ReadonlyArray<{ readonly message: string, readonly incompatible: boolean }>, readonly environments: ReadonlyArray<{ readonly name: string, readonly type: EnvironmentType }> };

export type ResumePlanElementFragment = { readonly stageName: string, readonly stepName: string, readonly status: ExecutionStatus, readonly tasksThatRun: ReadonlyArray<string>, readonly tasksKept: ReadonlyArray<string> };

export type ResumePreviewQueryVariables = Exact<{
  input: ResumeExecutionInput;
}>;


export type ResumePreviewQuery = { readonly resumePreview: ResumePlanFragment };

export type ResumeWorkflowPreviewQueryVariables = Exact<{
  input: ResumeWorkflowExecutionInput;
}>;


export type ResumeWorkflowPreviewQuery = { readonly resumeWorkflowPreview: ResumePlanFragment };

export type ResumeExecutionMutationVariables = Exact<{
  input: ResumeExecutionInput;
}>;


export type ResumeExecutionMutation = { readonly resumeExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } | null };

export type ResumeWorkflowExecutionMutationVariables = Exact<{
  input: ResumeWorkflowExecutionInput;
}>;


export type ResumeWorkflowExecutionMutation = { readonly resumeWorkflowExecution: { readonly execution:
      | Changed_PipelineExecution_Fragment
      | Changed_WorkflowExecution_Fragment
     } };

export type ListRunsQueryVariables = Exact<{
  filters?: ReadonlyArray<ExecutionFilter> | ExecutionFilter | null | undefined;
  first?: number | null | undefined;
}>;


export type ListRunsQuery = { readonly executions: { readonly nodes: ReadonlyArray<
      | { readonly __typename: 'PipelineExecution', readonly id: string, readonly status: ExecutionStatus, readonly attempt: number, readonly createdAt: string, readonly durationMs: number | null, readonly failureCode: string | null, readonly failureDetails: string | null, readonly pipeline: { readonly name: string } | null, readonly application: { readonly name: string } | null }
      | { readonly __typename: 'WorkflowExecution', readonly id: string, readonly status: ExecutionStatus, readonly attempt: number, readonly createdAt: string, readonly durationMs: number | null, readonly failureCode: string | null, readonly failureDetails: string | null, readonly workflow: { readonly name: string } | null, readonly application: { readonly name: string } | null }
    > } };

type FoundRun_PipelineExecution_Fragment = { readonly __typename: 'PipelineExecution', readonly id: string, readonly status: ExecutionStatus, readonly lastSequence: number, readonly application: { readonly id: string, readonly name: string } | null };

type FoundRun_WorkflowExecution_Fragment = { readonly __typename: 'WorkflowExecution', readonly id: string, readonly status: ExecutionStatus, readonly lastSequence: number, readonly application: { readonly id: string, readonly name: string } | null };

export type FoundRunFragment =
  | FoundRun_PipelineExecution_Fragment
  | FoundRun_WorkflowExecution_Fragment
;

export type FindRunQueryVariables = Exact<{
  id: string;
}>;


export type FindRunQuery = { readonly execution:
    | FoundRun_PipelineExecution_Fragment
    | FoundRun_WorkflowExecution_Fragment
   | null };

export type FindRunsQueryVariables = Exact<{
  filters?: ReadonlyArray<ExecutionFilter> | ExecutionFilter | null | undefined;
  first?: number | null | undefined;
}>;


export type FindRunsQuery = { readonly executions: { readonly nodes: ReadonlyArray<
      | FoundRun_PipelineExecution_Fragment
      | FoundRun_WorkflowExecution_Fragment
    > } };

export type TaskFragment = { readonly id: string, readonly name: string, readonly status: ExecutionStatus, readonly reasonCode: string | null, readonly reason: string | null, readonly exitCode: number | null, readonly tries: number, readonly attempt: number, readonly reused: boolean, readonly ignoredFailure: boolean, readonly startedAt: string | null, readonly durationMs: number | null, readonly waitsUntil: string | null };

type Stage_ApprovalStageExecution_Fragment = { readonly __typename: 'ApprovalStageExecution', readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly reasonCode: string | null, readonly reason: string | null, readonly startedAt: string | null, readonly endedAt: string | null, readonly approvals: ReadonlyArray<{ readonly approvers: ReadonlyArray<string>, readonly status: ApprovalStatus, readonly comments: string | null, readonly willExpireAt: string }> };

type Stage_WorkflowStageExecution_Fragment = { readonly __typename: 'WorkflowStageExecution', readonly waitsUntil: string | null, readonly pipelineStageElementId: string, readonly pipelineStageName: string, readonly pipelineStepName: string, readonly status: ExecutionStatus, readonly reasonCode: string | null, readonly reason: string | null, readonly startedAt: string | null, readonly endedAt: string | null, readonly environment: { readonly name: string } | null, readonly runtimeInputVariables: ReadonlyArray<{ readonly name: string }> | null, readonly workflowExecution: { readonly id: string, readonly tasks: ReadonlyArray<TaskFragment> } | null };

export type StageFragment =
  | Stage_ApprovalStageExecution_Fragment
  | Stage_WorkflowStageExecution_Fragment
;

export type PlacedFragment = { readonly id: string, readonly name: string, readonly stageExecution: { readonly pipelineStageName: string, readonly pipelineStepName: string, readonly environment: { readonly name: string } | null } | null };

type Run_PipelineExecution_Fragment = { readonly __typename: 'PipelineExecution', readonly id: string, readonly status: ExecutionStatus, readonly attempt: number, readonly notes: string | null, readonly createdAt: string, readonly durationMs: number | null, readonly failureCode: string | null, readonly failureDetails: string | null, readonly lastSequence: number, readonly pipeline: { readonly name: string } | null, readonly operations: ReadonlyArray<{ readonly id: string, readonly kind: OperationKind, readonly status: OperationStatus, readonly startedAt: string, readonly actor: { readonly name: string }, readonly tasks: ReadonlyArray<(
      { readonly status: ExecutionStatus, readonly waitingFor: string | null }
      & PlacedFragment
    )>, readonly error: { readonly code: string, readonly message: string } | null }>, readonly pipelineStageExecutions: ReadonlyArray<
    | Stage_ApprovalStageExecution_Fragment
    | Stage_WorkflowStageExecution_Fragment
  >, readonly application: { readonly id: string, readonly name: string } | null, readonly serviceImages: ReadonlyArray<{ readonly image: string, readonly service: { readonly name: string } | null }>, readonly inputVariables: ReadonlyArray<{ readonly name: string, readonly value: string }>, readonly availableActions: ReadonlyArray<{ readonly action: string, readonly allowed: boolean, readonly code: string | null, readonly message: string | null }>, readonly resumability: { readonly resumable: boolean, readonly reason: string | null, readonly stages: ReadonlyArray<{ readonly name: string, readonly elementId: string, readonly resumable: boolean, readonly reason: string | null }> }, readonly attempts: ReadonlyArray<{ readonly attempt: number, readonly kind: AttemptKind, readonly status: ExecutionStatus | null, readonly fromStage: string | null, readonly reason: string | null, readonly createdAt: string, readonly durationMs: number | null, readonly failureDetails: string | null, readonly revision: { readonly number: number }, readonly revertedBy: { readonly id: string } | null }> };

type Run_WorkflowExecution_Fragment = { readonly __typename: 'WorkflowExecution', readonly id: string, readonly status: ExecutionStatus, readonly attempt: number, readonly notes: string | null, readonly createdAt: string, readonly durationMs: number | null, readonly failureCode: string | null, readonly failureDetails: string | null, readonly lastSequence: number, readonly workflow: { readonly name: string } | null, readonly tasks: ReadonlyArray<TaskFragment>, readonly application: { readonly id: string, readonly name: string } | null, readonly serviceImages: ReadonlyArray<{ readonly image: string, readonly service: { readonly name: string } | null }>, readonly inputVariables: ReadonlyArray<{ readonly name: string, readonly value: string }>, readonly availableActions: ReadonlyArray<{ readonly action: string, readonly allowed: boolean, readonly code: string | null, readonly message: string | null }>, readonly resumability: { readonly resumable: boolean, readonly reason: string | null, readonly stages: ReadonlyArray<{ readonly name: string, readonly elementId: string, readonly resumable: boolean, readonly reason: string | null }> }, readonly attempts: ReadonlyArray<{ readonly attempt: number, readonly kind: AttemptKind, readonly status: ExecutionStatus | null, readonly fromStage: string | null, readonly reason: string | null, readonly createdAt: string, readonly durationMs: number | null, readonly failureDetails: string | null, readonly revision: { readonly number: number }, readonly revertedBy: { readonly id: string } | null }> };

export type RunFragment =
  | Run_PipelineExecution_Fragment
  | Run_WorkflowExecution_Fragment
;

export type ReadRunQueryVariables = Exact<{
  id: string;
}>;


export type ReadRunQuery = { readonly execution:
    | Run_PipelineExecution_Fragment
    | Run_WorkflowExecution_Fragment
   | null };

export type ReadPlacesQueryVariables = Exact<{
  id: string;
}>;


export type ReadPlacesQuery = { readonly execution:
    | { readonly __typename: 'PipelineExecution', readonly operations: ReadonlyArray<{ readonly tasks: ReadonlyArray<PlacedFragment> }> }
    | { readonly __typename: 'WorkflowExecution' }
   | null };

export type RunStatusSubscriptionVariables = Exact<{
  id: string;
}>;


export type RunStatusSubscription = { readonly executionUpdated:
    | { readonly status: ExecutionStatus }
    | { readonly status: ExecutionStatus }
   };

export type RunEventsSubscriptionVariables = Exact<{
  id: string;
  after?: string | null | undefined;
}>;


export type RunEventsSubscription = { readonly executionEvents: { readonly cursor: string, readonly event:
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
      | { readonly sequence: number, readonly type: string, readonly at: string, readonly executionId: string, readonly runId: string, readonly data: unknown, readonly actor: { readonly kind: string, readonly name: string } }
     | null, readonly snapshot: { readonly execution:
        | Run_PipelineExecution_Fragment
        | Run_WorkflowExecution_Fragment
       } | null, readonly gap: { readonly reason: GapReason } | null } };

export type ApplicationIdQueryVariables = Exact<{
  name: string;
}>;


export type ApplicationIdQuery = { readonly applicationByName: { readonly id: string } | null };

export type PipelineIdQueryVariables = Exact<{
  applicationId: string;
  name: string;
}>;


export type PipelineIdQuery = { readonly pipelineByName: { readonly id: string } | null };

export type WorkflowIdQueryVariables = Exact<{
  applicationId: string;
  name: string;
}>;


export type WorkflowIdQuery = { readonly workflowByName: { readonly id: string } | null };

export type StartExecutionMutationVariables = Exact<{
  input: StartExecutionInput;
}>;


export type StartExecutionMutation = { readonly startExecution: { readonly warningMessage: string | null, readonly execution:
      | { readonly id: string, readonly status: ExecutionStatus }
      | { readonly id: string, readonly status: ExecutionStatus }
     } };

export type ExecutionPlanQueryVariables = Exact<{
  input: StartExecutionInput;
}>;


export type ExecutionPlanQuery = { readonly executionPlan: { readonly startable: boolean, readonly steps: ReadonlyArray<{ readonly taskCount: number, readonly levelCount: number, readonly tasks: ReadonlyArray<{ readonly name: string, readonly runs: number, readonly skipped: number, readonly undecided: number }> }> } };

export type RunGraphQueryVariables = Exact<{
  id: string;
}>;


export type RunGraphQuery = { readonly workflowGraph: { readonly format: GraphFormat, readonly nodeCount: number, readonly text: string } };

export type ComparedValueFragment = { readonly name: string, readonly a: string | null, readonly b: string | null };

export type ComparedResultFragment = { readonly name: string, readonly stage: string | null, readonly different: boolean, readonly a: { readonly status: ExecutionStatus, readonly reasonCode: string | null } | null, readonly b: { readonly status: ExecutionStatus, readonly reasonCode: string | null } | null };

export type CompareExecutionsQueryVariables = Exact<{
  a: string;
  b: string;
}>;


export type CompareExecutionsQuery = { readonly compareExecutions: { readonly omitted: number, readonly definition: ReadonlyArray<ComparedValueFragment> | null, readonly inputs: ReadonlyArray<ComparedValueFragment>, readonly images: ReadonlyArray<ComparedValueFragment>, readonly variables: ReadonlyArray<ComparedValueFragment>, readonly stages: ReadonlyArray<ComparedResultFragment>, readonly tasks: ReadonlyArray<ComparedResultFragment> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ChangedFragmentDoc = new TypedDocumentString(`
    fragment Changed on Execution {
  id
  status
  attempt
}
    `, {"fragmentName":"Changed"}) as unknown as TypedDocumentString<ChangedFragment, unknown>;
export const ProblemFragmentDoc = new TypedDocumentString(`
    fragment Problem on DefinitionProblem {
  path
  line
  column
  rule
  message
}
    `, {"fragmentName":"Problem"}) as unknown as TypedDocumentString<ProblemFragment, unknown>;
export const TaskProgressFragmentDoc = new TypedDocumentString(`
    fragment TaskProgress on TaskExecution {
  id
  name
  status
  reason
  reused
  durationMs
  jobs {
    id
    agent {
      name
    }
  }
}
    `, {"fragmentName":"TaskProgress"}) as unknown as TypedDocumentString<TaskProgressFragment, unknown>;
export const StageProgressFragmentDoc = new TypedDocumentString(`
    fragment StageProgress on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reason
  ... on WorkflowStageExecution {
    workflowExecution {
      durationMs
      tasks {
        ...TaskProgress
      }
    }
  }
}
    fragment TaskProgress on TaskExecution {
  id
  name
  status
  reason
  reused
  durationMs
  jobs {
    id
    agent {
      name
    }
  }
}`, {"fragmentName":"StageProgress"}) as unknown as TypedDocumentString<StageProgressFragment, unknown>;
export const RunProgressFragmentDoc = new TypedDocumentString(`
    fragment RunProgress on Execution {
  __typename
  id
  status
  durationMs
  failureDetails
  ... on PipelineExecution {
    pipelineStageExecutions {
      ...StageProgress
    }
  }
  ... on WorkflowExecution {
    tasks {
      ...TaskProgress
    }
  }
}
    fragment TaskProgress on TaskExecution {
  id
  name
  status
  reason
  reused
  durationMs
  jobs {
    id
    agent {
      name
    }
  }
}
fragment StageProgress on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reason
  ... on WorkflowStageExecution {
    workflowExecution {
      durationMs
      tasks {
        ...TaskProgress
      }
    }
  }
}`, {"fragmentName":"RunProgress"}) as unknown as TypedDocumentString<RunProgressFragment, unknown>;
export const LoggedJobFragmentDoc = new TypedDocumentString(`
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}
    `, {"fragmentName":"LoggedJob"}) as unknown as TypedDocumentString<LoggedJobFragment, unknown>;
export const LoggedTaskFragmentDoc = new TypedDocumentString(`
    fragment LoggedTask on TaskExecution {
  name
  jobs {
    ...LoggedJob
  }
}
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}`, {"fragmentName":"LoggedTask"}) as unknown as TypedDocumentString<LoggedTaskFragment, unknown>;
export const LogPageFragmentDoc = new TypedDocumentString(`
    fragment LogPage on JobLogPage {
  frames {
    stream
    text
    at
  }
  nextOffset
  final
}
    `, {"fragmentName":"LogPage"}) as unknown as TypedDocumentString<LogPageFragment, unknown>;
export const OperationFragmentDoc = new TypedDocumentString(`
    fragment Operation on Operation {
  id
  kind
  status
  startedAt
  endedAt
  error {
    code
    message
  }
  tasks {
    name
    status
    reason
    jobs {
      ...LoggedJob
    }
  }
}
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}`, {"fragmentName":"Operation"}) as unknown as TypedDocumentString<OperationFragment, unknown>;
export const ResumePlanElementFragmentDoc = new TypedDocumentString(`
    fragment ResumePlanElement on PreviewedStageElement {
  stageName
  stepName
  status
  tasksThatRun
  tasksKept
}
    `, {"fragmentName":"ResumePlanElement"}) as unknown as TypedDocumentString<ResumePlanElementFragment, unknown>;
export const ResumePlanFragmentDoc = new TypedDocumentString(`
    fragment ResumePlan on ResumePreview {
  allowed
  refusals {
    code
    message
  }
  willRun {
    ...ResumePlanElement
  }
  kept {
    ...ResumePlanElement
  }
  tasksThatRun
  tasksKept
  askedAgain
  changes {
    message
    incompatible
  }
  environments {
    name
    type
  }
  planToken
}
    fragment ResumePlanElement on PreviewedStageElement {
  stageName
  stepName
  status
  tasksThatRun
  tasksKept
}`, {"fragmentName":"ResumePlan"}) as unknown as TypedDocumentString<ResumePlanFragment, unknown>;
export const FoundRunFragmentDoc = new TypedDocumentString(`
    fragment FoundRun on Execution {
  __typename
  id
  status
  lastSequence
  application {
    id
    name
  }
}
    `, {"fragmentName":"FoundRun"}) as unknown as TypedDocumentString<FoundRunFragment, unknown>;
export const PlacedFragmentDoc = new TypedDocumentString(`
    fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}
    `, {"fragmentName":"Placed"}) as unknown as TypedDocumentString<PlacedFragment, unknown>;
export const TaskFragmentDoc = new TypedDocumentString(`
    fragment Task on TaskExecution {
  id
  name
  status
  reasonCode
  reason
  exitCode
  tries
  attempt
  reused
  ignoredFailure
  startedAt
  durationMs
  waitsUntil
}
    `, {"fragmentName":"Task"}) as unknown as TypedDocumentString<TaskFragment, unknown>;
export const StageFragmentDoc = new TypedDocumentString(`
    fragment Stage on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reasonCode
  reason
  startedAt
  endedAt
  ... on WorkflowStageExecution {
    environment {
      name
    }
    waitsUntil
    runtimeInputVariables {
      name
    }
    workflowExecution {
      id
      tasks {
        ...Task
      }
    }
  }
  ... on ApprovalStageExecution {
    approvals {
      status
      comments
      willExpireAt
      ... on UserGroupApprovalDetails {
        approvers
      }
    }
  }
}
    fragment Task on TaskExecution {
  id
  name
  status
  reasonCode
  reason
  exitCode
  tries
  attempt
  reused
  ignoredFailure
  startedAt
  durationMs
  waitsUntil
}`, {"fragmentName":"Stage"}) as unknown as TypedDocumentString<StageFragment, unknown>;
export const RunFragmentDoc = new TypedDocumentString(`
    fragment Run on Execution {
  __typename
  id
  status
  attempt
  notes
  createdAt
  durationMs
  failureCode
  failureDetails
  lastSequence
  application {
    id
    name
  }
  serviceImages {
    image
    service {
      name
    }
  }
  inputVariables {
    name
    value
  }
  availableActions {
    action
    allowed
    code
    message
  }
  resumability {
    resumable
    reason
    stages {
      name
      elementId
      resumable
      reason
    }
  }
  attempts {
    attempt
    kind
    status
    fromStage
    reason
    createdAt
    durationMs
    failureDetails
    revision {
      number
    }
    revertedBy {
      id
    }
  }
  ... on PipelineExecution {
    pipeline {
      name
    }
    operations {
      id
      kind
      status
      startedAt
      actor {
        name
      }
      tasks {
        status
        waitingFor
        ...Placed
      }
      error {
        code
        message
      }
    }
    pipelineStageExecutions {
      ...Stage
    }
  }
  ... on WorkflowExecution {
    workflow {
      name
    }
    tasks {
      ...Task
    }
  }
}
    fragment Task on TaskExecution {
  id
  name
  status
  reasonCode
  reason
  exitCode
  tries
  attempt
  reused
  ignoredFailure
  startedAt
  durationMs
  waitsUntil
}
fragment Stage on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reasonCode
  reason
  startedAt
  endedAt
  ... on WorkflowStageExecution {
    environment {
      name
    }
    waitsUntil
    runtimeInputVariables {
      name
    }
    workflowExecution {
      id
      tasks {
        ...Task
      }
    }
  }
  ... on ApprovalStageExecution {
    approvals {
      status
      comments
      willExpireAt
      ... on UserGroupApprovalDetails {
        approvers
      }
    }
  }
}
fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}`, {"fragmentName":"Run"}) as unknown as TypedDocumentString<RunFragment, unknown>;
export const ComparedValueFragmentDoc = new TypedDocumentString(`
    fragment ComparedValue on ComparedValue {
  name
  a
  b
}
    `, {"fragmentName":"ComparedValue"}) as unknown as TypedDocumentString<ComparedValueFragment, unknown>;
export const ComparedResultFragmentDoc = new TypedDocumentString(`
    fragment ComparedResult on ComparedResult {
  name
  stage
  different
  a {
    status
    reasonCode
  }
  b {
    status
    reasonCode
  }
}
    `, {"fragmentName":"ComparedResult"}) as unknown as TypedDocumentString<ComparedResultFragment, unknown>;
export const AbortExecutionDocument = new TypedDocumentString(`
    mutation AbortExecution($input: AbortExecutionInput!) {
  abortExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<AbortExecutionMutation, AbortExecutionMutationVariables>;
export const PauseExecutionDocument = new TypedDocumentString(`
    mutation PauseExecution($input: PauseExecutionInput!) {
  pauseExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<PauseExecutionMutation, PauseExecutionMutationVariables>;
export const ContinueExecutionDocument = new TypedDocumentString(`
    mutation ContinueExecution($input: PauseExecutionInput!) {
  continueExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<ContinueExecutionMutation, ContinueExecutionMutationVariables>;
export const RerunExecutionDocument = new TypedDocumentString(`
    mutation RerunExecution($input: RerunExecutionInput!) {
  rerunExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<RerunExecutionMutation, RerunExecutionMutationVariables>;
export const AddImagesToRunDocument = new TypedDocumentString(`
    mutation AddImagesToRun($input: AddImagesToRunInput!) {
  addImagesToRun(input: $input) {
    execution: run {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<AddImagesToRunMutation, AddImagesToRunMutationVariables>;
export const RetryTaskDocument = new TypedDocumentString(`
    mutation RetryTask($input: RetryTaskInput!) {
  retryTask(input: $input) {
    taskExecution {
      id
      name
      status
    }
  }
}
    `) as unknown as TypedDocumentString<RetryTaskMutation, RetryTaskMutationVariables>;
export const InterveneExecutionDocument = new TypedDocumentString(`
    mutation InterveneExecution($input: InterveneExecutionInput!) {
  interveneExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<InterveneExecutionMutation, InterveneExecutionMutationVariables>;
export const WaitingApprovalsDocument = new TypedDocumentString(`
    query WaitingApprovals($applicationId: ID!, $executionId: ID!) {
  approvalDetails(applicationId: $applicationId, executionId: $executionId) {
    approvalDetails {
      approvalId
      stageName
      stepName
      ... on UserGroupApprovalDetails {
        approvers
      }
    }
  }
}
    `) as unknown as TypedDocumentString<WaitingApprovalsQuery, WaitingApprovalsQueryVariables>;
export const DecideApprovalDocument = new TypedDocumentString(`
    mutation DecideApproval($input: ApproveOrRejectApprovalsInput!) {
  approveOrRejectApprovals(input: $input) {
    success
  }
}
    `) as unknown as TypedDocumentString<DecideApprovalMutation, DecideApprovalMutationVariables>;
export const GiveRuntimeInputsDocument = new TypedDocumentString(`
    mutation GiveRuntimeInputs($input: PipelineResumeRuntimeInput!) {
  pipelineResumeRuntime(input: $input) {
    status
  }
}
    `) as unknown as TypedDocumentString<GiveRuntimeInputsMutation, GiveRuntimeInputsMutationVariables>;
export const OneExecutionDocument = new TypedDocumentString(`
    query OneExecution($id: ID!) {
  execution(executionId: $id) {
    id
    ... on PipelineExecution {
      status
      pipelineStageExecutions {
        pipelineStageElementId
        pipelineStageName
        pipelineStepName
        ... on ApprovalStageExecution {
          approvalStepType
          status
        }
        ... on WorkflowStageExecution {
          runtimeInputVariables {
            allowedValues
            defaultValue
            allowMultipleValues
            fixed
            name
            required
            type
          }
          status
          workflowExecutionId
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<OneExecutionQuery, OneExecutionQueryVariables>;
export const NewestExecutionsDocument = new TypedDocumentString(`
    query NewestExecutions {
  executions(limit: 50) {
    nodes {
      id
      status
      createdAt
      startedAt
      endedAt
      ... on PipelineExecution {
        pipeline {
          name
        }
        pipelineStageExecutions {
          pipelineStageElementId
          pipelineStageName
          pipelineStepName
          status
          startedAt
          endedAt
        }
      }
    }
    pageInfo {
      hasMore
    }
  }
}
    `) as unknown as TypedDocumentString<NewestExecutionsQuery, NewestExecutionsQueryVariables>;
export const VersionDocument = new TypedDocumentString(`
    query Version {
  version
}
    `) as unknown as TypedDocumentString<VersionQuery, VersionQueryVariables>;
export const EventCursorsDocument = new TypedDocumentString(`
    subscription EventCursors($id: ID!, $after: ID) {
  executionEvents(executionId: $id, after: $after) {
    cursor
  }
}
    `) as unknown as TypedDocumentString<EventCursorsSubscription, EventCursorsSubscriptionVariables>;
export const DeliveredEventsDocument = new TypedDocumentString(`
    subscription DeliveredEvents($id: ID!, $after: ID) {
  executionEvents(executionId: $id, after: $after) {
    cursor
    event {
      sequence
      type
      at
      executionId
      data
    }
  }
}
    `) as unknown as TypedDocumentString<DeliveredEventsSubscription, DeliveredEventsSubscriptionVariables>;
export const AllUpdatesDocument = new TypedDocumentString(`
    subscription AllUpdates {
  executionsUpdated {
    cursor
  }
}
    `) as unknown as TypedDocumentString<AllUpdatesSubscription, AllUpdatesSubscriptionVariables>;
export const ApplyDefinitionsDocument = new TypedDocumentString(`
    mutation ApplyDefinitions($input: ApplyDefinitionsInput!) {
  applyDefinitions(input: $input) {
    results {
      action
      kind
      application
      name
      id
      revision {
        number
        contentHash
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ApplyDefinitionsMutation, ApplyDefinitionsMutationVariables>;
export const ValidateDefinitionDocument = new TypedDocumentString(`
    query ValidateDefinition($source: String!, $format: DefinitionFormat!, $application: String) {
  validateDefinition(source: $source, format: $format, application: $application) {
    valid
    errors {
      ...Problem
    }
    warnings {
      ...Problem
    }
  }
}
    fragment Problem on DefinitionProblem {
  path
  line
  column
  rule
  message
}`) as unknown as TypedDocumentString<ValidateDefinitionQuery, ValidateDefinitionQueryVariables>;
export const CreateAgentTokenDocument = new TypedDocumentString(`
    mutation CreateAgentToken($name: String!) {
  createAgentToken(input: {name: $name}) {
    value
  }
}
    `) as unknown as TypedDocumentString<CreateAgentTokenMutation, CreateAgentTokenMutationVariables>;
export const DeployedImagesDocument = new TypedDocumentString(`
    query DeployedImages($application: String!) {
  applicationByName(name: $application) {
    environments(limit: 50) {
      nodes {
        name
        type
        variables {
          name
          value
        }
        deployments {
          service {
            name
          }
          image
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DeployedImagesQuery, DeployedImagesQueryVariables>;
export const UserGroupsDocument = new TypedDocumentString(`
    query UserGroups {
  userGroups(limit: 500) {
    nodes {
      id
      name
    }
  }
}
    `) as unknown as TypedDocumentString<UserGroupsQuery, UserGroupsQueryVariables>;
export const CreateUserGroupDocument = new TypedDocumentString(`
    mutation CreateUserGroup($input: CreateUserGroupInput!) {
  createUserGroup(input: $input) {
    userGroup {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CreateUserGroupMutation, CreateUserGroupMutationVariables>;
export const CreateApiKeyDocument = new TypedDocumentString(`
    mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    value
  }
}
    `) as unknown as TypedDocumentString<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RunProgressedDocument = new TypedDocumentString(`
    subscription RunProgressed($id: ID!) {
  executionUpdated(executionId: $id) {
    ...RunProgress
  }
}
    fragment TaskProgress on TaskExecution {
  id
  name
  status
  reason
  reused
  durationMs
  jobs {
    id
    agent {
      name
    }
  }
}
fragment StageProgress on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reason
  ... on WorkflowStageExecution {
    workflowExecution {
      durationMs
      tasks {
        ...TaskProgress
      }
    }
  }
}
fragment RunProgress on Execution {
  __typename
  id
  status
  durationMs
  failureDetails
  ... on PipelineExecution {
    pipelineStageExecutions {
      ...StageProgress
    }
  }
  ... on WorkflowExecution {
    tasks {
      ...TaskProgress
    }
  }
}`) as unknown as TypedDocumentString<RunProgressedSubscription, RunProgressedSubscriptionVariables>;
export const NewestSuccessDocument = new TypedDocumentString(`
    query NewestSuccess($applicationId: String!) {
  executions(
    filters: [{application: {operator: EQUALS, values: [$applicationId]}, status: {operator: EQUALS, values: ["SUCCESS"]}}]
    limit: 1
  ) {
    nodes {
      id
      inputVariables {
        name
        value
      }
    }
  }
}
    `) as unknown as TypedDocumentString<NewestSuccessQuery, NewestSuccessQueryVariables>;
export const RunAttemptsDocument = new TypedDocumentString(`
    query RunAttempts($id: ID!) {
  execution(executionId: $id) {
    status
    attempts {
      attempt
      revertedBy {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<RunAttemptsQuery, RunAttemptsQueryVariables>;
export const LoggedTasksDocument = new TypedDocumentString(`
    query LoggedTasks($id: ID!) {
  execution(executionId: $id) {
    __typename
    id
    ... on WorkflowExecution {
      tasks {
        ...LoggedTask
      }
      forensicExecutions {
        ...LoggedTask
      }
    }
    ... on PipelineExecution {
      pipelineStageExecutions {
        __typename
        pipelineStepName
        ... on WorkflowStageExecution {
          workflowExecution {
            id
            tasks {
              ...LoggedTask
            }
          }
        }
      }
    }
  }
}
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}
fragment LoggedTask on TaskExecution {
  name
  jobs {
    ...LoggedJob
  }
}`) as unknown as TypedDocumentString<LoggedTasksQuery, LoggedTasksQueryVariables>;
export const LoggedRestoresDocument = new TypedDocumentString(`
    query LoggedRestores($id: ID!) {
  execution(executionId: $id) {
    __typename
    ... on PipelineExecution {
      operations {
        kind
        tasks {
          ...LoggedTask
          ...Placed
        }
      }
    }
  }
}
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}
fragment LoggedTask on TaskExecution {
  name
  jobs {
    ...LoggedJob
  }
}
fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}`) as unknown as TypedDocumentString<LoggedRestoresQuery, LoggedRestoresQueryVariables>;
export const JobLogDocument = new TypedDocumentString(`
    query JobLog($jobId: ID!, $afterOffset: Float) {
  jobLog(jobId: $jobId, afterOffset: $afterOffset) {
    ...LogPage
  }
}
    fragment LogPage on JobLogPage {
  frames {
    stream
    text
    at
  }
  nextOffset
  final
}`) as unknown as TypedDocumentString<JobLogQuery, JobLogQueryVariables>;
export const FollowJobLogDocument = new TypedDocumentString(`
    subscription FollowJobLog($jobId: ID!, $afterOffset: Float) {
  jobLog(jobId: $jobId, afterOffset: $afterOffset) {
    ...LogPage
  }
}
    fragment LogPage on JobLogPage {
  frames {
    stream
    text
    at
  }
  nextOffset
  final
}`) as unknown as TypedDocumentString<FollowJobLogSubscription, FollowJobLogSubscriptionVariables>;
export const RestorePreviewDocument = new TypedDocumentString(`
    query RestorePreview($runId: ID!) {
  restorePreview(runId: $runId) {
    allowed
    refusals {
      code
      message
    }
    run {
      id
      status
    }
    restorePoint {
      id
      attempt
      createdAt
      createdBy {
        name
      }
    }
    configuration
    images {
      environment
      service
      now
      restored
    }
    inputs {
      name
      now
      restored
    }
    variables {
      stageName
      stepName
      name
      now
      restored
    }
    stages {
      stageName
      stepName
      status
      attempt
      restoredStatus
      restoredAttempt
    }
    tasks {
      step
      stageName
      stepName
      name
      workflow
      environment
      labels
    }
    environmentConflicts {
      environment
      service
      now
      restored
      runId
      deployedAt
    }
    planToken
  }
}
    `) as unknown as TypedDocumentString<RestorePreviewQuery, RestorePreviewQueryVariables>;
export const RestoreRunDocument = new TypedDocumentString(`
    mutation RestoreRun($input: RestoreRunInput!) {
  restoreRun(input: $input) {
    operation {
      ...Operation
    }
  }
}
    fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}
fragment Operation on Operation {
  id
  kind
  status
  startedAt
  endedAt
  error {
    code
    message
  }
  tasks {
    name
    status
    reason
    jobs {
      ...LoggedJob
    }
  }
}`) as unknown as TypedDocumentString<RestoreRunMutation, RestoreRunMutationVariables>;
export const RestoreResultDocument = new TypedDocumentString(`
    query RestoreResult($operationId: ID!, $runId: ID!) {
  operation(operationId: $operationId) {
    ...Operation
  }
  execution(executionId: $runId) {
    ...Changed
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}
fragment LoggedJob on Job {
  id
  log {
    bytes
  }
}
fragment Operation on Operation {
  id
  kind
  status
  startedAt
  endedAt
  error {
    code
    message
  }
  tasks {
    name
    status
    reason
    jobs {
      ...LoggedJob
    }
  }
}`) as unknown as TypedDocumentString<RestoreResultQuery, RestoreResultQueryVariables>;
export const OperationLogDocument = new TypedDocumentString(`
    subscription OperationLog($operationId: ID!, $after: Int) {
  operationLog(operationId: $operationId, after: $after) {
    lines {
      at
      level
      message
    }
    nextAfter
  }
}
    `) as unknown as TypedDocumentString<OperationLogSubscription, OperationLogSubscriptionVariables>;
export const ResumePreviewDocument = new TypedDocumentString(`
    query ResumePreview($input: ResumeExecutionInput!) {
  resumePreview(input: $input) {
    ...ResumePlan
  }
}
    fragment ResumePlan on ResumePreview {
  allowed
  refusals {
    code
    message
  }
  willRun {
    ...ResumePlanElement
  }
  kept {
    ...ResumePlanElement
  }
  tasksThatRun
  tasksKept
  askedAgain
  changes {
    message
    incompatible
  }
  environments {
    name
    type
  }
  planToken
}
fragment ResumePlanElement on PreviewedStageElement {
  stageName
  stepName
  status
  tasksThatRun
  tasksKept
}`) as unknown as TypedDocumentString<ResumePreviewQuery, ResumePreviewQueryVariables>;
export const ResumeWorkflowPreviewDocument = new TypedDocumentString(`
    query ResumeWorkflowPreview($input: ResumeWorkflowExecutionInput!) {
  resumeWorkflowPreview(input: $input) {
    ...ResumePlan
  }
}
    fragment ResumePlan on ResumePreview {
  allowed
  refusals {
    code
    message
  }
  willRun {
    ...ResumePlanElement
  }
  kept {
    ...ResumePlanElement
  }
  tasksThatRun
  tasksKept
  askedAgain
  changes {
    message
    incompatible
  }
  environments {
    name
    type
  }
  planToken
}
fragment ResumePlanElement on PreviewedStageElement {
  stageName
  stepName
  status
  tasksThatRun
  tasksKept
}`) as unknown as TypedDocumentString<ResumeWorkflowPreviewQuery, ResumeWorkflowPreviewQueryVariables>;
export const ResumeExecutionDocument = new TypedDocumentString(`
    mutation ResumeExecution($input: ResumeExecutionInput!) {
  resumeExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<ResumeExecutionMutation, ResumeExecutionMutationVariables>;
export const ResumeWorkflowExecutionDocument = new TypedDocumentString(`
    mutation ResumeWorkflowExecution($input: ResumeWorkflowExecutionInput!) {
  resumeWorkflowExecution(input: $input) {
    execution {
      ...Changed
    }
  }
}
    fragment Changed on Execution {
  id
  status
  attempt
}`) as unknown as TypedDocumentString<ResumeWorkflowExecutionMutation, ResumeWorkflowExecutionMutationVariables>;
export const ListRunsDocument = new TypedDocumentString(`
    query ListRuns($filters: [ExecutionFilter!], $first: Int) {
  executions(filters: $filters, first: $first) {
    nodes {
      __typename
      id
      status
      attempt
      createdAt
      durationMs
      failureCode
      failureDetails
      application {
        name
      }
      ... on PipelineExecution {
        pipeline {
          name
        }
      }
      ... on WorkflowExecution {
        workflow {
          name
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ListRunsQuery, ListRunsQueryVariables>;
export const FindRunDocument = new TypedDocumentString(`
    query FindRun($id: ID!) {
  execution(executionId: $id) {
    ...FoundRun
  }
}
    fragment FoundRun on Execution {
  __typename
  id
  status
  lastSequence
  application {
    id
    name
  }
}`) as unknown as TypedDocumentString<FindRunQuery, FindRunQueryVariables>;
export const FindRunsDocument = new TypedDocumentString(`
    query FindRuns($filters: [ExecutionFilter!], $first: Int) {
  executions(filters: $filters, first: $first) {
    nodes {
      ...FoundRun
    }
  }
}
    fragment FoundRun on Execution {
  __typename
  id
  status
  lastSequence
  application {
    id
    name
  }
}`) as unknown as TypedDocumentString<FindRunsQuery, FindRunsQueryVariables>;
export const ReadRunDocument = new TypedDocumentString(`
    query ReadRun($id: ID!) {
  execution(executionId: $id) {
    ...Run
  }
}
    fragment Task on TaskExecution {
  id
  name
  status
  reasonCode
  reason
  exitCode
  tries
  attempt
  reused
  ignoredFailure
  startedAt
  durationMs
  waitsUntil
}
fragment Stage on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reasonCode
  reason
  startedAt
  endedAt
  ... on WorkflowStageExecution {
    environment {
      name
    }
    waitsUntil
    runtimeInputVariables {
      name
    }
    workflowExecution {
      id
      tasks {
        ...Task
      }
    }
  }
  ... on ApprovalStageExecution {
    approvals {
      status
      comments
      willExpireAt
      ... on UserGroupApprovalDetails {
        approvers
      }
    }
  }
}
fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}
fragment Run on Execution {
  __typename
  id
  status
  attempt
  notes
  createdAt
  durationMs
  failureCode
  failureDetails
  lastSequence
  application {
    id
    name
  }
  serviceImages {
    image
    service {
      name
    }
  }
  inputVariables {
    name
    value
  }
  availableActions {
    action
    allowed
    code
    message
  }
  resumability {
    resumable
    reason
    stages {
      name
      elementId
      resumable
      reason
    }
  }
  attempts {
    attempt
    kind
    status
    fromStage
    reason
    createdAt
    durationMs
    failureDetails
    revision {
      number
    }
    revertedBy {
      id
    }
  }
  ... on PipelineExecution {
    pipeline {
      name
    }
    operations {
      id
      kind
      status
      startedAt
      actor {
        name
      }
      tasks {
        status
        waitingFor
        ...Placed
      }
      error {
        code
        message
      }
    }
    pipelineStageExecutions {
      ...Stage
    }
  }
  ... on WorkflowExecution {
    workflow {
      name
    }
    tasks {
      ...Task
    }
  }
}`) as unknown as TypedDocumentString<ReadRunQuery, ReadRunQueryVariables>;
export const ReadPlacesDocument = new TypedDocumentString(`
    query ReadPlaces($id: ID!) {
  execution(executionId: $id) {
    __typename
    ... on PipelineExecution {
      operations {
        tasks {
          ...Placed
        }
      }
    }
  }
}
    fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}`) as unknown as TypedDocumentString<ReadPlacesQuery, ReadPlacesQueryVariables>;
export const RunStatusDocument = new TypedDocumentString(`
    subscription RunStatus($id: ID!) {
  executionUpdated(executionId: $id) {
    status
  }
}
    `) as unknown as TypedDocumentString<RunStatusSubscription, RunStatusSubscriptionVariables>;
export const RunEventsDocument = new TypedDocumentString(`
    subscription RunEvents($id: ID!, $after: ID) {
  executionEvents(executionId: $id, after: $after) {
    cursor
    event {
      sequence
      type
      at
      executionId
      runId
      actor {
        kind
        name
      }
      data
    }
    snapshot {
      execution {
        ...Run
      }
    }
    gap {
      reason
    }
  }
}
    fragment Task on TaskExecution {
  id
  name
  status
  reasonCode
  reason
  exitCode
  tries
  attempt
  reused
  ignoredFailure
  startedAt
  durationMs
  waitsUntil
}
fragment Stage on PipelineStageExecution {
  __typename
  pipelineStageElementId
  pipelineStageName
  pipelineStepName
  status
  reasonCode
  reason
  startedAt
  endedAt
  ... on WorkflowStageExecution {
    environment {
      name
    }
    waitsUntil
    runtimeInputVariables {
      name
    }
    workflowExecution {
      id
      tasks {
        ...Task
      }
    }
  }
  ... on ApprovalStageExecution {
    approvals {
      status
      comments
      willExpireAt
      ... on UserGroupApprovalDetails {
        approvers
      }
    }
  }
}
fragment Placed on TaskExecution {
  id
  name
  stageExecution {
    pipelineStageName
    pipelineStepName
    environment {
      name
    }
  }
}
fragment Run on Execution {
  __typename
  id
  status
  attempt
  notes
  createdAt
  durationMs
  failureCode
  failureDetails
  lastSequence
  application {
    id
    name
  }
  serviceImages {
    image
    service {
      name
    }
  }
  inputVariables {
    name
    value
  }
  availableActions {
    action
    allowed
    code
    message
  }
  resumability {
    resumable
    reason
    stages {
      name
      elementId
      resumable
      reason
    }
  }
  attempts {
    attempt
    kind
    status
    fromStage
    reason
    createdAt
    durationMs
    failureDetails
    revision {
      number
    }
    revertedBy {
      id
    }
  }
  ... on PipelineExecution {
    pipeline {
      name
    }
    operations {
      id
      kind
      status
      startedAt
      actor {
        name
      }
      tasks {
        status
        waitingFor
        ...Placed
      }
      error {
        code
        message
      }
    }
    pipelineStageExecutions {
      ...Stage
    }
  }
  ... on WorkflowExecution {
    workflow {
      name
    }
    tasks {
      ...Task
    }
  }
}`) as unknown as TypedDocumentString<RunEventsSubscription, RunEventsSubscriptionVariables>;
export const ApplicationIdDocument = new TypedDocumentString(`
    query ApplicationId($name: String!) {
  applicationByName(name: $name) {
    id
  }
}
    `) as unknown as TypedDocumentString<ApplicationIdQuery, ApplicationIdQueryVariables>;
export const PipelineIdDocument = new TypedDocumentString(`
    query PipelineId($applicationId: ID!, $name: String!) {
  pipelineByName(applicationId: $applicationId, pipelineName: $name) {
    id
  }
}
    `) as unknown as TypedDocumentString<PipelineIdQuery, PipelineIdQueryVariables>;
export const WorkflowIdDocument = new TypedDocumentString(`
    query WorkflowId($applicationId: ID!, $name: String!) {
  workflowByName(applicationId: $applicationId, workflowName: $name) {
    id
  }
}
    `) as unknown as TypedDocumentString<WorkflowIdQuery, WorkflowIdQueryVariables>;
export const StartExecutionDocument = new TypedDocumentString(`
    mutation StartExecution($input: StartExecutionInput!) {
  startExecution(input: $input) {
    warningMessage
    execution {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<StartExecutionMutation, StartExecutionMutationVariables>;
export const ExecutionPlanDocument = new TypedDocumentString(`
    query ExecutionPlan($input: StartExecutionInput!) {
  executionPlan(input: $input) {
    startable
    steps {
      taskCount
      levelCount
      tasks {
        name
        runs
        skipped
        undecided
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ExecutionPlanQuery, ExecutionPlanQueryVariables>;
export const RunGraphDocument = new TypedDocumentString(`
    query RunGraph($id: ID!) {
  workflowGraph(executionId: $id, format: ASCII) {
    format
    nodeCount
    text
  }
}
    `) as unknown as TypedDocumentString<RunGraphQuery, RunGraphQueryVariables>;
export const CompareExecutionsDocument = new TypedDocumentString(`
    query CompareExecutions($a: ID!, $b: ID!) {
  compareExecutions(a: $a, b: $b) {
    definition {
      ...ComparedValue
    }
    inputs {
      ...ComparedValue
    }
    images {
      ...ComparedValue
    }
    variables {
      ...ComparedValue
    }
    stages {
      ...ComparedResult
    }
    tasks {
      ...ComparedResult
    }
    omitted
  }
}
    fragment ComparedValue on ComparedValue {
  name
  a
  b
}
fragment ComparedResult on ComparedResult {
  name
  stage
  different
  a {
    status
    reasonCode
  }
  b {
    status
    reasonCode
  }
}`) as unknown as TypedDocumentString<CompareExecutionsQuery, CompareExecutionsQueryVariables>;