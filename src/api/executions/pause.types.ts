import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { ReasonedCommandInput } from './runCommand.inputs';
import { EventActor } from '../access/actor.types';
import { ExecutionInterface } from './executions.types';

@ObjectType({ simpleResolvers: true, description: 'A person holds an execution.' })
export class ExecutionPause {
  @Field(() => EventActor, { description: 'Who.' })
  by!: EventActor;

  @Field(() => String, { description: 'Since when: ISO 8601, in UTC.' })
  at!: string;

  @Field(() => String, { nullable: true, description: 'What was given as the reason.' })
  reason!: string | null;
}

@InputType({ description: 'Which execution to pause, or to let go on.' })
export class PauseExecutionInput extends ReasonedCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, {
    description:
      'The execution of a pipeline, or of a workflow alone. What a stage started is paused with its pipeline.',
  })
  executionId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'What was paused, or goes on.' })
export class PauseExecutionPayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => ExecutionInterface, { description: 'The execution, as it stands.' })
  execution!: object;
}
