import type { NonEmptyArray } from 'type-graphql';
import { AgentsResolver } from '../agents/agents.resolver';
import { ApplicationsResolver, ApplicationsResolver } from '../applications/applications.resolver';
import { DefinitionsResolver, DefinitionsResolver } from '../definitions/definitions.resolver';
import { DeploymentsResolver, DeploymentsResolver, EnvironmentsResolver, EnvironmentsResolver } from '../environments/environments.resolver';
import { ApprovalStageResolver, ApprovalsResolver } from '../executions/approvals.resolver';
import {
  ApprovalStageExecutionResolver,
  ExecutedAlongPipelineResolver,
  ExecutionResolver,
  PipelineExecutionResolver,
  PipelineStageExecutionResolver,
  WorkflowExecutionResolver,
  WorkflowStageExecutionResolver,
} from '../executions/executions.resolver';
import {
  AgentFieldsResolver,
  ArtifactResolver,
  JobResolver,
  TaskExecutionResolver,
} from '../executions/tasks.resolver';
import { PipelinesResolver, PipelinesResolver } from '../pipelines/pipelines.resolver';
import { StagesResolver, WorkflowStageElementsResolver } from '../pipelines/stages.resolver';
import { ServicesResolver, ServicesResolver } from '../services/services.resolver';
import { WorkflowsResolver, WorkflowsResolver } from '../workflows/workflows.resolver';
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
  ExecutionResolver,
  ExecutedAlongPipelineResolver,
  PipelineExecutionResolver,
  WorkflowExecutionResolver,
  PipelineStageExecutionResolver,
  ApprovalStageExecutionResolver,
  WorkflowStageExecutionResolver,
  TaskExecutionResolver,
  JobResolver,
  ArtifactResolver,
  ApprovalsResolver,
  ApprovalStageResolver,
  AgentsResolver,
  AgentFieldsResolver,
  ApplicationsResolver,
  EnvironmentsResolver,
  DeploymentsResolver,
  ServicesResolver,
  WorkflowsResolver,
  PipelinesResolver,
  StagesResolver,
  WorkflowStageElementsResolver,
  DefinitionsResolver,
];
