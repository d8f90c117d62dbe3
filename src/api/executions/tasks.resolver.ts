import { Arg, Ctx, FieldResolver, Float, ID, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Actor } from '../../access/actor';
import { visible } from '../../access/visible';
import { type Agent as AgentRow, agentStatus } from '../../contract/labels';
import { Agent, AgentStatusEnum } from '../agents/agents.types';
import type { App } from '../../runs/app';
import type { Artifact as ArtifactRow } from '../../runs/artifacts/artifact';
import { Artifact } from '../artifacts/artifacts.types';
import type { Context } from '../graphql/context';
import { found } from '../../kernel/loaders';
import { isId } from '../../kernel/ids';
import type { Job as JobRow } from '../../runs/queue/job';
import type { LogPage } from '../../runs/logs/jobLogs.store';
import { findJobs } from '../../runs/queue/jobs.store';
import { Job, JobLogPage, JobLogState } from '../jobs/jobs.types';
import { readLogPage, watchLog } from '../../runs/logs/watchLog';
import { invalidInput, notFound, Refusal } from '../../kernel/errors';
import type { TaskExecution as TaskRow } from '../../engine/execution';
import {
  agentById,
  artifactsOfTask,
  executionById,
  failureOfHandler,
  handlerOfTask,
  jobsOfTask,
  logOfJob,
  stageById,
} from '../../runs/execution/executions.loaders';
import { readExecution } from '../../runs/execution/executions.queries';
import { showStage } from './executions.resolver';
import { TaskExecution, WorkflowStageExecution } from './executions.types';

const MAX_PAGE_BYTES = 1024 ** 2;

@Resolver(() => TaskExecution)
export class TaskExecutionResolver {
  @FieldResolver(() => Float, {
    nullable: true,
    description: 'Milliseconds since it first ran, or until its end; null before.',
  })
  durationMs(@Root() { startedAt, endedAt }: TaskRow, @Ctx() { app }: Context): number | null {
    return startedAt === null ? null : (endedAt ?? app.clock.now()).getTime() - startedAt.getTime();
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether its result is from an earlier attempt of the execution than the current one.',
  })
  async reused(@Root() task: TaskRow, @Ctx() { loaders }: Context): Promise<boolean> {
    return task.attempt < found(await loaders.load(executionById, task.executionId)).attempt;
  }

  @FieldResolver(() => Boolean, {
    description: 'Whether it failed and that does not count: the workflow can succeed, and what depends on it goes on.',
  })
  ignoredFailure(@Root() { status, passed }: TaskRow): boolean {
    return status === 'FAILED' && passed;
  }

  @FieldResolver(() => TaskExecution, {
    nullable: true,
    description:
      'Its failure handler (`on_failure`), which runs beside the graph since it failed; null when it has none, or has not failed. Never counts in the result of the workflow.',
  })
  async forensicExecution(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(handlerOfTask, task.id)) ?? null;
  }

  @FieldResolver(() => TaskExecution, {
    nullable: true,
    description:
      'Of a task’s failure handler: the task that failed. Null for the workflow’s handler, and for other tasks.',
  })
  async failedTaskExecution(@Root() { id, type }: TaskRow, @Ctx() { loaders }: Context) {
    return type === 'forensic' ? ((await loaders.load(failureOfHandler, id)) ?? null) : null;
  }

  @FieldResolver(() => WorkflowStageExecution, {
    nullable: true,
    description:
      'The element of a stage whose workflow it belongs to, also of an earlier attempt. Null in a workflow by itself, and for a caller who may not see the pipeline execution.',
  })
  async stageExecution(@Root() task: TaskRow, @Ctx() { actor, loaders }: Context): Promise<object | null> {
    const { parentStageExecutionId } = found(await loaders.load(executionById, task.executionId));
    if (parentStageExecutionId === null) return null;
    const stage = found(await loaders.load(stageById, parentStageExecutionId));
    const pipeline = await loaders.load(executionById, stage.executionId);
    const seen = await visible(actor.access, loaders, 'Execution', pipeline);
    return seen === null ? null : showStage(stage);
  }

  @FieldResolver(() => [Job], { description: 'Its jobs, one for each try, in order.' })
  async jobs(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(jobsOfTask, task.id)) ?? [];
  }

  @FieldResolver(() => [Artifact], { description: 'The files that its jobs left behind.' })
  async artifacts(@Root() task: TaskRow, @Ctx() { loaders }: Context) {
    return (await loaders.load(artifactsOfTask, task.id)) ?? [];
  }
}

@Resolver(() => Job)
export class JobResolver {
  @Query(() => Job, { nullable: true, description: 'A job by its id. Errors: NOT_FOUND.' })
  job(
    @Arg('jobId', () => ID, { description: 'The id of the job.' }) jobId: string,
    @Ctx() { app, actor }: Context,
  ): Promise<JobRow> {
    return readJob(app, actor, jobId);
  }

  @Query(() => JobLogPage, {
    nullable: true,
    description: 'A stretch of a job’s log, from an offset on. Errors: NOT_FOUND, INVALID_INPUT.',
  })
  async jobLog(
    @Arg('jobId', () => ID, { description: 'The id of the job.' }) jobId: string,
    @Arg('afterOffset', () => Float, {
      nullable: true,
      description: 'Bytes to skip; `nextOffset` of the page before. By default 0.',
    })
    afterOffset: number | null,
    @Arg('maxBytes', () => Int, {
      nullable: true,
      description: 'About how much to answer: 1 to 1,048,576 bytes, by default 65,536.',
    })
    maxBytes: number | null,
    @Ctx() { app, actor }: Context,
  ): Promise<LogPage> {
    await readJob(app, actor, jobId);
    return readLogPage(app, jobId, checkOffset(afterOffset), checkPage(maxBytes));
  }

  @Subscription(() => JobLogPage, {
    description:
      'A job’s log from an offset on: what is there, then what comes, each byte once and in order, until it is final: then the stream completes. After a lost connection go on ' +
      'with `afterOffset: <nextOffset of the last page>`. Errors: NOT_FOUND, INVALID_INPUT.',
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
    @Arg('jobId', () => ID, { description: 'The id of the job.' }) _jobId: string,
    @Arg('afterOffset', () => Float, { nullable: true, description: 'Bytes to skip. By default 0.' }) _afterOffset:
      | number
      | null,
    @Root() page: LogPage,
  ): LogPage {
    return page;
  }

  @FieldResolver(() => Agent, { nullable: true, description: 'The agent that ran it; null until one started it.' })
  agent(@Root() job: JobRow, @Ctx() { loaders }: Context) {
    return job.agentId === null ? null : loaders.load(agentById, job.agentId);
  }

  @FieldResolver(() => JobLogState, { description: 'Where its log stands. The text is in `jobLog`.' })
  async log(@Root() job: JobRow, @Ctx() { loaders }: Context): Promise<JobLogState> {
    return (await loaders.load(logOfJob, job.id)) ?? { bytes: 0, sealed: job.endedAt !== null, truncated: false };
  }
}

@Resolver(() => Artifact)
export class ArtifactResolver {
  @FieldResolver(() => String, {
    description: 'Where its bytes are, relative to this server’s address. Asks for an API key as this API does.',
  })
  downloadUrl(@Root() artifact: ArtifactRow): string {
    return `/artifacts/${artifact.id}`;
  }
}

@Resolver(() => Agent)
export class AgentFieldsResolver {
  @FieldResolver(() => AgentStatusEnum, { description: 'Whether it can be expected to take jobs.' })
  status(@Root() agent: AgentRow, @Ctx() { app }: Context): string {
    return agentStatus(agent, app.clock.now());
  }
}

/** A job by its id: whoever may see its execution may see it. */
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
      message: `afterOffset must be a whole number from 0 on; it is ${offset}.`,
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
