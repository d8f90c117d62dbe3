import type { NonEmptyArray } from 'type-graphql';
import { AgentsResolver } from '../agents/agents.resolver';
import { ApplicationsResolver } from '../applications/applications.resolver';
import { DefinitionsResolver } from '../definitions/definitions.resolver';
import { DeploymentsResolver, EnvironmentsResolver } from '../environments/environments.resolver';
import { ApprovalStageResolver, ApprovalsResolver } from '../executions/approvals.resolver';
import {
  DeploymentExecutionResolver,
  ExecutedAlongPipelineResolver,
  ExecutionResolver,
  PipelineExecutionResolver,
  WorkflowExecutionResolver,
  WorkflowStageExecutionResolver,
} from '../executions/executions.resolver';
import { AttemptResolver, ResumePreviewResolver, ResumeResolver } from '../executions/resume.resolver';
import {
  AgentFieldsResolver,
  ArtifactResolver,
  JobResolver,
  TaskExecutionResolver,
} from '../executions/tasks.resolver';
import { PipelinesResolver } from '../pipelines/pipelines.resolver';
import { StagesResolver, WorkflowStageElementsResolver } from '../pipelines/stages.resolver';
import { ServicesResolver } from '../services/services.resolver';
import { WorkflowsResolver } from '../workflows/workflows.resolver';
import type { ResolverClass } from './schema';
import { VersionResolver } from './version.resolver';

/** Every resolver of the API, named one by one: what is not in this list is not served. */
export const resolvers: NonEmptyArray<ResolverClass> = [
  VersionResolver,
  DefinitionsResolver,
  ApplicationsResolver,
  EnvironmentsResolver,
  DeploymentsResolver,
  ServicesResolver,
  WorkflowsResolver,
  PipelinesResolver,
  StagesResolver,
  WorkflowStageElementsResolver,
  ExecutionResolver,
  ExecutedAlongPipelineResolver,
  PipelineExecutionResolver,
  WorkflowExecutionResolver,
  DeploymentExecutionResolver,
  WorkflowStageExecutionResolver,
  ResumeResolver,
  ResumePreviewResolver,
  AttemptResolver,
  TaskExecutionResolver,
  JobResolver,
  ArtifactResolver,
  ApprovalsResolver,
  ApprovalStageResolver,
  AgentsResolver,
  AgentFieldsResolver,
];
