import { Field, Float, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { Environment } from '../environments/environments.types';
import { WorkflowExecution } from '../executions/executions.types';
import { MutationInput, MutationPayload } from '../graphql/mutations.types';
import { Workflow } from '../workflows/workflows.types';

export enum ObservationOutcomeEnum {
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  SKIPPED = 'SKIPPED',
}
registerEnumType(ObservationOutcomeEnum, {
  name: 'ObservationOutcome',
  description: 'Outcome of an observation.',
  valuesConfig: {
    SUCCEEDED: { description: 'The task reported the images that are running.' },
    FAILED: {
      description: 'The task failed, wrote no valid report, or no agent took it. Earlier observations remain.',
    },
    SKIPPED: { description: 'A deployment was in progress, so the result would be meaningless.' },
  },
});

@ObjectType({ description: 'Workflow that observes an environment, with its schedule and its newest result.' })
export class Observer {
  @Field(() => Workflow, { nullable: true, description: 'Workflow. Null if the caller may not see it.' })
  workflow?: object | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Interval of observations, in seconds. Null if it observes on demand only.',
  })
  everySeconds!: number | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time at which the next observation is due. Null if it observes on demand only.',
  })
  nextAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time of the newest observation that succeeded. Null if there is none yet.',
  })
  observedAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description: 'Time of the newest observation, with any outcome. Null if there is none yet.',
  })
  lastAt!: Date | null;

  @Field(() => ObservationOutcomeEnum, {
    nullable: true,
    description: 'Outcome of the newest observation. Null if there is none yet.',
  })
  lastOutcome!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Reason why the newest observation has no result. Null if it has one.',
  })
  lastReason!: string | null;

  @Field(() => WorkflowExecution, {
    nullable: true,
    description:
      'Execution of the newest observation. Null if there is none, if it was deleted, or if the caller may not see it.',
  })
  lastExecution?: object | null;
}

@ObjectType({ description: 'Image that an observation found.' })
export class ObservedImage {
  @Field(() => String, { nullable: true, description: 'Image or digest. Null if the service is not running.' })
  image!: string | null;

  @Field(() => Date, { description: 'Time of the observation.' })
  at?: Date;

  @Field(() => WorkflowExecution, {
    nullable: true,
    description: 'Execution that observed it. Null if it has been deleted, or if the caller may not see it.',
  })
  execution?: object | null;
}

@InputType({ description: 'Input of `observeEnvironment`.' })
export class ObserveEnvironmentInput extends MutationInput {
  @Field(() => ID, { description: 'ID of the environment.' })
  environmentId!: string;
}

@ObjectType({ description: 'Result of `observeEnvironment`.' })
export class ObserveEnvironmentPayload extends MutationPayload {
  @Field(() => Environment, { nullable: true, description: 'Environment; its `observers` show the results.' })
  environment!: object;
}
