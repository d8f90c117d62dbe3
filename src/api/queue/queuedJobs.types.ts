import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { EnumType } from '../../kernel/fields';
import { EventActor } from '../access/actor.types';
import { enumOf } from '../graphql/described.types';
import { IdFilter, NumberFilter } from '../graphql/filters.types';
import { ConnectionType } from '../graphql/paging.types';
import type { QueuedState } from '../../runs/queue/queuedJobs.queries';

export const QueuedJobState = enumOf({
  name: 'QueuedJobState',
  description: 'State of a job in the queue.',
  values: {
    WAITING: 'Waits to be claimed.',
    OFFERED: 'An agent claimed it and has not started it yet. Lasts 15 seconds at most.',
    RUNNING: 'An agent runs it.',
  },
} satisfies EnumType<QueuedState>);

@ObjectType({
  simpleResolvers: true,
  description:
    'Job that waits or runs. Its `position` counts only jobs that its agents can also run, so it may differ from its ' +
    'place in the list.',
})
export class QueuedJob {
  @Field(() => QueuedJobState, { description: 'Current state.' })
  state!: string;

  @Field(() => [String], { description: 'Labels that an agent must have.' })
  labels!: readonly string[];
}

export const QueuedJobConnection = ConnectionType(QueuedJob);

@InputType('QueueFilter', {
  description:
    'Restricts the queue. All fields of a filter must match, and so must all filters of a list. Example: `[{labels: ' +
    '["os=linux"], states: [WAITING]}]`.',
})
export class QueueFilterInput {
  @Field(() => IdFilter, { nullable: true, description: 'By application ID.' })
  application?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By job ID.' })
  job?: IdFilter | null;

  @Field(() => IdFilter, { nullable: true, description: 'By the ID of the workflow execution of the job.' })
  execution?: IdFilter | null;

  @Field(() => IdFilter, {
    nullable: true,
    description: 'By the ID of the run: of a pipeline, or of a standalone workflow.',
  })
  pipelineExecutionId?: IdFilter | null;

  @Field(() => [String], { nullable: true, description: 'Labels that the job requires, all of them.' })
  labels?: string[] | null;

  @Field(() => NumberFilter, { nullable: true, description: 'By priority.' })
  priority?: NumberFilter | null;

  @Field(() => [QueuedJobState], { nullable: true, description: 'By state: one of these.' })
  states?: QueuedState[] | null;
}

@ObjectType('QueuePause', {
  simpleResolvers: true,
  description: 'Pause of the queue: jobs that require all of its labels keep arriving, and none of them is claimed.',
})
export class QueuePauseType {
  @Field(() => ID, { description: 'Unique ID, for `resumeQueue`.' })
  id!: string;

  @Field(() => [String], { description: 'Labels of the jobs that it holds back. Empty: all jobs.' })
  labels!: readonly string[];

  @Field(() => String, { nullable: true, description: 'Note of the user or key that paused it.' })
  note!: string | null;

  @Field(() => Date, { nullable: true, description: 'Time at which it ends. Null: until `resumeQueue`.' })
  until!: Date | null;

  @Field(() => EventActor, { description: 'User or key that paused it.' })
  by!: object;

  @Field(() => Date, { description: 'Time of the pause.' })
  at!: Date;
}
