import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ReasonedCommandInput } from './runCommand.inputs';
import { EventActor } from '../access/actor.types';
import { ExecutionInterface } from './executions.types';

@ObjectType({ simpleResolvers: true, description: 'Pause of an execution by a person.' })
export class ExecutionPause {
  @Field(() => EventActor, { description: 'User or key that paused it.' })
  by!: EventActor;

  @Field(() => String, { description: 'Time of the pause: ISO 8601, in UTC.' })
  at!: string;

  @Field(() => String, { nullable: true, description: 'Reason given with the request.' })
  reason!: string | null;
}

@InputType({ description: 'Input of `pauseExecution` and `continueExecution`.' })
export class PauseExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, {
    description:
      'ID of the execution of a pipeline or of a standalone workflow. Workflow executions inside a stage are paused ' +
      'with their pipeline.',
  })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `pauseExecution` or `continueExecution`.' })
export class PauseExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'Current state of the execution.' })
  execution!: object;
}
