import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { RunCommandInput } from './runCommand.inputs';
import { EventActor } from '../access/actor.types';
import { VariableInputType } from './executions.inputs';
import { InputVariable } from './executions.types';

@ObjectType({ simpleResolvers: true, description: 'What an element of a stage asked for was answered.' })
export class RuntimeInputsGiven {
  @Field(() => EventActor, {
    description: 'Who answered; the server itself when the time was over and it went on with the defaults.',
  })
  by!: EventActor;

  @Field(() => String, { description: 'When: ISO 8601, in UTC.' })
  at!: string;

  @Field(() => [InputVariable], { description: 'What was given. What was not has its default.' })
  variables!: InputVariable[];
}

@InputType({ description: 'Values for the variables that an element of a stage asks for.' })
export class PipelineResumeRuntimeInput extends RunCommandInput {
  @Field(() => ID, { description: 'The application of the execution.' })
  applicationId!: string;

  @Field(() => ID, { description: 'The pipeline execution.' })
  pipelineExecutionId!: string;

  @Field(() => ID, { description: 'The element that asks.' })
  pipelineStageElementId!: string;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'A value for each of `runtimeInputVariables`; those that are left out get their default.',
  })
  variableInputs?: VariableInputType[] | null;
}

@ObjectType({ simpleResolvers: true, description: 'The element goes on.' })
export class PipelineResumeRuntimePayload {
  @Field(() => String, { nullable: true, description: 'As it was given.' })
  clientMutationId!: string | null;

  @Field(() => Boolean, { description: 'Always true: what is not taken is an error.' })
  status!: boolean;
}
