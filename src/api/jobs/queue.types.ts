import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ simpleResolvers: true, description: 'Jobs that wait for an agent with certain labels.' })
export class WaitingJobs {
  @Field(() => [String], { description: 'What an agent must have, as `key=value`.' })
  labels!: string[];

  @Field(() => Int, { description: 'How many wait.' })
  readyJobs!: number;

  @Field(() => Int, {
    description: 'Agents online that have all of the labels. With none, the jobs wait until one comes.',
  })
  agentsOnline!: number;

  @Field(() => Date, { description: 'Since when the first of them waits.' })
  oldestQueuedAt!: Date;
}

@ObjectType('QueueState', {
  simpleResolvers: true,
  description: 'How busy the installation is. Names nothing that belongs to an application.',
})
export class QueueStateType {
  @Field(() => Int, { description: 'Jobs that wait for an agent.' })
  readyJobs!: number;

  @Field(() => Int, { description: 'Jobs that were offered to an agent which has not started them yet.' })
  offeredJobs!: number;

  @Field(() => Int, { description: 'Jobs that run.' })
  runningJobs!: number;

  @Field(() => Int, { description: 'Agents that were heard of within the last 90 seconds.' })
  agentsOnline!: number;

  @Field(() => Int, { description: 'How many jobs these agents run at the most.' })
  slots!: number;

  @Field(() => [WaitingJobs], {
    description: 'The jobs that wait, by the labels that they need; those that wait longest first.',
  })
  waiting!: WaitingJobs[];
}
