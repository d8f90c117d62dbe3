import type { NonEmptyArray } from 'type-graphql';
import { ActorResolver } from '../access/actor.resolver';
import { ApiKeysResolver } from '../access/apiKeys.resolver';
import { ExplainPermissionResolver } from '../access/explainPermission.resolver';
import { UserGroupsResolver } from '../access/userGroups.resolver';
import { UsersResolver } from '../access/users.resolver';
import { ViewerPermissionsResolver } from '../access/viewerPermissions.resolver';
import { AgentsResolver } from '../agents/agents.resolver';
import { ApplicationsResolver, partsOfApplicationResolvers } from '../applications/applications.resolver';
import { AuditResolver } from '../audit/audit.resolver';
import { DefinitionsResolver } from '../definitions/definitions.resolver';
import {
  ApplicationDocumentResolver,
  EnvironmentDocumentResolver,
  ServiceDocumentResolver,
} from '../definitions/documents.resolver';
import { MayChangeResolver } from '../definitions/mayChange.resolver';
import {
  DeploymentsResolver,
  EnvironmentDeploymentsResolver,
  ExecutionDeploymentsResolver,
  ServiceDeploymentsResolver,
} from '../deployments/deployments.resolver';
import {
  EnvironmentStateFieldsResolver,
  EnvironmentStateResolver,
  ServiceStateResolver,
} from '../deployments/environmentStates.resolver';
import { EnvironmentFieldsResolver, EnvironmentsResolver } from '../environments/environments.resolver';
import {
  ApprovalsSnapshotResolver,
  EventsResolver,
  ExecutionsSnapshotResolver,
  ExecutionsUpdatedResolver,
} from '../events/events.resolver';
import { SubjectElementResolver, SubjectServiceResolver } from '../approvals/approvalSubject.resolver';
import { ApprovalStageResolver, ApprovalsResolver, RenewedApprovalsResolver } from '../approvals/approvals.resolver';
import {
  ExecutedAlongPipelineResolver,
  ExecutedByUserResolver,
  ExecutionResolver,
  PipelineExecutionResolver,
  WorkflowExecutionResolver,
  WorkflowStageExecutionResolver,
} from '../executions/executions.resolver';
import { EventDeliveryResolver, EventSubscriptionsResolver } from '../eventSubscriptions/eventSubscriptions.resolver';
import { ExecutedByTriggerResolver } from '../triggers/cause.resolver';
import { OnNewArtifactResolver, OnWebhookResolver } from '../triggers/webhookDetails.resolver';
import { TriggerFiringResolver, TriggersResolver, TriggerVersionResolver } from '../triggers/triggers.resolver';
import { EnvironmentFreezeResolver, FreezesResolver } from '../freezes/freezes.resolver';
import { InterventionsResolver } from '../executions/interventions.resolver';
import {
  NearestAgentResolver,
  WhyElementResolver,
  WhyExecutionResolver,
  WhyJobResolver,
  WhyNotRunningResolver,
  WhyTaskResolver,
} from '../executions/whyNotRunning.resolver';
import { NodeResolver } from '../applications/node.resolver';
import { ExecutionFactsResolver } from '../executions/executionFacts.resolver';
import { ExecutionReportsResolver, TaskReportResolver } from '../executions/executionReports.resolver';
import { HistoryResolver } from '../executions/history.resolver';
import { PauseResolver } from '../executions/pause.resolver';
import { RuntimeInputsResolver } from '../executions/runtimeInputs.resolver';
import { JobResolver, TaskExecutionResolver } from '../executions/tasks.resolver';
import { ArtifactPinResolver, ArtifactsResolver } from '../artifacts/artifacts.resolver';
import { JobLogPageResolver, JobLogsResolver, JobLogStateResolver } from '../jobs/jobLogs.resolver';
import { StageOutputsResolver, WorkflowOutputsResolver } from '../executions/outputs.resolver';
import { ExecutionVariablesResolver } from '../executions/variables.resolver';
import { AvailableActionsResolver } from '../executions/availableActions.resolver';
import { QueueCommandsResolver } from '../queue/queueCommands.resolver';
import { QueuedJobResolver } from '../queue/queuedJobs.resolver';
import { QueueResolver } from '../jobs/queue.resolver';
import { pipelineResolvers } from '../pipelines/pipelines.resolver';
import { StagesResolver, WorkflowStageElementsResolver } from '../pipelines/stages.resolver';
import {
  OperationResolver,
  RestorePointResolver,
  RestorePreviewResolver,
  RestoresResolver,
  RevertedAttemptResolver,
  RunOperationsResolver,
} from '../restores/restores.resolver';
import {
  AttemptResolver,
  PreviewedEnvironmentResolver,
  ReplacedDeploymentResolver,
  ResumePreviewResolver,
  ResumeResolver,
  StageAttemptResolver,
} from '../resumes/resume.resolver';
import { EnvironmentSlotResolver, SlotMemberResolver, SlotsResolver } from '../slots/slots.resolver';
import {
  DeploymentObservationResolver,
  EnvironmentObserversResolver,
  ObservationsResolver,
  ObservedImageResolver,
} from '../observations/observations.resolver';
import {
  EnvironmentPromotionsResolver,
  PromotionFieldsResolver,
  PromotionsResolver,
} from '../promotions/promotions.resolver';
import {
  ExecutionRollbacksResolver,
  LeftOutServiceResolver,
  PreviewedRollbackServiceResolver,
  RollbackFieldsResolver,
  RollbacksResolver,
  RollbackStepResolver,
  RolledBackServiceResolver,
} from '../rollbacks/rollbacks.resolver';
import { ApplicationSecretsResolver, EnvironmentSecretsResolver, SecretsResolver } from '../secrets/secrets.resolver';
import { ServiceImageResolver, ServicesResolver } from '../services/services.resolver';
import { ComparisonsResolver } from '../views/comparisons.resolver';
import { GraphResolver } from '../views/graph.resolver';
import { PlannedDeploymentResolver, PlanResolver } from '../views/plan.resolver';
import { TemplatesResolver } from '../templates/templates.resolver';
import { workflowResolvers } from '../workflows/workflows.resolver';
import { PageInfoResolver } from './paging.types';
import type { ResolverClass } from './schema';
import { VersionResolver } from './version.resolver';
import { AgentTokensResolver } from '../agents/agentTokens.resolver';
import { configuredResolvers } from '../tags/configured.resolver';
import { TagsResolver } from '../tags/tags.resolver';
import { ExecutionTagsResolver } from '../executions/executionTags.resolver';
import { TypedSecretsResolver } from '../secrets/typedSecrets.resolver';
import { ApprovalStarterResolver, ApprovalVariablesResolver } from '../approvals/approvalKinds.resolver';
import {
  ArtifactSourceResolver,
  ExecutionArtifactsResolver,
  ServiceArtifactsResolver,
} from '../services/serviceArtifacts.resolver';

import { OperationsResolver } from '../operations/operations.resolver';
import { ExportsResolver } from '../exports/exports.resolver';
import { TrustRulesResolver } from '../access/trustRules.resolver';

/** All resolvers of the API. A resolver that is missing in this list is not served. */
export const resolvers: NonEmptyArray<ResolverClass> = [
  VersionResolver,
  PageInfoResolver,
  ViewerPermissionsResolver,
  ExplainPermissionResolver,
  UsersResolver,
  UserGroupsResolver,
  ApiKeysResolver,
  ActorResolver,
  AvailableActionsResolver,
  DefinitionsResolver,
  ApplicationDocumentResolver,
  EnvironmentDocumentResolver,
  ServiceDocumentResolver,
  MayChangeResolver,
  ApplicationsResolver,
  ...partsOfApplicationResolvers,
  EnvironmentsResolver,
  EnvironmentFreezeResolver,
  FreezesResolver,
  EnvironmentFieldsResolver,
  EnvironmentSlotResolver,
  SlotMemberResolver,
  SlotsResolver,
  DeploymentsResolver,
  EnvironmentDeploymentsResolver,
  ServiceDeploymentsResolver,
  ExecutionDeploymentsResolver,
  EnvironmentStateResolver,
  EnvironmentStateFieldsResolver,
  ServiceStateResolver,
  ApplicationSecretsResolver,
  EnvironmentSecretsResolver,
  SecretsResolver,
  ServiceImageResolver,
  ServicesResolver,
  ...workflowResolvers,
  ...pipelineResolvers,
  StagesResolver,
  WorkflowStageElementsResolver,
  ExecutionResolver,
  ExecutionFactsResolver,
  ExecutionReportsResolver,
  TaskReportResolver,
  HistoryResolver,
  NodeResolver,
  PauseResolver,
  InterventionsResolver,
  WhyExecutionResolver,
  WhyElementResolver,
  WhyTaskResolver,
  WhyJobResolver,
  WhyNotRunningResolver,
  NearestAgentResolver,
  ExecutedAlongPipelineResolver,
  ExecutedByUserResolver,
  PipelineExecutionResolver,
  WorkflowExecutionResolver,
  WorkflowStageExecutionResolver,
  RuntimeInputsResolver,
  EventsResolver,
  ExecutionsUpdatedResolver,
  ExecutionsSnapshotResolver,
  ApprovalsSnapshotResolver,
  QueueResolver,
  QueueCommandsResolver,
  QueuedJobResolver,
  ResumeResolver,
  ResumePreviewResolver,
  ReplacedDeploymentResolver,
  PreviewedEnvironmentResolver,
  StageAttemptResolver,
  AttemptResolver,
  ComparisonsResolver,
  PromotionsResolver,
  PromotionFieldsResolver,
  DeploymentObservationResolver,
  EnvironmentObserversResolver,
  ObservationsResolver,
  ObservedImageResolver,
  EnvironmentPromotionsResolver,
  RollbacksResolver,
  RollbackFieldsResolver,
  LeftOutServiceResolver,
  PreviewedRollbackServiceResolver,
  RollbackStepResolver,
  RolledBackServiceResolver,
  ExecutionRollbacksResolver,
  RestoresResolver,
  RestorePreviewResolver,
  RestorePointResolver,
  OperationResolver,
  RunOperationsResolver,
  RevertedAttemptResolver,
  ExecutionVariablesResolver,
  WorkflowOutputsResolver,
  StageOutputsResolver,
  GraphResolver,
  PlanResolver,
  PlannedDeploymentResolver,
  TaskExecutionResolver,
  JobResolver,
  ArtifactsResolver,
  ArtifactPinResolver,
  JobLogsResolver,
  JobLogStateResolver,
  JobLogPageResolver,
  ApprovalsResolver,
  RenewedApprovalsResolver,
  SubjectElementResolver,
  SubjectServiceResolver,
  ApprovalStageResolver,
  AgentsResolver,
  AgentTokensResolver,
  AuditResolver,
  EventSubscriptionsResolver,
  EventDeliveryResolver,
  TriggersResolver,
  TriggerVersionResolver,
  TriggerFiringResolver,
  OnWebhookResolver,
  OnNewArtifactResolver,
  ExecutedByTriggerResolver,
  TemplatesResolver,
  OperationsResolver,
  TrustRulesResolver,
  TagsResolver,
  ...configuredResolvers,
  ExecutionTagsResolver,
  TypedSecretsResolver,
  ApprovalStarterResolver,
  ApprovalVariablesResolver,
  ServiceArtifactsResolver,
  ArtifactSourceResolver,
  ExecutionArtifactsResolver,
  ExportsResolver,
];
