import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Extensions, FieldResolver, Float, ID, Info, Query, Resolver, Root } from 'type-graphql';
import { visible } from '../../access/visible';
import { ApprovalDetails } from '../approvals/approvals.types';
import { Agent } from '../agents/agents.types';
import { Artifact } from '../artifacts/artifacts.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import type { Job as JobRow } from '../../runs/queue/job';
import { Job } from '../jobs/jobs.types';
import { readJob, readTask } from '../../runs/queue/jobs.queries';
import type { StageExecution, TaskExecution as TaskRow } from '../../engine/execution';
import {
  agentById,
  approvalsOfTask,
  artifactsOfTask,
  executionById,
  failureOfHandler,
  handlerOfTask,
  jobsOfTask,
  stageWith,
  taskById,
} from '../../runs/execution/executions.loaders';
import { stageRows } from './executionRows';
import { availableTaskActions } from '../../runs/views/availableTaskActions';
import { AvailableAction } from './availableActions.types';
import { ExecutionInterface, TaskExecution, WorkflowStageExecution } from './executions.types';

@Resolver(() => TaskExecution)
export class TaskExecutionResolver {
  @Query(() => TaskExecution, {
    nullable: true,
    description: 'Task of an execution, in the attempt in which it ran. Errors: NOT_FOUND.',
  })
  taskExecution(
    @Arg('taskExecutionId', () => ID, { description: 'ID of the task.' }) taskExecutionId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<TaskRow> {
    return readTask(app, actor, taskExecutionId);
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description: 'Time since the first start, or until the end, in milliseconds. Null before the start.',
  })
  durationMs(@Root() { startedAt, endedAt }: TaskRow, @Ctx() { app }: Context): number | null {
    return startedAt === null ? null : (endedAt ?? app.clock.now()).getTime() - startedAt.getTime();
  }

  @FieldResolver(() => Boolean, {
    description: 'True if the result was kept from an earlier attempt of the execution.',
  })
  async reused(@Root() task: TaskRow, @Ctx() { loaders }: Context): Promise<boolean> {
    return task.attempt < found(await loaders.load(executionById, task.executionId)).attempt;
  }

  @FieldResolver(() => Boolean, {
    description:
      'True if the task failed and its failure is ignored: the workflow can succeed, and dependent tasks run.',
  })
  ignoredFailure(@Root() { status, passed }: TaskRow): boolean {
    return status === 'FAILED' && passed;
  }

  @FieldResolver(() => TaskExecution, {
    nullable: true,
    description:
      'Failure handler (`on_failure`) that runs detached since the task failed. Null if the task has none, or has not ' +
      'failed. Never counts toward the result of the workflow.',
  })
  async forensicExecution(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(handlerOfTask, task.id)) ?? null;
  }

  @FieldResolver(() => TaskExecution, {
    nullable: true,
    description:
      'Task whose failure this failure handler handles. Null for the failure handler of a workflow, and for other ' +
      'tasks.',
  })
  async failedTaskExecution(@Root() { id, type }: TaskRow, @Ctx() { loaders }: Context) {
    return type === 'forensic' ? ((await loaders.load(failureOfHandler, id)) ?? null) : null;
  }

  @FieldResolver(() => WorkflowStageExecution, {
    nullable: true,
    description:
      'Stage element whose workflow the task belongs to, also in an earlier attempt. Null in a standalone workflow, or ' +
      'if the caller may not see the pipeline execution.',
  })
  async stageExecution(
    @Root() task: TaskRow,
    @Ctx() { actor, loaders }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<StageExecution | null> {
    const { parentStageExecutionId } = found(await loaders.load(executionById, task.executionId));
    if (parentStageExecutionId === null) return null;
    const stage = found(await loaders.load(stageWith(stageRows.pick(info)), parentStageExecutionId));
    const pipeline = await loaders.load(executionById, stage.executionId);
    const seen = await visible(actor.access, loaders, 'Execution', pipeline);
    return seen === null ? null : stage;
  }

  @FieldResolver(() => [Job], { description: 'Jobs of the task, one for each try, in order.' })
  async jobs(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(jobsOfTask, task.id)) ?? [];
  }

  @FieldResolver(() => [ApprovalDetails], {
    description: 'Approvals that the task requested, one for each request. Empty for a task with a command.',
  })
  async approvals(@Root() { id, startedAt, tries }: TaskRow, @Ctx() { loaders }: Context) {
    // A task with a job is not an approval.
    return startedAt === null || tries > 0 ? [] : ((await loaders.load(approvalsOfTask, id)) ?? []);
  }

  @Extensions({ listSize: 2 })
  @FieldResolver(() => [AvailableAction], {
    description:
      'Actions that the caller can take on the task now, by the rules that enforce them: `retry` (`retryTask`) and ' +
      '`intervene` (`interveneExecution`).',
  })
  async availableActions(@Root() task: TaskRow, @Ctx() { app, actor, loaders }: Context) {
    return availableTaskActions(app, actor, task, found(await loaders.load(executionById, task.executionId)));
  }

  @FieldResolver(() => [Artifact], { description: 'Artifacts that its jobs uploaded.' })
  async artifacts(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(artifactsOfTask, task.id)) ?? [];
  }
}

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true, description: 'Job with the given ID. Errors: NOT_FOUND.' })
  job(
    @Arg('jobId', () => ID, { description: 'ID of the job.' }) jobId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<JobRow> {
    return readJob(app, actor, jobId);
  }

  @FieldResolver(() => Agent, {
    nullable: true,
    description: 'Agent that ran the job. Null until an agent started it.',
  })
  agent(@Root() job: JobRow, @Ctx() { loaders }: Context) {
    return job.agentId === null ? null : loaders.load(agentById, job.agentId);
  }

  @FieldResolver(() => ExecutionInterface, {
    nullable: true,
    description: 'Workflow execution that the job belongs to. Null if the caller may not see it.',
  })
  async execution(@Root() job: JobRow, @Ctx() { actor, loaders }: Context) {
    return visible(actor.access, loaders, 'Execution', await loaders.load(executionById, job.executionId));
  }

  @FieldResolver(() => TaskExecution, {
    nullable: true,
    description: 'Task that the job is a try of. Null if the caller may not see its execution.',
  })
  async taskExecution(@Root() job: JobRow, @Ctx() context: Context) {
    return (await this.execution(job, context)) && found(await context.loaders.load(taskById, job.taskExecutionId));
  }
}
