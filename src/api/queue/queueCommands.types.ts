import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EnumType } from '../../kernel/fields';
import type { CanceledJob as Canceled } from '../../runs/queue/cancelJobs';
import { ExecutionFilterInput } from '../executions/executions.inputs';
import { ExecutionInterface } from '../executions/executions.types';
import { enumOf } from '../graphql/described.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { GraphQLJson } from '../graphql/scalars';
import { QueuePauseType } from './queuedJobs.types';

export const QueueEnd = enumOf({
  name: 'QueueEnd',
  description: 'End of the queue.',
  values: { TOP: 'In front of all waiting jobs.', BOTTOM: 'Behind all waiting jobs.' },
} satisfies EnumType<'TOP' | 'BOTTOM'>);

/** Common part of the inputs that move jobs. */
@InputType()
abstract class MoveInput extends MutationInput {
  @Field(() => ID, { nullable: true, description: 'ID of the waiting job to move in front of.' })
  before?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of the waiting job to move behind.' })
  after?: string | null;

  @Field(() => QueueEnd, {
    nullable: true,
    description: 'End to move to. Give exactly one of `before`, `after` and `to`.',
  })
  to?: 'TOP' | 'BOTTOM' | null;
}

@InputType({ description: 'Input of `moveJob`.' })
export class MoveJobInput extends MoveInput {
  @Field(() => ID, { description: 'ID of the job to move.' })
  jobId!: string;
}

@InputType({ description: 'Input of `moveJobs`.' })
export class MoveJobsInput extends MoveInput {
  @Field(() => [ID], { description: 'IDs of the jobs to move, 1 to 500. They keep their order in the queue.' })
  jobIds!: string[];
}

@ObjectType({ simpleResolvers: true, description: 'Result of `moveJob` and `moveJobs`.' })
export class MoveJobsPayload extends MutationPayload {
  @Field(() => [ID], { description: 'IDs of the jobs that were moved.' })
  jobIds!: readonly string[];
}

@InputType({ description: 'Input of `setPriority`. Give exactly one ID.' })
export class SetPriorityInput extends MutationInput {
  @Field(() => ID, { nullable: true, description: 'ID of a waiting job. Other tries of its task are not affected.' })
  jobId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of a run: of a pipeline, or of a standalone workflow.' })
  executionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of a pipeline, for all of its runs.' })
  pipelineId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of a workflow, for its standalone runs.' })
  workflowId?: string | null;

  @Field(() => ID, { nullable: true, description: 'ID of an application, for all of its runs.' })
  applicationId?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Priority, −100 to 100. Null removes it: then that of the run’s pipeline or workflow applies, then that of the application, then 0.',
  })
  priority?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Weight of an application, 1 to 100: a run of it gets this many times the share of a run with the weight 1. Applies to jobs that are queued later. Null sets it to 1.',
  })
  weight?: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `setPriority`.' })
export class SetPriorityPayload extends MutationPayload {
  @Field(() => ID, { description: 'ID of the input.' })
  id!: string;

  @Field(() => Int, { description: 'Priority in effect.' })
  priority!: number;

  @Field(() => Int, { description: 'Weight of an application; 1 for everything else.' })
  weight!: number;

  @Field(() => Int, { description: 'Number of waiting jobs that moved.' })
  movedJobs!: number;
}

@InputType({ description: 'Input of `pauseQueue`.' })
export class PauseQueueInput extends MutationInput {
  @Field(() => [String], {
    defaultValue: [],
    description: 'Labels as `key=value`. Jobs that require all of them are held back. Without labels, all jobs are.',
  })
  labels!: string[];

  @Field(() => String, { nullable: true, description: 'Note to show with waiting jobs, up to 1,000 characters.' })
  note?: string | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it ends. Defaults to none: until `resumeQueue`.' })
  until?: Date | null;
}

@InputType({ description: 'Input of `resumeQueue`.' })
export class ResumeQueueInput extends MutationInput {
  @Field(() => ID, { description: 'ID of the pause.' })
  pauseId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `pauseQueue` and `resumeQueue`.' })
export class QueuePausePayload extends MutationPayload {
  @Field(() => QueuePauseType, { description: 'The pause, or the one that was ended.' })
  pause!: object;
}

export const CancelOutcome = enumOf({
  name: 'CancelOutcome',
  description: 'Outcome of a request to cancel a job.',
  values: {
    WITHDRAWN: 'No agent had started it. Its task has failed.',
    REQUESTED: 'Its agent was asked to end it. It is final after its grace period at the latest.',
    REFUSED: 'Nothing was changed; see `code`.',
  },
} satisfies EnumType<Canceled['outcome']>);

@InputType({ description: 'Input of `cancelJobs`.' })
export class CancelJobsInput extends MutationInput {
  @Field(() => [ID], { description: 'IDs of the jobs, 1 to 500.' })
  jobIds!: string[];

  @Field(() => String, { nullable: true, description: 'Reason to show with the tasks, up to 5,000 characters.' })
  reason?: string | null;
}

/** Common part of the results for each item. */
@ObjectType({ simpleResolvers: true })
abstract class ItemResult {
  @Field(() => String, { nullable: true, description: 'Error code. Null on success.' })
  code!: string | null;

  @Field(() => String, { nullable: true, description: 'Error message. Null on success.' })
  message!: string | null;

  @Field(() => GraphQLJson, { nullable: true, description: 'Details of the error. Null on success.' })
  details!: object | null;
}

@ObjectType({ simpleResolvers: true, description: 'Outcome for one job.' })
export class CanceledJob extends ItemResult {
  @Field(() => ID, { description: 'ID of the job.' })
  jobId!: string;

  @Field(() => CancelOutcome, { description: 'Outcome.' })
  outcome!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `cancelJobs`.' })
export class CancelJobsPayload extends MutationPayload {
  @Field(() => [CanceledJob], { description: 'One entry for each job, in the order of the input.' })
  jobs!: CanceledJob[];
}

@InputType({ description: 'Input of `abortExecutions`. Give exactly one of `executionIds` and `filters`.' })
export class AbortExecutionsInput extends MutationInput {
  @Field(() => [ID], { nullable: true, description: 'IDs of the executions, 1 to 500.' })
  executionIds?: string[] | null;

  @Field(() => [ExecutionFilterInput], {
    nullable: true,
    description: 'Filters that must all match. Selects the newest 500 executions that are not final.',
  })
  filters?: ExecutionFilterInput[] | null;

  @Field(() => String, { nullable: true, description: 'Reason to show with the executions, up to 5,000 characters.' })
  reason?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Outcome for one execution.' })
export class AbortedExecution extends ItemResult {
  @Field(() => ID, { description: 'ID of the execution.' })
  executionId!: string;

  @Field(() => ExecutionInterface, { nullable: true, description: 'The execution. Null on failure.' })
  execution!: object | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `abortExecutions`.' })
export class AbortExecutionsPayload extends MutationPayload {
  @Field(() => [AbortedExecution], { description: 'One entry for each execution.' })
  executions!: AbortedExecution[];
}
