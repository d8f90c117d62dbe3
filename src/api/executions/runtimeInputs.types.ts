import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { RunCommandInput } from './runCommand.inputs';
import { EventActor } from '../access/actor.types';
import { VariableInputType } from './executions.inputs';
import { InputVariable } from './executions.types';

@ObjectType({ simpleResolvers: true, description: 'Answer to the runtime inputs of a stage element.' })
export class RuntimeInputsGiven {
  @Field(() => EventActor, {
    description:
      'User or key that answered. The server, if the time limit passed and the element continued with the defaults.',
  })
  by!: EventActor;

  @Field(() => String, { description: 'Time of the answer: ISO 8601, in UTC.' })
  at!: string;

  @Field(() => [InputVariable], { description: 'Values that were given. All other variables have their defaults.' })
  variables!: InputVariable[];
}

@InputType({ description: 'Input of `pipelineResumeRuntime`.' })
export class PipelineResumeRuntimeInput extends RunCommandInput {
  @Field(() => ID, { description: 'ID of the execution’s application.' })
  applicationId!: string;

  @Field(() => ID, { description: 'ID of the pipeline execution.' })
  pipelineExecutionId!: string;

  @Field(() => ID, { description: 'ID of the stage element that asks.' })
  pipelineStageElementId!: string;

  @Field(() => [VariableInputType], {
    nullable: true,
    description: 'Values for `runtimeInputVariables`. Omitted variables get their defaults.',
  })
  variableInputs?: VariableInputType[] | null;
}

@ObjectType({ simpleResolvers: true, description: 'Result of `pipelineResumeRuntime`.' })
export class PipelineResumeRuntimePayload {
  @Field(() => String, { nullable: true, description: '`clientMutationId` of the input.' })
  clientMutationId!: string | null;

  @Field(() => Boolean, { description: 'Always true: an answer that isn’t accepted returns an error.' })
  status!: boolean;
}
