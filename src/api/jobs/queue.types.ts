import { Field, Int, ObjectType } from 'type-graphql';

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
