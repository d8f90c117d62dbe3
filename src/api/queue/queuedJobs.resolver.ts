import { Arg, Args, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { subjectWith } from '../../access/visible';
import { estimatedSeconds, type WhyNotRunning } from '../../engine/whyNotRunning';
import { executionById, jobById, taskById } from '../../runs/execution/executions.loaders';
import { listQueue, type QueuedJob as QueuedJobRow } from '../../runs/queue/queuedJobs.queries';
import { queueActions } from '../../runs/queue/queueActions';
import { findPauses } from '../../runs/queue/queuePauses.store';
import { waitingJobOf, whyTask } from '../../runs/views/whyNotRunning';
import { PLACES } from '../../runs/views/whyNotRunning.store';
import { AvailableAction } from '../executions/availableActions.types';
import { ExecutionInterface, TaskExecution } from '../executions/executions.types';
import { WhyNotRunningType } from '../executions/whyNotRunning.types';
import type { Context } from '../graphql/context';
import { PageArguments } from '../graphql/paging.types';
import { Job } from '../jobs/jobs.types';
import { QueuedJob, QueuedJobConnection, QueueFilterInput, QueuePauseType } from './queuedJobs.types';

@Resolver(() => QueuedJob)
export class QueuedJobResolver {
  @Query(() => QueuedJobConnection, {
    nullable: true,
    description:
      'Jobs that run or wait, in the order in which agents claim them: running ones, then by priority, then by the fair ' +
      'share of their run, then by arrival. Contains the jobs that the caller may see. Example: `{ queue(first: 20, ' +
      'filters: [{states: [WAITING]}]) { nodes { position priority labels waitingSince whyNotRunning { code message } job ' +
      '{ id } task { name } } pageInfo { endCursor hasNextPage } } }`. Errors: INVALID_INPUT.',
  })
  queue(
    @Arg('filters', () => [QueueFilterInput], { nullable: true, description: 'Filters that must all match.' })
    filters: QueueFilterInput[] | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() { app, actor }: Context,
  ) {
    return listQueue(app, actor, filters ?? [], page);
  }

  @Query(() => [QueuePauseType], {
    description: 'Active pauses of the queue, oldest first. Every caller may see them.',
  })
  queuePauses(@Ctx() { app, actor }: Context) {
    // Pauses contain nothing of an application, and every user whose jobs wait has to know why.
    actor.access.canInAccount('MANAGE_DELEGATES');
    return findPauses(app.database, app.clock.now());
  }

  @FieldResolver(() => Job, { description: 'The job.' })
  async job(@Root() { jobId }: QueuedJobRow, @Ctx() { loaders }: Context) {
    return loaders.load(jobById, jobId);
  }

  @FieldResolver(() => TaskExecution, { description: 'Task of the job.' })
  async task(@Root() { taskExecutionId }: QueuedJobRow, @Ctx() { loaders }: Context) {
    return loaders.load(taskById, taskExecutionId);
  }

  @FieldResolver(() => ExecutionInterface, { description: 'Workflow execution of the job.' })
  async execution(@Root() { executionId }: QueuedJobRow, @Ctx() { loaders }: Context) {
    return loaders.load(executionById, executionId);
  }

  @FieldResolver(() => [AvailableAction], {
    description: 'Actions that the caller can take now, by the rules that enforce them.',
  })
  async availableActions(@Root() job: QueuedJobRow, @Ctx() { actor, loaders }: Context) {
    const execution = await loaders.load(executionById, job.executionId);
    if (execution === undefined) return [];
    return queueActions(actor, job, execution, await subjectWith(loaders, 'Execution', execution));
  }

  @FieldResolver(() => Int, { description: 'Priority, −100 to 100. Jobs with a higher one are claimed first.' })
  priority(@Root() { precedence }: QueuedJobRow): number {
    // Not −0.
    return precedence === 0 ? 0 : -precedence;
  }

  @FieldResolver(() => Date, { description: 'Time since which it has waited, or had waited when it was claimed.' })
  waitingSince(@Root() { queuedAt }: QueuedJobRow): Date {
    return queuedAt;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Place among the waiting jobs that its agents can run, from 1. Exact up to 1,000; 1,001 stands for every place ' +
      'after that. Null if it does not wait.',
  })
  async position(@Root() row: QueuedJobRow, @Ctx() { loaders }: Context): Promise<number | null> {
    return row.state === 'WAITING' ? ((await waitingJobOf(loaders, row.taskExecutionId))?.position ?? null) : null;
  }

  @FieldResolver(() => Boolean, { description: 'True if `position` is exact: at most 1,000.' })
  async positionExact(@Root() row: QueuedJobRow, @Ctx() context: Context): Promise<boolean> {
    const position = await this.position(row, context);
    return position !== null && position <= PLACES;
  }

  @FieldResolver(() => WhyNotRunningType, {
    nullable: true,
    description: 'Reason why no agent runs it: the same as `whyNotRunning` of its task. Null if an agent runs it.',
  })
  async whyNotRunning(
    @Root() { state, taskExecutionId: id, executionId }: QueuedJobRow,
    @Ctx() { loaders }: Context,
  ): Promise<WhyNotRunning | null> {
    return state === 'RUNNING' ? null : whyTask(loaders, { id, executionId });
  }

  @FieldResolver(() => Date, {
    nullable: true,
    description:
      'Estimated start time, based on how long jobs of its agents have run. Null if it does not wait, or if there is no ' +
      'basis for an estimate.',
  })
  async estimate(@Root() row: QueuedJobRow, @Ctx() { app, loaders }: Context): Promise<Date | null> {
    const job = row.state === 'WAITING' ? await waitingJobOf(loaders, row.taskExecutionId) : null;
    const seconds = job === null || job.agents === 0 || job.pause !== null ? null : estimatedSeconds(job);
    return seconds === null ? null : new Date(app.clock.now().getTime() + seconds * 1000);
  }
}
