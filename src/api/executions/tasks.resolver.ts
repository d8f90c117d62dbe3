import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Float, ID, Info, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import { type Agent as AgentRow, agentStatus } from '../../contract/labels';
import { ApprovalDetails } from '../approvals/approvals.types';
import { Agent, AgentStatusEnum } from '../agents/agents.types';
import type { App } from '../../runs/app';
import { Artifact } from '../artifacts/artifacts.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { isId } from '../../kernel/ids';
import type { Job as JobRow } from '../../runs/queue/job';
import { type LogPage, readLog } from '../../runs/logs/jobLogs.store';
import { findJobs } from '../../runs/queue/jobs.store';
import { Job, JobLogPage, JobLogState } from '../jobs/jobs.types';
import { watchLog } from '../../runs/logs/watchLog';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { StageExecution, TaskExecution as TaskRow } from '../../engine/execution';
import {
  agentById,
  approvalsOfTask,
  artifactsOfTask,
  executionById,
  failureOfHandler,
  handlerOfTask,
  jobsOfTask,
  logOfJob,
  stageWith,
} from '../../runs/execution/executions.loaders';
import { readExecution } from '../../runs/execution/executions.queries';
import { stageRows } from './executionRows';
import { TaskExecution, WorkflowStageExecution } from './executions.types';

const MAX_PAGE_BYTES = 1024 ** 2;

@Resolver(() => TaskExecution)
export class TaskExecutionResolver {
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

  @Query(() => JobLogPage, {
    nullable: true,
    description: 'Page of a job’s log, from an offset. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async jobLog(
    @Arg('jobId', () => ID, { description: 'ID of the job.' }) jobId: string,
    @Arg('afterOffset', () => Float, {
      nullable: true,
      description: 'Bytes to skip: `nextOffset` of the previous page. Defaults to 0.',
    })
    afterOffset: number | null,
    @Arg('maxBytes', () => Int, {
      nullable: true,
      description: 'Approximate number of bytes to return, from 1 to 1,048,576. Defaults to 65,536.',
    })
    maxBytes: number | null,
    @Ctx() { app, actor }: Context,
  ): Promise<LogPage> {
    await readJob(app, actor, jobId);
    return readLog(app.database, jobId, checkOffset(afterOffset), checkPage(maxBytes));
  }

  @Subscription(() => JobLogPage, {
    description:
      'Log of a job from an offset: first what exists, then what is added, each byte once and in order. Completes when ' +
      'the log is final. After a lost connection, continue with `afterOffset: <nextOffset of the last page>`. Errors: ' +
      'NOT_FOUND, INVALID_INPUT.',
    subscribe: async ({ args, context }) => {
      const { app, actor, request } = context as Context;
      const { jobId, afterOffset } = args as { jobId: string; afterOffset?: number | null };
      const offset = checkOffset(afterOffset);
      await readJob(app, actor, jobId);
      return watchLog(app, jobId, offset, request.signal);
    },
    name: 'jobLog',
  })
  watchJobLog(
    @Arg('jobId', () => ID, { description: 'ID of the job.' }) _jobId: string,
    @Arg('afterOffset', () => Float, { nullable: true, description: 'Bytes to skip. Defaults to 0.' }) _afterOffset:
      | number
      | null,
    @Root() page: LogPage,
  ): LogPage {
    return page;
  }

  @FieldResolver(() => Agent, {
    nullable: true,
    description: 'Agent that ran the job. Null until an agent started it.',
  })
  agent(@Root() job: JobRow, @Ctx() { loaders }: Context) {
    return job.agentId === null ? null : loaders.load(agentById, job.agentId);
  }

  @FieldResolver(() => JobLogState, { description: 'State of the log. `jobLog` has the text.' })
  async log(@Root() job: JobRow, @Ctx() { loaders }: Context): Promise<JobLogState> {
    const { bytes, truncated } = (await loaders.load(logOfJob, job.id)) ?? { bytes: 0, truncated: false };
    return { bytes, truncated, sealed: job.endedAt !== null };
  }
}

@Resolver(() => Agent)
export class AgentFieldsResolver {
  @FieldResolver(() => AgentStatusEnum, { description: 'Availability of the agent.' })
  status(@Root() agent: AgentRow, @Ctx() { app }: Context): string {
    return agentStatus(agent, app.clock.now());
  }
}

/** A job is visible to everybody who may see its execution. */
async function readJob(app: App, actor: Actor, id: string): Promise<JobRow> {
  const [job] = isId(id) ? await findJobs(app.database, [id]) : [];
  if (job === undefined) throw notFound('job', id);
  await readExecution(app, actor, job.executionId).catch((error: unknown) => {
    throw error instanceof Refusal && error.code === 'NOT_FOUND' ? notFound('job', id) : error;
  });
  return job;
}

function checkOffset(offset: number | null | undefined): number {
  if (offset === null || offset === undefined) return 0;
  if (Number.isSafeInteger(offset) && offset >= 0) return offset;
  throw invalidInput([
    {
      field: 'afterOffset',
      value: offset,
      rule: 'RANGE',
      message: `afterOffset must be a whole number of at least 0; it is ${offset}.`,
    },
  ]);
}

function checkPage(bytes: number | null | undefined): number {
  if (bytes === null || bytes === undefined) return 65_536;
  if (bytes >= 1 && bytes <= MAX_PAGE_BYTES) return bytes;
  throw invalidInput([
    {
      field: 'maxBytes',
      value: bytes,
      rule: 'RANGE',
      message: `maxBytes must be from 1 to ${MAX_PAGE_BYTES}; it is ${bytes}.`,
    },
  ]);
}
