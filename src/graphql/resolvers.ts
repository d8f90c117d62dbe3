import type { NonEmptyArray } from 'type-graphql';
import { AgentsResolver } from '../agents/agents.resolver';
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
import type { ResolverClass } from './schema';
import { VersionResolver } from './version.resolver';

/** Every resolver of the API, named one by one: what is not in this list is not served. */
export const resolvers: NonEmptyArray<ResolverClass> = [
  VersionResolver,
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
];
