import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { EnumType } from '../../kernel/fields';
import type { QueueChangeKind } from '../../runs/queue/watchQueueChanges';
import { enumOf } from '../graphql/described.types';

export const QueueChangeKindEnum = enumOf({
  name: 'QueueChangeKind',
  description: 'Kind of a change of the queue.',
  values: {
    COME: 'A job waits.',
    MOVE: 'A person moved a waiting job, or changed its priority or that of its run.',
    START: 'An agent runs the job.',
    GO: 'The job has ended, was withdrawn or was lost.',
  },
} satisfies EnumType<QueueChangeKind>);

@ObjectType('QueueChange', { simpleResolvers: true, description: 'Change of the queue.' })
export class QueueChangeType {
  @Field(() => QueueChangeKindEnum, { description: 'Kind of the change.' })
  kind!: string;

  @Field(() => Date, { description: 'Time of the change.' })
  at!: Date;

  @Field(() => ID, { description: 'ID of the execution of the job.' })
  executionId!: string;

  @Field(() => ID, { nullable: true, description: 'ID of the job. Null if all waiting jobs of the run moved.' })
  jobId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Priority that it moved to. Null for other kinds.' })
  priority!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'Jobs that wait for an agent with certain labels.' })
export class WaitingJobs {
  @Field(() => [String], { description: 'Labels that an agent must have, as `key=value`.' })
  labels!: string[];

  @Field(() => Int, { description: 'Number of jobs that wait.' })
  readyJobs!: number;

  @Field(() => Int, {
    description:
      'Number of online agents that have all of the labels. If it is 0, the jobs wait until such an agent comes online.',
  })
  agentsOnline!: number;

  @Field(() => Date, { description: 'Time since which the oldest of them has waited.' })
  oldestQueuedAt!: Date;
}

@ObjectType('QueueState', {
  simpleResolvers: true,
  description: 'Load of the installation. Contains nothing that belongs to an application.',
})
export class QueueStateType {
  @Field(() => Int, { description: 'Number of jobs that wait for an agent.' })
  readyJobs!: number;

  @Field(() => Int, { description: 'Number of jobs that were offered to an agent and not started yet.' })
  offeredJobs!: number;

  @Field(() => Int, { description: 'Number of running jobs.' })
  runningJobs!: number;

  @Field(() => Int, { description: 'Number of agents heard from within the last 90 seconds.' })
  agentsOnline!: number;

  @Field(() => Int, { description: 'Maximum number of jobs that these agents run in parallel.' })
  slots!: number;

  @Field(() => [WaitingJobs], {
    description: 'Waiting jobs, grouped by required labels. The longest wait comes first.',
  })
  waiting!: WaitingJobs[];
}
