import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { EventActor } from '../access/actor.types';
import { ExecutionInterface } from './executions.types';

@ObjectType({ simpleResolvers: true, description: 'Pause of an execution by a person.' })
export class ExecutionPause {
  @Field(() => EventActor, { description: 'User or key that paused it.' })
  by!: EventActor;

  @Field(() => String, { description: 'Time of the pause: ISO 8601, in UTC.' })
  at!: string;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason!: string | null;
}

@InputType({ description: 'Input of `pauseExecution` and `continueExecution`.' })
export class PauseExecutionInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, {
    description:
      'ID of the execution of a pipeline or of a standalone workflow. Workflow executions inside a stage are paused ' +
      'with their pipeline.',
  })
  executionId!: string;

  @Field(() => String, { nullable: true, description: 'Note shown with the execution. At most 5,000 characters.' })
  reason?: string | null;

  @Field(() => String, { nullable: true, description: 'Client-defined text, returned in the payload.' })
  clientMutationId?: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `pauseExecution` or `continueExecution`.' })
export class PauseExecutionPayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'Current state of the execution.' })
  execution!: object;
}
