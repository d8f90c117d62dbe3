import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Args,
  Ctx,
  Extensions,
  FieldResolver,
  Float,
  ID,
  Info,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import { users } from '../../access/users';
import { User } from '../access/access.types';
import { MAX_FINALLY_TASKS } from '../../catalog/language/workflow';
import { visible } from '../../access/visible';
import { applications } from '../../catalog/applications/applications';
import { Application } from '../applications/application.types';
import { RevisionType } from '../definitions/definitions.types';
import { environments } from '../../catalog/environments/environments';
import { Environment } from '../environments/environments.types';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import { pipelines } from '../../catalog/pipelines/pipelines';
import { Pipeline } from '../pipelines/pipelines.types';
import { workflows } from '../../catalog/workflows/workflows';
import { Workflow } from '../workflows/workflows.types';
import { abortExecution } from '../../runs/commands/abortExecution';
import { approverWarning } from '../../runs/approvals/approverWarning';
import { isFinal } from '../../contract/statuses';
import { type Execution, logEnd, type StageExecution } from '../../engine/execution';
import { endStatus } from '../../engine/settleTasks';
import {
  AbortExecutionInput,
  AbortExecutionPayload,
  ExecutionFilterInput,
  StartExecutionInput,
  StartExecutionPayload,
} from './executions.inputs';
import {
  attemptKey,
  executionWith,
  finallyOfAttempt,
  forensicOfExecution,
  membersOfExecutionWith,
  stagesOfAttemptWith,
  tasksOfExecutionWith,
} from '../../runs/execution/executions.loaders';
import { executionRows, stageRows, taskRows } from './executionRows';
import { listExecutions, readExecution } from '../../runs/execution/executions.queries';
import {
  Cause,
  ExecutedAlongPipeline,
  ExecutedByUser,
  ExecutionConnection,
  ExecutionInterface,
  ExecutionStatusEnum,
  InputVariable,
  PipelineExecution,
  PipelineStageExecution,
  ServiceImage,
  TaskExecution,
  WorkflowExecution,
  WorkflowStageExecution,
} from './executions.types';
import { inGraphOrder } from '../../runs/attempts/graphOrder';
import { traceparentOf } from '../../contract/traceIds';
import { startExecution } from '../../runs/commands/startExecution';

const asVariables = (values: Readonly<Record<string, string>>): InputVariable[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

@Resolver(() => ExecutionInterface)
export class ExecutionResolver {
  @Query(() => ExecutionInterface, {
    nullable: true,
    description: 'Execution with the given ID, of a pipeline or of a workflow. Errors: NOT_FOUND.',
  })
  execution(
    @Arg('executionId', () => ID, { description: 'ID of the execution.' }) executionId: string,
    @Ctx() { app, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Execution> {
    return readExecution(app, actor, executionId, executionRows.pick(info));
  }

  @Query(() => ExecutionConnection, { description: 'Executions, newest first. Errors: INVALID_INPUT.' })
  executions(
    @Arg('filters', () => [ExecutionFilterInput], { nullable: true, description: 'Filters that must all match.' })
    filters: ExecutionFilterInput[] | null,
    @Arg('includeIndirectExecutions', () => Boolean, {
      nullable: true,
      description: 'True to include workflow executions that a pipeline execution started. Defaults to false.',
    })
    indirect: boolean | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const picked = executionRows.pick(info, 'nodes', 'edges.node');
    return listExecutions(app, actor, filters ?? [], indirect ?? false, page, picked);
  }

  @Mutation(() => StartExecutionPayload, {
    description:
      'Starts a pipeline or a workflow. Pins the current revision of the definition and the resolved inputs; later ' +
      'changes of either never affect the execution. Idempotent with an `idempotencyKey`. Errors: NOT_FOUND, ' +
      'FORBIDDEN, INVALID_INPUT (lists every broken rule), CONCURRENCY_LIMIT, ENVIRONMENT_FROZEN, IDEMPOTENCY_CONFLICT.',
  })
  async startExecution(
    @Arg('input', () => StartExecutionInput, { description: 'Input of `startExecution`.' })
    input: StartExecutionInput,
    @Ctx() { app, actor, request: { trace } }: Context,
  ) {
    const execution = await startExecution(app, actor, input, undefined, trace && traceparentOf(trace));
    return {
      clientMutationId: input.clientMutationId ?? null,
      execution,
      warningMessage: await approverWarning(app, execution),
    };
  }

  @Mutation(() => AbortExecutionPayload, {
    description:
      'Aborts an execution that is not final. Skips what has not begun. Sends SIGTERM to running commands and kills ' +
      'them after the grace of their task. The execution is final within that grace plus one second, or when its tasks of ' +
      '`finally` have ended. Never rolls anything back. Aborting again cancels those tasks if they run, and changes ' +
      'nothing otherwise. Errors: NOT_FOUND, NOT_ABORTABLE, CONFLICT, ' +
      'IDEMPOTENCY_CONFLICT, INVALID_INPUT.',
  })
  async abortExecution(
    @Arg('input', () => AbortExecutionInput, { description: 'Input of `abortExecution`.' }) input: AbortExecutionInput,
    @Ctx() { app, actor }: Context,
  ) {
    const execution = await abortExecution(app, actor, input);
    return { clientMutationId: input.clientMutationId ?? null, execution };
  }

  @FieldResolver(() => Int, {
    description:
      'Sequence of the newest event that this state includes. Pass it to `executionEvents` as `after` to get ' +
      'everything that follows.',
  })
  lastSequence(@Root() execution: Execution): number {
    return logEnd(execution);
  }

  @FieldResolver(() => Application, {
    nullable: true,
    description: 'Application of the execution. Null if the caller may not see it.',
  })
  async application(@Root() execution: Execution, @Ctx() { loaders, actor }: Context) {
    return visible(
      actor.access,
      loaders,
      'Application',
      await loaders.load(applications.byId, execution.applicationId),
    );
  }

  @FieldResolver(() => Cause, { description: 'Cause of the execution.' })
  cause(@Root() execution: Execution): object {
    if (execution.parentStageExecutionId !== null) {
      return { __typename: 'ExecutedAlongPipeline', executionId: execution.runId };
    }
    const { kind, id, name } = execution.cause;
    if (kind === 'TRIGGER') return { __typename: 'ExecutedByTrigger', triggerId: id, actor: execution.cause };
    if (kind === 'USER') return { __typename: 'ExecutedByUser', userId: id, using: 'GRAPHQL_API' };
    return { __typename: 'ExecutedByAPIKey', apiKey: { id, name }, using: 'GRAPHQL_API' };
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description:
      'Active time over all attempts, in milliseconds. Excludes the time between attempts. Null before the start.',
  })
  durationMs(@Root() execution: Execution, @Ctx() { app }: Context): number | null {
    const { startedAt, attemptStartedAt, endedAt, earlierMs } = execution;
    if (startedAt === null) return null;
    const now = attemptStartedAt === null ? 0 : (endedAt ?? app.clock.now()).getTime() - attemptStartedAt.getTime();
    return earlierMs + now;
  }

  @FieldResolver(() => [InputVariable], { description: 'Values of the variables.' })
  inputVariables(@Root() execution: Execution): InputVariable[] {
    return asVariables(execution.variables);
  }

  @FieldResolver(() => [ServiceImage], { description: 'Services and images that the execution deploys.' })
  serviceImages(@Root() execution: Execution): ServiceImage[] {
    return Object.entries(execution.images).map(([serviceId, image]) => ({ serviceId, image }));
  }
}

@Resolver(() => ExecutedAlongPipeline)
export class ExecutedAlongPipelineResolver {
  @FieldResolver(() => PipelineExecution, {
    nullable: true,
    description: 'Pipeline execution. Null if the caller may not see it.',
  })
  async execution(
    @Root() cause: ExecutedAlongPipeline,
    @Ctx() { loaders, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const execution = await loaders.load(executionWith(executionRows.pick(info)), cause.executionId);
    return visible(actor.access, loaders, 'Execution', execution);
  }
}

@Resolver(() => ExecutedByUser)
export class ExecutedByUserResolver {
  @FieldResolver(() => User, { nullable: true, description: 'User. Null if the caller may not see users.' })
  async user(@Root() { userId }: ExecutedByUser, @Ctx() { loaders, actor }: Context) {
    const seen = actor.access.personId === userId || actor.access.canInAccount('READ_USERS_AND_GROUPS');
    return seen ? ((await loaders.load(users.byId, userId)) ?? null) : null;
  }
}

@Resolver(() => PipelineExecution)
export class PipelineExecutionResolver {
  @FieldResolver(() => Pipeline, {
    nullable: true,
    description: 'Pipeline of the execution. Null if the caller may not see it.',
  })
  async pipeline(@Root() execution: Execution, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Pipeline', await loaders.load(pipelines.byId, execution.entityId));
  }

  @FieldResolver(() => RevisionType, { description: 'Revision of the pipeline that the execution runs.' })
  async revision(@Root() execution: Execution, @Ctx() { app }: Context): Promise<object> {
    return app.pipelineRevisions.get(app.database, execution.revisionId);
  }

  @FieldResolver(() => [PipelineStageExecution], {
    description: 'Elements of the stages, in order. Elements that were not reached yet are QUEUED.',
  })
  async pipelineStageExecutions(
    @Root() execution: Execution,
    @Ctx() { loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const key = attemptKey({ executionId: execution.id, attempt: execution.attempt });
    return (await loaders.load(stagesOfAttemptWith(stageRows.pick(info)), key)) ?? [];
  }

  @FieldResolver(() => [WorkflowExecution], {
    description: 'Workflow executions that the stages have started so far, in order.',
  })
  async workflowExecutions(
    @Root() execution: Execution,
    @Ctx() { loaders, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const members = (await loaders.load(membersOfExecutionWith(executionRows.pick(info)), execution.id)) ?? [];
    const seen = await Promise.all(members.map((member) => visible(actor.access, loaders, 'Execution', member)));
    return seen.filter((member) => member !== null);
  }

  @FieldResolver(() => ExecutionConnection, {
    description: 'Workflow executions that the stages have started so far, as a connection, newest first.',
  })
  memberExecutions(
    @Root() execution: Execution,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const picked = executionRows.pick(info, 'nodes', 'edges.node');
    const filter = { pipelineExecutionId: { operator: 'EQUALS' as never, values: [execution.id] } };
    return listExecutions(app, actor, [filter], true, page, picked);
  }
}

@Resolver(() => WorkflowExecution)
export class WorkflowExecutionResolver {
  @FieldResolver(() => Workflow, {
    nullable: true,
    description: 'Workflow of the execution. Null if the caller may not see it.',
  })
  async workflow(@Root() execution: Execution, @Ctx() { loaders, actor }: Context) {
    return visible(actor.access, loaders, 'Workflow', await loaders.load(workflows.byId, execution.entityId));
  }

  @FieldResolver(() => RevisionType, { description: 'Revision of the workflow that the execution runs.' })
  async revision(@Root() execution: Execution, @Ctx() { app }: Context): Promise<object> {
    return app.workflowRevisions.get(app.database, execution.revisionId);
  }

  @FieldResolver(() => Environment, { nullable: true, description: 'Target environment. Null if there is none.' })
  async environment(@Root() { environmentId }: Execution, @Ctx() { loaders, actor }: Context) {
    if (environmentId === null) return null;
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }

  @FieldResolver(() => [TaskExecution], { description: 'Tasks, in the order of the graph.' })
  async tasks(
    @Root() { id, revisionId }: Execution,
    @Ctx() { app, loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    const tasks = await loaders.load(tasksOfExecutionWith(taskRows.pick(info)), id);
    return inGraphOrder(app, revisionId, tasks ?? []);
  }

  @Extensions({ listSize: MAX_FINALLY_TASKS })
  @FieldResolver(() => [TaskExecution], {
    description:
      'Tasks of `finally` in the newest attempt, in order. They run after the graph has ended, with any outcome, and ' +
      'the execution ends after them. Empty until they begin. Example: `finallyTasks { name status exitCode jobs { id } }`.',
  })
  async finallyTasks(@Root() { id: executionId, attempt }: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(finallyOfAttempt, attemptKey({ executionId, attempt }))) ?? [];
  }

  @FieldResolver(() => ExecutionStatusEnum, {
    nullable: true,
    description:
      'Status that the execution will end with, while its tasks of `finally` run: SUCCESS becomes FAILED if one of them ' +
      'fails. Null before and after.',
  })
  endsAs(@Root() { status, finallyTasks, failureCode }: Execution): string | null {
    return finallyTasks === null || isFinal(status) ? null : endStatus(failureCode);
  }

  @FieldResolver(() => [TaskExecution], {
    description:
      'Failure handlers of the workflow and its tasks, in all attempts, oldest first. Failure handlers are detached: they never count toward the result, and may still run after the execution has ended. Example: `forensicExecutions { ' +
      'name status exitCode failedTaskExecution { name } jobs { id } artifacts { name } }`.',
  })
  async forensicExecutions(@Root() execution: Execution, @Ctx() { loaders }: Context) {
    return (await loaders.load(forensicOfExecution, execution.id)) ?? [];
  }
}

@Resolver(() => WorkflowStageExecution)
export class WorkflowStageExecutionResolver {
  @FieldResolver(() => WorkflowExecution, {
    nullable: true,
    description: 'Execution of the workflow. Null until the stage is reached.',
  })
  async workflowExecution(
    @Root() { workflowExecutionId: id }: StageExecution,
    @Ctx() { loaders, actor }: Context,
    @Info() info: GraphQLResolveInfo,
  ) {
    if (id === null) return null;
    const execution = await loaders.load(executionWith(executionRows.pick(info)), id);
    return visible(actor.access, loaders, 'Execution', execution);
  }

  @FieldResolver(() => [InputVariable], { description: 'Values that the workflow runs with.' })
  inputVariables(@Root() stage: StageExecution): InputVariable[] {
    return asVariables(stage.variables);
  }

  @FieldResolver(() => RevisionType, {
    nullable: true,
    description:
      'Revision of the workflow that the element runs. For an element that was kept, the revision that it ran in its ' +
      'earlier attempt.',
  })
  async revision(@Root() { workflowRevisionId: id }: StageExecution, @Ctx() { app }: Context) {
    return id === null ? null : app.workflowRevisions.get(app.database, id);
  }

  @FieldResolver(() => Environment, { nullable: true, description: 'Target environment. Null if there is none.' })
  async environment(@Root() { environmentId }: StageExecution, @Ctx() { loaders, actor }: Context) {
    if (environmentId === null) return null;
    return visible(actor.access, loaders, 'Environment', await loaders.load(environments.byId, environmentId));
  }
}
